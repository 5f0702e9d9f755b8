-- what: rows of each register that find a student of the enrolment register, and those that find none
-- grain: year, source_id
-- inputs: mart_linkage__number, stg_apogee__enrolment, stg_cfa__contract, stg_crous__scholarship, stg_relint__stay,
--   stg_survey__answer
-- caveats: any enrolment of the year is enough, counted or not; for apogee itself, linked are the rows that have an
--   INE, their own or the one their student number leads to. A survey of year Y is linked with enrolments of Y - 1.
--   Years that apogee does not cover are absent. A row whose student number two INE share is a conflict, linked or not.
with enrolment as (
    select
        enrolled.year,
        enrolled.origin,
        enrolled.rows_count,
        enrolled.contradictions_count,
        enrolled.identity_code,
        case
            when enrolled.identity_code = 'number' then coalesce(crosswalk.student_token, enrolled.student_token)
            else enrolled.student_token
        end as student_token,
        coalesce(crosswalk.student_token is not null, false) as has_number,
        coalesce(crosswalk.identities_count > 1, false) as is_conflict
    from stg_apogee__enrolment as enrolled
    left join mart_linkage__number as crosswalk
        on enrolled.origin = crosswalk.origin and enrolled.number_key = crosswalk.number_key
),

stay as (
    select
        stayed.year,
        stayed.start_date,
        stayed.origin,
        stayed.rows_count,
        stayed.contradictions_count,
        stayed.identity_code,
        case
            when stayed.identity_code = 'number' then coalesce(crosswalk.student_token, stayed.student_token)
            else stayed.student_token
        end as student_token,
        coalesce(crosswalk.identities_count > 1, false) as is_conflict
    from stg_relint__stay as stayed
    left join mart_linkage__number as crosswalk
        on stayed.origin = crosswalk.origin and stayed.number_key = crosswalk.number_key
),

enrolled as (
    select distinct
        year,
        origin,
        student_token
    from enrolment
),

-- `enrolled_year` is the year in which the person must be enrolled for the row to make sense.
registered as (
    select
        year,
        year as enrolled_year,
        'crous' as source_id,
        origin,
        student_token,
        identity_code,
        false as is_conflict,
        rows_count,
        contradictions_count
    from stg_crous__scholarship
    union all
    select
        year,
        year as enrolled_year,
        'cfa' as source_id,
        origin,
        student_token,
        identity_code,
        false as is_conflict,
        rows_count,
        contradictions_count
    from stg_cfa__contract
    union all
    -- A stay that began last year stands in this year's file too: its student may have left since.
    select
        year,
        year(start_date) - cast(month(start_date) < 9 as integer) as enrolled_year,
        'relint' as source_id,
        origin,
        student_token,
        identity_code,
        is_conflict,
        rows_count,
        contradictions_count
    from stay
    union all
    select
        year,
        year - 1 as enrolled_year,
        'survey' as source_id,
        origin,
        student_token,
        identity_code,
        false as is_conflict,
        rows_count,
        contradictions_count
    from stg_survey__answer
),

covered as (
    select distinct
        year,
        origin
    from stg_apogee__enrolment
),

linked as (
    select
        registered.year,
        registered.source_id,
        registered.origin,
        registered.identity_code,
        registered.is_conflict,
        registered.rows_count,
        registered.contradictions_count,
        enrolled.student_token is not null as is_linked
    from registered
    inner join covered on registered.enrolled_year = covered.year and registered.origin = covered.origin
    left join enrolled
        on
            registered.enrolled_year = enrolled.year
            and registered.origin = enrolled.origin
            and registered.student_token = enrolled.student_token
    union all
    select
        year,
        'apogee' as source_id,
        origin,
        identity_code,
        is_conflict,
        rows_count,
        contradictions_count,
        identity_code = 'ine' or (identity_code = 'number' and has_number) as is_linked
    from enrolment
),

final as (
    select
        year,
        source_id,
        cast(sum(rows_count) as bigint) as rows_count,
        cast(coalesce(sum(rows_count) filter (where is_linked), 0) as bigint) as linked_count,
        cast(coalesce(sum(rows_count) filter (where is_linked and identity_code = 'ine'), 0) as bigint)
            as linked_by_ine_count,
        cast(coalesce(sum(rows_count) filter (where is_linked and identity_code = 'number'), 0) as bigint)
            as linked_by_number_count,
        cast(coalesce(sum(rows_count) filter (where not is_linked), 0) as bigint) as orphans_count,
        cast(coalesce(sum(rows_count) filter (where is_conflict), 0) as bigint) as conflicts_count,
        cast(sum(contradictions_count) as bigint) as contradictions_count,
        max(origin) as origin
    from linked
    group by all
)

select * from final
order by year, source_id

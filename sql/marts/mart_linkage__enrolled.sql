-- what: rows of each register that find a student among the enrolments of the year in which one must be
-- grain: year, register_year, source_id
-- years: stg_survey__answer 1 to 1
-- inputs: mart_linkage__number, mart_mobility__stay, stg_apogee__enrolment, stg_cfa__contract, stg_crous__scholarship,
--   stg_survey__answer
-- caveats: internal, a step of mart_linkage__register, which brings the years of a file together. Years that apogee does
--   not cover are absent. Any enrolment of the year is enough, counted or not; for apogee itself, linked are the rows
--   that have an INE, their own or the one their student number leads to.
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
        on
            enrolled.year = crosswalk.year
            and enrolled.origin = crosswalk.origin
            and enrolled.number_key = crosswalk.number_key
),

enrolled as (
    select distinct
        year,
        origin,
        student_token
    from enrolment
),

-- `year` is the one in which the person must be enrolled for the row to make sense, `register_year` that of the file.
registered as (
    select
        year as register_year,
        year,
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
        year as register_year,
        year,
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
        register_year,
        year,
        'relint' as source_id,
        origin,
        student_token,
        identity_code,
        is_conflict,
        rows_count,
        contradictions_count
    from mart_mobility__stay
    union all
    select
        year as register_year,
        year - 1 as year,
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
        registered.register_year,
        registered.source_id,
        registered.origin,
        registered.identity_code,
        registered.is_conflict,
        registered.rows_count,
        registered.contradictions_count,
        enrolled.student_token is not null as is_linked
    from registered
    inner join covered on registered.year = covered.year and registered.origin = covered.origin
    left join enrolled
        on
            registered.year = enrolled.year
            and registered.origin = enrolled.origin
            and registered.student_token = enrolled.student_token
    union all
    select
        year,
        year as register_year,
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
        register_year,
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
order by year, register_year, source_id

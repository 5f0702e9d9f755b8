-- what: rows of each register that find a student of the enrolment register, and those that find none
-- grain: year, source_id
-- inputs: stg_apogee__enrolment, stg_cfa__contract, stg_crous__scholarship, stg_relint__stay, stg_survey__answer
-- caveats: any enrolment of the year is enough, counted or not; for apogee itself, linked are the rows whose INE can
--   be used. A survey of year Y is linked with enrolments of Y - 1. Years that apogee does not cover are absent.
with enrolment as (
    select * from stg_apogee__enrolment
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
        rows_count
    from stg_crous__scholarship
    union all
    select
        year,
        year as enrolled_year,
        'cfa' as source_id,
        origin,
        student_token,
        rows_count
    from stg_cfa__contract
    union all
    -- A stay that began last year stands in this year's file too: its student may have left since.
    select
        year,
        year(start_date) - cast(month(start_date) < 9 as integer) as enrolled_year,
        'relint' as source_id,
        origin,
        student_token,
        rows_count
    from stg_relint__stay
    union all
    select
        year,
        year - 1 as enrolled_year,
        'survey' as source_id,
        origin,
        student_token,
        rows_count
    from stg_survey__answer
),

covered as (
    select distinct
        year,
        origin
    from enrolment
),

linked as (
    select
        registered.year,
        registered.source_id,
        registered.origin,
        registered.rows_count,
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
        rows_count,
        identity_code = 'ine' as is_linked
    from enrolment
),

final as (
    select
        year,
        source_id,
        cast(sum(rows_count) as bigint) as rows_count,
        cast(coalesce(sum(rows_count) filter (where is_linked), 0) as bigint) as linked_count,
        cast(coalesce(sum(rows_count) filter (where not is_linked), 0) as bigint) as orphans_count,
        max(origin) as origin
    from linked
    group by all
)

select * from final
order by year, source_id

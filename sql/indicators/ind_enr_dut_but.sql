-- what: students in DUT or BUT, region, establishments, and the sites an establishment wholly stands for
-- grain: scope_level, scope_code, year
-- inputs: mart_enrolment__bac, mart_enrolment__establishment, mart_enrolment__site_open
-- caveats: the file of enrolments by establishment until SISE begins: both give the same numbers in the years they share.
--   Sites of Toulouse III and Toulouse – Jean Jaurès have no open figure of their own, so their scope is absent.
with detailed as (
    select * from mart_enrolment__establishment
    where diploma_code in ('DUT', 'BUT')
),

headcount as (
    select * from mart_enrolment__bac
),

sites as (
    select * from mart_enrolment__site_open
    where is_whole and diploma_code in ('DUT', 'BUT')
),

-- The years before the first that SISE details.
earlier as (
    select
        year,
        establishment_code,
        case
            when coalesce(dut_count, but_count) is not null
                then coalesce(dut_count, 0) + coalesce(but_count, 0)
        end as students_count,
        origin
    from headcount
    where year < (select coalesce(min(detailed.year), 9999) from detailed)
),

students as (
    select
        year,
        establishment_code,
        students_count,
        origin
    from detailed
    union all
    select
        year,
        establishment_code,
        students_count,
        origin
    from earlier
    where students_count is not null
),

by_establishment as (
    select
        case when grouping(establishment_code) = 1 then 'region' else 'establishment' end as scope_level,
        coalesce(establishment_code, 'midi-pyrenees') as scope_code,
        year,
        cast(sum(students_count) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from students
    group by grouping sets ((year, establishment_code), (year))
),

by_site as (
    select
        'site' as scope_level,
        site_code as scope_code,
        year,
        cast(sum(students_count) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from sites
    group by site_code, year
),

final as (
    select * from by_establishment
    union all
    select * from by_site
)

select * from final
order by scope_level, scope_code, year

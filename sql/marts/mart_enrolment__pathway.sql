-- what: students of the technological pathway by diploma: region, establishments, sites an establishment wholly stands for
-- grain: scope_level, scope_code, year, diploma_code
-- inputs: mart_enrolment__bac, mart_enrolment__establishment, mart_enrolment__site_open
-- caveats: the file of enrolments by establishment until SISE begins: both give the same numbers in the years they share.
--   Sites of Toulouse III and Toulouse – Jean Jaurès have no open figure of their own, so their scope is absent.
with detailed as (
    select * from mart_enrolment__establishment
),

headcount as (
    select * from mart_enrolment__bac
),

sites as (
    select * from mart_enrolment__site_open
    where is_whole and diploma_code <> '_T'
),

diploma as (
    select 'DUT' as diploma_code
    union all
    select 'BUT' as diploma_code
    union all
    select 'LP' as diploma_code
),

-- The years before the first that SISE details; a row of the file by establishment becomes one a diploma.
earlier as (
    select
        headcount.year,
        headcount.establishment_code,
        diploma.diploma_code,
        case
            when diploma.diploma_code = 'DUT' then headcount.dut_count
            when diploma.diploma_code = 'BUT' then headcount.but_count
            when coalesce(headcount.lp_one_year_count, headcount.lp_two_three_years_count) is not null
                then coalesce(headcount.lp_one_year_count, 0) + coalesce(headcount.lp_two_three_years_count, 0)
        end as students_count,
        headcount.origin
    from headcount
    cross join diploma
    where headcount.year < (select coalesce(min(detailed.year), 9999) from detailed)
),

students as (
    select
        year,
        establishment_code,
        diploma_code,
        students_count,
        origin
    from detailed
    union all
    select
        year,
        establishment_code,
        diploma_code,
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
        diploma_code,
        cast(sum(students_count) as bigint) as students_count,
        max(origin) as origin
    from students
    group by grouping sets ((year, diploma_code, establishment_code), (year, diploma_code))
),

by_site as (
    select
        'site' as scope_level,
        site_code as scope_code,
        year,
        diploma_code,
        students_count,
        origin
    from sites
),

final as (
    select * from by_establishment
    union all
    select * from by_site
)

select * from final
order by scope_level, scope_code, year, diploma_code

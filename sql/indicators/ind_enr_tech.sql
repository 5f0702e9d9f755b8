-- what: students in DUT, BUT or licence professionnelle, region and establishments
-- grain: scope_level, scope_code, year
-- inputs: mart_enrolment__bac, mart_enrolment__establishment
-- caveats: the file of enrolments by establishment until SISE begins: both give the same numbers in the years they share.
with detailed as (
    select * from mart_enrolment__establishment
),

headcount as (
    select * from mart_enrolment__bac
),

-- The years before the first that SISE details.
earlier as (
    select
        year,
        establishment_code,
        case
            when coalesce(dut_count, but_count, lp_one_year_count, lp_two_three_years_count) is not null
                then
                    coalesce(dut_count, 0) + coalesce(but_count, 0)
                    + coalesce(lp_one_year_count, 0) + coalesce(lp_two_three_years_count, 0)
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

final as (
    select
        case when grouping(establishment_code) = 1 then 'region' else 'establishment' end as scope_level,
        coalesce(establishment_code, 'midi-pyrenees') as scope_code,
        year,
        cast(sum(students_count) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from students
    group by grouping sets ((year, establishment_code), (year))
)

select * from final
order by scope_level, scope_code, year

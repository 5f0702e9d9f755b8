-- what: the technological pathway among all students of the establishments
-- grain: scope_level, scope_code, year
-- inputs: mart_enrolment__bac, ref_region
-- caveats: a diploma the file leaves blank is none of that establishment's; ends in 2022.
with headcount as (
    select * from mart_enrolment__bac
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(establishment_code) = 1 then 'region' else 'establishment' end as scope_level,
        coalesce(establishment_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(sum(
            coalesce(dut_count, 0) + coalesce(but_count, 0) + coalesce(lp_one_year_count, 0)
            + coalesce(lp_two_three_years_count, 0)
        ) as bigint) as numerator,
        cast(sum(students_count) as bigint) as denominator,
        max(origin) as origin
    from headcount
    group by grouping sets ((year, establishment_code), (year))
)

select * from final
order by scope_level, scope_code, year

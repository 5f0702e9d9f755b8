-- what: women among the students in DUT or BUT, region and establishments
-- grain: scope_level, scope_code, year
-- inputs: mart_enrolment__establishment, ref_region
-- caveats: none beyond those of the mart.
with enrolment as (
    select * from mart_enrolment__establishment
    where diploma_code in ('DUT', 'BUT')
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(establishment_code) = 1 then 'region' else 'establishment' end as scope_level,
        coalesce(establishment_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(coalesce(sum(case when sex_code = 'F' then students_count end), 0) as bigint) as numerator,
        cast(sum(students_count) as bigint) as denominator,
        max(origin) as origin
    from enrolment
    group by grouping sets ((year, establishment_code), (year))
)

select * from final
order by scope_level, scope_code, year

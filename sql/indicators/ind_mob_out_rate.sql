-- what: students who went abroad among students, from the registers, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_mobility__register, ref_region
-- caveats: the year's rate, not the share mobile at some point of their studies.
with mobility as (
    select * from mart_mobility__register
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(sum(mobile_students_count) as bigint) as numerator,
        cast(sum(students_count) as bigint) as denominator,
        max(origin) as origin
    from mobility
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

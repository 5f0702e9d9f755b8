-- what: students from a foreign school system among students in DUT or BUT, region and establishments
-- grain: scope_level, scope_code, year
-- inputs: mart_mobility__incoming, ref_region
-- caveats: the licence professionnelle is left out, see the definition.
with incoming as (
    select * from mart_mobility__incoming
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
        cast(sum(foreign_system_students_count) as bigint) as numerator,
        cast(sum(students_count) as bigint) as denominator,
        max(origin) as origin
    from incoming
    group by grouping sets ((year, establishment_code), (year))
)

select * from final
order by scope_level, scope_code, year

-- what: outgoing Erasmus students of 2013-14, region and establishments
-- grain: scope_level, scope_code, year
-- inputs: mart_mobility__erasmus, ref_region
-- caveats: a lower bound, the whole university.
with flows as (
    select * from mart_mobility__erasmus
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(establishment_code) = 1 then 'region' else 'establishment' end as scope_level,
        coalesce(establishment_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(sum(students_count) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from flows
    group by grouping sets ((year, establishment_code), (year))
)

select * from final
order by scope_level, scope_code, year

-- what: $fill
-- grain: scope_level, scope_code, year
-- inputs: $mart, ref_region
-- caveats: $fill
with counted as (
    select * from $mart
),

region as (
    select * from ref_region
),

final as (
    select
        'region' as scope_level,
        (select region.scope_code from region) as scope_code,
        year,
        cast(sum($measure) as bigint) as numerator,
        $below as denominator,
        max(origin) as origin
    from counted
    group by year
)

select * from final
order by scope_level, scope_code, year

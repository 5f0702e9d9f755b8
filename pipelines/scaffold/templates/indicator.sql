-- what: $fill
-- grain: scope_level, scope_code, year
-- inputs: $mart
-- caveats: $fill
with counted as (
    select * from $mart
),

final as (
    select
        'region' as scope_level,
        'midi-pyrenees' as scope_code,
        year,
        cast(sum($measure) as bigint) as numerator,
        $below as denominator,
        max(origin) as origin
    from counted
    group by year
)

select * from final
order by scope_level, scope_code, year

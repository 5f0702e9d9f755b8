-- what: employment rate at 30 months of DUT graduates, whole of France
-- grain: scope_level, scope_code, year
-- inputs: mart_employment__dut
-- caveats: the source's own total of all departments of IUTs.
with outcomes as (
    select * from mart_employment__dut
    where months_after = 30 and speciality_code = '_T'
),

final as (
    select
        'country' as scope_level,
        'FR' as scope_code,
        year,
        cast(employment_pct as decimal(9, 2)) * responses_count / 100 as numerator,
        case when employment_pct is not null then responses_count end as denominator,
        missing_code,
        origin
    from outcomes
)

select * from final
order by scope_level, scope_code, year

-- what: employment rate at 18 months of licence professionnelle graduates, region and establishments
-- grain: scope_level, scope_code, year
-- inputs: mart_employment__lp_rate
-- caveats: estimated from the rates the source shows; no value where it hides the rate of most answers.
with rates as (
    select * from mart_employment__lp_rate
    where measure_code = 'employment_pct' and months_after = 18
),

final as (
    select
        scope_level,
        scope_code,
        year,
        estimated_count as numerator,
        rated_responses_count as denominator,
        missing_code,
        origin
    from rates
)

select * from final
order by scope_level, scope_code, year

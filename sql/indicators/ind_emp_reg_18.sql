-- what: graduates employed at 18 months among those who do not go on studying, weighted, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_employment__register
-- caveats: weighted for non-response; year of the diploma; DUT, BUT and licence professionnelle together. sample_size
--   is the effective number of answers, (sum of weights)² / sum of squared weights (L. Kish, Survey Sampling, 1965);
--   the answers of a site and a diploma share one weight, so that of a cell is its weighted count over its answers.
with survey as (
    select
        *,
        cast(weighted_active_count as double) * cast(weighted_active_count as double) / nullif(active_count, 0)
            as squared_weights
    from mart_employment__register
    where months_after = 18
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, 'midi-pyrenees') as scope_code,
        year,
        sum(weighted_employed_count) as numerator,
        sum(weighted_active_count) as denominator,
        -- Sums of decimals: those of floats depend on the order in which threads add them.
        cast(sum(weighted_active_count) as double) * cast(sum(weighted_active_count) as double)
        / nullif(cast(sum(cast(squared_weights as decimal(24, 6))) as double), 0) as sample_size,
        max(origin) as origin
    from survey
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

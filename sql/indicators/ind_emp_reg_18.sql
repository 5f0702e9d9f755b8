-- what: graduates employed at 18 months among those who do not go on studying, weighted, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_employment__register
-- caveats: weighted for non-response; year of the diploma; DUT, BUT and licence professionnelle together.
with survey as (
    select * from mart_employment__register
    where months_after = 18
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, 'midi-pyrenees') as scope_code,
        year,
        sum(weighted_employed_count) as numerator,
        sum(weighted_active_count) as denominator,
        max(origin) as origin
    from survey
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

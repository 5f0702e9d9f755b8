-- what: answers among graduates surveyed at 30 months, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_employment__register, ref_region
-- caveats: unweighted.
with survey as (
    select * from mart_employment__register
    where months_after = 30
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(sum(answers_count) as bigint) as numerator,
        cast(sum(graduates_count) as bigint) as denominator,
        max(origin) as origin
    from survey
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

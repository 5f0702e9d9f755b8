-- what: first-year entrants promoted to the second year, from the registers, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_success__register, ref_region
-- caveats: by year of entry; the register's last year has no sequel and is left out.
with success as (
    select * from mart_success__register
    where diploma_code in ('DUT', 'BUT') and promoted_count is not null
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(sum(promoted_count) as bigint) as numerator,
        cast(sum(entrants_count) as bigint) as denominator,
        max(origin) as origin
    from success
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

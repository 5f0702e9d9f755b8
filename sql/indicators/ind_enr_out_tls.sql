-- what: entrants admitted outside the commune of the hub
-- grain: scope_level, scope_code, year
-- inputs: mart_scholarship__entrants, ref_region, ref_site
-- caveats: a site in the hub's suburbs counts as outside: the founding text does not say.
with entrants as (
    select * from mart_scholarship__entrants
),

region as (
    select * from ref_region
),

site as (
    select * from ref_site
),

final as (
    select
        'region' as scope_level,
        (select region.scope_code from region) as scope_code,
        entrants.year,
        cast(coalesce(sum(case when not site.is_hub then entrants.admitted_count end), 0) as bigint) as numerator,
        cast(sum(entrants.admitted_count) as bigint) as denominator,
        max(entrants.origin) as origin
    from entrants
    inner join site on entrants.site_code = site.site_code
    group by entrants.year
)

select * from final
order by scope_level, scope_code, year

-- what: distinct specialities of DUT or BUT on offer outside the commune of the hub
-- grain: scope_level, scope_code, year
-- inputs: mart_scholarship__entrants, ref_region, ref_site
-- caveats: a site in the hub's suburbs counts as outside; unknown titles (_U) are left out.
with entrants as (
    select * from mart_scholarship__entrants
    where speciality_code <> '_U'
),

region as (
    select * from ref_region
),

site as (
    select * from ref_site
    where not is_hub
),

final as (
    select
        'region' as scope_level,
        (select region.scope_code from region) as scope_code,
        entrants.year,
        count(distinct entrants.speciality_code) as numerator,
        cast(null as bigint) as denominator,
        max(entrants.origin) as origin
    from entrants
    inner join site on entrants.site_code = site.site_code
    group by entrants.year
)

select * from final
order by scope_level, scope_code, year

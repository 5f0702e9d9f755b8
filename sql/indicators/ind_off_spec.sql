-- what: distinct specialities of DUT or BUT on offer, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_scholarship__entrants, ref_region
-- caveats: one speciality on two sites counts once for the region, so sites do not add up; unknown titles (_U) are left out.
with entrants as (
    select * from mart_scholarship__entrants
    where speciality_code <> '_U'
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, (select region.scope_code from region)) as scope_code,
        year,
        count(distinct speciality_code) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from entrants
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

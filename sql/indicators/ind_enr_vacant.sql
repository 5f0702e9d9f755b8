-- what: places of DUT and BUT left empty, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_scholarship__entrants, ref_region
-- caveats: summed by speciality, so that one overfull does not hide another half empty.
with entrants as (
    select * from mart_scholarship__entrants
    where capacity_count is not null and admitted_count is not null
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(sum(greatest(capacity_count - admitted_count, 0)) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from entrants
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

-- what: applicants admitted to a DUT or BUT, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_scholarship__entrants, ref_region
-- caveats: admitted, not enrolled; no session 2020 to 2022 in the files.
with entrants as (
    select * from mart_scholarship__entrants
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(sum(admitted_count) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from entrants
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

-- what: technological baccalauréats among new bacheliers admitted, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_scholarship__entrants, ref_region
-- caveats: Parcoursup only.
with entrants as (
    select * from mart_scholarship__entrants
    where new_bachelors_technological_count is not null
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(sum(new_bachelors_technological_count) as bigint) as numerator,
        cast(sum(new_bachelors_count) as bigint) as denominator,
        max(origin) as origin
    from entrants
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

-- what: applicants admitted to a DUT or BUT, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_scholarship__entrants
-- caveats: admitted, not enrolled; no session 2020 to 2022 in the files.
with entrants as (
    select * from mart_scholarship__entrants
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, 'midi-pyrenees') as scope_code,
        year,
        cast(sum(admitted_count) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from entrants
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

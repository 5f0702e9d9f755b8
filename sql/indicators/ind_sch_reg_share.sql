-- what: scholarship holders among students, from the registers, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_scholarship__register, ref_region
-- caveats: every level of scholarship.
with scholarships as (
    select * from mart_scholarship__register
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(sum(scholarship_holders_count) as bigint) as numerator,
        cast(sum(students_count) as bigint) as denominator,
        max(origin) as origin
    from scholarships
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

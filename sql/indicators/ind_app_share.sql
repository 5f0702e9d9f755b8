-- what: students in apprenticeship among students, from the registers, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_apprenticeship__register, ref_region
-- caveats: a student with two contracts in the year counts once.
with apprenticeship as (
    select * from mart_apprenticeship__register
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(sum(apprentices_count) as bigint) as numerator,
        cast(sum(students_count) as bigint) as denominator,
        max(origin) as origin
    from apprenticeship
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

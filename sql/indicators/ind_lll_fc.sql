-- what: students in continuing education, from the registers, region and sites
-- grain: scope_level, scope_code, year
-- inputs: mart_enrolment__register, ref_region
-- caveats: professionalisation contracts (CP) are not counted.
with enrolment as (
    select * from mart_enrolment__register
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(site_code) = 1 then 'region' else 'site' end as scope_level,
        coalesce(site_code, (select region.scope_code from region)) as scope_code,
        year,
        cast(coalesce(sum(case when regime_code = 'FC' then students_count end), 0) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from enrolment
    group by grouping sets ((year, site_code), (year))
)

select * from final
order by scope_level, scope_code, year

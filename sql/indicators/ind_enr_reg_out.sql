-- what: students enrolled outside the commune of the hub, from the registers
-- grain: scope_level, scope_code, year
-- inputs: mart_enrolment__register, ref_region, ref_site
-- caveats: a site in the hub's suburbs counts as outside: the founding text does not say.
with enrolment as (
    select * from mart_enrolment__register
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
        enrolment.year,
        cast(coalesce(sum(case when not site.is_hub then enrolment.students_count end), 0) as bigint) as numerator,
        cast(sum(enrolment.students_count) as bigint) as denominator,
        max(enrolment.origin) as origin
    from enrolment
    inner join site on enrolment.site_code = site.site_code
    group by enrolment.year
)

select * from final
order by scope_level, scope_code, year

-- what: students in DUT or BUT, region, establishments, and the sites an establishment wholly stands for
-- grain: scope_level, scope_code, year
-- inputs: mart_enrolment__pathway
-- caveats: no open figure for a site that shares its establishment with others, so its scope is absent.
with pathway as (
    select * from mart_enrolment__pathway
    where diploma_code in ('DUT', 'BUT')
),

final as (
    select
        scope_level,
        scope_code,
        year,
        cast(sum(students_count) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from pathway
    group by scope_level, scope_code, year
)

select * from final
order by scope_level, scope_code, year

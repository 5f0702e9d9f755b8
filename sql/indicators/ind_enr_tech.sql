-- what: students in DUT, BUT or licence professionnelle, region and establishments
-- grain: scope_level, scope_code, year
-- inputs: mart_enrolment__pathway
-- caveats: two publications of one count, end to end; see the mart.
with pathway as (
    select * from mart_enrolment__pathway
    where scope_level in ('region', 'establishment')
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

-- what: students in DUT, BUT or licence professionnelle, region and establishments
-- grain: scope_level, scope_code, year
-- inputs: mart_enrolment__establishment
-- caveats: the licence professionnelle is the whole university's.
with enrolment as (
    select * from mart_enrolment__establishment
),

final as (
    select
        case when grouping(establishment_code) = 1 then 'region' else 'establishment' end as scope_level,
        coalesce(establishment_code, 'midi-pyrenees') as scope_code,
        year,
        cast(sum(students_count) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from enrolment
    group by grouping sets ((year, establishment_code), (year))
)

select * from final
order by scope_level, scope_code, year

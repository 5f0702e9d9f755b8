-- what: students in licence professionnelle, region, establishments, and the sites an establishment wholly stands for
-- grain: scope_level, scope_code, year
-- inputs: mart_enrolment__establishment, mart_enrolment__site_open
-- caveats: sites of Toulouse III and Toulouse – Jean Jaurès have no open figure of their own, so their scope is absent.
with enrolment as (
    select * from mart_enrolment__establishment
    where diploma_code = 'LP'
),

sites as (
    select * from mart_enrolment__site_open
    where is_whole and diploma_code = 'LP'
),

by_establishment as (
    select
        case when grouping(establishment_code) = 1 then 'region' else 'establishment' end as scope_level,
        coalesce(establishment_code, 'midi-pyrenees') as scope_code,
        year,
        cast(sum(students_count) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from enrolment
    group by grouping sets ((year, establishment_code), (year))
),

by_site as (
    select
        'site' as scope_level,
        site_code as scope_code,
        year,
        cast(sum(students_count) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from sites
    group by site_code, year
),

final as (
    select * from by_establishment
    union all
    select * from by_site
)

select * from final
order by scope_level, scope_code, year

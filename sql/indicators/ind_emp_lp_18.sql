-- what: employment rate at 18 months of licence professionnelle graduates, region and establishments
-- grain: scope_level, scope_code, year
-- inputs: mart_employment__lp
-- caveats: only the four domains are read (disc06 is at once a domain and its one discipline); a rate hidden at the
--   source leaves its domain out; no value below half of the answers (missing_code ns).
with outcomes as (
    select * from mart_employment__lp
    where months_after = 18 and discipline_code in ('disc01', 'disc06', 'disc07', 'disc12') and responses_count > 0
),

rated as (
    select
        year,
        establishment_code,
        origin,
        responses_count,
        case when employment_pct is not null then responses_count else 0 end as rated_count,
        coalesce(cast(employment_pct as decimal(9, 2)) * responses_count, 0) as rated_points
    from outcomes
),

summed as (
    select
        case when grouping(establishment_code) = 1 then 'region' else 'establishment' end as scope_level,
        coalesce(establishment_code, 'midi-pyrenees') as scope_code,
        year,
        cast(sum(responses_count) as bigint) as answers_count,
        cast(sum(rated_count) as bigint) as rated_count,
        sum(rated_points) as rated_points,
        max(origin) as origin
    from rated
    group by grouping sets ((year, establishment_code), (year))
),

final as (
    select
        scope_level,
        scope_code,
        year,
        case when rated_count * 2 >= answers_count then rated_points / 100 end as numerator,
        case when rated_count * 2 >= answers_count then rated_count end as denominator,
        case when rated_count * 2 < answers_count then 'ns' end as missing_code,
        origin
    from summed
)

select * from final
order by scope_level, scope_code, year

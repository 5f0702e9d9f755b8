-- what: what became of the holders of a licence professionnelle, one rate a row, for the region and the establishments
-- grain: scope_level, scope_code, year, months_after, measure_code
-- inputs: mart_employment__lp
-- caveats: only the four domains are read (disc06 is at once a domain and its one discipline); a rate hidden at the
--   source leaves its domain out; no estimate below half of the answers (missing_code ns); inside_region_pct is the
--   complement of the source's outside_region_pct.
with outcomes as (
    select * from mart_employment__lp
    where discipline_code in ('disc01', 'disc06', 'disc07', 'disc12') and responses_count > 0
),

-- One row a domain becomes four.
measure as (
    select 'employment_pct' as measure_code
    union all
    select 'stable_pct' as measure_code
    union all
    select 'intermediate_pct' as measure_code
    union all
    select 'inside_region_pct' as measure_code
),

rates as (
    select
        outcomes.year,
        outcomes.establishment_code,
        outcomes.months_after,
        outcomes.responses_count,
        outcomes.origin,
        measure.measure_code,
        case measure.measure_code
            when 'employment_pct' then outcomes.employment_pct
            when 'stable_pct' then outcomes.stable_pct
            when 'intermediate_pct' then outcomes.intermediate_pct
            else 100 - outcomes.outside_region_pct
        end as rate_pct
    from outcomes
    cross join measure
),

rated as (
    select
        *,
        case when rate_pct is not null then responses_count else 0 end as rated_count,
        coalesce(cast(rate_pct as decimal(9, 2)) * responses_count, 0) as rated_points
    from rates
),

summed as (
    select
        case when grouping(establishment_code) = 1 then 'region' else 'establishment' end as scope_level,
        coalesce(establishment_code, 'midi-pyrenees') as scope_code,
        year,
        months_after,
        measure_code,
        cast(sum(responses_count) as bigint) as responses_count,
        cast(sum(rated_count) as bigint) as rated_responses_count,
        sum(rated_points) as rated_points,
        max(origin) as origin
    from rated
    group by grouping sets ((year, months_after, measure_code, establishment_code), (year, months_after, measure_code))
),

final as (
    select
        scope_level,
        scope_code,
        year,
        months_after,
        measure_code,
        responses_count,
        rated_responses_count,
        case when rated_responses_count * 2 >= responses_count then rated_points / 100 end as estimated_count,
        case when rated_responses_count * 2 < responses_count then 'ns' end as missing_code,
        origin
    from summed
)

select * from final
order by scope_level, scope_code, year, months_after, measure_code

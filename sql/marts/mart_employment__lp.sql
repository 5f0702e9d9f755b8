-- what: what became of the holders of a licence professionnelle, by establishment and discipline
-- grain: year, establishment_code, discipline_code, months_after
-- inputs: ref_identity, stg_insertion_lp__outcomes
-- caveats: rates as printed, in per cent; the source hides a rate by ns (too few answers) or nd (not available), kept
--   in missing_code for the employment rate; disc01, disc07 and disc12 are totals of their domain, the others parts.
with outcomes as (
    select * from stg_insertion_lp__outcomes
),

identity as (
    select * from ref_identity
    where scheme = 'uai'
),

final as (
    select
        outcomes.year,
        identity.establishment_code,
        outcomes.discipline_code,
        outcomes.months_after,
        cast(max(case when outcomes.measure_code = 'responses_count' then outcomes.value end) as bigint)
            as responses_count,
        max(outcomes.discipline_label) as discipline_label,
        max(case when outcomes.measure_code = 'response_pct' then outcomes.value end) as response_pct,
        max(case when outcomes.measure_code = 'employment_pct' then outcomes.value end) as employment_pct,
        max(case when outcomes.measure_code = 'stable_pct' then outcomes.value end) as stable_pct,
        max(case when outcomes.measure_code = 'intermediate_pct' then outcomes.value end) as intermediate_pct,
        max(case when outcomes.measure_code = 'outside_region_pct' then outcomes.value end) as outside_region_pct,
        max(case when outcomes.measure_code = 'employment_pct' then outcomes.missing_code end) as missing_code,
        max(outcomes.origin) as origin
    from outcomes
    inner join identity
        on
            outcomes.uai = identity.identifier
            and make_date(outcomes.year, 10, 1) >= coalesce(identity.valid_from, date '1900-01-01')
            and make_date(outcomes.year, 10, 1) <= coalesce(identity.valid_to, date '9999-12-31')
    group by all
)

select * from final
order by year, establishment_code, discipline_code, months_after

-- what: what became of the apprentices of the training centres (CFA) of the administrative region, six months after they left
-- grain: year, uai
-- inputs: ref_region, stg_inserjeunes__cfa
-- caveats: a CFA is no IUT: apprentices of several levels and trades; rates as printed, in per cent, with no number
--   of persons, so they can be neither summed nor averaged; nd is kept in missing_code for the employment rate.
with region as (
    select * from ref_region
),

outcomes as (
    select * from stg_inserjeunes__cfa
    where lower(region_label) = (select lower(region.region_2016_label) from region)
),

final as (
    select
        year,
        uai,
        max(cfa_label) as cfa_label,
        max(case when measure_code = 'continuing_pct' then value end) as continuing_pct,
        max(case when measure_code = 'employment_pct' then value end) as employment_pct,
        max(case when measure_code = 'expected_employment_pct' then value end) as expected_employment_pct,
        max(case when measure_code = 'value_added_points' then value end) as value_added_points,
        max(case when measure_code = 'employment_pct' then missing_code end) as missing_code,
        max(origin) as origin
    from outcomes
    group by all
)

select * from final
order by year, uai

-- what: establishments with a BTS, DUT or BUT programme, region and départements
-- grain: scope_level, scope_code, year
-- inputs: mart_offer__formation, ref_region
-- caveats: an establishment is a UAI: a lycée's private annex counts apart.
with offer as (
    select * from mart_offer__formation
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(departement_code) = 1 then 'region' else 'departement' end as scope_level,
        coalesce(departement_code, (select region.scope_code from region)) as scope_code,
        year,
        count(distinct uai) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from offer
    group by grouping sets ((year, departement_code), (year))
)

select * from final
order by scope_level, scope_code, year

-- what: new apprenticeship contracts by territory: the region's départements, the administrative region that holds them, France
-- grain: year, territory_level, territory_code
-- inputs: ref_region, ref_territory, stg_barometre__contracts
-- caveats: every level of diploma, not higher education alone; a year may cover fewer than twelve months
--   (months_covered): ten in 2022.
with contracts as (
    select * from stg_barometre__contracts
),

region as (
    select * from ref_region
),

territory as (
    select * from ref_territory
    where is_in_region
),

final as (
    select
        contracts.year,
        contracts.territory_level,
        contracts.territory_code,
        cast(sum(contracts.contracts_count) as bigint) as contracts_count,
        max(contracts.territory_label) as territory_label,
        max(contracts.months_covered) as months_covered,
        max(contracts.origin) as origin
    from contracts
    left join territory
        on contracts.territory_level = 'departement' and contracts.territory_code = territory.territory_code
    where
        territory.territory_code is not null
        or (contracts.territory_level = 'region' and contracts.territory_code = (select region.region_2016_code from region))
        or contracts.territory_level = 'country'
    group by all
)

select * from final
order by year, territory_level, territory_code

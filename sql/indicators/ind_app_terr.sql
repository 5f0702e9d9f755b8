-- what: new apprenticeship contracts: départements, the region as their sum, France
-- grain: scope_level, scope_code, year
-- inputs: mart_apprenticeship__territory, ref_region, ref_territory
-- caveats: every level of diploma; ten months in 2022; no total of the region when a département is missing.
with contracts as (
    select * from mart_apprenticeship__territory
),

region as (
    select * from ref_region
),

territory as (
    select * from ref_territory
    where is_in_region
),

by_departement as (
    select
        'departement' as scope_level,
        territory_code as scope_code,
        year,
        contracts_count as numerator,
        cast(null as bigint) as denominator,
        origin
    from contracts
    where territory_level = 'departement'
),

whole_region as (
    select
        'region' as scope_level,
        (select region.scope_code from region) as scope_code,
        year,
        cast(sum(numerator) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from by_departement
    group by year
    having count(*) = (select count(*) from territory)
),

country as (
    select
        'country' as scope_level,
        territory_code as scope_code,
        year,
        contracts_count as numerator,
        cast(null as bigint) as denominator,
        origin
    from contracts
    where territory_level = 'country'
),

final as (
    select * from by_departement
    union all
    select * from whole_region
    union all
    select * from country
)

select * from final
order by scope_level, scope_code, year

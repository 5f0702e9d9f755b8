-- what: new apprenticeship contracts: départements, Midi-Pyrénées as their sum, France
-- grain: scope_level, scope_code, year
-- inputs: mart_apprenticeship__territory
-- caveats: every level of diploma; ten months in 2022; no total of Midi-Pyrénées when a département is missing.
with contracts as (
    select * from mart_apprenticeship__territory
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

midi_pyrenees as (
    select
        'region' as scope_level,
        'midi-pyrenees' as scope_code,
        year,
        cast(sum(numerator) as bigint) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from by_departement
    group by year
    having count(*) = 8
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
    select * from midi_pyrenees
    union all
    select * from country
)

select * from final
order by scope_level, scope_code, year

-- what: BTS programmes of the académie, region and départements
-- grain: scope_level, scope_code, year
-- inputs: mart_offer__formation, ref_region
-- caveats: an establishment and a title make a programme; platforms only.
with offer as (
    select * from mart_offer__formation
    where diploma_code = 'BTS'
),

region as (
    select * from ref_region
),

final as (
    select
        case when grouping(departement_code) = 1 then 'region' else 'departement' end as scope_level,
        coalesce(departement_code, (select region.scope_code from region)) as scope_code,
        year,
        count(*) as numerator,
        cast(null as bigint) as denominator,
        max(origin) as origin
    from offer
    group by grouping sets ((year, departement_code), (year))
)

select * from final
order by scope_level, scope_code, year

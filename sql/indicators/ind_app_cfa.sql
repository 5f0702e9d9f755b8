-- what: employment six months after leaving, CFAs of the universities
-- grain: scope_level, scope_code, year
-- inputs: mart_apprenticeship__cfa, ref_identity
-- caveats: as published, for a hundred leavers: their number is not published, so nothing is summed.
with cfa as (
    select * from mart_apprenticeship__cfa
),

identity as (
    select * from ref_identity
    where scheme = 'uai'
),

final as (
    select
        'establishment' as scope_level,
        identity.establishment_code as scope_code,
        cfa.year,
        max(cfa.employment_pct) as numerator,
        100 as denominator,
        max(cfa.missing_code) as missing_code,
        max(cfa.origin) as origin
    from cfa
    inner join identity
        on
            cfa.uai = identity.identifier
            and make_date(cfa.year, 10, 1) >= coalesce(identity.valid_from, date '1900-01-01')
            and make_date(cfa.year, 10, 1) <= coalesce(identity.valid_to, date '9999-12-31')
    group by identity.establishment_code, cfa.year
)

select * from final
order by scope_level, scope_code, year

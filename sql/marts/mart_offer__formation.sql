-- what: programmes of the technological pathway one can apply for in the académie of Toulouse: BTS, DUT, BUT
-- grain: year, uai, diploma_code, speciality_code, formation_label
-- inputs: ref_diploma_label, ref_speciality_label, stg_apb__entrants, stg_parcoursup__entrants
-- caveats: programmes on the admission platforms only (no LP, few apprenticeship places); tracks of a programme are
--   summed; a BTS has no DUT speciality (_Z); APB gives no town.
with apb as (
    select * from stg_apb__entrants
    where academie_label = 'Toulouse'
),

parcoursup as (
    select * from stg_parcoursup__entrants
    where academie_label = 'Toulouse'
),

diploma as (
    select * from ref_diploma_label
    where diploma_code in ('BTS', 'DUT', 'BUT')
),

speciality as (
    select * from ref_speciality_label
),

offers as (
    select
        'apb' as source_id,
        year,
        uai,
        family_label,
        formation_label,
        lower(formation_label) as wording,
        establishment_label,
        null as commune_label,
        departement_code,
        null as latitude,
        null as longitude,
        capacity_count,
        admitted_count,
        origin
    from apb
    union all
    select
        'parcoursup' as source_id,
        year,
        uai,
        family_label,
        concat_ws(' – ', formation_label, case when formation_detail_label not in ('_T', '_Z') then formation_detail_label end) as formation_label,
        lower(formation_label) as wording,
        establishment_label,
        commune_label,
        departement_code,
        latitude,
        longitude,
        capacity_count,
        admitted_count,
        origin
    from parcoursup
),

in_the_pathway as (
    select
        offers.*,
        diploma.diploma_code
    from offers
    inner join diploma on offers.source_id = diploma.source_id and offers.family_label = diploma.source_label
),

wordings as (
    select distinct
        source_id,
        wording
    from in_the_pathway
    where diploma_code <> 'BTS'
),

-- The first pattern that matches names the speciality: the order of the list is the order of precedence.
known_wordings as (
    select distinct
        wordings.source_id,
        wordings.wording,
        first_value(speciality.speciality_code) over (
            partition by wordings.source_id, wordings.wording
            order by speciality.rank, speciality.pattern
        ) as speciality_code
    from wordings
    inner join speciality
        on
            speciality.source_id in (wordings.source_id, '*')
            and regexp_matches(wordings.wording, speciality.pattern)
),

coded as (
    select
        in_the_pathway.*,
        case
            when in_the_pathway.diploma_code = 'BTS' then '_Z'
            else coalesce(known_wordings.speciality_code, '_U')
        end as speciality_code
    from in_the_pathway
    left join known_wordings
        on in_the_pathway.source_id = known_wordings.source_id and in_the_pathway.wording = known_wordings.wording
),

final as (
    select
        year,
        uai,
        diploma_code,
        speciality_code,
        formation_label,
        max(establishment_label) as establishment_label,
        max(commune_label) as commune_label,
        max(departement_code) as departement_code,
        max(latitude) as latitude,
        max(longitude) as longitude,
        cast(sum(capacity_count) as bigint) as capacity_count,
        cast(sum(admitted_count) as bigint) as admitted_count,
        max(origin) as origin
    from coded
    group by all
)

select * from final
order by year, uai, diploma_code, speciality_code, formation_label

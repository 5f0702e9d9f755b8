-- what: BTS, DUT and BUT on the admission platforms, as staged, each with its diploma and speciality
-- grain: source_id, year, uai, family_label, formation_label, formation_detail_label, formation_rank
-- inputs: ref_diploma_label, ref_speciality_label, stg_apb__entrants, stg_parcoursup__entrants
-- caveats: APB (2016-2017) gives no town and counts scholarship holders among all admitted, Parcoursup (from 2018)
--   among new bachelors; a BTS has no DUT speciality (_Z); a speciality no pattern knows is _U.
with apb as (
    select * from stg_apb__entrants
),

parcoursup as (
    select * from stg_parcoursup__entrants
),

diploma as (
    select * from ref_diploma_label
    where diploma_code in ('BTS', 'DUT', 'BUT')
),

speciality as (
    select * from ref_speciality_label
),

-- What only one platform counts stays empty for the other.
admissions as (
    select
        'apb' as source_id,
        year,
        uai,
        family_label,
        formation_label,
        '_Z' as formation_detail_label,
        formation_rank,
        establishment_label,
        null as commune_label,
        departement_code,
        academie_label,
        null as latitude,
        null as longitude,
        capacity_count,
        applicants_count,
        admitted_count,
        admitted_women_count,
        admitted_scholarship_count,
        null as new_bachelors_count,
        null as new_bachelors_scholarship_count,
        null as new_bachelors_general_count,
        null as new_bachelors_technological_count,
        null as new_bachelors_professional_count,
        origin
    from apb
    union all
    select
        'parcoursup' as source_id,
        year,
        uai,
        family_label,
        formation_label,
        formation_detail_label,
        formation_rank,
        establishment_label,
        commune_label,
        departement_code,
        academie_label,
        latitude,
        longitude,
        capacity_count,
        applicants_count,
        admitted_count,
        admitted_women_count,
        null as admitted_scholarship_count,
        new_bachelors_count,
        new_bachelors_scholarship_count,
        new_bachelors_general_count,
        new_bachelors_technological_count,
        new_bachelors_professional_count,
        origin
    from parcoursup
),

in_the_pathway as (
    select
        admissions.*,
        lower(admissions.formation_label) as wording,
        diploma.diploma_code
    from admissions
    inner join diploma
        on admissions.source_id = diploma.source_id and admissions.family_label = diploma.source_label
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

final as (
    select
        in_the_pathway.source_id,
        in_the_pathway.year,
        in_the_pathway.uai,
        in_the_pathway.family_label,
        in_the_pathway.formation_label,
        in_the_pathway.formation_detail_label,
        in_the_pathway.formation_rank,
        in_the_pathway.diploma_code,
        case
            when in_the_pathway.diploma_code = 'BTS' then '_Z'
            else coalesce(known_wordings.speciality_code, '_U')
        end as speciality_code,
        in_the_pathway.establishment_label,
        in_the_pathway.commune_label,
        in_the_pathway.departement_code,
        in_the_pathway.academie_label,
        in_the_pathway.latitude,
        in_the_pathway.longitude,
        in_the_pathway.capacity_count,
        in_the_pathway.applicants_count,
        in_the_pathway.admitted_count,
        in_the_pathway.admitted_women_count,
        in_the_pathway.admitted_scholarship_count,
        in_the_pathway.new_bachelors_count,
        in_the_pathway.new_bachelors_scholarship_count,
        in_the_pathway.new_bachelors_general_count,
        in_the_pathway.new_bachelors_technological_count,
        in_the_pathway.new_bachelors_professional_count,
        in_the_pathway.origin
    from in_the_pathway
    left join known_wordings
        on in_the_pathway.source_id = known_wordings.source_id and in_the_pathway.wording = known_wordings.wording
)

select * from final
order by source_id, year, uai, family_label, formation_label, formation_detail_label, formation_rank

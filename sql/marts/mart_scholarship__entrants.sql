-- what: people admitted to the first year of a DUT or BUT, their scholarships and baccalauréat, by site and speciality
-- grain: year, site_code, diploma_code, speciality_code
-- inputs: ref_diploma_label, ref_site_uai, ref_speciality_label, stg_apb__entrants, stg_parcoursup__entrants
-- caveats: two denominators that never mix: APB (2016-2017) counts scholarship holders among all admitted, Parcoursup
--   (from 2018) among new bachelors; Millau counts with Rodez; tracks and options of a speciality are summed;
--   a speciality no pattern knows is _U.
with apb as (
    select * from stg_apb__entrants
),

parcoursup as (
    select * from stg_parcoursup__entrants
),

diploma as (
    select * from ref_diploma_label
),

speciality as (
    select * from ref_speciality_label
),

site_uai as (
    select * from ref_site_uai
),

admissions as (
    select
        'apb' as source_id,
        year,
        uai,
        family_label,
        lower(formation_label) as wording,
        admitted_count,
        admitted_women_count,
        admitted_scholarship_count,
        null as new_bachelors_count,
        null as new_bachelors_scholarship_count,
        null as new_bachelors_general_count,
        null as new_bachelors_technological_count,
        null as new_bachelors_professional_count,
        capacity_count,
        applicants_count,
        origin
    from apb
    union all
    select
        'parcoursup' as source_id,
        year,
        uai,
        family_label,
        lower(formation_label) as wording,
        admitted_count,
        admitted_women_count,
        null as admitted_scholarship_count,
        new_bachelors_count,
        new_bachelors_scholarship_count,
        new_bachelors_general_count,
        new_bachelors_technological_count,
        new_bachelors_professional_count,
        capacity_count,
        applicants_count,
        origin
    from parcoursup
),

at_the_sites as (
    select
        admissions.*,
        site_uai.site_code,
        diploma.diploma_code
    from admissions
    inner join site_uai on admissions.uai = site_uai.uai
    inner join diploma
        on admissions.source_id = diploma.source_id and admissions.family_label = diploma.source_label
    where diploma.diploma_code in ('DUT', 'BUT')
),

wordings as (
    select distinct
        source_id,
        wording
    from at_the_sites
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
        at_the_sites.*,
        coalesce(known_wordings.speciality_code, '_U') as speciality_code
    from at_the_sites
    left join known_wordings
        on at_the_sites.source_id = known_wordings.source_id and at_the_sites.wording = known_wordings.wording
),

final as (
    select
        year,
        site_code,
        diploma_code,
        speciality_code,
        cast(sum(admitted_count) as bigint) as admitted_count,
        cast(sum(admitted_women_count) as bigint) as admitted_women_count,
        cast(sum(admitted_scholarship_count) as bigint) as admitted_scholarship_count,
        cast(sum(new_bachelors_count) as bigint) as new_bachelors_count,
        cast(sum(new_bachelors_scholarship_count) as bigint) as new_bachelors_scholarship_count,
        cast(sum(new_bachelors_general_count) as bigint) as new_bachelors_general_count,
        cast(sum(new_bachelors_technological_count) as bigint) as new_bachelors_technological_count,
        cast(sum(new_bachelors_professional_count) as bigint) as new_bachelors_professional_count,
        cast(sum(capacity_count) as bigint) as capacity_count,
        cast(sum(applicants_count) as bigint) as applicants_count,
        max(origin) as origin
    from coded
    group by all
)

select * from final
order by year, site_code, diploma_code, speciality_code

-- what: people admitted to the first year of a DUT or BUT, their scholarships and baccalauréat, by site and speciality
-- grain: year, site_code, diploma_code, speciality_code
-- inputs: mart_offer__admission, ref_site_uai
-- caveats: two denominators that never mix: APB (2016-2017) counts scholarship holders among all admitted, Parcoursup
--   (from 2018) among new bachelors; Millau counts with Rodez; tracks and options of a speciality are summed;
--   a speciality no pattern knows is _U.
with admissions as (
    select * from mart_offer__admission
    where diploma_code in ('DUT', 'BUT')
),

site_uai as (
    select * from ref_site_uai
),

final as (
    select
        admissions.year,
        site_uai.site_code,
        admissions.diploma_code,
        admissions.speciality_code,
        cast(sum(admissions.admitted_count) as bigint) as admitted_count,
        cast(sum(admissions.admitted_women_count) as bigint) as admitted_women_count,
        cast(sum(admissions.admitted_scholarship_count) as bigint) as admitted_scholarship_count,
        cast(sum(admissions.new_bachelors_count) as bigint) as new_bachelors_count,
        cast(sum(admissions.new_bachelors_scholarship_count) as bigint) as new_bachelors_scholarship_count,
        cast(sum(admissions.new_bachelors_general_count) as bigint) as new_bachelors_general_count,
        cast(sum(admissions.new_bachelors_technological_count) as bigint) as new_bachelors_technological_count,
        cast(sum(admissions.new_bachelors_professional_count) as bigint) as new_bachelors_professional_count,
        cast(sum(admissions.capacity_count) as bigint) as capacity_count,
        cast(sum(admissions.applicants_count) as bigint) as applicants_count,
        max(admissions.origin) as origin
    from admissions
    inner join site_uai on admissions.uai = site_uai.uai
    group by all
)

select * from final
order by year, site_code, diploma_code, speciality_code

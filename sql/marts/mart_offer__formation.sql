-- what: programmes of the technological pathway one can apply for in the region's académie: BTS, DUT, BUT
-- grain: year, uai, diploma_code, speciality_code, formation_label
-- inputs: mart_offer__admission, ref_bts_field, ref_region, ref_site_uai, ref_speciality
-- caveats: programmes on the admission platforms only (no LP, few apprenticeship places); tracks of a programme are
--   summed; a BTS has no DUT speciality (_Z); APB gives no town. field_code is empty where a programme does not clearly
--   belong to one of the six fields, site_code where its establishment is no IUT.
with region as (
    select * from ref_region
),

admissions as (
    select * from mart_offer__admission
    where academie_label = (select region.academie_label from region)
),

bts_field as (
    select * from ref_bts_field
),

speciality as (
    select * from ref_speciality
),

site_uai as (
    select * from ref_site_uai
),

bts_wordings as (
    select distinct
        source_id,
        formation_label
    from admissions
    where diploma_code = 'BTS'
),

-- The first pattern that matches names the field: the order of the list is the order of precedence.
bts_known as (
    select distinct
        bts_wordings.source_id,
        bts_wordings.formation_label,
        first_value(bts_field.field_code) over (
            partition by bts_wordings.source_id, bts_wordings.formation_label
            order by bts_field.rank, bts_field.pattern
        ) as field_code
    from bts_wordings
    inner join bts_field
        on
            bts_field.source_id in (bts_wordings.source_id, '*')
            and regexp_matches(lower(bts_wordings.formation_label), bts_field.pattern)
),

final as (
    select
        admissions.year,
        admissions.uai,
        admissions.diploma_code,
        admissions.speciality_code,
        concat_ws(' – ', admissions.formation_label, case when admissions.formation_detail_label not in ('_T', '_Z') then admissions.formation_detail_label end) as formation_label,
        max(coalesce(bts_known.field_code, speciality.field_code)) as field_code,
        max(site_uai.site_code) as site_code,
        max(admissions.establishment_label) as establishment_label,
        max(admissions.commune_label) as commune_label,
        max(admissions.departement_code) as departement_code,
        max(admissions.latitude) as latitude,
        max(admissions.longitude) as longitude,
        cast(sum(admissions.capacity_count) as bigint) as capacity_count,
        cast(sum(admissions.admitted_count) as bigint) as admitted_count,
        max(admissions.origin) as origin
    from admissions
    left join bts_known
        on
            admissions.diploma_code = 'BTS'
            and admissions.source_id = bts_known.source_id
            and admissions.formation_label = bts_known.formation_label
    left join speciality on admissions.speciality_code = speciality.speciality_code
    left join site_uai on admissions.uai = site_uai.uai and admissions.diploma_code <> 'BTS'
    group by all
)

select * from final
order by year, uai, diploma_code, speciality_code, formation_label

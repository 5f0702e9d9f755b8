-- what: programmes of the technological pathway one can apply for in the académie of Toulouse: BTS, DUT, BUT
-- grain: year, uai, diploma_code, speciality_code, formation_label
-- inputs: mart_offer__admission
-- caveats: programmes on the admission platforms only (no LP, few apprenticeship places); tracks of a programme are
--   summed; a BTS has no DUT speciality (_Z); APB gives no town.
with admissions as (
    select * from mart_offer__admission
    where academie_label = 'Toulouse'
),

final as (
    select
        year,
        uai,
        diploma_code,
        speciality_code,
        concat_ws(' – ', formation_label, case when formation_detail_label not in ('_T', '_Z') then formation_detail_label end) as formation_label,
        max(establishment_label) as establishment_label,
        max(commune_label) as commune_label,
        max(departement_code) as departement_code,
        max(latitude) as latitude,
        max(longitude) as longitude,
        cast(sum(capacity_count) as bigint) as capacity_count,
        cast(sum(admitted_count) as bigint) as admitted_count,
        max(origin) as origin
    from admissions
    group by all
)

select * from final
order by year, uai, diploma_code, speciality_code, formation_label

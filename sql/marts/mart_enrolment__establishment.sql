-- what: students of the technological pathway, by establishment, as the ministry counts them
-- grain: year, establishment_code, diploma_code, sector_label, sex_code, level_code
-- inputs: ref_diploma_label, ref_identity, stg_sise__enrolment
-- caveats: the whole university, not its IUT alone, for the LP; a site counts with the establishment of the year;
--   the ministry's level XX (unknown) is kept as it is.
with enrolment as (
    select * from stg_sise__enrolment
),

identity as (
    select * from ref_identity
    where scheme = 'paysage'
),

diploma as (
    select * from ref_diploma_label
    where source_id = 'sise'
),

final as (
    select
        enrolment.year,
        identity.establishment_code,
        diploma.diploma_code,
        enrolment.sector_label,
        enrolment.sex_code,
        enrolment.level_code,
        cast(sum(enrolment.students_count) as bigint) as students_count,
        cast(sum(enrolment.enrolments_count) as bigint) as enrolments_count,
        max(enrolment.origin) as origin
    from enrolment
    inner join identity
        on
            enrolment.paysage_id = identity.identifier
            and make_date(enrolment.year, 10, 1) >= coalesce(identity.valid_from, date '1900-01-01')
            and make_date(enrolment.year, 10, 1) <= coalesce(identity.valid_to, date '9999-12-31')
    inner join diploma on enrolment.diploma_label = diploma.source_label
    group by all
)

select * from final
order by year, establishment_code, diploma_code, sector_label, sex_code, level_code

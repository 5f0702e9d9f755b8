-- what: students of the technological pathway who came from a foreign school system, by establishment and diploma
-- grain: year, establishment_code, diploma_code
-- inputs: ref_diploma_label, ref_identity, stg_sise__international
-- caveats: foreign nationality and foreign baccalauréat or equivalent; exchange students who pay no fee here are not
--   counted; the whole university for the LP.
with enrolment as (
    select * from stg_sise__international
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
        cast(sum(enrolment.students_count) as bigint) as students_count,
        cast(coalesce(sum(
            case when enrolment.origin_system_label like '%issus de systèmes%' then enrolment.students_count end
        ), 0) as bigint) as foreign_system_students_count,
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
order by year, establishment_code, diploma_code

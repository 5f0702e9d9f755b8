-- what: Erasmus study stays of students sent by the universities that carry the IUTs, by receiving country
-- grain: year, establishment_code, receiving_country_code
-- inputs: ref_identity, stg_erasmus__flows
-- caveats: 2013-14 only; the whole university; study stays only, no placements; pairs of institutions that could not
--   be located are missing from the file, so counts are low.
with flows as (
    select * from stg_erasmus__flows
),

identity as (
    select * from ref_identity
    where scheme = 'erasmus'
),

final as (
    select
        flows.year,
        identity.establishment_code,
        flows.receiving_country_code,
        cast(sum(flows.students_count) as bigint) as students_count,
        max(flows.origin) as origin
    from flows
    inner join identity
        on
            flows.sending_code = identity.identifier
            and make_date(flows.year, 10, 1) >= coalesce(identity.valid_from, date '1900-01-01')
            and make_date(flows.year, 10, 1) <= coalesce(identity.valid_to, date '9999-12-31')
    group by all
)

select * from final
order by year, establishment_code, receiving_country_code

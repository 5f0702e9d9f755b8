-- what: what became of the holders of a DUT, whole of France, by speciality
-- grain: year, speciality_code, months_after
-- inputs: ref_speciality_label, stg_insertion_dut__outcomes
-- caveats: national: no figure by IUT is public; women and men together; _T is the source's own total; totals by
--   discipline are left out, and where one bears a speciality's label (Informatique) the smaller row is the speciality.
with outcomes as (
    select * from stg_insertion_dut__outcomes
    where lower(gender_label) like '%femmes et hommes%'
),

speciality as (
    select * from ref_speciality_label
    where source_id in ('insertion_dut', '*')
),

measured as (
    select
        year,
        discipline_code,
        speciality_sigle,
        speciality_label,
        row_rank,
        months_after,
        cast(max(case when measure_code = 'responses_count' then value end) as bigint) as responses_count,
        max(case when measure_code = 'employment_pct' then value end) as employment_pct,
        max(case when measure_code = 'stable_pct' then value end) as stable_pct,
        max(case when measure_code = 'intermediate_pct' then value end) as intermediate_pct,
        max(case when measure_code = 'full_time_pct' then value end) as full_time_pct,
        max(case when measure_code = 'employment_pct' then missing_code end) as missing_code,
        max(origin) as origin
    from outcomes
    group by all
),

known_labels as (
    select distinct
        measured.speciality_label,
        first_value(speciality.speciality_code) over (
            partition by measured.speciality_label
            order by speciality.rank, speciality.pattern
        ) as speciality_code
    from (select distinct speciality_label from measured) as measured
    inner join speciality on regexp_matches(lower(measured.speciality_label), speciality.pattern)
),

coded as (
    select
        measured.*,
        case when measured.discipline_code = 'disc00' then '_T' else known_labels.speciality_code end
            as speciality_code
    from measured
    left join known_labels on measured.speciality_label = known_labels.speciality_label
    -- A row whose short name is a discipline's code is the total of that discipline.
    where measured.discipline_code = 'disc00' or coalesce(measured.speciality_sigle, '') not like 'disc%'
),

final as (
    select
        year,
        speciality_code,
        months_after,
        responses_count,
        employment_pct,
        stable_pct,
        intermediate_pct,
        full_time_pct,
        missing_code,
        origin
    from coded
    where speciality_code is not null
    qualify row_number() over (
        partition by year, speciality_code, months_after
        order by responses_count, row_rank
    ) = 1
)

select * from final
order by year, speciality_code, months_after

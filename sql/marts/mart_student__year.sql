-- what: one row per student and year: where enrolled, and what the four other registers say about the same person
-- grain: year, student_token
-- years: same
-- inputs: mart_apprenticeship__student, mart_linkage__number, mart_mobility__stay, stg_apogee__enrolment,
--   stg_cfa__contract, stg_crous__scholarship, stg_relint__stay
-- caveats: internal, never published. A column about a register that does not cover the year, or covers it with
--   another origin, is null and not false: simulated and observed registers have other keys and cannot be linked.
-- A row without a usable INE is the student's whose INE its number leads to, if there is one and one only.
with enrolment as not materialized (
    select enrolled.* replace (coalesce(crosswalk.student_token, enrolled.student_token) as student_token)
    from stg_apogee__enrolment as enrolled
    left join mart_linkage__number as crosswalk
        on
            enrolled.identity_code = 'number'
            and enrolled.year = crosswalk.year
            and enrolled.origin = crosswalk.origin
            and enrolled.number_key = crosswalk.number_key
),

-- Reference date: 15 January, the day on which SISE observes enrolments, so that the register can be held against the
-- open figures. Who has left by then, or comes later, is not counted.
-- Principal enrolments: a second enrolment (another diploma beside the first) would count a person twice.
-- A year that two origins share counts the observed one: real students come before simulated ones.
enrolment_in_force as not materialized (
    select
        *,
        hash(year, origin, student_token) as person_key
    from enrolment
    where
        is_principal
        and enrolled_on <= make_date(year + 1, 1, 15)
        and (left_on is null or left_on > make_date(year + 1, 1, 15))
),

observed_year as (
    select distinct year from enrolment_in_force
    where origin <> 'simulated'
),

-- Few persons have two rows, and only those need choosing: ranking all of them takes as long as all the rest.
shared_key as (
    select person_key from enrolment_in_force
    group by person_key
    having count(*) > 1
),

ranked as (
    select
        *,
        -- One person, one row. Two principal enrolments in force are a move whose leaving nobody typed: the latest
        -- enrolment is where the student is. The other criteria only make the choice the same on every run.
        row_number() over (
            partition by year, origin, student_token
            order by enrolled_on desc, level_code desc, diploma_code asc, site_code asc, speciality_code asc
        ) as place
    from enrolment_in_force
    where person_key in (select person_key from shared_key)
),

chosen as (
    select * from enrolment_in_force
    where person_key not in (select person_key from shared_key)
    union all
    select * exclude (place) from ranked
    where place = 1
),

student as (
    select * from chosen
    where origin <> 'simulated' or year not in (select year from observed_year)
),

-- Which registers say anything about a year. Of stays it is the file's year that counts: what an office has sent nothing
-- about is not known, whatever stays of that year others mention.
covering_register as (
    select distinct
        year,
        origin,
        'scholarship' as register_name
    from stg_crous__scholarship
    union all
    select distinct
        year,
        origin,
        'contract' as register_name
    from stg_cfa__contract
    union all
    select distinct
        year,
        origin,
        'stay' as register_name
    from stg_relint__stay
),

covered_year as (
    select
        year,
        origin,
        bool_or(register_name = 'scholarship') as has_scholarship,
        bool_or(register_name = 'contract') as has_contract,
        bool_or(register_name = 'stay') as has_stay
    from covering_register
    group by year, origin
),

-- The file of the year in which a stay ends says it again, to the day: of two such rows, nobody knows which comes first.
dated_stay as (
    select distinct
        year,
        origin,
        student_token,
        kind_code,
        start_date,
        end_date
    from mart_mobility__stay
),

-- Rows that overlap are one stay typed twice, or corrected without striking out the first: they are brought together.
marked_stay as (
    select
        *,
        coalesce(
            start_date > max(end_date) over (
                partition by year, origin, student_token, kind_code
                order by start_date, end_date
                rows between unbounded preceding and 1 preceding
            ),
            true
        ) as begins
    from dated_stay
),

numbered_stay as (
    select
        *,
        count(*) filter (where begins) over (
            partition by year, origin, student_token, kind_code
            order by start_date, end_date
            rows between unbounded preceding and current row
        ) as stay_number
    from marked_stay
),

-- Under 14 days, both ends counted, it is a study trip and no mobility.
counted_stay as (
    select
        year,
        origin,
        student_token,
        kind_code
    from numbered_stay
    group by year, origin, student_token, kind_code, stay_number
    having date_diff('day', min(start_date), max(end_date)) + 1 >= 14
),

-- Several stays in a year: the student is mobile once, each stay counts once.
stay_of_year as (
    select
        year,
        origin,
        student_token,
        count(*) filter (where kind_code = 'study') as study_stays_count,
        count(*) filter (where kind_code = 'placement') as placement_stays_count
    from counted_stay
    group by all
),

said as (
    select
        year,
        origin,
        student_token,
        echelon_code,
        decided_on,
        cast(null as boolean) as is_apprentice,
        cast(null as bigint) as breaches_count,
        cast(null as bigint) as study_stays_count,
        cast(null as bigint) as placement_stays_count,
        'scholarship' as register_name
    from stg_crous__scholarship
    union all
    select
        year,
        origin,
        student_token,
        null as echelon_code,
        null as decided_on,
        is_apprentice,
        breaches_count,
        null as study_stays_count,
        null as placement_stays_count,
        'contract' as register_name
    from mart_apprenticeship__student
    union all
    select
        year,
        origin,
        student_token,
        null as echelon_code,
        null as decided_on,
        null as is_apprentice,
        null as breaches_count,
        study_stays_count,
        placement_stays_count,
        'stay' as register_name
    from stay_of_year
),

-- What the registers say about a person's year, on one row: students are then joined once, not once a register.
-- Échelon changes: the échelon is decided again when the family's means change; the last decision of the year holds.
said_of_year as (
    select
        year,
        origin,
        student_token,
        arg_max(echelon_code, decided_on) as echelon_code,
        bool_or(register_name = 'scholarship') as is_scholarship_holder,
        bool_or(is_apprentice) as is_apprentice,
        max(breaches_count) as breaches_count,
        bool_or(register_name = 'stay') as is_mobile,
        max(study_stays_count) as study_stays_count,
        max(placement_stays_count) as placement_stays_count
    from said
    group by all
),

final as (
    select
        student.year,
        student.student_token,
        student.site_code,
        student.diploma_code,
        student.speciality_code,
        student.level_code,
        student.regime_code,
        student.bac_code,
        student.sex_code,
        student.establishment_code,
        case when covered_year.has_scholarship then coalesce(said_of_year.is_scholarship_holder, false) end
            as is_scholarship_holder,
        case when covered_year.has_scholarship then said_of_year.echelon_code end as echelon_code,
        case when covered_year.has_contract then coalesce(said_of_year.is_apprentice, false) end as is_apprentice,
        case when covered_year.has_contract then coalesce(said_of_year.breaches_count, 0) end as breaches_count,
        case when covered_year.has_stay then coalesce(said_of_year.is_mobile, false) end as is_mobile,
        case when covered_year.has_stay then coalesce(said_of_year.study_stays_count, 0) end as study_stays_count,
        case when covered_year.has_stay then coalesce(said_of_year.placement_stays_count, 0) end as placement_stays_count,
        student.identity_code,
        student.origin
    from student
    left join covered_year on student.year = covered_year.year and student.origin = covered_year.origin
    left join said_of_year
        on
            student.year = said_of_year.year
            and student.origin = said_of_year.origin
            and student.student_token = said_of_year.student_token
)

select * from final
order by year, student_token

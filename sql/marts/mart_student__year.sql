-- what: one row per student and year: where enrolled, and what the four other registers say about the same person
-- grain: year, student_token
-- inputs: stg_apogee__enrolment, stg_cfa__contract, stg_crous__scholarship, stg_relint__stay
-- caveats: internal, never published. A column about a register that does not cover the year, or covers it with
--   another origin, is null and not false: simulated and observed registers have other keys and cannot be linked.
with enrolment as (
    select * from stg_apogee__enrolment
),

scholarship as (
    select * from stg_crous__scholarship
),

contract as (
    select * from stg_cfa__contract
),

stay as (
    select * from stg_relint__stay
),

-- Reference date: 15 January, the day on which SISE observes enrolments, so that the register can be held against the
-- open figures. Who has left by then, or comes later, is not counted.
-- Principal enrolments: a second enrolment (another diploma beside the first) would count a person twice.
enrolment_in_force as (
    select
        *,
        -- One person, one row. Two principal enrolments in force are a move whose leaving nobody typed: the latest
        -- enrolment is where the student is. The other criteria only make the choice the same on every run.
        row_number() over (
            partition by year, origin, student_token
            order by enrolled_on desc, level_code desc, diploma_code asc, site_code asc, speciality_code asc
        ) as place
    from enrolment
    where
        is_principal
        and enrolled_on <= make_date(year + 1, 1, 15)
        and (left_on is null or left_on > make_date(year + 1, 1, 15))
),

-- A year that two origins share counts the observed one: real students come before simulated ones.
student as (
    select * from enrolment_in_force
    where place = 1
    qualify dense_rank() over (partition by year order by (origin = 'simulated')) = 1
),

covered as (
    select distinct
        year,
        origin,
        'scholarship' as register_name
    from scholarship
    union all
    select distinct
        year,
        origin,
        'contract' as register_name
    from contract
    union all
    select distinct
        year,
        origin,
        'stay' as register_name
    from stay
),

-- Échelon changes: the échelon is decided again when the family's means change; the last decision of the year holds.
grant_of_year as (
    select
        year,
        origin,
        student_token,
        arg_max(echelon_code, decided_on) as echelon_code
    from scholarship
    group by all
),

-- A contract stands in the export of every year in which it runs, and a breach is often typed in the one after: what
-- the latest export says of a contract holds for all.
known_contract as (
    select
        year,
        origin,
        student_token,
        start_date,
        end_date,
        max(breach_date) over (partition by origin, student_token, start_date) as breach_date
    from contract
),

-- An apprentice is whoever has a contract in force on the reference date. A contract breached before and replaced by
-- then still makes one apprentice, breached and not replaced none; two contracts in force are one person.
contract_of_year as (
    select
        year,
        origin,
        student_token,
        bool_or(
            start_date <= make_date(year + 1, 1, 15)
            and end_date >= make_date(year + 1, 1, 15)
            and (breach_date is null or breach_date > make_date(year + 1, 1, 15))
        ) as is_apprentice
    from known_contract
    group by all
),

-- A breach counts once, in the academic year in which it happens, whether or not another contract follows.
breach_of_year as (
    select
        year(breach_date) - cast(month(breach_date) < 9 as integer) as breach_year,
        origin,
        student_token,
        count(distinct start_date) as breaches_count
    from known_contract
    where breach_date is not null
    group by all
),

-- A stay across two academic years stands in the files of both and counts in the one in which it starts.
dated_stay as (
    select
        year(start_date) - cast(month(start_date) < 9 as integer) as stay_year,
        origin,
        student_token,
        kind_code,
        start_date,
        end_date
    from stay
),

-- Rows that overlap are one stay typed twice, or corrected without striking out the first: they are brought together.
marked_stay as (
    select
        *,
        coalesce(
            start_date > max(end_date) over (
                partition by stay_year, origin, student_token, kind_code
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
            partition by stay_year, origin, student_token, kind_code
            order by start_date, end_date
            rows between unbounded preceding and current row
        ) as stay_number
    from marked_stay
),

-- Under 14 days, both ends counted, it is a study trip and no mobility.
counted_stay as (
    select
        stay_year,
        origin,
        student_token,
        kind_code
    from numbered_stay
    group by stay_year, origin, student_token, kind_code, stay_number
    having max(end_date) - min(start_date) + 1 >= 14
),

-- Several stays in a year: the student is mobile once, each stay counts once.
stay_of_year as (
    select
        stay_year,
        origin,
        student_token,
        count(*) filter (where kind_code = 'study') as study_stays_count,
        count(*) filter (where kind_code = 'placement') as placement_stays_count
    from counted_stay
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
        case when scholarship_covered.year is not null then grant_of_year.student_token is not null end
            as is_scholarship_holder,
        grant_of_year.echelon_code,
        case when contract_covered.year is not null then coalesce(contract_of_year.is_apprentice, false) end
            as is_apprentice,
        case when contract_covered.year is not null then coalesce(breach_of_year.breaches_count, 0) end
            as breaches_count,
        case when stay_covered.year is not null then stay_of_year.student_token is not null end as is_mobile,
        case when stay_covered.year is not null then coalesce(stay_of_year.study_stays_count, 0) end
            as study_stays_count,
        case when stay_covered.year is not null then coalesce(stay_of_year.placement_stays_count, 0) end
            as placement_stays_count,
        student.identity_code,
        student.origin
    from student
    left join covered as scholarship_covered
        on
            student.year = scholarship_covered.year
            and student.origin = scholarship_covered.origin
            and scholarship_covered.register_name = 'scholarship'
    left join covered as contract_covered
        on
            student.year = contract_covered.year
            and student.origin = contract_covered.origin
            and contract_covered.register_name = 'contract'
    left join covered as stay_covered
        on
            student.year = stay_covered.year
            and student.origin = stay_covered.origin
            and stay_covered.register_name = 'stay'
    left join grant_of_year
        on
            student.year = grant_of_year.year
            and student.origin = grant_of_year.origin
            and student.student_token = grant_of_year.student_token
    left join contract_of_year
        on
            student.year = contract_of_year.year
            and student.origin = contract_of_year.origin
            and student.student_token = contract_of_year.student_token
    left join breach_of_year
        on
            student.year = breach_of_year.breach_year
            and student.origin = breach_of_year.origin
            and student.student_token = breach_of_year.student_token
    left join stay_of_year
        on
            student.year = stay_of_year.stay_year
            and student.origin = stay_of_year.origin
            and student.student_token = stay_of_year.student_token
)

select * from final
order by year, student_token

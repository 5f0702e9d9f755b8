-- what: students, students abroad and their stays by site, diploma and speciality, from enrolments linked with offices
-- grain: year, site_code, diploma_code, speciality_code
-- inputs: mart_student__year
-- caveats: outgoing stays of 14 days or more, in the academic year in which they start; years without a file of the
--   international offices are absent.
with student as (
    select * from mart_student__year
    where is_mobile is not null
),

final as (
    select
        year,
        site_code,
        diploma_code,
        speciality_code,
        count(*) as students_count,
        count(*) filter (where is_mobile) as mobile_students_count,
        cast(sum(study_stays_count) as bigint) as study_stays_count,
        cast(sum(placement_stays_count) as bigint) as placement_stays_count,
        max(origin) as origin
    from student
    group by all
)

select * from final
order by year, site_code, diploma_code, speciality_code

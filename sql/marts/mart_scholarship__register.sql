-- what: students and scholarship holders by site, diploma and speciality, from enrolments linked with CROUS decisions
-- grain: year, site_code, diploma_code, speciality_code
-- inputs: mart_student__year
-- caveats: over all students, apprentices and continuing education included; open data give the share among entrants,
--   another denominator. Years without CROUS decisions are absent.
with student as (
    select * from mart_student__year
    where is_scholarship_holder is not null
),

final as (
    select
        year,
        site_code,
        diploma_code,
        speciality_code,
        count(*) as students_count,
        count(*) filter (where is_scholarship_holder) as scholarship_holders_count,
        max(origin) as origin
    from student
    group by all
)

select * from final
order by year, site_code, diploma_code, speciality_code

-- what: students, apprentices and breached contracts by site, diploma and speciality, from enrolments linked with CFA
-- grain: year, site_code, diploma_code, speciality_code
-- inputs: mart_student__year
-- caveats: apprentices are those with a contract in force on 15 January; breaches are those of the academic year,
--   replaced or not, so a student may have several. Years without CFA exports are absent.
with student as (
    select * from mart_student__year
    where is_apprentice is not null
),

final as (
    select
        year,
        site_code,
        diploma_code,
        speciality_code,
        count(*) as students_count,
        count(*) filter (where is_apprentice) as apprentices_count,
        cast(sum(breaches_count) as bigint) as breaches_count,
        max(origin) as origin
    from student
    group by all
)

select * from final
order by year, site_code, diploma_code, speciality_code

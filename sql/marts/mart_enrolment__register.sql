-- what: students by site, diploma, speciality, sex, baccalauréat and regime, from the enrolment registers
-- grain: year, site_code, diploma_code, speciality_code, sex_code, bac_code, regime_code
-- inputs: mart_student__year
-- caveats: one person counts once a year, on 15 January (rules in mart_student__year); the regime is what the
--   enrolment says, which may differ from the contracts of the CFA.
with student as (
    select * from mart_student__year
),

final as (
    select
        year,
        site_code,
        diploma_code,
        speciality_code,
        sex_code,
        bac_code,
        regime_code,
        count(*) as students_count,
        max(origin) as origin
    from student
    group by all
)

select * from final
order by year, site_code, diploma_code, speciality_code, sex_code, bac_code, regime_code

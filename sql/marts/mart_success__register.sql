-- what: what becomes of students from one year to the next, by linking two years of enrolments
-- grain: year, site_code, diploma_code
-- years: mart_student__year -1 to 1
-- inputs: mart_student__year
-- caveats: only years whose year before and year after are in the register; whoever goes on outside the sites
--   has left, as far as the registers can see.
with student as not materialized (
    select * from mart_student__year
),

covered_year as (
    select distinct
        year,
        origin
    from student
),

complete_year as (
    select
        this_year.year,
        this_year.origin
    from covered_year as this_year
    inner join covered_year as last_year
        on this_year.year = last_year.year + 1 and this_year.origin = last_year.origin
    inner join covered_year as next_year
        on this_year.year = next_year.year - 1 and this_year.origin = next_year.origin
),

-- A DUT and the BUT that replaced it are one course: the first year of either leads to the second of the other.
course as not materialized (
    select
        student.*,
        student.diploma_code <> 'LP' and student.level_code = '1' as is_first_year,
        (student.diploma_code = 'DUT' and student.level_code = '2')
        or (student.diploma_code = 'BUT' and student.level_code = '3')
        or student.diploma_code = 'LP' as is_final_year
    from student
),

followed as (
    select
        course.year,
        course.site_code,
        course.diploma_code,
        course.origin,
        course.is_final_year,
        -- An entrant is in the first year for the first time: a repeater would count twice.
        course.is_first_year and not coalesce(last_year.is_first_year, false) as is_entrant,
        coalesce(not next_year.is_first_year and next_year.diploma_code <> 'LP', false) as is_promoted,
        coalesce(next_year.is_first_year, false) as is_repeating,
        -- Continuing: in another diploma of the registers, not the same final year again.
        coalesce(next_year.diploma_code <> course.diploma_code, false) as is_continuing
    from course
    inner join complete_year on course.year = complete_year.year and course.origin = complete_year.origin
    left join course as last_year
        on
            course.year = last_year.year + 1
            and course.student_token = last_year.student_token
            and course.origin = last_year.origin
    left join course as next_year
        on
            course.year = next_year.year - 1
            and course.student_token = next_year.student_token
            and course.origin = next_year.origin
),

final as (
    select
        year,
        site_code,
        diploma_code,
        count(*) filter (where is_entrant) as entrants_count,
        count(*) filter (where is_entrant and is_promoted) as promoted_count,
        count(*) filter (where is_entrant and is_repeating) as repeating_count,
        count(*) filter (where is_final_year) as final_year_count,
        count(*) filter (where is_final_year and is_continuing) as continuing_count,
        max(origin) as origin
    from followed
    group by all
)

select * from final
order by year, site_code, diploma_code

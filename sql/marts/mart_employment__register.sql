-- what: answers of graduates 18 and 30 months after the diploma, by site and diploma, linked with their enrolment
-- grain: year, site_code, diploma_code, months_after
-- years: mart_student__year -1 to -1
-- inputs: mart_student__year, stg_survey__answer
-- caveats: year is that of the diploma. Rates have active_count below the line: graduates who answered and do not
--   continue their studies. Weighted counts stand for all graduates: each answer weighs what its site and diploma lack.
with answer as (
    select * from stg_survey__answer
),

student as (
    select * from mart_student__year
),

-- The last year of study begins in the autumn before the year of the diploma.
linked as (
    select
        answer.*,
        student.site_code,
        student.diploma_code,
        answer.has_answered and not coalesce(answer.continues_studies, false) and answer.is_employed is not null
            as is_active,
        cast(answer.weight as decimal(12, 4)) as exact_weight
    from answer
    inner join student
        on
            answer.year - 1 = student.year
            and answer.student_token = student.student_token
            and answer.origin = student.origin
),

final as (
    select
        year,
        site_code,
        diploma_code,
        months_after,
        count(*) as graduates_count,
        count(*) filter (where has_answered) as answers_count,
        count(*) filter (where is_active) as active_count,
        count(*) filter (where is_active and is_employed) as employed_count,
        count(*) filter (where is_active and is_stable) as stable_count,
        count(*) filter (where is_active and is_intermediate) as intermediate_count,
        count(*) filter (where is_active and is_in_region) as in_region_count,
        cast(coalesce(sum(exact_weight) filter (where is_active), 0) as decimal(18, 4)) as weighted_active_count,
        cast(coalesce(sum(exact_weight) filter (where is_active and is_employed), 0) as decimal(18, 4))
            as weighted_employed_count,
        cast(coalesce(sum(exact_weight) filter (where is_active and is_stable), 0) as decimal(18, 4))
            as weighted_stable_count,
        cast(coalesce(sum(exact_weight) filter (where is_active and is_intermediate), 0) as decimal(18, 4))
            as weighted_intermediate_count,
        cast(coalesce(sum(exact_weight) filter (where is_active and is_in_region), 0) as decimal(18, 4))
            as weighted_in_region_count,
        max(origin) as origin
    from linked
    group by all
)

select * from final
order by year, site_code, diploma_code, months_after

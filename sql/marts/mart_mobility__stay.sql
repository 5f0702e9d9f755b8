-- what: stays abroad as the offices typed them, in the academic year in which they start, with the student they lead to
-- grain: year, origin, student_token, kind_code, start_date, end_date, register_year, identity_code, is_conflict
-- years: mart_linkage__number all, stg_relint__stay all
-- inputs: mart_linkage__number, stg_relint__stay
-- caveats: internal, never published. register_year is that of the file: a stay across two academic years stands in the
--   files of both. Stays typed twice are brought together by who counts them.
with stay as (
    select
        stayed.year as register_year,
        year(stayed.start_date) - cast(month(stayed.start_date) < 9 as integer) as year,
        stayed.origin,
        stayed.kind_code,
        stayed.start_date,
        stayed.end_date,
        stayed.identity_code,
        stayed.rows_count,
        stayed.contradictions_count,
        case
            when stayed.identity_code = 'number' then coalesce(crosswalk.student_token, stayed.student_token)
            else stayed.student_token
        end as student_token,
        coalesce(crosswalk.identities_count > 1, false) as is_conflict
    from stg_relint__stay as stayed
    left join mart_linkage__number as crosswalk
        on
            stayed.year = crosswalk.year
            and stayed.origin = crosswalk.origin
            and stayed.number_key = crosswalk.number_key
),

final as (
    select
        year,
        origin,
        student_token,
        kind_code,
        start_date,
        end_date,
        register_year,
        identity_code,
        is_conflict,
        cast(sum(rows_count) as bigint) as rows_count,
        cast(sum(contradictions_count) as bigint) as contradictions_count
    from stay
    group by all
)

select * from final
order by year, origin, student_token, kind_code, start_date, end_date, register_year, identity_code, is_conflict

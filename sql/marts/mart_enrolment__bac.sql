-- what: all students of the establishments that carry the IUTs, by kind of baccalauréat and origin
-- grain: year, establishment_code
-- inputs: ref_identity, stg_effectifs__establishment
-- caveats: every diploma from first year to doctorate, not the IUT alone; rows the ministry flags as counted twice
--   (a merged establishment beside its parts) are dropped, since their students stand in another row; a blank stays
--   a blank and a zero a zero.
with headcount as (
    select * from stg_effectifs__establishment
    where not coalesce(is_double_count, false)
),

identity as (
    select * from ref_identity
    where scheme = 'paysage'
),

final as (
    select
        headcount.year,
        identity.establishment_code,
        cast(sum(headcount.students_count) as bigint) as students_count,
        cast(sum(headcount.women_count) as bigint) as women_count,
        cast(sum(headcount.men_count) as bigint) as men_count,
        cast(sum(headcount.new_bachelors_count) as bigint) as new_bachelors_count,
        cast(sum(headcount.bac_general_count) as bigint) as bac_general_count,
        cast(sum(headcount.bac_stmg_count) as bigint) as bac_stmg_count,
        cast(sum(headcount.bac_other_technological_count) as bigint) as bac_other_technological_count,
        cast(sum(headcount.bac_professional_count) as bigint) as bac_professional_count,
        cast(sum(headcount.international_students_count) as bigint) as international_students_count,
        cast(sum(headcount.foreign_system_students_count) as bigint) as foreign_system_students_count,
        cast(sum(headcount.dut_count) as bigint) as dut_count,
        cast(sum(headcount.but_count) as bigint) as but_count,
        cast(sum(headcount.lp_one_year_count) as bigint) as lp_one_year_count,
        cast(sum(headcount.lp_two_three_years_count) as bigint) as lp_two_three_years_count,
        max(headcount.origin) as origin
    from headcount
    inner join identity
        on
            headcount.paysage_id = identity.identifier
            and make_date(headcount.year, 10, 1) >= coalesce(identity.valid_from, date '1900-01-01')
            and make_date(headcount.year, 10, 1) <= coalesce(identity.valid_to, date '9999-12-31')
    group by all
)

select * from final
order by year, establishment_code

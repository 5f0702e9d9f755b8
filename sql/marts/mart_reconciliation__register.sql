-- what: students of the registers beside those of the open figures (SISE), by establishment and diploma
-- grain: year, establishment_code, diploma_code
-- inputs: mart_enrolment__establishment, mart_student__year, ref_explained_difference
-- caveats: only years that both sources cover. SISE counts an establishment whole; the registers count its IUT alone,
--   which is the same for the DUT and BUT and a part for the LP. An explanation holds within the bounds it states.
--   A simulated register is as large as it was asked to be: scale_share says how large, and differences are from that.
with enrolled as (
    select
        year,
        establishment_code,
        diploma_code,
        count(*) as students_count,
        max(origin) as origin
    from mart_student__year
    group by all
),

open_figure as (
    select
        year,
        establishment_code,
        diploma_code,
        cast(sum(students_count) as bigint) as students_count,
        max(origin) as origin
    from mart_enrolment__establishment
    group by all
),

covered as (
    select
        year,
        max(origin) as enrolled_origin
    from enrolled
    where year in (select open_figure.year from open_figure)
    group by year
),

-- What one of the two does not know is a count of none, not a gap: a whole diploma may be missing from either.
counted as (
    select
        year,
        establishment_code,
        diploma_code,
        students_count as register_students_count,
        0 as open_students_count,
        null as open_origin
    from enrolled
    union all
    select
        year,
        establishment_code,
        diploma_code,
        0 as register_students_count,
        students_count as open_students_count,
        origin as open_origin
    from open_figure
),

paired as (
    select
        year,
        establishment_code,
        diploma_code,
        cast(sum(register_students_count) as bigint) as register_students_count,
        cast(sum(open_students_count) as bigint) as open_students_count,
        max(open_origin) as open_origin
    from counted
    group by all
),

-- The DUT and BUT are the same population in both sources, so they alone tell the size of a simulation.
scaled as (
    select
        year,
        sum(register_students_count) filter (where diploma_code <> 'LP')
        / nullif(sum(open_students_count) filter (where diploma_code <> 'LP'), 0) as simulated_share
    from paired
    group by year
),

comparable as (
    select
        paired.*,
        -- The least real of the two origins: `simulated` comes last in the alphabet as well.
        greatest(covered.enrolled_origin, paired.open_origin) as origin,
        case when covered.enrolled_origin = 'simulated' then coalesce(scaled.simulated_share, 1) else 1 end
            as scale_share
    from paired
    inner join covered on paired.year = covered.year
    inner join scaled on paired.year = scaled.year
),

final as (
    select
        comparable.year,
        comparable.establishment_code,
        comparable.diploma_code,
        comparable.register_students_count,
        comparable.open_students_count,
        comparable.register_students_count - comparable.open_students_count as difference_count,
        comparable.scale_share,
        explained.explanation_code,
        comparable.origin
    from comparable
    left join ref_explained_difference as explained
        on
            comparable.establishment_code = explained.establishment_code
            and comparable.diploma_code = explained.diploma_code
            and comparable.year >= explained.year_from
            and comparable.year <= coalesce(explained.year_to, 9999)
            and comparable.register_students_count
            between explained.lowest_share * comparable.scale_share * comparable.open_students_count
            and explained.highest_share * comparable.scale_share * comparable.open_students_count
            -- An explanation is good until the edition it names, then somebody looks again.
            and explained.last_edition >= getvariable('edition')
)

select * from final
order by year, establishment_code, diploma_code

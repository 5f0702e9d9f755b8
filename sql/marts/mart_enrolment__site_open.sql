-- what: students of a site, where an open figure gives a site
-- grain: year, site_code, diploma_code
-- inputs: mart_enrolment__establishment, ref_perimeter, ref_site_uai, stg_implantations__site
-- caveats: from the ministry's counts only where a diploma of an establishment is wholly one site's, its branches with
--   it; the register of premises gives all diplomas together (_T), once, undated, about 2014, and its row of the hub
--   counts the IUT, not the university.
with enrolment as (
    select * from mart_enrolment__establishment
),

perimeter as (
    select * from ref_perimeter
    where is_whole
),

premises as (
    select * from stg_implantations__site
),

site_uai as (
    select * from ref_site_uai
),

by_diploma as (
    select
        enrolment.year,
        perimeter.site_code,
        enrolment.diploma_code,
        cast(sum(enrolment.students_count) as bigint) as students_count,
        max(enrolment.origin) as origin
    from enrolment
    inner join perimeter
        on
            enrolment.establishment_code = perimeter.establishment_code
            and perimeter.diploma_code in (enrolment.diploma_code, '*')
            and make_date(enrolment.year, 10, 1) >= coalesce(perimeter.valid_from, date '1900-01-01')
            and make_date(enrolment.year, 10, 1) <= coalesce(perimeter.valid_to, date '9999-12-31')
    group by all
),

all_diplomas as (
    select
        2014 as snapshot_year,
        site_uai.site_code,
        '_T' as diploma_code,
        cast(sum(premises.students_count) as bigint) as students_count,
        max(premises.origin) as origin
    from premises
    inner join site_uai on premises.uai = site_uai.uai
    where getvariable('edition') >= 2014 and premises.students_count is not null
    group by all
),

final as (
    select
        *,
        true as is_whole
    from by_diploma
    union all
    select
        *,
        true as is_whole
    from all_diplomas
)

select
    year,
    site_code,
    diploma_code,
    students_count,
    is_whole,
    origin
from final
order by year, site_code, diploma_code

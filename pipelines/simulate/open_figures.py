"""Where the generator's sizes come from: site by site figures drawn from the open figures that ship.

`python -m pipelines.simulate.open_figures` reads `data/baseline/` and the reference lists and writes
`data/reference/simulation_open_figures.csv` again; the generator reads only that file and `simulation.yml`, so that
a change in an open figure never changes the simulated registers unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelines.kernel.files import write_text
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, find_project
from pipelines.simulate.calibration import read_parameters

if TYPE_CHECKING:
    import duckdb

INPUTS = (
    "sise__enrolment",
    "effectifs__establishment",
    "implantations__site",
    "apb__entrants",
    "parcoursup__entrants",
)
LISTS = ("ref_identity", "ref_site_uai", "ref_speciality_label", "ref_diploma_label")
OUTPUT = "simulation_open_figures.csv"


def write_open_figures(project: Project) -> int:
    """Write `data/reference/simulation_open_figures.csv`; return its number of rows.

    Columns: quantity, site_code, speciality_code, year (the last two blank when they do not apply), value.
    Raises `BadInput` when a baseline table or a reference list is missing.
    """
    import duckdb

    with duckdb.connect() as connection:
        for folder, names in ((project.baseline, INPUTS), (project.reference, LISTS)):
            for name in names:
                path = folder / f"{name}.csv"
                if not path.exists():
                    raise BadInput(
                        Problem(
                            project.shown(path),
                            "The calibration of the generator needs this file",
                            "Restore it with `git checkout`, or make the baseline again.",
                        )
                    )
                connection.execute(f"create view {name} as select * from read_csv('{path.as_posix()}')")
        connection.execute("create table carriers (site_code text, establishment_code text, last_year integer)")
        connection.executemany("insert into carriers values (?, ?, ?)", list(_carriers(project)))
        rows = _figures(connection)
    lines = ["quantity,site_code,speciality_code,year,value"]
    lines += [",".join("" if cell is None else f"{cell}" for cell in row) for row in rows]
    write_text(project.reference / OUTPUT, "\n".join(lines) + "\n")
    return len(rows)


def _carriers(project: Project) -> Iterator[tuple[str, str, int]]:
    """Yield site, establishment, and the last year in which the site was of it, as `simulation.yml` says."""
    for code, site in read_parameters(project).sites.items():
        for carrier in site.carriers:
            yield code, carrier.establishment, carrier.until


def _figures(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute(_QUERY).fetchall()


# An IUT's antennas are told apart by their entrants: SISE knows establishments only. Licences professionnelles are
# told apart by what the implantations file counts beyond the establishment's DUT in the same rentrée (2014).
_QUERY = """
with establishments as (
    select distinct
        identity.identifier as paysage_id,
        identity.establishment_code
    from ref_identity as identity
    where identity.scheme = 'paysage'
),

sites as (
    select * from carriers
),

-- SISE begins in 2012; before, the file of enrolments by establishment has the same totals.
totals as (
    select
        sise.year,
        establishments.establishment_code,
        label.diploma_code = 'LP' as is_lp,
        sum(sise.students_count) as students_count
    from sise__enrolment as sise
    inner join establishments using (paysage_id)
    inner join ref_diploma_label as label on label.source_id = 'sise' and label.source_label = sise.diploma_label
    group by all
    union all
    select
        effectifs.year,
        establishments.establishment_code,
        kind.is_lp,
        sum(case when kind.is_lp then effectifs.lp_one_year_count else effectifs.dut_count end)
    from effectifs__establishment as effectifs
    inner join establishments using (paysage_id)
    cross join (values (false), (true)) as kind (is_lp)
    where effectifs.year < 2012
    group by all
),

applications as (
    select year, uai, formation_label, family_label, admitted_count,
        null as admitted_women_count, null as new_bachelors_count, null as new_bachelors_technological_count,
        admitted_scholarship_count, 'apb' as source_id
    from apb__entrants
    union all
    select year, uai, formation_label, family_label, admitted_count, admitted_women_count, new_bachelors_count,
        new_bachelors_technological_count, null, 'parcoursup'
    from parcoursup__entrants
),

entrants as (select row_number() over () as entrants_id, * from applications),

placed as (
    select
        site.site_code,
        speciality.speciality_code,
        entrants.*
    from entrants
    inner join ref_site_uai as site using (uai)
    inner join ref_speciality_label as speciality
        on regexp_matches(lower(entrants.formation_label), speciality.pattern)
    where regexp_matches(entrants.family_label, 'DUT|BUT')
    qualify row_number() over (partition by entrants.entrants_id order by speciality.rank) = 1
),

site_entrants as (
    select site_code, year, sum(admitted_count) as admitted_count
    from placed
    group by all
),

years as (select distinct year from totals),

-- The nearest year with entrants known stands for the years without.
site_weights as (
    select
        years.year,
        site_entrants.site_code,
        site_entrants.admitted_count as weight
    from years
    cross join site_entrants
    qualify row_number() over (
        partition by years.year, site_entrants.site_code
        order by abs(site_entrants.year - years.year), site_entrants.year
    ) = 1
),

iut_students as (
    select
        totals.year,
        sites.site_code,
        totals.students_count * site_weights.weight
        / sum(site_weights.weight) over (partition by totals.year, totals.establishment_code) as value
    from totals
    inner join sites on totals.establishment_code = sites.establishment_code and totals.year <= sites.last_year
    inner join site_weights on totals.year = site_weights.year and sites.site_code = site_weights.site_code
    where not totals.is_lp
),

-- A site without IUT: all the licences professionnelles of its establishment stand for it.
lp_weights as (
    select
        sites.establishment_code,
        sites.site_code,
        case
            when any_value(iut_students.value) is null then 1
            else greatest(sum(implantations.students_count) - any_value(iut_students.value), 0)
                / any_value(totals.students_count)
        end as weight
    from sites
    left join ref_site_uai as site using (site_code)
    left join implantations__site as implantations using (uai)
    left join iut_students on sites.site_code = iut_students.site_code and iut_students.year = 2014
    inner join totals on sites.establishment_code = totals.establishment_code and totals.year = 2014 and totals.is_lp
    group by all
),

lp_students as (
    select
        totals.year,
        sites.site_code,
        totals.students_count * coalesce(lp_weights.weight, 1) as value
    from totals
    inner join sites on totals.establishment_code = sites.establishment_code and totals.year <= sites.last_year
    left join lp_weights
        on sites.site_code = lp_weights.site_code and sites.establishment_code = lp_weights.establishment_code
    where totals.is_lp
),

-- All LPs of an establishment with one site are there; what another keeps is shared among the sites it has left.
figures as (
    select 'iut_students' as quantity, site_code, null as speciality_code, year, value from iut_students
    union all
    select 'lp_students', site_code, null, year, value from lp_students
    union all
    select 'entrants', site_code, speciality_code, null, avg(admitted_count)
    from (
        select site_code, speciality_code, year, sum(admitted_count) as admitted_count
        from placed
        group by all
    )
    group by all
    union all
    select 'women_share', null, speciality_code, null, sum(admitted_women_count) / sum(admitted_count)
    from placed
    where admitted_women_count is not null
    group by all
    union all
    select 'technological_ratio', site_code, null, null,
        sum(new_bachelors_technological_count) / sum(new_bachelors_count)
        / (select sum(new_bachelors_technological_count) / sum(new_bachelors_count) from placed)
    from placed
    where new_bachelors_count is not null
    group by all
    union all
    select 'scholarship_ratio', site_code, null, null,
        sum(admitted_scholarship_count) / sum(admitted_count)
        / (
            select sum(admitted_scholarship_count) / sum(admitted_count)
            from placed
            where admitted_scholarship_count is not null
        )
    from placed
    where admitted_scholarship_count is not null
    group by all
    union all
    select 'lp_women_share', sites.site_code, null, null,
        sum(sise.students_count) filter (sise.sex_code = 'F') / sum(sise.students_count)
    from sise__enrolment as sise
    inner join establishments using (paysage_id)
    inner join sites using (establishment_code)
    inner join ref_diploma_label as label on label.source_id = 'sise' and label.source_label = sise.diploma_label
    where label.diploma_code = 'LP'
    group by all
)

select quantity, site_code, speciality_code, year::integer, round(value, 3)
from figures
where value is not null
order by quantity, site_code, speciality_code, year
"""

if __name__ == "__main__":
    here = find_project()
    print(f"{here.shown(here.reference / OUTPUT)}: {write_open_figures(here)} figures")

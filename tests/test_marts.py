"""The marts of the shipped figures: numbers one can look up, traps of the sources, rules the SQL keeps."""

from __future__ import annotations

import pytest
from sqlglot import exp, parse_one
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from pipelines.kernel.catalogue import SQL_TYPES, read_catalogue
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.project import Project
from pipelines.kernel.sql import read_queries
from pipelines.kernel.store import table_path
from pipelines.kernel.warehouse import Warehouse
from tests.observatory import measured, one, rows

ESTABLISHMENT = "select sum(students_count) from {mart_enrolment__establishment} where "
ENTRANTS = "select sum({measure}) from {{mart_scholarship__entrants}} where year = {year} and site_code = '{site}'"


@pytest.fixture(scope="module")
def made() -> Project:
    return measured()


@pytest.mark.parametrize(
    ("where", "students"),
    [
        ("year = 2012 and establishment_code = 'ut3' and diploma_code = 'DUT'", 5363),
        ("year = 2012 and establishment_code = 'ut2j' and diploma_code = 'LP'", 885),
        ("year = 2012 and establishment_code = 'ut1' and diploma_code = 'DUT'", 373),
        ("year = 2016 and establishment_code = 'ut3' and diploma_code = 'LP'", 1504),
        ("year = 2017 and establishment_code = 'ut3' and diploma_code = 'LP'", 1489),
        ("year = 2022 and establishment_code = 'ut3' and diploma_code = 'DUT'", 18),
        ("year = 2023 and establishment_code = 'uttop' and diploma_code = 'BUT'", 1410),
        ("year = 2023 and establishment_code = 'ut3' and diploma_code = 'BUT'", 5112),
    ],
)
def test_students_by_establishment(made: Project, where: str, students: int) -> None:
    assert one(made, ESTABLISHMENT + where) == students


@pytest.mark.parametrize(
    ("year", "site", "admitted", "scholarship", "new_bachelors"),
    [
        (2018, "toulouse", 1677, 252, 1363),
        (2019, "toulouse", 1653, 292, 1331),
        (2023, "rodez", 205, 28, 181),
        (2018, "rodez", 233, 35, 214),
        (2018, "tarbes", 552, 63, 497),  # the engineering school's eight entrants at the same UAI are not an IUT's
    ],
)
def test_entrants_by_site(
    made: Project, year: int, site: str, admitted: int, scholarship: int, new_bachelors: int
) -> None:
    measures = {
        "admitted_count": admitted,
        "new_bachelors_scholarship_count": scholarship,
        "new_bachelors_count": new_bachelors,
    }
    for measure, expected in measures.items():
        assert one(made, ENTRANTS.format(measure=measure, year=year, site=site)) == expected


def test_apb_and_parcoursup_keep_their_own_denominators(made: Project) -> None:
    mixed = (
        "select count(*) from {mart_scholarship__entrants} "
        "where (year < 2018 and new_bachelors_scholarship_count is not null) "
        "or (year >= 2018 and admitted_scholarship_count is not null)"
    )
    assert one(made, mixed) == 0


def test_every_speciality_of_the_sites_is_known(made: Project) -> None:
    unknown = "select distinct formation_label from {mart_offer__formation} where speciality_code = '_U'"
    assert rows(made, unknown) == []
    assert one(made, "select count(distinct speciality_code) from {mart_scholarship__entrants}") == 19


def test_tracks_of_one_speciality_are_one(made: Project) -> None:
    """GEA stands twice in Toulouse in 2019."""
    gea = "select count(*) from {mart_scholarship__entrants} where year = 2019 and site_code = 'toulouse'"
    assert one(made, gea + " and speciality_code = 'GEA'") == 1


def test_millau_counts_with_rodez(made: Project) -> None:
    parts = "select sum(students_count) from {stg_implantations__site} where uai in ('0120870F', '0121499P')"
    whole = "select students_count from {mart_enrolment__site_open} where site_code = 'rodez' and diploma_code = '_T'"
    assert one(made, whole) == one(made, parts)


def test_a_site_has_an_open_figure_only_where_an_establishment_is_wholly_its_own(made: Project) -> None:
    sites = rows(made, "select distinct site_code from {mart_enrolment__site_open} where diploma_code <> '_T'")
    assert {row[0] for row in sites} == {"rodez", "tarbes"}


def test_the_two_counts_of_enrolments_agree_in_the_years_they_share(made: Project) -> None:
    """SISE and the file by establishment are two publications of one count; the indicators join them end to end."""
    different = """
        with sise as (
            select year, establishment_code, sum(students_count) as students
            from {mart_enrolment__establishment} where diploma_code in ('DUT', 'BUT') group by all
        )
        select year, establishment_code from {mart_enrolment__bac} join sise using (year, establishment_code)
        where coalesce(dut_count, 0) + coalesce(but_count, 0) <> students
    """
    assert rows(made, different) == []


def test_hidden_rates_keep_the_source_code(made: Project) -> None:
    codes = rows(made, "select distinct missing_code from {mart_employment__lp} where employment_pct is null")
    assert {row[0] for row in codes} == {"ns", "nd"}


def test_informatique_is_the_speciality_not_the_discipline(made: Project) -> None:
    it = "select responses_count from {mart_employment__dut} where year = 2016 and speciality_code = 'INFO'"
    assert one(made, it + " and months_after = 30") == 166


def test_the_enrolment_of_the_engineering_school_is_not_the_iut_of_tarbes(made: Project) -> None:
    assert one(made, "select min(year) from {mart_enrolment__establishment} where establishment_code = 'uttop'") == 2023


def test_headers_name_what_queries_read(project: Project) -> None:
    for folder, pattern in (("marts", "mart_*.sql"), ("indicators", "ind_*.sql")):
        for query in read_queries(project, folder, pattern).values():
            assert list(query.inputs) == sorted(query.reads), query.shown


def test_no_average_and_no_sum_of_floats(made: Project) -> None:
    """Sums of doubles depend on their order, so on the number of threads: integers and decimals only."""
    with Warehouse(made, made.settings(), read_catalogue(made)) as warehouse:
        for folder, pattern in (("marts", "mart_*.sql"), ("indicators", "ind_*.sql")):
            for query in read_queries(made, folder, pattern).values():
                for table in query.reads:
                    warehouse.register(table)
                schema = {table: warehouse.columns(table) for table in query.reads}
                tree = qualify(parse_one(query.text, dialect="duckdb"), schema=schema, dialect="duckdb")
                tree = annotate_types(tree, schema=schema, dialect="duckdb")
                averages = [item.sql() for item in tree.find_all(exp.Avg, exp.Stddev, exp.Variance)]
                sums = [item.sql() for item in tree.find_all(exp.Sum) if item.this.is_type("double", "float")]
                assert averages + sums == [], query.shown


def test_the_check_of_sums_can_fail() -> None:
    schema = {"t": {"x": "double"}}
    tree = annotate_types(qualify(parse_one("select sum(t.x) as y from t", dialect="duckdb"), schema=schema), schema)
    assert [item.this.is_type("double", "float") for item in tree.find_all(exp.Sum)] == [True]


def test_the_dictionary_defines_every_column_with_its_type(made: Project) -> None:
    kinds = {kind.upper(): dtype for dtype, kind in SQL_TYPES.items()} | {"INTEGER": "int"}
    dictionary = read_dictionary(made)
    names = [*read_queries(made, "marts", "mart_*.sql"), "ind_values", "ind_status"]
    wrong = []
    for name in names:
        path = table_path(made, name).as_posix()
        for column, kind, *_ in rows(made, f"describe select * from read_parquet('{path}')"):
            expected = "float" if kind.startswith("DECIMAL") else kinds[kind]
            if column not in dictionary or dictionary[column].type != expected:
                wrong.append(f"{name}.{column}: {kind}")
    assert wrong == []


@pytest.mark.parametrize(
    ("where", "programmes"),
    [
        ("diploma_code = 'BTS' and field_code = 'informatique'", 15),
        ("diploma_code = 'BUT' and field_code = 'gestion'", 4),
        ("site_code = 'rodez'", 5),
        ("diploma_code = 'BTS' and site_code is not null", 0),
    ],
)
def test_programmes_carry_their_field_and_site(made: Project, where: str, programmes: int) -> None:
    assert one(made, f"select count(*) from {{mart_offer__formation}} where year = 2023 and {where}") == programmes

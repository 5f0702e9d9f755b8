"""The reference says what it should, and agrees with the open files where they are at hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.project import Project
from pipelines.kernel.reference import Reference, read_reference
from pipelines.kernel.reference.rows import CSV_TABLES

SITE_CODES = ["toulouse", "blagnac", "auch", "castres", "albi", "tarbes", "rodez", "figeac"]


@pytest.fixture(scope="module")
def reference(project: Project) -> Reference:
    return read_reference(project)


# --- what it says -----------------------------------------------------------------------------------------------


def test_the_eight_sites(reference: Reference) -> None:
    assert list(reference.sites) == SITE_CODES
    assert [code for code, site in reference.sites.items() if site.is_hub] == ["toulouse"]
    assert reference.sites["albi"].uai is None
    assert {site.departement_code for site in reference.sites.values()} <= {
        code for code, territory in reference.territories.items() if territory.is_in_region
    }


@pytest.mark.parametrize(
    ("scheme", "identifier", "year", "expected"),
    [
        ("paysage", "m7K6T", 2012, "ut3"),
        ("paysage", "m7K6T", 2022, "ut3"),  # one file keeps the old id until 2022
        ("paysage", "9hqpm", 2017, "ut3"),
        ("paysage", "9hqpm", 2024, "ut3"),
        ("paysage", "542Id", 2016, "ut1"),
        ("paysage", "gap5Q", 2019, "ut1"),
        ("paysage", "u82xd", 2022, None),  # the engineering school alone: no IUT
        ("paysage", "u82xd", 2023, "uttop"),
        ("paysage", "MHneW", 2012, None),
        ("uai", "0313124C", 2022, "ut1"),
        ("uai", "0311382J", 2013, "ut1"),
        ("uai", "m7K6T", 2012, None),
        ("erasmus", "F  TOULOUS02", 2013, "ut2j"),
        ("erasmus", "F TOULOUS02", 2013, None),  # two spaces, as the files write it
    ],
)
def test_who_an_identifier_means(
    reference: Reference, scheme: str, identifier: str, year: int, expected: str | None
) -> None:
    assert reference.identity(scheme, identifier, year) == expected


def test_tarbes_changes_hands_in_2023_and_nobody_else_does(reference: Reference) -> None:
    carried = {
        code: [reference.establishment_of(code, "LP", year) for year in (2012, 2022, 2023, 2024)]
        for code in reference.sites
    }
    assert carried.pop("tarbes") == ["ut3", "ut3", "uttop", "uttop"]
    assert all(len(set(row)) == 1 and row[0] for row in carried.values())


def test_an_establishment_whole_on_a_site_stands_on_no_other(reference: Reference) -> None:
    for row in reference.perimeters:
        if row.is_whole:
            others = [
                other
                for other in reference.perimeters
                if (other.establishment_code, other.diploma_code) == (row.establishment_code, row.diploma_code)
                and other.site_code != row.site_code
                and other.overlaps(row)
            ]
            assert others == []


def test_dut_gives_way_to_but_in_2021(reference: Reference) -> None:
    assert not reference.diplomas["BUT"].holds_in(2020)
    assert reference.diplomas["BUT"].holds_in(2021)
    assert reference.diplomas["DUT"].holds_in(2022)
    assert not reference.diplomas["DUT"].holds_in(2023)
    assert reference.diploma_of("Licence professionnelle en 1 an", "sise") == "LP"
    assert reference.diploma_of("licence professionnelle", "sise") is None


@pytest.mark.parametrize(
    ("indicator", "domain", "scope", "expected"),
    [
        ("MOB-OUT-RATE", "mobility", "midi-pyrenees", [2020, 2022]),
        ("MOB-IN", "mobility", "ut3", [2020, 2021, 2022, 2023, 2023, 2024]),
        ("ENR-DUT-BUT", "enrolment", "ut3", [2017, 2021, 2023, 2023, 2024]),
        ("ENR-DUT-BUT", "enrolment", "rodez", [2021, 2023]),
        ("ENR-LP", "enrolment", "ut2j", [2017, 2023]),
        ("ENR-TECHBAC", "enrolment", "tarbes", [2018]),  # not the breaks of ENR-TECH
        ("SCH-ENTRANTS", "scholarship", "midi-pyrenees", [2018]),
        ("APP-TERR", "apprenticeship", "31", [2022]),
        ("APP-TERR", "apprenticeship", "occitanie", [2016, 2022]),
        ("EMP-LP-30", "employment", "ut2j", []),
    ],
)
def test_which_breaks_lie_in_a_series(
    reference: Reference, indicator: str, domain: str, scope: str, expected: list[int]
) -> None:
    assert [row.year for row in reference.breaks_for(indicator, domain, scope)] == expected


def test_a_change_of_name_alone_forbids_no_growth(reference: Reference) -> None:
    allowed = {row.break_code for row in reference.breaks if not row.forbids_growth}
    assert allowed == {"paysage-2017", "toulouse-2024", "parcoursup-2018"}
    assert all(
        row.forbids_growth for row in reference.breaks if row.kind in ("perimeter", "level", "pulse", "coverage")
    )


SPECIALITIES = {
    "Informatique": "INFO",
    "BUT - Informatique (Statut d'apprenti possible sur tout ou partie des années, au-delà de la première)": "INFO",
    "I.U.T de Rodez - BUT - Informatique": "INFO",
    "Génie électrique et informatique industrielle": "GEII",
    "Statistique et informatique décisionnelle": "STID",
    "Science des données": "SD",
    "Réseaux et télécommunications": "RT",
    "Services et réseaux de communication": "SRC",
    "Métiers du multimédia et de l'internet": "MMI",
    "Métiers du multimédia et de l’Internet": "MMI",
    "METIERS DU MULTIMEDIA ET DE L'INTERNET": "MMI",
    "Information communication": "INFOCOM",
    "Information-Communication": "INFOCOM",
    "Information communication Option communication des organisations": "INFOCOM",
    "Information communication Option information numérique dans les organisations": "INFOCOM",
    "Information communication Parcours métiers du livre": "INFOCOM",
    "BUT - Information communication Parcours métiers du livre et du patrimoine": "INFOCOM",
    "Génie mécanique et productique": "GMP",
    "Génie industriel et maintenance": "GIM",
    "Qualité, logistique industrielle et organisation": "QLIO",
    "Gestion des entreprises et des administrations": "GEA",
    "Gestion des entreprises et administrations": "GEA",
    "Techniques de commercialisation": "TC",
    "BUT - Techniques de commercialisation des systèmes industriels": "TC",
    "Chimie": "CHIMIE",
    "I.U.T de Toulouse - Antenne de Castres - BUT - Chimie (Statut d'apprenti possible sur tout ou partie…)": "CHIMIE",
    "Génie chimique génie des procédés": "GCGP",
    "Génie chimique - Génie des procédés": "GCGP",
    "I.U.T de Toulouse - BUT - Génie chimique génie des procédés (Statut d’apprenti possible…)": "GCGP",
    "Génie civil": "GCCD",
    "Génie civil - Construction durable": "GCCD",
    "Génie biologique": "GB",
    "Génie biologique Option agronomie": "GB",
    "Génie biologique Option bio-informatique": "GB",
    "Génie biologique parcours sciences de l'aliment et biotechnologie": "GB",
    "Hygiène Sécurité Environnement": "HSE",
    "Hygiène, sécurité, environnement": "HSE",
    "Mesures physiques": "MP",
    "Science et génie des matériaux": "SGM",
    "Sciences et génie des matériaux": "SGM",
    "Packaging, emballage et conditionnement": "PEC",
    "Packaging Emballage et Conditionnement": "PEC",
    "Génie du conditionnement et de l'emballage": "GCE",
    "Génie thermique et énergie": "GTE",
    "Métiers de la Transition et de l'Efficacité Énergétiques": "MT2E",
    "Carrières juridiques": "CJ",
    "Carrières sociales": "CS",
    "Carrières sociales Option services à la personne": "CS",
    "Carrières sociales parcours coordination et gestion des établissements et services sanitaires et sociaux": "CS",
    "Gestion administrative et commerciale des organisations": "GACO",
    "Gestion logistique et transport": "GLT",
    "Management de la Logistique et des Transports": "MLT",
    "Aide et assistance pour le monitoring et le maintien à domicile": "2A2M",
    "Sciences de gestion": None,
    "Ensemble des départements d'IUT": None,
}  # fmt: skip


@pytest.mark.parametrize("label", SPECIALITIES)
def test_the_speciality_of_a_label(reference: Reference, label: str) -> None:
    assert reference.speciality_of(label, "parcoursup") == SPECIALITIES[label]


def test_every_speciality_is_recognised_and_has_a_name_today(reference: Reference) -> None:
    assert set(reference.specialities) == {code for code in SPECIALITIES.values() if code}
    assert {code: reference.current(code) for code in ("SRC", "STID", "GLT", "GTE", "GCE", "GEA")} == {
        "SRC": "MMI", "STID": "SD", "GLT": "MLT", "GTE": "MT2E", "GCE": "PEC", "GEA": "GEA",
    }  # fmt: skip


def test_patterns_mean_the_same_in_duckdb(project: Project, reference: Reference) -> None:
    """SQL matches with RE2, the look-up with Python: same labels, same codes, and one pattern at most for a label."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("create table labels (label varchar)")
    connection.executemany("insert into labels values (?)", [[label] for label in SPECIALITIES])
    path = project.reference / "ref_speciality_label.csv"
    found = connection.execute(
        f"""select label, list(speciality_code) filter (speciality_code is not null)
        from labels left join read_csv('{path}', all_varchar = true) on regexp_matches(lower(label), pattern)
        group by label"""
    ).fetchall()
    assert {label: codes or None for label, codes in found} == {
        label: [code] if code else None for label, code in SPECIALITIES.items()
    }


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("Services informatiques aux organisations", "informatique"),
        ("Systèmes numériques - Option informatique et réseaux", "informatique"),
        ("Systèmes numériques - Option électronique et communication", None),
        ("Conception de produits industriels", "mecanique"),
        ("Maintenance des systèmes - option A Systèmes de production", "mecanique"),
        ("Maintenance des véhicules", None),
        ("Comptabilité et gestion", "gestion"),
        ("Support à l'action managériale", "gestion"),
        ("Support à l’action managériale", "gestion"),
        ("Gestion forestière", None),
        ("Négociation et digitalisation de la Relation Client", "commerce"),
        ("Technico-commercial (BTSA)", "commerce"),
        ("Métiers de la chimie", "chimie"),
        ("Bâtiment", "genie-civil"),
        ("Etude et économie de la construction", "genie-civil"),
        ("Tourisme", None),
    ],
)
def test_the_field_of_a_bts(reference: Reference, label: str, field: str | None) -> None:
    assert reference.field_of_bts(label, "parcoursup") == field


# --- agreement with the open files ------------------------------------------------------------------------------


def test_sites_are_where_the_implantations_file_puts_them(originals: Path, reference: Reference) -> None:
    import polars as pl

    frame = pl.read_csv(next(originals.glob("enrolment/fr-esr-implantations*.csv")), separator=";", infer_schema=False)
    place = {
        row["Code de l'implantation"]: (row["Code commune"], row["Géolocalisation"])
        for row in frame.iter_rows(named=True)
    }
    for site in reference.sites.values():
        commune, position = place[site.uai or "0811293R"]
        assert commune == site.commune_code
        assert [float(part) for part in position.split(",")] == [site.latitude, site.longitude]
    for implantation in reference.site_uais:
        assert place[implantation.uai][0] == implantation.commune_code


def test_every_dut_or_but_of_the_sites_has_its_speciality(originals: Path, reference: Reference) -> None:
    """APB 2016-17, Parcoursup 2018, 2019 and 2023, in every column that holds the speciality's name."""
    import polars as pl

    folder = originals / "scholarships"
    files = [
        (
            "apb",
            pl.read_excel(folder / "apb-voeux-de-poursuite-detude-et-admissions.xlsx"),
            "Code UAI de l'établissement d'accueil",
            "Filières très agrégées",
            ["Filières de formations très détaillées"],
        ),
        (
            "parcoursup",
            pl.read_parquet(folder / "parcoursup-2018-2019.parquet"),
            "Code.UAI.de.l.établissement",
            "Filière.de.formation.très.agrégée",
            ["Filière.de.formation.détaillée"],
        ),
        (
            "parcoursup",
            pl.read_excel(folder / "fr-esr-parcoursup.xlsx"),
            "Code UAI de l'établissement",
            "Filière de formation très agrégée",
            ["Filière de formation", "Filière de formation détaillée", "Filière de formation détaillée bis"],
        ),
    ]
    uais = {row.uai for row in reference.site_uais}
    taught = set()
    for source, frame, uai, family, columns in files:
        for row in frame.filter(pl.col(uai).is_in(list(uais))).iter_rows(named=True):
            if reference.diploma_of(row[family], source) in ("DUT", "BUT"):
                codes = {reference.speciality_of(row[column], source) for column in columns}
                assert len(codes) == 1
                assert None not in codes, row
                taught |= codes
    assert len(taught) == 19  # as many as the text counts in 2010-11, SRC having become MMI


def test_sectors_and_diplomas_are_those_of_sise(originals: Path, reference: Reference) -> None:
    import polars as pl

    frame = pl.read_parquet(originals / "enrolment" / "sise-effectifs-2012-2024.parquet")
    pairs = set(frame.select("Secteur.disciplinaire", "Grande.discipline").unique().rows())
    assert {(row.sector_label, row.discipline_label) for row in reference.sectors} == pairs
    ours = {row.identifier for row in reference.identities if row.scheme == "paysage"}
    labels = {row.source_label for row in reference.diploma_labels if row.source_id == "sise"}
    for pid, label, year in frame.select("pid", "Diplôme", "Rentrée").unique().rows():
        if label in labels and pid in ours:
            establishment = reference.identity("paysage", pid, int(year))
            assert establishment is not None, (pid, label, year)
            diploma = reference.diplomas[reference.diploma_of(label, "sise") or ""]
            assert diploma.holds_in(int(year)), (label, year)
            assert any(
                row.establishment_code == establishment
                and row.diploma_code == diploma.diploma_code
                and row.holds_in(int(year))
                for row in reference.perimeters
            ), (pid, label, year)


def test_no_code_list_is_left_unread(project: Project) -> None:
    """A `ref_` file that nobody checks would be joined all the same."""
    assert {path.stem for path in project.reference.glob("ref_*.csv")} == set(CSV_TABLES)


def test_the_dictionary_gives_each_column_the_type_the_rows_have(project: Project) -> None:
    """SQL reads code lists with the dictionary's types: a year as text would compare as text."""
    types = {"int": int, "float": float, "bool": bool, "date": date, "str": str}
    dictionary = read_dictionary(project)
    for name, (model, _) in CSV_TABLES.items():
        for column, field in model.model_fields.items():
            if column in dictionary:
                expected = types[dictionary[column].type].__name__
                assert expected in str(field.annotation) or (
                    expected == "str" and "Literal" in str(field.annotation)
                ), (
                    name,
                    column,
                )

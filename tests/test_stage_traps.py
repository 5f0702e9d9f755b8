"""Each trap of the open-data files, on a small file made for it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from tests.opendata import dataset, stage, stage_one, write_csv, write_xlsx

ALONE = "Sans double compte des établissements-composantes pour les EPE"
TWICE = "* Attention : doubles comptes, établissement-composante"
UAI = "Identifiant(s) UAI"
PID = "Identifiant interne de l'établissement"
STUDENTS = "Nombre d'étudiants inscrits (inscriptions principales) hors doubles inscriptions CPGE"


def effectifs_row(**cells: str) -> dict[str, str]:
    base = {"rentree": "2022", PID: "gap5Q", "Établissement": "UT1", "Attention": ALONE, STUDENTS: "10"}
    return {**base, UAI: "0313124C", **cells}


def test_rows_that_count_students_twice_are_flagged_and_kept(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "effectifs", "2006-2022")
    rows = [effectifs_row(), effectifs_row(**{PID: "abcde", "Attention": TWICE})]
    frame = stage_one(source, vintage, write_csv(tmp_path / "f.csv", vintage, rows))
    assert frame.select("paysage_id", "is_double_count").rows() == [("abcde", True), ("gap5Q", False)]


@pytest.mark.parametrize(
    ("cell", "first", "second"),
    [
        ("0311382J", "0311382J", None),
        ("0693817Z,0920812H", "0693817Z", "0920812H"),
        ("0693817Z; 0920812H", "0693817Z", "0920812H"),
    ],
)
def test_a_cell_may_hold_two_uai_codes(
    project: Project, tmp_path: Path, cell: str, first: str, second: str | None
) -> None:
    source, vintage = dataset(project, "effectifs", "2006-2022")
    path = write_csv(tmp_path / "f.csv", vintage, [effectifs_row(**{UAI: cell})])
    assert stage_one(source, vintage, path).select("uai", "uai_other").row(0) == (first, second)


def test_both_apostrophes_and_odd_spaces_are_one_header(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "effectifs", "2006-2022")
    path = write_csv(tmp_path / "f.csv", vintage, [effectifs_row()])
    text = path.read_text(encoding="utf-8-sig")
    header, rest = text.split("\n", 1)
    path.write_text(header.replace("'", "’").replace("Bac : ", "Bac\u00a0:  ") + "\n" + rest, encoding="utf-8")
    assert stage_one(source, vintage, path)["students_count"].to_list() == [10]


def test_a_blank_is_not_a_zero(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "effectifs", "2006-2022")
    rows = [
        effectifs_row(**{"Diplôme préparé : Diplôme universitaire de technologie": "0"}),
        effectifs_row(rentree="2021"),
    ]
    frame = stage_one(source, vintage, write_csv(tmp_path / "f.csv", vintage, rows))
    assert frame.select("year", "dut_count").rows() == [(2021, None), (2022, 0)]


@pytest.mark.parametrize(("bom", "ends"), [(b"\xef\xbb\xbf", "\r\n"), (b"", "\n"), (b"\xef\xbb\xbf", "\n")])
def test_byte_order_mark_and_line_ends_do_not_matter(project: Project, tmp_path: Path, bom: bytes, ends: str) -> None:
    source, vintage = dataset(project, "population", "2021")
    text = f"REG;DEP;Département;PMUN;PTOT{ends}76;09;Ariège;154596;158578{ends}{ends}"
    path = tmp_path / "f.csv"
    path.write_bytes(bom + text.encode())
    assert stage_one(source, vintage, path).row(0) == (2021, "09", "Ariège", "76", 154596, 158578, "observed")


def sise_frame(**columns: object) -> pl.DataFrame:
    base = {
        "Rentrée": 2012.0,
        "pid": "m7K6T",
        "Etablissement": "Université Toulouse III - Paul Sabatier",
        "Diplôme": "Diplôme universitaire de technologie",
        "Grande.discipline": "Sciences et sciences de l'ingénieur",
        "Secteur.disciplinaire": "Informatique",
        "Sexe": "F",
        "Niveau": "01",
        "Attractivité.internationale": "Autres cas",
        "Etudiants": 3.0,
        "Inscriptions": 4.0,
    }
    return pl.DataFrame({name: [value] for name, value in {**base, **columns}.items()})


def test_rows_are_summed_to_the_grain_and_zero_rows_stay(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "sise", "2012-2024")
    abroad = "Etudiants de nationalité étrangère issus de systèmes éducatifs étrangers"
    pl.concat(
        [
            sise_frame(),
            sise_frame(**{"Attractivité.internationale": abroad, "Etudiants": 2.0, "Inscriptions": 2.0}),
            sise_frame(Sexe="M", Etudiants=0.0, Inscriptions=1.0),
        ]
    ).write_parquet(tmp_path / "f.parquet")
    tables = stage(source, vintage, tmp_path / "f.parquet")
    counts = ("sex_code", "students_count", "enrolments_count")
    assert tables["stg_sise__enrolment"].select(counts).rows() == [("F", 5, 6), ("M", 0, 1)]
    assert tables["stg_sise__international"].select("origin_system_label", "students_count").rows() == [
        ("Autres cas", 3),
        (abroad, 2),
    ]


def test_the_unknown_level_is_kept_as_such_and_another_is_refused(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "sise", "2012-2024")
    path = tmp_path / "f.parquet"
    sise_frame(Niveau="XX").write_parquet(path)
    assert stage(source, vintage, path)["stg_sise__enrolment"]["level_code"].to_list() == ["XX"]
    sise_frame(Niveau="04").write_parquet(path)
    with pytest.raises(BadInput) as error:
        stage(source, vintage, path)
    assert [(p.row, p.column, p.value) for p in error.value.problems] == [(2, "Niveau", "04")]


def parcoursup_2018(**columns: object) -> pl.DataFrame:
    base: dict[str, object] = {
        "Session": 2018,
        "Code.UAI.de.l.établissement": "0311086M",
        "Filière.de.formation.très.agrégée": "DUT",
        "Filière.de.formation.détaillée": "Gestion des entreprises et des administrations",
        "Filière.de.formation.très.détaillée": "",
        "Lien.de.la.formation.sur.la.plateforme.Parcoursup": "https://example.org/?g_ti_cod=1&g_ta_cod=4100",
        "Établissement": "I.U.T de Toulouse",
        "Code.départemental.de.l.établissement": "31",
        "Académie.de.l.établissement": "Toulouse",
        "Coordonnées.GPS.de.la.formation": "43.5649, 1.458",
        "Capacité.de.l.établissement.par.formation": 300,
        "Effectif.total.des.candidats.pour.une.formation": 3000,
        "Effectif.total.des.candidats.ayant.accepté.la.proposition.de.l.établissement..admis.": 337,
        "Dont.effectif.des.candidates.admises": 150,
        "Effectif.des.admis.néo.bacheliers": 300,
        "Dont.effectif.des.admis.boursiers.néo.bacheliers": 66,
        "Effectif.des.admis.néo.bacheliers.généraux": 200,
        "Effectif.des.admis.néo.bacheliers.technologiques": 90,
        "Effectif.des.admis.néo.bacheliers.professionnels": 10,
        "X": None,
    }
    return pl.DataFrame({name: [value] for name, value in {**base, **columns}.items()})


def test_names_mangled_by_r_are_mapped_and_one_cell_gives_two_coordinates(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "parcoursup", "2018-2019")
    path = tmp_path / "f.parquet"
    parcoursup_2018().write_parquet(path)
    frame = stage_one(source, vintage, path)
    read = frame.select("admitted_count", "formation_code", "latitude", "longitude", "formation_detail_label").row(0)
    assert read == (337, "4100", 43.5649, 1.458, "_Z")
    parcoursup_2018(**{"Coordonnées.GPS.de.la.formation": ""}).write_parquet(path)
    assert stage_one(source, vintage, path).select("latitude", "longitude").row(0) == (None, None)


def test_a_speciality_with_two_tracks_is_two_ranked_rows(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "parcoursup", "2018-2019")
    admitted = "Effectif.total.des.candidats.ayant.accepté.la.proposition.de.l.établissement..admis."
    path = tmp_path / "f.parquet"
    pl.concat([parcoursup_2018(), parcoursup_2018(**{admitted: 27})]).write_parquet(path)
    frame = stage_one(source, vintage, path)
    assert frame["formation_rank"].to_list() == [1, 2]
    assert sorted(frame["admitted_count"].to_list()) == [27, 337]


def test_a_column_name_that_appears_twice_is_no_trouble_until_it_is_mapped(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "parcoursup", "2023")
    header = list(dict.fromkeys(vintage.columns.values()))
    cells: list[str | int | float | None] = [
        {"Session": 2023, "Coordonnées GPS de la formation": "44.36, 2.57"}.get(name, 5) for name in header
    ]
    named = [*header, "Filière de formation", "Filière de formation"]
    path = write_xlsx(tmp_path / "f.xlsx", named, [[*cells, "BUT - Info", "BUT"]], "Feuil1")
    assert stage_one(source, vintage, path)["admitted_count"].to_list() == [5]
    mapped = vintage.model_copy(update={"columns": {**vintage.columns, "family_label": "Filière de formation"}})
    with pytest.raises(BadInput, match="Two columns bear this header"):
        stage_one(source, mapped, path)
    second = vintage.model_copy(update={"columns": {**vintage.columns, "family_label": "Filière de formation [2]"}})
    ignored = second.model_copy(update={"ignored": (*vintage.ignored, "Filière de formation très agrégée")})
    assert stage_one(source, ignored, path)["family_label"].to_list() == ["BUT"]


def test_counts_stored_as_text_are_read_and_inconnu_is_missing(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "apb", "2016-2017")
    header = list(vintage.columns.values())
    values = {"Session": "2016", "Code département": "9", "Filières très agrégées": "2_DUT"}
    full = [values.get(name, "12") for name in header]
    lost = ["inconnu" if name.startswith("Effectif") else "ns" if "Capac" in name else cell
            for name, cell in zip(header, full, strict=True)]  # fmt: skip
    lost[header.index("Code UAI de l'établissement d'accueil")] = "13"
    frame = stage_one(source, vintage, write_xlsx(tmp_path / "f.xlsx", header, [full, lost], "Feuil1"))
    columns = ("family_label", "departement_code", "capacity_count", "admitted_count", "admitted_scholarship_count")
    assert frame.select(columns).rows() == [("DUT", "09", 12, 12, 12), ("DUT", "09", None, None, None)]


def lp_row(**cells: str) -> dict[str, str]:
    base = {"Annee": "2016", "Numéro de l'établissement": "0311384L", "Code de la discipline": "disc12"}
    return {**base, "situation": "30 mois après le diplôme", **cells}


def test_ns_nd_and_dot_are_kept_beside_the_missing_value(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "insertion_lp", "2013-2016")
    row = lp_row(**{"Taux d'insertion": "ns", "% emplois stables": "nd", "% emplois cadre": ".", "% femmes": "51.00"})
    frame = stage_one(source, vintage, write_csv(tmp_path / "f.csv", vintage, [row]))
    assert frame.select("months_after", "measure_code", "value", "missing_code").rows() == [
        (30, "employment_pct", None, "ns"),
        (30, "executive_pct", None, "."),
        (30, "stable_pct", None, "nd"),
        (30, "women_pct", 51.0, None),
    ]


def test_national_totals_stand_under_their_own_code(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "insertion_lp", "2013-2016")
    rows = [lp_row(**{"Taux d'insertion": "94"}), lp_row(**{"Numéro de l'établissement": "UNIV"}) | {"% femmes": "50"}]
    frame = stage_one(source, vintage, write_csv(tmp_path / "f.csv", vintage, rows))
    assert frame.select("uai", "academie_code", "value").rows() == [("0311384L", None, 94.0), ("UNIV", None, 50.0)]


def test_rows_that_nothing_tells_apart_are_ranked_by_content(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "insertion_dut", "2013-2016")
    base = {"Année": "2013", "Genre": "femmes et hommes", "Code de la discipline": "disc16"}
    base |= {"Spécialité": "Informatique", "situation": "18 mois après le diplôme"}
    rows = [base | {"Nombre de réponses": count, "Taux d'insertion": "84"} for count in ("154", "107")]
    frame = stage_one(source, vintage, write_csv(tmp_path / "f.csv", vintage, rows))
    again = stage_one(source, vintage, write_csv(tmp_path / "g.csv", vintage, rows[::-1]))
    assert frame.equals(again)
    responses = frame.filter(pl.col("measure_code") == "responses_count")
    assert responses.select("speciality_sigle", "row_rank", "value").rows() == [("_Z", 1, 107.0), ("_Z", 2, 154.0)]


def test_headers_left_blank_are_read_by_position(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "inserjeunes", "2018-2019")
    path = tmp_path / "depp-2022-etablissements-2018_2019-apprentissage.csv"
    path.write_text(
        '"n°UAI de l\'établissement";"Libellé de l\'établissement";"Région";;;'
        '"Taux";"Taux attendu";"Valeur ajoutée";;;\n'
        '"0310001A";"CFA";"OCCITANIE";41;38;67;63;4;68;69;71\n',
        encoding="utf-8",
    )
    frame = stage_one(source, vintage, path)
    read = dict(frame.select("measure_code", "value").rows())
    assert read["interrupted_pct"] == 41
    assert read["continuing_pct"] == 38
    assert read["employment_pct"] == 67
    assert read["employment_24_pct"] == 71
    assert frame.select("year", "cohort_label").row(0) == (2019, "2018-2019")


def test_a_python_list_in_a_cell_is_left_alone(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "implantations", "2015")
    row = {"Code de l'implantation": "0320691C", "Nature": "Antenne délocalisée d'IUT", "Code département": "D032"}
    row |= {"Géolocalisation": "43.6469269053, 0.577133423963", "Date d'ouverture": "1991-09-01"}
    path = write_csv(tmp_path / "f.csv", vintage, [row])
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text(f"{lines[0]};Localisation\n{lines[1]};['Midi-Pyrénées>Toulouse>Gers']\n", encoding="utf-8")
    frame = stage_one(source, vintage, path)
    assert frame.select("departement_code", "latitude", "longitude").row(0) == ("32", 43.6469269053, 0.577133423963)
    assert str(frame["opened_on"][0]) == "1991-09-01"


def test_a_nearly_blank_row_does_not_repeat_its_site(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "implantations", "2015")
    code = "Code de l'implantation"
    rows = [{code: "9741180P"}, {code: "9741180P", "Implantation": "IUT", "Effectif d'étudiants inscrits": "695"}]
    frame = stage_one(source, vintage, write_csv(tmp_path / "f.csv", vintage, [*rows, {code: "9740910W"}]))
    assert frame.select("uai", "implantation_label", "students_count").rows() == [
        ("9740910W", None, None),
        ("9741180P", "IUT", 695),
    ]


def test_erasmus_codes_keep_their_two_spaces_and_lost_places_are_left_out(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "erasmus", "2013-2014")
    (tmp_path / "EUC_geocoded_clean.csv").write_text(
        "Institutional code,Name of Organisation,Country,City,coordinates\n"
        'F  TOULOUS03,UNIVERSITE PAUL SABATIER,FR,TOULOUSE,"(43.5619687, 1.4700537)"\n'
        'E  MURCIA06,ESCUELA,ES,MURCIA,"(37.9990035, -1.1299127)"\n'
        'E  MURCIA41,OTRA,ES,MURCIA,"(37.9990035, -1.1299127)"\n',
        encoding="utf-8",
    )
    (tmp_path / "coordinates.csv").write_text(
        "count,sendLat,sendLon,receiveLat,receiveLon\n"
        "3,43.5619687, 1.4700537,37.9990035, -1.1299127\n"
        "2,43.56196870000001, 1.4700537,37.9990035, -1.1299127\n"
        "9,43.5619687, 1.4700537,1.0, 1.0\n"
        "4,37.9990035, -1.1299127,43.5619687, 1.4700537\n",
        encoding="utf-8",
    )
    frame = stage_one(source, vintage, *sorted(tmp_path.glob("*.csv")))
    columns = ("sending_code", "receiving_country_code", "students_count", "receiving_institutions_count")
    assert frame.select(columns).rows() == [("E  MURCIA06 + E  MURCIA41", "FR", 4, 1), ("F  TOULOUS03", "ES", 5, 1)]


def test_the_last_year_says_that_it_covers_ten_months(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "barometre", "2022-10")
    head = "mesure,indicateur,id_indicateur,code_{0},libelle_{0},date,valeur,unite\n"
    kept, other = "nombre-contrats-apprentissage", "nombre-bonus-ecologiques"
    for name, column, code, label in (("departement-31", "departement", "31", "Haute-Garonne"),
                                      ("regional", "region", "76", "Occitanie")):  # fmt: skip
        (tmp_path / f"barometre-resultats-relance-emploi-economie-detail-{name}.csv").write_text(
            head.format(column)
            + f"m,i,{kept},{code},{label},2021-12-31,18551.0,contrats\n"
            + f"m,i,{kept},{code},{label},2022-10-31,22248.0,contrats\n"
            + f"m,i,{other},{code},{label},2022-08-31,5.5,bonus\n",
            encoding="utf-8",
        )
    (tmp_path / "barometre-resultats-relance-emploi-economie-detail-national.csv").write_text(
        f"mesure,indicateur,id_indicateur,maille_geographique,date,valeur,unite\nm,i,{kept},national,2021-12-31,9.0,c\n",
        encoding="utf-8",
    )
    frame = stage_one(source, vintage, *sorted(tmp_path.glob("*.csv")))
    columns = ("territory_level", "territory_code", "year", "months_covered", "contracts_count")
    assert frame.select(columns).rows() == [
        ("country", "FR", 2021, 12, 9),
        ("departement", "31", 2021, 12, 18551),
        ("departement", "31", 2022, 10, 22248),
        ("region", "76", 2021, 12, 18551),
        ("region", "76", 2022, 10, 22248),
    ]


def test_contours_are_kept_as_text(project: Project, tmp_path: Path) -> None:
    source, vintage = dataset(project, "contours", "2018")
    path = tmp_path / "departement-31-haute-garonne.geojson"
    path.write_text(
        '{"type":"Feature","properties":{"code":"31","nom":"Haute-Garonne"},'
        '"geometry":{"type":"Point","coordinates":[1.4,43.6]}}',
        encoding="utf-8",
    )
    assert stage_one(source, vintage, path).row(0) == (
        "31",
        "Haute-Garonne",
        '{"coordinates":[1.4,43.6],"type":"Point"}',
        "observed",
    )

"""What people read of the checks: list, workbook, pages, history; what they may show, and that they ask no network."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest
from click.testing import CliRunner
from test_check_waivers import QUERY, waive, waiver

from pipelines.check import agenda, steward
from pipelines.check.history import continued, read_history
from pipelines.check.pages.frame import OUTCOMES
from pipelines.check.steward import Entry
from pipelines.check.workbook import workbook_of
from pipelines.cli import observatoire
from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from tests.brands import LOOK
from tests.small_suite import SETTINGS, bare, checks, expectation, good, put, suite

TABLE = "stg_demo__students"
SAID = Bilingual(fr="Quoi.", en="What.")


def on(day: str, **values: Any) -> Settings:
    return SETTINGS.model_copy(update={"as_of": date.fromisoformat(day), **values})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = bare(tmp_path)
    made.sources.mkdir()
    return made


def failing(project: Project, rows: pl.DataFrame | None = None, *, confidential: bool = False) -> None:
    """Put a table two of whose checks fail, one critical (which stops the run, so that all is written)."""
    critical = expectation(60, "sql", query=QUERY, expect="students_count > 10 or students_count is null")
    warning = expectation(
        61, "expect_column_values_to_be_in_set", "warning", column="site_code", value_set=["auch", "rodez", "<b>x"]
    )
    other = expectation(62, "expect_column_values_to_be_in_set", "warning", column="site_code", value_set=["auch"])
    put(project, suite(critical, warning, other, confidential=confidential), good() if rows is None else rows)


def listed(project: Project) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((project.quality / "steward.json").read_text(encoding="utf-8"))["problems"]
    return found


class Page(HTMLParser):
    """What a page loads, links to and how it is built."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.landmarks: set[str] = set()
        self.heads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loads += [str(given[name]) for name in ("src", "srcset", "data") if name in given]
        if tag == "link":
            self.loads.append(str(given["href"]))
        if tag == "a":
            self.links.append(str(given["href"]))
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if "id" in given:
            self.ids.append(str(given["id"]))
        if tag in ("header", "nav", "main", "footer"):
            self.landmarks.add(tag)
        if tag == "th":
            self.heads.append(str(given.get("scope")))


def test_a_run_that_stops_writes_what_its_steward_reads(project: Project) -> None:
    failing(project)
    checks(project, on("2026-11-23"))
    rows = listed(project)
    assert [(row["state"], row["where"], row["since"], row["since_edition"]) for row in rows] == [
        ("blocks", f"{TABLE} TST-060", "2026-11-23", 2024),
        ("to_mend", f"{TABLE} TST-062", "2026-11-23", 2024),
    ]
    index = (project.build / "quality/index.html").read_text(encoding="utf-8")
    assert "La production s’est arrêtée" in index
    assert OUTCOMES["blocks"][0] in (project.build / f"quality/{TABLE}.html").read_text(encoding="utf-8")
    assert (project.quality / "liste.xlsx").stat().st_size > 0


def test_since_is_the_first_day_of_an_unbroken_row_of_runs(project: Project) -> None:
    failing(project)
    checks(project, on("2026-11-23"))
    checks(project, on("2026-11-25"))
    assert {row["since"] for row in listed(project)} == {"2026-11-23"}
    assert len(read_history(project).runs) == 1  # nothing new: no line
    failing(project, good().with_columns(pl.lit("auch").alias("site_code")).unique(["year", "site_code"]).sort("year"))
    checks(project, on("2026-11-26"))
    assert {row["where"]: row["since"] for row in listed(project)}[f"{TABLE} TST-060"] == "2026-11-23"
    failing(project)
    checks(project, on("2026-11-27"))  # TST-062 had been mended in between: it begins again
    found = {row["where"]: row["since"] for row in listed(project)}
    assert found == {f"{TABLE} TST-060": "2026-11-23", f"{TABLE} TST-062": "2026-11-27"}
    assert [run.run for run in read_history(project).runs] == [1, 2, 3]


def test_a_new_edition_goes_on_from_the_one_before(project: Project) -> None:
    failing(project)
    checks(project, on("2026-11-23"))
    checks(project, on("2027-11-20", edition=2025))
    assert {(row["since"], row["since_edition"]) for row in listed(project)} == {("2026-11-23", 2024)}
    history = read_history(project)
    assert [(run.run, run.edition) for run in history.runs] == [(1, 2024), (2, 2025)]
    assert len(history.of(on("2027-11-20", edition=2025))) == 1


def test_the_same_run_on_the_same_day_gives_the_same_bytes(project: Project, tmp_path: Path) -> None:
    failing(project)
    contents = []
    for _ in range(2):
        checks(project, on("2026-11-23"))
        paths = [*project.quality.iterdir(), *(project.build / "quality").rglob("*.html")]
        contents.append({path.name: path.read_bytes() for path in paths})
        (project.quality / "history.json").unlink()
    assert contents[0] == contents[1]
    assert "liste.xlsx" in contents[0]


def test_a_damaged_history_is_one_line(project: Project) -> None:
    failing(project)
    project.quality.mkdir()
    (project.quality / "history.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadInput, match=r"data/quality/history\.json: The history"):
        checks(project, on("2026-11-23"))


def test_a_stopped_run_leaves_open_what_it_did_not_look_at() -> None:
    settings = on("2026-11-23")
    first = continued(read_history(Project(Path("/nowhere"))), settings, date(2026, 11, 20), [], [],
                      ["mart_x__y TST-001", "orphan stg_crous__scholarship 2020", "stg_a__b TST-002"],
                      stopped=False)  # fmt: skip
    second = continued(first, settings, date(2026, 11, 23), [], [], [], stopped=True)
    assert sorted(second.opened(settings)) == ["mart_x__y TST-001", "orphan stg_crous__scholarship 2020"]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_pages_load_nothing_lead_somewhere_and_are_well_built(project: Project, lang: str) -> None:
    failing(project)
    waive(project, waiver(check="TST-062", rows=9))
    checks(project, on("2026-11-23", lang=lang))
    folder = project.build / "quality"
    pages = sorted(folder.glob("*.html"))
    assert {path.name for path in pages} == {"index.html", f"{TABLE}.html"}
    for path in pages:
        text = path.read_text(encoding="utf-8")
        page = Page(text)
        assert f'<html lang="{lang}">' in text
        assert not re.search(r"https?://|url\(|@import|<script", text)
        assert all((folder / target).is_file() for target in page.loads)
        assert all(target.startswith("#") or (folder / target).is_file() for target in page.links)
        assert page.levels[0] == 1
        assert page.levels.count(1) == 1
        assert all(after - before <= 1 for before, after in zip(page.levels, page.levels[1:], strict=False))
        assert len(page.ids) == len(set(page.ids))
        assert page.landmarks == {"header", "nav", "main", "footer"}
        assert set(page.heads) <= {"col", "row"}
        assert "<b>x" not in text  # what a suite or a table says is text, never markup
    for style in (folder / "_theme").iterdir():
        assert "http" not in style.read_text(encoding="utf-8")
    detail = (folder / f"{TABLE}.html").read_text(encoding="utf-8")
    assert OUTCOMES["waived"][lang == "en"] in detail
    assert "steward of demo" in detail


def test_an_outcome_has_a_word_a_shape_and_its_own_of_each() -> None:
    style = (Path(agenda.__file__).parent / "pages/quality.css").read_text(encoding="utf-8")
    shapes = re.findall(r'\.outcome-(\w+)::before \{ content: "(.)"', style)
    assert {name for name, _ in shapes} == set(OUTCOMES)
    assert len({shape for _, shape in shapes}) == len(OUTCOMES)
    assert len({words[0] for words in OUTCOMES.values()}) == len(OUTCOMES)


def test_a_table_made_of_registers_shows_no_value_and_no_small_count(project: Project) -> None:
    rows = pl.DataFrame(
        {
            "year": range(1900, 2000),
            "site_code": ["zanzibar" if n < 3 else "auch" if n < 60 else "rodez" for n in range(100)],
            "students_count": [7 if n < 3 else 20 for n in range(100)],
            "origin": ["observed"] * 100,
        }
    )
    failing(project, rows, confidential=True)
    (project.reference / "disclosure.yml").write_text(
        (Path(__file__).resolve().parent.parent / "data/reference/disclosure.yml").read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    checks(project, on("2026-11-23"))
    for path in (project.build / "quality").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "zanzibar" not in text, path.name
        assert not re.search(r"\b(1900|1901|1902)\b", text)
        assert "moins de 5" in text
        assert not re.search(r"(règle|Break it)[^<]{0,30}\b3\b", text)
    assert "zanzibar" not in (project.quality / "steward.json").read_text(encoding="utf-8")
    (project.reference / "disclosure.yml").unlink()  # no policy, no count
    checks(project, on("2026-11-24"))
    assert "masqué" in (project.build / f"quality/{TABLE}.html").read_text(encoding="utf-8")


def entry(where: str, state: str, year: int | None = None, count: int | None = None, who: str = "Ann") -> Entry:
    return Entry.model_validate(
        {"kind": "check" if " " in where else "orphan", "state": state, "where": where, "year": year, "count": count,
         "who": who, "what": SAID, "how": SAID, "since": date(2026, 11, year % 20 + 1) if year else None,
         "since_edition": 2024 if year else None}
    )  # fmt: skip


def test_the_list_is_one_line_a_problem_what_blocks_first() -> None:
    found = [
        entry("stg_b__x", "to_mend", 2012, 4),
        entry("stg_b__x", "to_mend", 2010, 2),
        entry("stg_b__x", "to_mend", 2011, 3),
        entry("stg_c__x TST-003", "waived"),
        entry("mart_a__x TST-001", "blocks", who="Zoé"),
        entry("stg_a__x TST-002", "no_answer"),
    ]
    lines = agenda.lines(found)
    assert [(line.state, line.where, line.years, line.count) for line in lines] == [
        ("blocks", "mart_a__x TST-001", "", None),
        ("no_answer", "stg_a__x TST-002", "", None),
        ("to_mend", "stg_b__x", "2010-2012", 9),
        ("waived", "stg_c__x TST-003", "", None),
    ]
    assert agenda.said(lines[2], "en") == (
        "to mend: stg_b__x 2010-2012 (since 2026-11-11, edition 2024): What. 9 row(s). Ann: What."
    )
    assert agenda.said(lines[2], "fr").startswith(
        "à corriger : stg_b__x 2010-2012 (depuis le 11/11/2026, édition 2024)"
    )
    assert [line.where for line in agenda.lines(found, "zo")] == ["mart_a__x TST-001"]
    assert agenda.counted(lines, "en") == "4 line(s): blocks 1, no answer 1, to mend 1, waived 1."
    assert agenda.counted([], "fr") == "Rien à faire : la liste est vide."
    assert agenda.spans([2008, 2010, 2011]) == "2008, 2010-2011"


def test_the_workbook_is_the_list_and_its_years_the_same_bytes_each_time() -> None:
    found = [entry("stg_b__x", "to_mend", 2012, 4), entry("stg_b__x", "to_mend", 2013, 5), entry("a__x T-1", "blocks")]
    book = workbook_of(agenda.lines(found), found, 2024, LOOK)
    assert book == workbook_of(agenda.lines(found), found, 2024, LOOK)
    read = fastexcel.read_excel(book)
    assert read.sheet_names == ["À faire", "Par année"]
    first = pl.read_excel(BytesIO(book), sheet_name="À faire")
    assert first["État"].to_list() == ["bloque", "à corriger"]
    assert first["Lignes"].to_list() == [None, 9]
    assert pl.read_excel(BytesIO(book), sheet_name="Par année").height == 2
    assert pl.read_excel(BytesIO(workbook_of([], [], 2024, LOOK)), sheet_name="À faire").height == 1


def test_the_list_that_was_written_is_read_back(project: Project) -> None:
    failing(project)
    checks(project, on("2026-11-23"))
    assert steward.content(steward.read(project))["problems"] == listed(project)


def test_data_docs_are_made_from_the_same_suites_and_stay_inside(project: Project) -> None:
    from pipelines.check.datadocs import make

    failing(project)
    secret = {**suite(confidential=True), "table": "stg_secret__students"}
    for item in secret["expectations"]:
        item["id"] = item["id"].replace("TST", "SEC")
    put(project, secret, good().with_columns(pl.lit("zanzibar").alias("site_code")), secret["table"])
    said = make(project, on("2026-11-23"), ("staging",))
    assert "data/data-docs/index.html" in said
    assert "network" in said
    pages = list((project.data / "data-docs").rglob("*.html"))
    assert any(TABLE in path.name for path in pages)
    assert not any("zanzibar" in path.read_text(encoding="utf-8") for path in pages)


@pytest.mark.parametrize("call", [["--list", TABLE], ["--owner", "x"], ["--as-of", "soon"]])
def test_calls_that_make_no_sense_end_with_status_2(call: list[str]) -> None:
    assert CliRunner().invoke(observatoire, ["check", *call]).exit_code == 2

"""The explorer: its data are the public values and nothing else, its views have addresses, its page stands alone."""

from __future__ import annotations

import csv
import io
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.kernel.freshness import Freshness
from pipelines.publish import stage
from pipelines.publish.explorer import chart
from pipelines.publish.explorer.data import data_script
from pipelines.publish.explorer.page import markup, screen
from pipelines.publish.explorer.words import WORDS
from pipelines.publish.shelf import Shelf
from tests.brands import LOOK
from tests.browser import axe_script, grave
from tests.page_browser import laid, opened, seconds_to_use, weight
from tests.publish_project import AtOnce, made_up

SCRIPT = files("pipelines.publish.explorer").joinpath("explorer.js").read_text(encoding="utf-8")
SAME = ("indicator_code", "scope_level", "scope_code", "year", "value", "numerator", "denominator", "flag", "origin")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(*made_up(tmp_path_factory.mktemp("explorer")))


@pytest.fixture(scope="module")
def library() -> str:
    return chart.chart_script(LOOK)


@pytest.fixture(scope="module")
def page(shelf: Shelf, library: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    loaded = {name: text for name, text in screen(shelf).items() if not name.endswith(".md")}
    folder = tmp_path_factory.mktemp("page")
    return laid(folder, markup("fr"), {**loaded, "explorer-chart.js": library})


def loaded_data(shelf: Shelf) -> dict[str, Any]:
    text = data_script(shelf)
    found: dict[str, Any] = json.loads(text.removeprefix("window.explorerData=").removesuffix(";\n"))
    return found


def whole(cells: Any, length: int) -> Any:
    if not isinstance(cells, dict):
        return cells
    filled = dict(zip(cells["at"], cells["is"], strict=True))
    return [filled.get(row) for row in range(length)]


def rows_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    columns = {name: whole(cells, len(data["values"]["year"])) for name, cells in data["values"].items()}
    return [
        {
            "indicator_code": data["indicators"][columns["indicator"][row]]["code"],
            "scope_level": data["places"][columns["place"][row]]["level"],
            "scope_code": data["places"][columns["place"][row]]["code"],
            "year": columns["year"][row],
            **{name: columns[name][row] for name in ("value", "numerator", "denominator", "interval_low")},
            "flag": columns["flag"][row],
            "is_break": columns["is_break"][row] == "1",
            "origin": data["origins"][int(columns["origin"][row])],
        }
        for row in range(len(columns["year"]))
    ]


def keyed(rows: list[dict[str, Any]], names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    return sorted((tuple(row[name] for name in names) for row in rows), key=repr)


def test_the_script_holds_the_public_values_and_nothing_else(shelf: Shelf) -> None:
    names = (*SAME, "is_break")
    assert keyed(rows_of(loaded_data(shelf)), names) == keyed(shelf.rows("pub_values"), names)


def test_an_interval_goes_with_its_value(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    path = project.protected / "pub_values.parquet"
    values = pl.read_parquet(path).with_columns(
        pl.when(pl.col("value").is_not_null()).then(pl.col("value") - 0.01).alias("interval_low"),
        pl.when(pl.col("value").is_not_null()).then(pl.col("value") + 0.01).alias("interval_high"),
    )
    values.write_parquet(path)
    names = (*SAME, "interval_low")
    assert keyed(rows_of(loaded_data(Shelf(project, settings))), names) == keyed(values.to_dicts(), names)


def test_a_hidden_cell_gives_no_number(shelf: Shelf) -> None:
    hidden = [row for row in rows_of(loaded_data(shelf)) if row["flag"] == "c"]
    assert hidden
    assert all(row["value"] is row["numerator"] is None for row in hidden)


def test_the_script_is_small_the_same_each_time_and_closes_no_element(shelf: Shelf) -> None:
    text = data_script(shelf)
    assert text == data_script(shelf)
    assert len(text.encode()) < 300_000
    assert "<" not in text
    assert "'" not in text


def test_the_library_is_the_same_each_time_and_holds_what_the_page_asks(library: str) -> None:
    assert library == chart.chart_script(LOOK)
    kept = re.search(r"explorerVega\s*=\s*\{([^}]*)\}", library)
    assert kept
    assert {"View", "parse", "defaultLocale", "expressionInterpreter"} == set(re.findall(r"(\w+)\s*:\s*[\w$]", kept[1]))
    compiled = json.loads(library.split("window.explorerChart=")[1].removesuffix(";\n"))
    assert set(chart.SOURCES) <= {source["name"] for source in compiled["data"]}
    assert {"x_low", "x_high", "y_low", "y_high", "tick_format"} <= {item["name"] for item in compiled["signals"]}


def test_the_library_is_made_again_only_when_the_chart_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, _ = made_up(tmp_path, tables=False)
    made: list[str] = []
    monkeypatch.setattr(chart, "chart_script", lambda _: made.append("") or "script")
    path = tmp_path / "explorer-chart.js"

    def make() -> None:
        freshness = Freshness(project, "publish")
        making = stage.begin_library(path, "fr/explorer-chart.js", freshness, LOOK, AtOnce())
        stage.end_library(path, making, freshness)

    for _ in range(2):
        make()
    assert len(made) == 1
    assert path.read_text(encoding="utf-8") == "script"
    monkeypatch.setattr(chart, "specification", lambda _: {"mark": "bar"})
    make()
    assert len(made) == 2


def test_both_languages_have_every_word_that_the_script_says() -> None:
    assert set(WORDS["fr"]) == set(WORDS["en"])
    said = set(re.findall(r"\bwords\.(\w+)", SCRIPT)) | {"path", "forecast"}
    said |= {
        f"{start}_{name}{end}"
        for name in ("indicator", "place", "value")
        for start, end in (("one", ""), ("many", "s"))
    }
    assert said == set(WORDS["fr"])


def test_a_view_has_an_address_and_a_file_and_asks_nothing_of_the_network(shelf: Shelf, page: Path) -> None:
    with opened() as (tab, wrong):
        assert seconds_to_use(tab, page) < 1
        assert weight(page) < 1_000_000
        assert "7\u00a0lieux" in tab.inner_text(".explorer-status")
        assert tab.locator(".explorer-canvas svg").count() == 1
        assert grave(tab, axe_script()) == []

        tab.get_by_role("checkbox", name="Étudiants en mobilité internationale sortante", exact=True).check()
        tab.get_by_role("checkbox", name="Figeac").uncheck()
        tab.get_by_role("checkbox", name="Castres").uncheck()
        tab.get_by_role("checkbox", name="Les huit sites").check()
        tab.select_option("#explorer-from", "2015")
        tab.check("#explorer-paths")
        told, table = tab.inner_text(".explorer-status"), tab.inner_text(".explorer-output")
        assert told.startswith("2\u00a0indicateurs, 6\u00a0lieux, de 2015 à 2024")
        assert "confidentielle" in told
        assert "trajectoire de la cible" in table
        assert "prévision" in table
        assert grave(tab, axe_script()) == []
        address = tab.input_value("#explorer-link")
        with tab.expect_download() as waiting:
            tab.click("#explorer-csv")
        lines = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig"))))

        tab.goto("about:blank")
        tab.goto(address)
        assert (tab.inner_text(".explorer-status"), tab.inner_text(".explorer-output")) == (told, table)
        tab.set_viewport_size({"width": 390, "height": 900})
        tab.reload()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        assert tab.inner_text(".explorer-status") == told
        tab.get_by_role("button", name="Revenir à la vue de départ").click()
        assert "7\u00a0lieux" in tab.inner_text(".explorer-status")
        assert wrong == []

    public = {(row["indicator_code"], row["scope_code"], row["year"]): row for row in shelf.rows("pub_values")}
    observed = [line for line in lines if line["kind"] == "observed"]
    assert {line["indicator_code"] for line in observed} == {"MOB-OUT", "MOB-OUT-RATE"}
    assert {int(line["year"]) for line in observed} == set(range(2015, 2025))
    assert {line["kind"] for line in lines} == {"observed", "path", "forecast"}
    for line in observed:
        row = public[(line["indicator_code"], line["scope_code"], int(line["year"]))]
        assert line["flag"] == row["flag"]
        assert (float(line["value"]) if line["value"] else None) == row["value"]


def test_an_address_that_names_nothing_known_gives_the_first_view(page: Path) -> None:
    with opened() as (tab, wrong):
        tab.goto(page.as_uri() + "#i=NO-SUCH,<b>&p=site:nowhere&y=1-2")
        assert "1\u00a0indicateur, 7\u00a0lieux" in tab.inner_text(".explorer-status")
        assert wrong == []

"""The first page: how far a figure moved and what that is worth, what changed since the last edition, the register."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipelines.kernel.intervals import difference, wilson
from pipelines.publish.changes import changes, glance
from pipelines.publish.phrases import Point
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables import actions
from pipelines.publish.tables.guide import MEANINGS
from pipelines.publish.tiles import CHOSEN, bounds_of, tiles
from pipelines.publish.variation import is_beyond_usual, last_two, move_and_worth, signed_move, usual_move
from tests.publish_project import made_up


def points(*values: float | None, breaks: tuple[int, ...] = (), start: int = 2012) -> list[Point]:
    return [Point(start + index, value, start + index in breaks) for index, value in enumerate(values)]


def test_the_difference_of_two_shares_as_published() -> None:
    """Newcombe (1998), table II, first case: 56/70 against 48/80, 0.2 from 0.0524 to 0.3339."""
    first, last = 48 / 80, 56 / 70
    low, high = difference(first, wilson(first, 80), last, wilson(last, 70))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def test_the_usual_move_crosses_no_break_and_no_gap() -> None:
    assert usual_move(points(100, 102, 104.04, 106.1208), "persons") == pytest.approx(0.02)
    assert usual_move(points(100, 102, 104.04, 900, breaks=(2015,)), "persons") is None
    assert usual_move(points(100, None, 102, 104), "persons") is None
    assert usual_move(points(0.1, 0.12, 0.1, 0.12), "share") == pytest.approx(0.02)


def test_the_last_comparable_year_is_within_the_stretch() -> None:
    pair = last_two(points(100, 110, 500, 504, breaks=(2014,)))
    assert pair is not None
    assert [point.year for point in pair] == [2014, 2015]
    assert last_two(points(100, 110, 500, breaks=(2014,))) is None


@pytest.mark.parametrize(
    ("series", "unit", "fr", "en"),
    [
        (points(100, 102), "persons", "+2,0\u202f% depuis 2012", "+2.0% since 2012"),
        (points(100, 95), "persons", "\u22125,0\u202f% depuis 2012", "\u22125.0% since 2012"),
        (points(100, 250), "persons", "× 2,5 depuis 2012", "× 2.5 since 2012"),
        (points(100, 100.5), "persons", "stable depuis 2012", "stable since 2012"),
        (points(0, 5), "persons", "en hausse depuis 2012", "up since 2012"),
        (points(0.2, 0.23), "share", "+3,0\u202fpoints depuis 2012", "+3.0 points since 2012"),
        (points(1, 9, breaks=(2013,)), "persons", "aucune année comparable", "no comparable year"),
        (points(1, None), "persons", "aucune année comparable", "no comparable year"),
    ],
)
def test_the_move_of_a_tile(series: list[Point], unit: str, fr: str, en: str) -> None:
    assert signed_move(series, unit, "fr") == fr
    assert signed_move(series, unit, "en") == en


def test_what_a_move_is_worth() -> None:
    counted = points(100, 102, 104.04, 106.1208)
    assert move_and_worth(counted, "persons", "fr")[1] == "d'ordinaire ±\u202f2,0\u202f% par an"
    assert move_and_worth(points(100, 102), "persons", "en")[1] == "short series, usual unknown"
    surveyed = points(0.92, 0.94)
    bounds = {2012: wilson(0.92, 200), 2013: wilson(0.94, 200)}
    worth = move_and_worth(surveyed, "share", "fr", bounds)[1]
    assert worth.startswith("entre \u2212")
    assert worth.endswith("peut-être le hasard")
    many = {year: wilson(value, 20_000) for year, value in ((2012, 0.92), (2013, 0.94))}
    assert "hasard" not in move_and_worth(surveyed, "share", "fr", many)[1]


def test_beyond_the_usual_or_not_known() -> None:
    assert is_beyond_usual(points(100, 102, 104, 106, 130), "persons") is True
    assert is_beyond_usual(points(100, 105, 100, 105, 106.5), "persons") is False
    assert is_beyond_usual(points(100, 150), "persons") is None


@pytest.mark.parametrize(("lang", "word"), [("fr", "simulé"), ("en", "simulated")])
def test_tiles_say_value_chapter_move_worth_and_origin(tmp_path: Path, lang: str, word: str) -> None:
    shelf = Shelf(*made_up(tmp_path, lang=lang))
    made = tiles(shelf).split("::: {.kpi}\n")[1:]
    assert len(made) == len(CHOSEN) == 6
    for code, tile in zip(CHOSEN, made, strict=True):
        assert tile.count("{.kpi-value}") == tile.count("{.kpi-label}") == 1
        assert tile.count("{.kpi-note}") == 3
        assert f"(/objectif-{shelf.indicators[code].objective}.qmd)" in tile
        origin = shelf.points(code, "midi-pyrenees")[-1].origin
        assert (word in tile) == (origin == "simulated"), code
    assert bounds_of(shelf, "EMP-LP-30", "midi-pyrenees")
    assert not bounds_of(shelf, "ENR-DUT-BUT", "midi-pyrenees")


def test_a_tile_without_a_value_says_not_measured(tmp_path: Path) -> None:
    made = tiles(Shelf(*made_up(tmp_path, observed_only=True)))
    assert made.count("non mesuré") == 2
    assert made.count("{.kpi}") == 6


def values_with(shelf: Shelf, code: str, series: dict[int, float], origin: str = "observed") -> None:
    """Give the region's series of one indicator these values, and every other indicator none of the edition's year."""
    path = shelf.project.protected / "pub_values.parquet"
    frame = pl.read_parquet(path)
    row = frame.filter(pl.col("indicator_code") == code, pl.col("scope_code") == "midi-pyrenees").row(0, named=True)
    rows = [
        {**row, "year": year, "value": value, "origin": origin, "is_break": False} for year, value in series.items()
    ]
    kept = frame.filter(
        (pl.col("year") < int(shelf.edition))
        & ~((pl.col("indicator_code") == code) & (pl.col("scope_code") == "midi-pyrenees"))
    )
    pl.concat([kept, pl.DataFrame(rows, schema=frame.schema)]).write_parquet(path)


def test_what_changed_tells_the_move_that_is_out_of_the_ordinary(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path)
    values_with(Shelf(project, settings), "ENR-DUT-BUT", {2020: 1000, 2021: 1010, 2022: 1020, 2023: 1030, 2024: 1200})
    said = changes(Shelf(project, settings))
    assert "**Chiffres de 2024\u00a0:** 1 indicateur sur" in said
    assert "(1 observé)" in said
    assert "Étudiants en DUT ou BUT\u00a0: 1\u202f200, en hausse de 16,5\u202f% depuis 2023" in said
    assert "fois l'écart habituel" in said
    assert "valeur nouvelle\u00a0: 470 (simulé)" in said
    assert "aucune déclaration nouvelle" in said


def test_what_changed_says_when_nothing_moved_more_than_usual(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path, lang="en")
    values_with(Shelf(project, settings), "ENR-DUT-BUT", {2020: 1000, 2021: 1020, 2022: 1040, 2023: 1060, 2024: 1080})
    assert "No observed figure moved clearly more than it usually does." in changes(Shelf(project, settings))


def test_an_edition_without_a_new_figure_says_so(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path, observed_only=True)
    assert "Aucun chiffre ne date de 2024" in changes(Shelf(project, settings))


def test_a_target_tells_its_new_value_its_passed_deadline_and_its_moved_chance(tmp_path: Path) -> None:
    project, settings = made_up(tmp_path, lang="en")
    states = pl.read_parquet(project.protected / "pub_states.parquet")
    row = states.filter(pl.col("target_id") == "MOB-X2").to_dicts()[0]
    moved = {**row, "deadline_year": 2023, "last_year": 2024, "probability": 0.4}
    pl.DataFrame([moved], infer_schema_length=None).write_parquet(project.protected / "pub_states.parquet")
    past = {"target_id": "MOB-X2", "scope_code": row["scope_code"], "as_of_year": 2023, "probability": 0.2}
    pl.DataFrame([past]).write_parquet(project.protected / "pub_history.parquet")
    said = changes(Shelf(project, settings))
    assert "deadline passed last year, new value: 470 (simulated), chance of getting there from 20% to 40%" in said


def test_the_glance_gives_each_target_a_shape_a_word_and_its_value(tmp_path: Path) -> None:
    said = glance(Shelf(*made_up(tmp_path)))
    assert said.count("{.status .status-") == 3
    assert "470 pour 800 (simulé) | [échéance passée : manquée]{.status .status-missed}" in said


def declared(shelf: Shelf, **changed: dict[str, Any]) -> None:
    """Rewrite entries of the register: `A1_01={"state": "done"}`."""
    path = shelf.project.reference / "actions.yml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in entries:
        entry.update(changed.get(entry["id"].replace("-", "_"), {}))
    path.write_text(yaml.dump(entries, allow_unicode=True), encoding="utf-8")


def test_the_register_puts_what_is_late_first_and_drops_nothing(tmp_path: Path) -> None:
    shelf = Shelf(*made_up(tmp_path))
    table = actions.register(shelf)
    assert len(table.rows) == len(shelf.declared("actions")) == 26
    assert table.rows[0][0] == "`A2-01`"
    assert "en retard" in table.rows[0][5]
    assert all("en retard" not in row[5] for row in table.rows[1:])
    assert set(table.filters) < set(table.heading)
    assert actions.summary(shelf).startswith("26 actions\u00a0: aucune n'est déclarée, une a dépassé")


def test_a_declared_action_shows_its_evidence_and_is_late_no_more(tmp_path: Path) -> None:
    shelf = Shelf(*made_up(tmp_path, lang="en"))
    declared(
        shelf,
        A2_01={"state": "done", "evidence": {"fr": "liste", "en": "list of labels"}, "updated": "2024-11-02"},
        A1_01={"state": "under_way", "evidence": "minutes", "updated": "2023-01-01", "due": 2020},
        A1_02={"owners": []},
    )
    table = {row[0]: row for row in actions.register(shelf).rows}
    assert table["`A2-01`"][3:6] == ("[done]{.status .status-met}", "list of labels, 2024-11-02", "2015")
    assert "late" in table["`A1-01`"][5]
    assert table["`A1-02`"][2] == "no owner"
    assert actions.summary(shelf) == (
        "26 actions: 2 reported, one past its deadline and not reported as done, one without an owner."
    )
    assert "1 newly reported" in changes(Shelf(shelf.project, shelf.settings))


def test_the_guide_explains_every_state() -> None:
    from pipelines.kernel.targets import STATES

    assert set(MEANINGS) == set(STATES)

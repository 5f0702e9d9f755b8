"""What a figure was and what it is now: sealed with each edition, told beside them, never by changing one."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.editions.answers import cite_answer
from pipelines.editions.history import Told, bring_up_to_date, scripts
from pipelines.editions.sealing import seal
from pipelines.editions.sums import faults, hashes_below
from pipelines.kernel.figure_history import NOW, PAST
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.project import Project
from tests.browser import Watched, watching
from tests.edition_project import DAY, build, committed, git, values

REASON = """
- indicator: ENR-REG
  since: "2024.1"
  cause: correction
  text: {fr: "Double compte ôté.", en: "A double count removed."}
  by: N. N.
"""


def read(path: Path) -> dict[str, Any]:
    """Return what a script tells of its indicator."""
    text = path.read_text(encoding="utf-8")
    assert text.startswith("(window.observatoireHistory=")
    return json.loads(text.split("]=", 1)[1].removesuffix(";\n"))  # type: ignore[no-any-return]


def edition(folder: Path, name: str, rows: list[tuple[str, int, float | None, str]], **causes: list[str]) -> Told:
    (folder / name / "data").mkdir(parents=True)
    made = [{"indicator_code": "ENR-REG", "scope_code": scope, "year": year, "value": value, "flag": flag}
            for scope, year, value, flag in rows]  # fmt: skip
    pl.DataFrame(made, schema_overrides={"value": pl.Float64}).write_parquet(
        folder / name / "data" / "pub_values.parquet"
    )
    return Told(
        name, "2025-03-14", folder / name, {f"ENR-REG/{key.replace('_', '/')}": why for key, why in causes.items()}
    )


def test_only_changes_are_told_with_their_cause_and_what_is_gone(tmp_path: Path) -> None:
    first = edition(
        tmp_path, "2024.1", [("tarbes", 2023, 10.0, "A"), ("rodez", 2023, 5.0, "A"), ("albi", 2023, 4.0, "A")]
    )
    rows = [("tarbes", 2023, 10.0, "E"), ("rodez", 2023, None, "c"), ("albi", 2023, 4.0, "A")]
    same = edition(tmp_path, "2024.2", rows, rodez_2023=["protection"])
    last = edition(
        tmp_path, "2025.1", [("tarbes", 2023, 11.0, "A"), ("rodez", 2023, None, "c")], tarbes_2023=["source", "method"]
    )
    (tmp_path / "enr-reg.js").write_text(scripts([first, same, last])["enr-reg.js"], encoding="utf-8")
    told = read(tmp_path / "enr-reg.js")
    assert [name for name, _ in told["editions"]] == ["2024.1", "2024.2", "2025.1"]
    assert told["figures"] == {
        "albi/2023": [[0, 4.0, "A"], [2, None, "gone"]],
        "rodez/2023": [[0, 5.0, "A"], [1, None, "c", ["protection"]]],
        "tarbes/2023": [[0, 10.0, "A"], [2, 11.0, "A", ["source", "method"]]],
    }


@pytest.fixture
def two_editions(tmp_path: Path) -> Project:
    """Return a project with two sealed editions, of which the second revised Tarbes; each has one page of a figure."""
    project = committed(tmp_path)
    sealable(project, values(), "first")
    seal(project, DAY)
    ledger = project.reference / "revisions.yml"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("reasons: []", "reasons:") + REASON, encoding="utf-8")
    git(project, "commit", "-qam", "reason")
    sealable(project, values(tarbes=110.0), "second")
    seal(project, date(2025, 6, 1))
    return project


def sealable(project: Project, frame: pl.DataFrame, text: str) -> None:
    """Build a site whose only page is that of the figure Tarbes 2023, with the script of such pages."""
    own = Path(__file__).parent.parent / "pipelines/publish/figure_pages"
    data = (
        '{"key":"ENR-REG/tarbes/2023","unit":"persons","places":0,"cited":"%g",'
        '"author":"Observatoire SRESR, IUT de Midi-Pyrénées"}'
    )
    value = frame.filter((pl.col("scope_code") == "tarbes") & (pl.col("year") == 2023))["value"].item()
    label = read_indicators(project)["ENR-REG"].label.fr.replace("'", "’")
    page = (
        f'<!DOCTYPE html><html lang="fr"><head><title>{text}</title>'
        '<script defer src="../../figure.js"></script></head>'
        f"<body><main data-figure='{data % value}'><h1>{label}</h1>"
        "<dl><dt>Adresse</dt><dd><code>ENR-REG/tarbes/2023@2024</code></dd></dl>"
        '<section id="cite"><h2>Citer</h2></section><section id="history"><h2>Histoire</h2><p>x</p>'
        "</section></main></body></html>"
    )
    build(project, frame, page)
    site = project.build / "site"
    (site / "chiffres/enr-reg/tarbes").mkdir(parents=True)
    (site / "chiffres/enr-reg/tarbes/2023.html").write_text(page, encoding="utf-8")
    shutil.copyfile(own / "figure.js", site / "chiffres/figure.js")
    manifest = json.loads((project.build / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] |= {f"site/{name}": sha for name, sha in hashes_below(site).items()}
    (project.build / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_a_new_edition_is_told_beside_the_old_ones_and_changes_none(two_editions: Project) -> None:
    editions = two_editions.editions
    assert faults(editions / "2024.1") == []
    assert faults(editions / "2024.2") == []
    now = read(editions / NOW / "enr-reg.js")
    assert now["figures"]["tarbes/2023"] == [[0, 100.0, "A"], [1, 110.0, "A", ["correction"]]]
    assert [name for name, _ in read(editions / "2024.1" / PAST / "enr-reg.js")["editions"]] == ["2024.1"]
    assert read(editions / "2024.2" / PAST / "enr-reg.js") == now


def test_what_a_killed_sealing_did_not_write_the_next_one_writes(two_editions: Project) -> None:
    folder = two_editions.editions / NOW
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert not bring_up_to_date(two_editions)
    (folder / "editions.json").unlink()
    (folder / "enr-reg.js").write_text("half", encoding="utf-8")
    (folder / ".enr-reg.js.x.part").write_text("half", encoding="utf-8")
    assert bring_up_to_date(two_editions)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == whole


def test_a_sealed_page_says_what_the_figure_is_now_and_cites_as_the_command_does(
    two_editions: Project, tmp_path: Path
) -> None:
    own = "site/chiffres/enr-reg/tarbes/2023.html"
    with watching() as tab:
        old = two_editions.editions / "2024.1"
        assert (
            said(tab, old / own) == "Aujourd’hui, dans l’édition 2024.2 : 110. Il est celui-ci depuis l’édition 2024.2."
        )
        assert tab.page.locator("#history tbody tr").count() == 2
        assert "notre correction" in tab.page.locator("#history tbody").inner_text()
        for form in ("text", "bibtex", "csl"):
            tab.page.locator("#cite select").select_option(form)
            asked = cite_answer(two_editions, "ENR-REG/tarbes/2023@2024.1", form)
            assert tab.page.locator("#cite textarea").input_value() == asked
        assert tab.errors == []
        assert tab.outside == []
        alone = tmp_path / "alone"
        shutil.copytree(old, alone)
        assert said(tab, alone / own) == (
            "Aujourd’hui, dans l’édition 2024.1 : 100. Inchangé depuis l’édition 2024.1, la première à le publier."
        )


def said(tab: Watched, page: Path) -> str:
    """Return what a page says of the figure's present, once its scripts are there."""
    tab.open(page)
    tab.page.wait_for_selector("#history table")
    tab.page.wait_for_timeout(200)
    return str(tab.page.locator("#history p").inner_text())

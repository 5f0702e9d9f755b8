"""Quarto and the embedded engine give the same pages and the same PDF, on a report with every construct of the README.

What Quarto gives lies in `fixtures/render_quarto.json`. After a change of `fixtures/render`, or of what the theme does,
make it again with a Quarto 1.10 on PATH:

    PYTHONPATH=. python tests/test_render_parity.py

Where Quarto is on PATH the tests also run it, and compare with what it gives today.
"""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.kernel.project import Project
from pipelines.render import embedded, quarto
from pipelines.render.manuscript import read_manuscript
from tests.parity import facts

FIXTURES = Path(__file__).parent / "fixtures"
GOLDEN = FIXTURES / "render_quarto.json"
PAGES = ("index.html", "cibles.html", "sites/tarbes.html")
EDITION = 2024


def rendered(folder: Path, binary: Path | None) -> dict[str, Any]:
    """Render the small report in `folder`, with Quarto when its path is given; return what it says."""
    shutil.copytree(FIXTURES / "render", folder)
    project = Project(folder)
    manuscript = read_manuscript(project, "fr")
    if binary is None:
        embedded.render(project, manuscript, EDITION)
    else:
        quarto.render(project, manuscript, EDITION, binary)
    return facts(project.build / "site", PAGES)


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return what two engines say differently, one line each: page, kind of fact, first difference."""
    found = []
    for page in (*PAGES, "rapport.pdf"):
        for kind, ours in one[page].items():
            theirs = other[page][kind]
            if ours == theirs:
                continue
            if isinstance(ours, list):
                pairs = zip([*ours, None], [*theirs, None], strict=False)
                ours, theirs = next(pair for pair in pairs if pair[0] != pair[1])
            found.append(f"{page}, {kind}: {ours!r} is not {theirs!r}")
    return found


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    return json.loads(GOLDEN.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return rendered(tmp_path_factory.mktemp("parity") / "embedded", None)


def test_the_embedded_engine_says_what_quarto_said(ours: dict[str, Any], golden: dict[str, Any]) -> None:
    assert differences(ours, golden) == []


def test_the_report_has_every_construct(golden: dict[str, Any]) -> None:
    index, targets = golden["index.html"], golden["cibles.html"]
    for kind in ("anchors", "captions", "references", "links", "pictures", "cells", "formulas", "code", "sources"):
        assert index[kind], kind
    classes = {*index["classes"], *targets["classes"]}
    assert {
        "kpi-grid",
        "figure-pair",
        "table-block",
        "table-tools",
        "figure-tools",
        "screen-only",
        "quotation",
    } < classes
    assert golden["rapport.pdf"]["tags"]["Formula"] == 2
    assert "1 1 L’essentiel" in golden["rapport.pdf"]["outline"]


@pytest.mark.parametrize(
    ("page", "kind", "before", "after"),
    [
        ("index.html", "captions", "Figure 1 :", "Figure 2 :"),
        ("index.html", "anchors", "tbl-effectifs", "tbl-autre"),
        ("index.html", "links", "cibles.html#sec-doubler", "cibles.html"),
        ("index.html", "paragraphs", "« bonjour »", '"bonjour"'),
        ("cibles.html", "references", "Figure 1", "Figure 3"),
        ("rapport.pdf", "outline", "1 3 Site de Tarbes", "1 1 Site de Tarbes"),
    ],
)
def test_a_planted_difference_is_found(
    ours: dict[str, Any], golden: dict[str, Any], page: str, kind: str, before: str, after: str
) -> None:
    spoilt = copy.deepcopy(ours)
    spoilt[page][kind] = [item.replace(before, after) for item in ours[page][kind]]
    assert spoilt != ours
    assert [line.split(":")[0] for line in differences(spoilt, golden)] == [f"{page}, {kind}"]


@pytest.mark.skipif(quarto.quarto_binary() is None, reason="Quarto is not on PATH")
@pytest.mark.slow
def test_quarto_still_says_it(tmp_path: Path, golden: dict[str, Any]) -> None:
    assert differences(rendered(tmp_path / "quarto", quarto.quarto_binary()), golden) == []


def make_golden() -> None:
    """Render with the Quarto on PATH and keep what it gives."""
    binary = quarto.quarto_binary()
    if binary is None:
        raise SystemExit("Quarto is not on PATH: the golden file says what Quarto gave, so Quarto must be there.")
    with tempfile.TemporaryDirectory() as folder:
        found = rendered(Path(folder) / "quarto", binary)
    GOLDEN.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make_golden()

"""Attacks 11 and 12 on the whole surface of a small observatory: no public byte holds, or depends on, a hidden count.

What is hidden there has nine digits (`small_observatory`), so that one is found wherever it is written, and in whatever
form. Each test is done again with a defence taken out, and must then fail.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import yaml

from pipelines import audit, protect, publish, seal
from pipelines.audit.stage import attack
from pipelines.editions.sealing import seal as seal_edition
from pipelines.editions.statement import quality_statement
from pipelines.kernel import audited
from pipelines.kernel.files import write_json
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.store import table_path
from pipelines.protect import stage as protect_stage
from pipelines.protect.figures import protected_values
from pipelines.publish import shelf
from pipelines.publish import stage as publish_stage
from pipelines.render.html import html_job, html_page
from pipelines.render.manuscript import read_manuscript
from pipelines.render.pdf import pdf_job, report_pdf, report_typst
from pipelines.render.search import search_index
from pipelines.seal import manifest
from tests.benchmarks.interference import applied, moved, the_pattern
from tests.byte_search import held
from tests.publish_project import few_drawn
from tests.small_observatory import COUNTS, observatory, write_marts

DRAWN = ("app-sites", "site-auch")
PAGES = ("sites/auch.html", "objectif-4.html", "qualite.html")
SPACES = ("", " ", "\u00a0", "\u202f", "\u2009", ",", ".", "'", "_")
INSIDE = ("data/marts", "data/indicators", ".git")
"""What may hold hidden counts: nothing else may, whether it is public or not."""


def forms(count: int) -> list[bytes]:
    """Every form in which a count may stand in a file: text in groups, rounded to thousands, and as it is stored."""
    digits = f"{count:,}"
    texts = {digits.replace(",", mark) for mark in SPACES}
    texts |= {f"{count / 1000:.3f}".rstrip("0"), f"{count / 1e6:.6f}".rstrip("0"), f"{count / 1e6:.4f}", f"{count:.8e}"}
    texts |= {text.replace(".", ",") for text in texts}
    plain = [text.encode() for text in texts]
    wide = [text.encode(code) for text in texts for code in ("utf-16-le", "utf-16-be")]
    stored = [count.to_bytes(8, "little"), count.to_bytes(8, "big"), struct.pack("<d", count), f"{count:x}".encode()]
    escaped = ["".join(f"&#{ord(letter)};" for letter in str(count)).encode()]
    return [*plain, *wide, *stored, *escaped]


def parts(share: float) -> list[bytes]:
    """Every form of a share or a growth, to five digits at least."""
    texts = {f"{share:.{n}f}" for n in (6, 7, 8)} | {f"{100 * share:.{n}f}" for n in (4, 5, 6)} | {repr(share)[:12]}
    return [*(text.encode() for text in texts), *(text.replace(".", ",").encode() for text in texts),
            struct.pack("<d", share)]  # fmt: skip


def hidden_forms(project: Project) -> dict[str, list[bytes]]:
    """Return hidden cell → the forms of its count, of those large enough to be known again; shares and growth too."""
    found: dict[str, list[bytes]] = {}
    inside = pl.read_parquet(table_path(project, "mart_apprenticeship__register"))
    public = pl.read_parquet(table_path(project, "pub_apprenticeship__register"))
    grain = ["year", "site_code", "diploma_code", "speciality_code"]
    both = inside.join(public.select(*grain, pl.col("apprentices_count").alias("shown")), on=grain)
    for row in both.filter(pl.col("shown").is_null() & (pl.col("apprentices_count") > 4)).iter_rows(named=True):
        found[f"{row['year']} {row['site_code']} {row['speciality_code']}"] = forms(row["apprentices_count"])
    keys = ["indicator_code", "scope_code", "year"]
    values = pl.read_parquet(table_path(project, "ind_values"))
    said = pl.col("numerator", "value", "growth").name.suffix("_said")
    told = pl.read_parquet(table_path(project, "pub_values")).select(*keys, said)
    for row in values.join(told, on=keys).filter(pl.col("numerator") > 4).iter_rows(named=True):
        where = " ".join(str(row[name]) for name in keys)
        if row["numerator_said"] is None:
            found[where] = forms(int(row["numerator"]))
        for name in ("value", "growth"):
            if row[f"{name}_said"] is None and row[name] is not None and 1e-4 < abs(row[name]) < 1:
                found[f"{where} {name}"] = parts(row[name])
    return found


@contextmanager
def leaking() -> Iterator[None]:
    """Take out the defence that writes nothing in the place of what is hidden, and the audit that would see it."""

    def told(frame: pl.DataFrame, *rest: Any) -> pl.DataFrame:
        made = plain_suppressed(frame, *rest)
        return made.with_columns(frame[name] for name in ("students_count", "apprentices_count"))

    plain_suppressed = protect_stage.suppressed
    with ExitStack() as stack:
        for module, name, other in (
            (protect_stage, "suppressed", told),
            (protect_stage, "protected_values", lambda values, *_: values),
            (audited, "require_audited", lambda _: None),
        ):
            stack.enter_context(patch.object(module, name, other))
        yield


def made_public(project: Project, settings: Settings, drawn: tuple[str, ...] = DRAWN) -> str:
    """Protect, audit, publish; return what was said. Figures are drawn where asked, else left as what they are of."""

    said = repr(protect.run(project, settings))
    try:
        said += repr(audit.run(project, settings))
    except CheckFailed as error:
        said += str(error)
        result = json.loads(audited.result_path(project).read_text(encoding="utf-8"))
        write_json(audited.result_path(project), {**result, "leaks_count": 0})
    with few_drawn(drawn), patch.object(publish_stage, "begin_library", lambda *_: None):
        return said + repr(publish.run(project, settings))


def rendered(project: Project, telling: list[bytes]) -> None:
    """Render some pages, and one of them to paper as well, as the embedded renderer does.

    Those of `PAGES`; or, with `telling`, two whose text holds one of these.
    """
    manuscript = read_manuscript(project, "fr")
    titles = {page.name: page.title for page in manuscript.pages}
    site = project.build / "site"
    texts = {}
    pages = [page for page in manuscript.pages if page.output in PAGES]
    if telling:
        pages = [page for page in manuscript.pages if any(form in page.text.encode() for form in telling)][:2]
    for page in pages:
        job = html_job(page, manuscript.plan, manuscript.frame, titles, manuscript.bibliography, manuscript.brand)
        texts[page.output] = html_page(page, job)
        (site / page.output).parent.mkdir(parents=True, exist_ok=True)
        (site / page.output).write_text(texts[page.output], encoding="utf-8")
        if page is pages[0]:
            lines = tuple(replace(line, text=re.sub("^#(#+ )", r"\1", line.text)) for line in page.lines)
            page = replace(page, lines=lines)  # a report begins a level above
            source = report_typst(
                page, pdf_job(page, manuscript.plan, manuscript.frame, manuscript.bibliography, manuscript.brand)
            )
            content = report_pdf(page, source, manuscript.folder, project.root)
            (project.build / f"observatoire-{project.settings().edition}.pdf").write_bytes(content)
    assert texts
    (site / "search.js").write_bytes(search_index(texts))
    shutil.copytree(project.reports / "fr/_generated", site / "_generated")


def sealed(project: Project, settings: Settings) -> None:
    """Seal an edition, from a repository of its own."""
    (project.root / ".gitignore").write_text("/build/\n/data/\n/reports/\n", encoding="utf-8")
    shutil.copytree(Path(__file__).parent.parent / "sql", project.root / "sql")
    someone = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "start"]):
        subprocess.run(["git", *someone, *command], cwd=project.root, check=True, capture_output=True)
    seal.run(project, settings)
    seal_edition(project, date(2026, 11, 23), allow_simulated=True)


def whole(root: Path, telling: list[bytes]) -> Project:
    """Make everything public there is, and keep what was said."""
    project, settings = observatory(root)
    said = made_public(project, settings)
    rendered(project, telling)
    sealed(project, settings)
    (project.root / "said.log").write_text(said, encoding="utf-8")
    return project


def found_in(project: Project, looked_for: dict[str, list[bytes]]) -> dict[str, set[str]]:
    """Return file → the hidden cells that it tells, over every file but those inside."""
    found: dict[str, set[str]] = {}
    for path in sorted(project.root.rglob("*")):
        name = path.relative_to(project.root).as_posix()
        if not path.is_file() or name.startswith(INSIDE):
            continue
        content = name.encode() + b"\n" + held(path)
        cells = {cell for cell, needles in looked_for.items() if any(needle in content for needle in needles)}
        if cells:
            found[name] = cells
    return found


def test_11_no_public_byte_holds_a_hidden_count(tmp_path: Path) -> None:
    safe = whole(tmp_path / "safe", [])
    looked_for = hidden_forms(safe)
    assert len(looked_for) >= 15
    for place in ("data/protected", "data/.fingerprints", "data/quality", "data/disclosure", "build/data", "build/site",
                  "reports/fr/_generated", "editions/2024.1/data"):  # fmt: skip
        assert any(path.is_file() for path in (safe.root / place).rglob("*")), place
    assert found_in(safe, looked_for) == {}
    with leaking():
        leaky = whole(tmp_path / "leaky", [form for forms in looked_for.values() for form in forms])
    told = found_in(leaky, looked_for)
    # The search is not blind: without the defence it finds what is hidden in a file of each kind, edition included.
    kinds = {Path(name).suffix for name in told}
    assert kinds >= {".parquet", ".csv", ".xlsx", ".md", ".html", ".pdf", ".duckdb", ".js"}, kinds
    assert any(name.startswith("editions/") and name.endswith(".duckdb") for name in told)


def bytes_of(project: Project) -> dict[str, bytes]:
    folders = ("data/protected", "build", "reports/fr")
    files = [path for name in folders for path in sorted((project.root / name).rglob("*")) if path.is_file()]
    return {path.relative_to(project.root).as_posix(): path.read_bytes() for path in files}


def with_growth(values: pl.DataFrame, *rest: Any) -> pl.DataFrame:
    """Protect values as they are, but for the growth to and from what is hidden."""
    return protected_values(values, *rest).with_columns(values["growth"])


def differing(
    project: Project, settings: Settings, trials: int, without: AbstractContextManager[object] | None = None
) -> set[str]:
    """Change hidden counts so many times, and return the files below the public folders that ever differ.

    `without`: what takes a defence out, once what may move is known.
    """
    wanted: dict[str, bytes] = {}
    write_marts(project, COUNTS)
    made_public(project, settings, ())
    hidden, result = the_pattern(project), attack(project)
    found: set[str] = set()
    with without or nullcontext():
        for trial in range(-1, trials):
            write_marts(project, COUNTS)
            if trial >= 0:
                assert applied(project, result.laid, moved(result.laid, random.Random(trial))) > 6
            for stage in ("protect", "publish"):
                (project.fingerprints / f"{stage}.json").unlink()
            with patch.object(protect_stage, "hidden_of", lambda *_: hidden):
                made_public(project, settings, ())
            made = bytes_of(project)
            wanted = wanted or made
            found |= {name for name in wanted.keys() | made.keys() if made.get(name) != wanted.get(name)}
    assert len(wanted) > 200
    return found


def test_12_changing_what_is_hidden_changes_no_public_byte(tmp_path: Path) -> None:
    assert differing(*observatory(tmp_path), trials=3) == set()


def test_12_without_a_defence_it_does(tmp_path: Path) -> None:
    project, settings = observatory(tmp_path)
    by_growth = differing(project, settings, 1, patch.object(protect_stage, "protected_values", with_growth))
    assert {"data/protected/pub_values.parquet", "build/data/pub_values.csv"} <= by_growth
    by_count = differing(project, settings, 1, leaking())
    assert {"data/protected/pub_apprenticeship__register.parquet", "build/data/observatoire.xlsx"} <= by_count
    assert "reports/fr/_generated/fig-app-sites.svg" in by_count  # what the figure is drawn from


def test_11_an_edition_says_which_checks_failed_and_counts_rows_of_open_data_only(tmp_path: Path) -> None:
    project, _ = observatory(tmp_path)
    tables = ("stg_apogee__enrolment", "mart_linkage__register", "stg_sise__enrolment")
    checks = [
        {"id": f"X-{place}", "table": table, "severity": "warning", "outcome": "fail", "since": None, "waiver": None,
         "why": {"fr": "x", "en": "x"}, "unexpected_count": 3, "examples": ["somebody"]}
        for place, table in enumerate(tables)
    ]  # fmt: skip
    for layer in ("staging", "marts"):
        write_json(project.quality / f"{layer}.json", {"critical_failures": 0, "checks": checks})
    told = {row["table"]: row for row in quality_statement(project)["not_passed"]}
    assert [told[table].get("unexpected_count") for table in tables] == [None, None, 3]
    assert "somebody" not in repr(told)


def test_11_the_manifest_quotes_no_count_of_a_register(tmp_path: Path) -> None:
    """A receipt keeps what its vintage changed, and the reason given: of registers, neither is told."""
    project, _ = observatory(tmp_path)
    for source in ("apogee", "sise", "unheard-of"):
        receipt = {"source": source, "vintage": "v", "layout": "v", "origin": "observed", "accepted": "two moved away",
                   "files": [{"file": "f.csv", "sha256": "0" * 64, "bytes": 1}],
                   "comparison": {"said": ["Figeac: 5 rows, 3 before"]}}  # fmt: skip
        write_yaml_below(project.raw / source / "v", receipt)
    told = {item["source"]: item for item in manifest.inputs_of(project, 9999)}
    for source in ("apogee", "unheard-of"):
        assert set(told[source]) == {"source", "vintage", "layout", "origin", "files"}
    assert told["sise"]["accepted"] == "two moved away"


def write_yaml_below(folder: Path, content: object) -> None:
    folder.mkdir(parents=True)
    (folder / "vintage.yml").write_text(yaml.safe_dump(content), encoding="utf-8")


def test_11_publishing_opens_no_result_that_the_pipeline_file_does_not_let_in(tmp_path: Path) -> None:
    stage = yaml.safe_load((Path(__file__).parent.parent / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["publish"]
    let_in = {Path(path).stem for path in stage["meta"]["lets_in"] if path.startswith("data/quality/")} - {"audit"}
    assert set(shelf.LET_IN) == let_in
    project, settings = observatory(tmp_path)
    for path in (*project.quality.glob("*.json"), project.quality / "steward.json", project.quality / "protect.json"):
        write_json(path, {"checks": [{"id": path.stem}]})
    assert {row["file"] for row in shelf.Shelf(project, settings).checks} == {"marts", "staging"}

"""The whole way, as a user walks it: a copy of the project, the command, the files it leaves.

One copy serves all tests of this module, in the order they stand in: each leaves it up to date.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbclient
import nbformat
import polars as pl
import pytest

from pipelines.answers.explain import explanation
from pipelines.answers.explain_shown import shown_explanation
from pipelines.editions.answers import cite_answer
from pipelines.editions.sealing import seal as seal_edition
from pipelines.kernel.files import sha256_of
from pipelines.kernel.project import Project
from pipelines.kernel.sealed import parsed, read_addresses, read_values
from pipelines.publish.variables import KEY
from tests.browser import findings_of_site, watching
from tests.documents import ELSEWHERE, NEEDS, STOPS, Command, Pasted, Seen, Terminal, fill_in, is_whole, of_project
from tests.edition_elsewhere import faults
from tests.edition_project import DAY, git
from tests.paper import pages_of_chapters
from tests.portal import DATASET, as_exported, serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]

TIMED = ("run.yaml", "run.json", "hashes.json", "durations.json")
"""What a run was asked, how long it took, when it looked: no result."""

Observatoire = Callable[..., subprocess.CompletedProcess[str]]


def copy_of(project: Project, target: Path) -> Project:
    """Copy what is under version control, and nothing that a run made."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = project.root / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return Project(target)


def command(project: Project) -> Observatoire:
    """Return a function that calls the command in that project, as a shell would."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        code = f"import sys; sys.path.insert(0, {str(project.root)!r}); from pipelines.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=project.root, capture_output=True, text=True, check=False
        )

    return call


@pytest.fixture(scope="module")
def copy(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_of(project, tmp_path_factory.mktemp("observatory"))


@pytest.fixture(scope="module")
def observatoire(copy: Project) -> Observatoire:
    call = command(copy)
    done = call("run", "--threads", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "13 of 13 stages had something to do" in done.stdout
    return call


def hashes(project: Project, *folders: str) -> dict[str, str]:
    return {
        path.relative_to(project.root).as_posix(): sha256_of(path)
        for folder in folders
        for path in sorted((project.root / folder).rglob("*"))
        if path.is_file() and path.name not in TIMED
    }


def stages_that_ran(output: str) -> list[str]:
    return [
        line.split("]")[1].split()[0]
        for line in output.splitlines()
        if line.startswith("[") and "up to date" not in line
    ]


def test_a_run_ends_with_the_site_the_pdf_and_the_data(copy: Project, observatoire: Observatoire) -> None:
    assert (copy.build / "site" / "index.html").is_file()
    assert (copy.build / "observatoire-2024.pdf").read_bytes().startswith(b"%PDF")
    assert (copy.build / "data" / "pub_values.csv").is_file()
    assert not list(copy.root.rglob("*.part")), "a half-written file was left behind"


def test_a_sealed_edition_is_whole_elsewhere_and_its_addresses_resolve(
    copy: Project, observatoire: Observatoire, tmp_path: Path
) -> None:
    home = Project(tmp_path / "home")
    shutil.copytree(copy.root, home.root, ignore=shutil.ignore_patterns("tmp", "cache"))
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "start")):
        git(home, *arguments)
    name = str(seal_edition(home, DAY, allow_simulated=True).name)
    moved = tmp_path / "elsewhere"
    shutil.copytree(home.editions / name, moved)
    assert list(faults(moved)) == []
    (moved / "site").chmod(0o755)
    (moved / "site" / "citer.html").unlink()
    assert any("citer.html leads out of the edition or nowhere" in fault for fault in faults(moved))

    items = read_addresses(home, parsed(name))["items"]
    pages = [path.read_text(encoding="utf-8") for path in sorted((home.reports / "fr").rglob("*md"))]
    asked = {key for text in pages for key in KEY.findall(text) if "$" not in key}
    assert asked
    assert asked <= items.keys(), "every key a sentence quotes has an address"
    for key in items:
        assert f"{key}@{name}" in cite_answer(home, f"{key}@{name}", "text")
    for key in {tuple(item["of"]): key for key, item in items.items()}.values():
        assert shown_explanation(home, f"{key}@{name}", as_json=False).startswith(f"{key}@{name}\n")
    values = read_values(home, parsed(name)).unique("indicator_code", keep="first").sort("indicator_code")
    for number, row in enumerate(values.iter_rows(named=True)):
        key = f"{row['indicator_code']}/{row['scope_code']}/{row['year']}@{name}"
        assert key in cite_answer(home, key, "bibtex").replace("\\", "")
        if number % 8 == 0:
            assert explanation(home, key, as_json=False).startswith(f"{key}\n")


def test_a_sheet_is_two_printed_pages(copy: Project, observatoire: Observatoire) -> None:
    pages = pages_of_chapters(copy.build / "observatoire-2024.pdf")
    sites = {title: count for title, count in pages.items() if "Site : " in title}
    fields = {title: count for title, count in pages.items() if "Domaine : " in title}
    assert len(sites) == 8
    assert set(sites.values()) == {2}, sites
    assert len(fields) == 6
    assert max(fields.values()) <= 2, fields


def test_every_page_of_the_whole_report_is_in_order_in_a_browser(copy: Project, observatoire: Observatoire) -> None:
    with watching() as tab:
        assert findings_of_site(tab, copy.build / "site", axe_at=(1280, 320)) == []


def test_a_run_with_nothing_to_do_says_so_and_changes_nothing(copy: Project, observatoire: Observatoire) -> None:
    before = hashes(copy, "data", "build")
    done = observatoire("run", "--threads", "1")
    assert "Nothing to do" in done.stdout
    assert stages_that_ran(done.stdout) == []
    assert hashes(copy, "data", "build") == before


def test_another_number_of_threads_gives_the_same_bytes(
    copy: Project, project: Project, observatoire: Observatoire, tmp_path: Path
) -> None:
    other = copy_of(project, tmp_path / "other")
    solved = [copy.fingerprints / name for name in ("patterns.json", "audit-parts.json")]
    other.fingerprints.mkdir(parents=True)
    for path in solved:  # which cells are hidden is solved on one thread whatever is asked: not a second time
        shutil.copy2(path, other.fingerprints)
    call = command(other)
    assert call("run", "--threads", "4").returncode == 0
    mine, theirs = hashes(copy, "data", "build"), hashes(other, "data", "build")
    assert {name for name in mine if mine[name] != theirs.get(name)} == set()
    assert set(theirs) == set(mine)


def test_a_change_in_one_sql_file_makes_one_mart_again(copy: Project, observatoire: Observatoire) -> None:
    model = copy.sql / "marts" / "mart_enrolment__establishment.sql"
    before = hashes(copy, "data/marts")
    model.write_text(model.read_text(encoding="utf-8") + "-- one more remark\n", encoding="utf-8")
    done = observatoire("run", "--threads", "1")
    assert done.returncode == 0, done.stderr
    assert stages_that_ran(done.stdout) == ["consolidate", "publish"]  # the pages of figures draw their lineage
    assert "1 made" in done.stdout
    assert hashes(copy, "data/marts") == before


def test_a_change_in_one_page_makes_that_page_and_the_pdf_again(copy: Project, observatoire: Observatoire) -> None:
    chapter = copy.reports / "fr" / "_chapters" / "citer.md"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text(text + "\nUne phrase de plus.\n", encoding="utf-8")
    before = hashes(copy, "build/site", "build/data")
    done = observatoire("run", "--threads", "1")
    assert done.returncode == 0, done.stderr
    assert set(stages_that_ran(done.stdout)) <= {"publish", "render", "seal"}
    after = hashes(copy, "build/site", "build/data")
    changed = {name for name in after if after[name] != before.get(name)}
    assert {name for name in changed if name.endswith(".html")} == {"build/site/citer.html"}
    assert "Une phrase de plus" in (copy.build / "site" / "citer.html").read_text(encoding="utf-8")
    chapter.write_text(text, encoding="utf-8")
    assert observatoire("run", "--threads", "1").returncode == 0


@pytest.mark.parametrize(
    ("file", "fault", "said"),
    [
        ("data/baseline/sise__enrolment.csv", lambda text: text[: len(text) // 2], "data/baseline/sise__enrolment"),
        ("sql/marts/mart_mobility__incoming.sql", lambda text: text.replace("select", "selekt", 1), "sql/marts/"),
        ("data/reference/ref_site.csv", lambda text: text.replace("figeac,", "figeak,", 1), "ref_site.csv"),
        ("reports/fr/_chapters/citer.md", lambda text: text + "\n{{< var no.such.key >}}\n", "no.such.key"),
        ("params.yaml", lambda text: text.replace("edition: 2024", "edition: 1066"), "params.yaml"),
    ],
)
def test_bad_input_is_one_line_status_2_and_the_last_good_build_stays(
    copy: Project, observatoire: Observatoire, file: str, fault: Callable[[str], str], said: str
) -> None:
    path = copy.root / file
    good = path.read_text(encoding="utf-8")
    before = hashes(copy, "build")
    path.write_text(fault(good), encoding="utf-8")
    try:
        done = observatoire("run", "--threads", "1")
        assert done.returncode == 2, done.stdout + done.stderr
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert hashes(copy, "build") == before
    finally:
        path.write_text(good, encoding="utf-8")
    assert observatoire("run", "--threads", "1").returncode == 0
    assert hashes(copy, "build") == before


def test_a_figure_explains_itself_down_to_its_files(copy: Project, observatoire: Observatoire) -> None:
    done = observatoire("explain", "ENR-DUT-BUT/ut3/2012")
    assert done.returncode == 0, done.stderr
    assert "5363" in done.stdout
    assert "sql/indicators/ind_enr_dut_but.sql" in done.stdout
    assert "mart_enrolment__establishment" in done.stdout
    facts = json.loads(observatoire("explain", "ENR-DUT-BUT/ut3/2012", "--json").stdout)
    [file] = [entry for entry in facts["files"] if entry["file"].endswith("sise__enrolment.csv")]
    assert file["sha256"] == sha256_of(copy.baseline / "sise__enrolment.csv")
    for wrong in ("ENR-DUT-BUT", "ENR-DUT-BUT/ut3/1999", "NO-SUCH/ut3/2012"):
        done = observatoire("explain", wrong)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1


def test_indicators_and_targets_answer(observatoire: Observatoire) -> None:
    assert "MOB-OUT" in observatoire("indicators").stdout
    values = json.loads(observatoire("indicators", "ENR-DUT-BUT", "--scope", "ut3", "--json").stdout)
    assert {row["year"]: row["value"] for row in values}[2012] == 5363
    assert "MOB-X2" in observatoire("targets").stdout
    done = observatoire("targets", "MOB-X3")
    assert done.returncode == 2
    assert "MOB-X2" in done.stderr


def test_check_lists_what_did_not_pass(observatoire: Observatoire) -> None:
    done = observatoire("check")
    assert done.returncode == 0, done.stdout
    assert "0 of them critical" in done.stdout


@pytest.mark.parametrize("name", ["1-first-look", "2-one-site", "3-reproduce-a-figure", "4-add-a-source"])
def test_a_notebook_runs_from_top_to_bottom(
    copy: Project, observatoire: Observatoire, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    book = nbformat.read(copy.root / "notebooks" / f"{name}.ipynb", as_version=4)
    monkeypatch.setenv("PYTHONPATH", str(copy.root))
    where = {"metadata": {"path": str(copy.root / "notebooks")}}
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3", resources=where).execute()


def test_every_command_of_the_documents_does_what_is_written(
    copy: Project, observatoire: Observatoire, tmp_path: Path
) -> None:
    """README, CONTRIBUTING and the expectations' guide, typed from top to bottom as one person would."""
    terminal = Terminal(copy.root)
    terminal.open()
    first = "git init --quiet . && git add --all && git commit --quiet --message first && git tag before"
    assert terminal.type(first).returncode == 0
    typed: set[str] = set()
    said = ""
    with serving() as portal:
        portal.datasets[DATASET] = as_exported(copy, tmp_path)
        terminal.variables["OBSERVATOIRE_PORTAL"] = portal.base
        try:
            for step in of_project(copy.root):
                if isinstance(step, Pasted):
                    with (copy.root / step.target).open("a", encoding="utf-8") as file:
                        file.write(step.text)
                elif isinstance(step, Seen):
                    assert step.missing(said) == [], f"{step.file}, row {step.line}: {said}"
                elif is_to_be_typed(step, typed):
                    said = follow(step, terminal)
                    typed.add(step.plain)
            page = (copy.build / "site" / "qualite.html").read_text(encoding="utf-8")
            assert "il lui est demandé" in page, "the steward's waiver does not show on the page Qualité"
        finally:
            for words in ("reset --quiet --hard before", "clean --quiet --force -d"):
                subprocess.run(["git", *words.split()], cwd=copy.root, check=True)
            for folder in (".git", ".venv", "data/raw/crous/extract", "data/data-docs"):
                shutil.rmtree(copy.root / folder, ignore_errors=True)
            (copy.root / "modele_crous.xlsx").unlink(missing_ok=True)


def is_to_be_typed(step: Command, typed: set[str]) -> bool:
    """Blocks are followed to the letter, what prose mentions once; test_documents holds all that is not typed here."""
    if step.program == "make":
        return step.plain == "make hooks"
    if (
        step.plain in NEEDS
        or step.has_placeholder
        or "MESSAGE" in step.plain
        or step.plain in ELSEWHERE
        or " -m pytest " in step.plain
    ):
        return False
    if step.program == "quarto":
        return shutil.which("quarto") is not None
    return not step.is_inline or (step.plain not in typed and (step.program != "observatoire" or is_whole(step.plain)))


def follow(step: Command, terminal: Terminal) -> str:
    """Type one command; return what it printed. Fails with its place unless it ends as the document says."""
    if step.plain.startswith("observatoire preview"):
        said = terminal.look(step.text, sign="The report is at http://127.0.0.1:")
        assert "observatoire run" in said, step.where
        return said
    # what prose mentions may stand above the line that opens the environment
    done = terminal.type(f"(. .venv/bin/activate && {step.text})" if step.is_inline else step.text)
    assert "Traceback" not in done.stderr, f"{step.where}\n{done.stderr}"
    if step.comment.startswith(STOPS):
        assert done.returncode in (1, 2), f"{step.where}\n{done.stdout}"
        assert all(word in done.stdout + done.stderr for word in re.findall(r"[A-Z]{3}-\d{3}", step.comment)), (
            step.where
        )
    else:
        assert done.returncode == 0, f"{step.where}\n{done.stdout}{done.stderr}"
    if step.plain == "observatoire template crous":
        fill_in(terminal.folder)
    return done.stdout + done.stderr


def test_an_early_edition_in_english_knows_nothing_later(copy: Project, observatoire: Observatoire) -> None:
    done = observatoire("run", "--edition", "2012", "--lang", "en", "--threads", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (copy.build / "observatoire-2012.pdf").is_file()
    values = pl.read_parquet(copy.build / "data" / "pub_values.parquet")
    assert values["year"].max() == 2012
    assert values.filter(
        (pl.col("indicator_code") == "ENR-DUT-BUT") & (pl.col("scope_code") == "ut3") & (pl.col("year") == 2012)
    )["value"].to_list() == [5363]
    states = pl.read_parquet(copy.build / "data" / "pub_states.parquet")
    doubling = states.filter((pl.col("target_id") == "MOB-X2") & (pl.col("scope_code") == "midi-pyrenees"))
    assert doubling["state_code"].item() != "missed", "in 2012 the deadline had not passed"
    page = (copy.build / "site" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="en"' in page
    assert "L’essentiel" not in page


def test_observed_only_leaves_nothing_simulated(copy: Project, observatoire: Observatoire) -> None:
    done = observatoire("run", "--observed-only", "--threads", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    for path in (copy.build / "data").glob("*.parquet"):
        frame = pl.read_parquet(path)
        if "origin" in frame.columns:
            assert "simulated" not in frame["origin"].to_list(), path.name
    assert not [
        page.name for page in (copy.build / "site").rglob("*.svg") if "simulé" in page.read_text(encoding="utf-8")
    ]

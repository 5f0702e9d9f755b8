"""The whole way, as a user walks it: the project after a run from nothing, the command, the files it leaves.

One copy serves all tests of this module, in the order they stand in: each leaves it up to date.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pipelines.kernel.files import sha256_of
from pipelines.kernel.project import Project
from tests.cold_run import ColdRun, Observatoire, command, hashes, stages_that_ran

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(cold: ColdRun, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return cold.copy(tmp_path_factory.mktemp("observatory"))


@pytest.fixture(scope="module")
def observatoire(copy: Project) -> Observatoire:
    return command(copy)


def test_a_run_ends_with_the_site_the_pdf_and_the_data(cold: ColdRun) -> None:
    made = cold.project
    assert "13 of 13 stages had something to do" in cold.said
    assert (made.build / "site" / "index.html").is_file()
    assert (made.build / "observatoire-2024.pdf").read_bytes().startswith(b"%PDF")
    assert (made.build / "data" / "pub_values.csv").is_file()
    assert not list(made.root.rglob("*.part")), "a half-written file was left behind"


def test_a_run_with_nothing_to_do_says_so_and_changes_nothing(copy: Project, observatoire: Observatoire) -> None:
    """The first time DVC is asked, since a copy's files are others; the second time nobody is."""
    before = hashes(copy, "data", "build")
    for _ in range(2):
        done = observatoire("run", "--threads", "1")
        assert "Nothing to do" in done.stdout
        assert stages_that_ran(done.stdout) == []
        assert hashes(copy, "data", "build") == before


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


FAULTS: dict[str, tuple[Callable[[str], str], str]] = {
    "data/baseline/sise__enrolment.csv": (lambda text: text[: len(text) // 2], "data/baseline/sise__enrolment"),
    "sql/marts/mart_mobility__incoming.sql": (lambda text: text.replace("select", "selekt", 1), "sql/marts/"),
    "data/reference/ref_site.csv": (lambda text: text.replace("figeac,", "figeak,", 1), "ref_site.csv"),
    "reports/fr/_chapters/citer.md": (lambda text: text + "\n{{< var no.such.key >}}\n", "no.such.key"),
    "params.yaml": (lambda text: text.replace("edition: 2024", "edition: 1066"), "params.yaml"),
}


@pytest.fixture(scope="module")
def good(copy: Project) -> dict[str, str]:
    """What the last good report is, by file, before the first fault."""
    return hashes(copy, "build")


@pytest.mark.parametrize("file", FAULTS)
def test_bad_input_is_one_line_status_2_and_the_last_good_build_stays(
    copy: Project, observatoire: Observatoire, good: dict[str, str], file: str
) -> None:
    fault, said = FAULTS[file]
    path = copy.root / file
    text = path.read_text(encoding="utf-8")
    path.write_text(fault(text), encoding="utf-8")
    try:
        done = observatoire("run", "--threads", "1")
        assert done.returncode == 2, done.stdout + done.stderr
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert hashes(copy, "build") == good
    finally:
        path.write_text(text, encoding="utf-8")


def test_once_all_is_mended_the_report_is_the_one_it_was(
    copy: Project, observatoire: Observatoire, good: dict[str, str]
) -> None:
    """Five runs stopped at five places, each over what the ones before had left."""
    assert observatoire("run", "--threads", "1").returncode == 0
    assert hashes(copy, "build") == good


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

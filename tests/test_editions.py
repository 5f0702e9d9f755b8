"""Sealing, verifying, citing and rebuilding editions, on a small project with a repository of its own."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from rocrate.rocrate import ROCrate

from pipelines.cli import observatoire
from pipelines.editions import rebuilding
from pipelines.editions.answers import cite_answer, diff_answer, editions_answer, verify_answer
from pipelines.editions.comparing import read_manifest
from pipelines.editions.names import EditionName, next_name, parsed, sealed_names
from pipelines.editions.rebuilding import rebuild, told
from pipelines.editions.sealing import seal
from pipelines.editions.sums import SUMS, faults, hashes_below, sums_text
from pipelines.kernel.files import sha256_of
from pipelines.kernel.ledger import path_of, published_editions, record
from pipelines.kernel.problems import BadInput, CheckFailed
from pipelines.kernel.project import Project
from tests.edition_project import DAY, build, committed, values


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a copy of the project, committed, with a build."""
    return committed(tmp_path)


def test_the_first_of_a_year_is_one_and_a_correction_raises_the_second_number() -> None:
    assert str(next_name([], 2024)) == "2024.1"
    assert str(next_name([EditionName(2024, 1), EditionName(2023, 4)], 2024)) == "2024.2"
    assert str(next_name([EditionName(2024, 2)], 2025)) == "2025.1"
    assert sorted([parsed("2024.10"), parsed("2024.9")])[-1] == EditionName(2024, 10)


@pytest.mark.parametrize("text", ["2024", "2024.0", "24.1", "2024.1.1", "../2024.1", ""])
def test_what_names_no_edition_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"named by its year"):
        parsed(text)


def test_an_edition_holds_what_was_public_and_verifies(project: Project) -> None:
    made = seal(project, DAY, note="La première.")
    assert str(made.name) == "2024.1"
    names = {path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*") if path.is_file()}
    assert {"site/index.html", "data/pub_values.parquet", "data/datapackage.json", "data/observatoire.duckdb",
            "observatoire-2024.pdf", "manifest.json", "quality.json", "ro-crate-metadata.json", "CITATION.cff",
            "citation.bib", "citation.json", "citation.js", "datacite.json", "historique/enr-reg.js",
            "README.txt", SUMS} == names  # fmt: skip
    assert faults(made.folder) == []
    assert verify_answer(project, "2024.1")[1]
    assert not any(path.stat().st_mode & 0o222 for path in made.folder.rglob("*") if path.is_file())
    statement = json.loads((made.folder / "quality.json").read_text())
    assert statement["not_passed"][0]["waiver"]["waived_by"] == "N. N."
    assert b"never sealed" not in (made.folder / "quality.json").read_bytes()
    assert "2024.1: sealed on 2025-03-14" in editions_answer(project, as_json=False)
    done = subprocess.run(["sha256sum", "-c", "--quiet", SUMS], cwd=made.folder, capture_output=True, check=False)
    assert done.returncode == 0


def test_sealing_the_same_content_twice_is_refused(project: Project) -> None:
    seal(project, DAY)
    with pytest.raises(BadInput, match="sealed already"):
        seal(project, date(2026, 1, 1))
    assert [str(name) for name in sealed_names(project)] == ["2024.1"]


def test_a_critical_failure_is_not_sealed(project: Project) -> None:
    path = project.quality / "marts.json"
    path.write_text(json.dumps({"critical_failures": 1, "checks": []}))
    with pytest.raises(CheckFailed, match="critical failure"):
        seal(project, DAY)
    assert not project.editions.exists()


def test_simulated_data_are_sealed_only_when_allowed_and_say_so(project: Project) -> None:
    build(project, values(), origin="simulated")
    with pytest.raises(CheckFailed, match="--allow-simulated"):
        seal(project, DAY)
    made = seal(project, DAY, allow_simulated=True)
    assert read_manifest(project, made.name)["simulated"] == ["apogee"]
    assert "simul" in (made.folder / "CITATION.cff").read_text(encoding="utf-8")


def test_a_work_tree_with_changes_is_not_sealed(project: Project) -> None:
    (project.root / "params.yaml").open("a").write("# changed\n")
    with pytest.raises(CheckFailed, match=r"params\.yaml for one"):
        seal(project, DAY)


def test_a_build_that_no_run_left_is_not_sealed(project: Project) -> None:
    (project.build / "site" / "index.html").write_text("edited by hand")
    with pytest.raises(BadInput, match="not what the last run left"):
        seal(project, DAY)


def test_a_flipped_bit_anywhere_is_found(project: Project) -> None:
    folder = seal(project, DAY).folder
    drawn = random.Random(7)
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        content = path.read_bytes()
        place = drawn.randrange(len(content))
        path.chmod(0o644)
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << drawn.randrange(8))]) + content[place + 1 :])
        assert not verify_answer(project, "2024.1")[1], path.name
        path.write_bytes(content)
    assert faults(folder) == []


def test_every_byte_of_the_list_of_hashes_counts(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    text = sums_text(hashes_below(tmp_path))
    for place in range(len(text)):
        (tmp_path / SUMS).write_bytes(text[:place].encode() + b"~" + text[place + 1 :].encode())
        assert faults(tmp_path), place
    (tmp_path / SUMS).write_text(text)
    assert faults(tmp_path) == []


def test_a_file_added_or_removed_is_found(project: Project) -> None:
    folder = seal(project, DAY).folder
    for path in (folder, folder / "data"):
        path.chmod(0o755)
    (folder / "data" / "more.csv").write_text("x")
    assert "more.csv: the file was not there" in verify_answer(project, "2024.1")[0]
    (folder / "data" / "more.csv").unlink()
    (folder / "quality.json").unlink()
    assert "quality.json: the file is gone" in verify_answer(project, "2024.1")[0]


def test_a_kill_at_any_moment_leaves_the_whole_edition_or_none(project: Project) -> None:
    for number in range(60):
        (project.build / "data" / f"pub_{number}.csv").write_bytes(os.urandom(20_000))
    manifest = json.loads((project.build / "manifest.json").read_text())
    manifest["files"] |= {f"data/{name}": sha for name, sha in hashes_below(project.build / "data").items()}
    (project.build / "manifest.json").write_text(json.dumps(manifest))
    start = time.monotonic()
    whole = seal(project, DAY)
    usual = time.monotonic() - start
    _forget(project, whole.folder)
    drawn = random.Random(50)
    seen = {"whole": 0, "none": 0}
    for _ in range(50):
        child = os.fork()
        if child == 0:
            try:
                seal(project, DAY)
            finally:
                os._exit(0)
        time.sleep(drawn.uniform(0, usual * 1.3))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        names = sealed_names(project)
        if names:
            assert faults(project.editions / str(names[0])) == []
            _forget(project, project.editions / str(names[0]))
        seen["whole" if names else "none"] += 1
    assert seen["none"], "no kill came in time: the test shows nothing"
    seal(project, DAY)
    left = sorted(path.name for path in project.editions.iterdir())
    assert left == ["2024.1", "maintenant"], "what was killed is swept away"


def test_what_an_edition_shows_is_in_the_ledger_and_hides_nothing_more_than_it_shows(project: Project) -> None:
    build(project, values(figeac=None))
    seal(project, DAY)
    lines = pl.read_parquet(path_of(project, "2024.1")).filter(pl.col("column_name") == "value")
    assert lines.filter(pl.col("row_key").str.contains("year=2023")).select("row_key", "status", "value").rows() == [
        (f"indicator_code=ENR-REG|scope_code={scope}|scope_level=site|year=2023", status, value)
        for scope, status, value in (("figeac", "hidden", None), ("rodez", "shown", 50.0), ("tarbes", "shown", 100.0))
    ]


def test_an_edition_is_not_sealed_that_was_not_audited_beside_those_before(project: Project) -> None:
    seal(project, DAY)
    build(project, values(tarbes=100.5))
    (project.quality / "audit.json").write_text(json.dumps({"leaks_count": 0, "editions": []}), encoding="utf-8")
    with pytest.raises(CheckFailed, match=r"Edition 2024\.1 was published, and what stands in build/ was not audited"):
        seal(project, DAY)
    build(project, values(tarbes=100.5))
    assert str(seal(project, DAY).name) == "2024.2"
    assert list(read_manifest(project, EditionName(2024, 2))["ledger"]) == ["2024.1"]
    # Of the third, those two are known: in the order of their names, as numbers.
    for number in (10, 9):
        shutil.copy(path_of(project, "2024.2"), path_of(project, f"2024.{number}"))
    assert [path.stem for path in published_editions(project)] == ["2024.1", "2024.2", "2024.9", "2024.10"]


def test_killed_between_the_ledger_and_the_edition_the_name_is_taken_up_or_passed_over(project: Project) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", killed)  # an error: the line goes with the edition
        with pytest.raises(KeyboardInterrupt):
            seal(project, DAY)
    assert (published_editions(project), sealed_names(project)) == ([], [])
    record(project, "2024.1", project.build / "data")  # a kill: the line stays, the edition never was
    assert str(seal(project, DAY).name) == "2024.1"
    _forget(project, project.editions / "2024.1")
    build(project, values(rodez=50.2))
    assert str(seal(project, DAY).name) == "2024.2"  # nothing of 2024.1 is unsaid
    assert [path.stem for path in published_editions(project)] == ["2024.1", "2024.2"]


def test_a_rebuild_is_given_the_editions_known_then(project: Project) -> None:
    seal(project, DAY)
    build(project, values(tarbes=100.5))
    seal(project, DAY)
    known: list[list[str]] = []

    def run(clone: Project, _: Mapping[str, Any]) -> None:
        known.append([path.stem for path in published_editions(clone)])
        build(clone, values(tarbes=100.5) if known == [["2024.1"]] else values())

    assert rebuild(project, EditionName(2024, 2), run).agrees
    rebuild(project, EditionName(2024, 1), run)
    assert known == [["2024.1"], []]
    path_of(project, "2024.1").write_bytes(b"other")
    with pytest.raises(BadInput, match="its bytes changed"):
        rebuild(project, EditionName(2024, 2), run)


def _forget(project: Project, folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def test_a_citation_is_pinned_to_edition_and_hash(project: Project) -> None:
    seal(project, DAY)
    digest = sha256_of(project.editions / "2024.1" / "manifest.json")
    text = cite_answer(project, "ENR-REG/tarbes/2023", "text")
    assert "ENR-REG/tarbes/2023@2024.1" in text
    assert digest[:12] in text
    assert "(2025)" in text
    csl = json.loads(cite_answer(project, "ENR-REG/tarbes/2023@2024.1", "csl"))
    assert csl[0]["version"] == "2024.1"
    cff = yaml.safe_load(cite_answer(project, "@2024.1", "cff"))
    assert cff["cff-version"] == "1.2.0"
    assert cff["identifiers"][0]["value"] == f"sha256:{digest}"
    assert cite_answer(project, "@2024.1", "bibtex").startswith("@misc{observatoire-sresr-2024-1-rapport,")
    with pytest.raises(BadInput, match="no such figure"):
        cite_answer(project, "ENR-REG/tarbes/1901", "text")


def test_before_any_edition_commands_say_what_to_do(project: Project) -> None:
    assert "observatoire seal" in editions_answer(project, as_json=False)
    for call in (lambda: cite_answer(project, "ENR-REG/tarbes/2023", "text"),
                 lambda: diff_answer(project, "2024.1", "build", as_json=False)):  # fmt: skip
        with pytest.raises(BadInput, match="observatoire seal"):
            call()


def test_the_database_of_an_edition_says_what_its_columns_mean(project: Project) -> None:
    folder = seal(project, DAY).folder
    with duckdb.connect(str(folder / "data" / "observatoire.duckdb"), read_only=True) as connection:
        assert connection.execute("select comment from duckdb_tables()").fetchall() == [("L'été",)]
        said = connection.execute("select distinct comment from duckdb_columns() where not internal").fetchall()
        assert said == [("titre : l'unité",)]
        assert connection.execute("from pub_values").fetchall() == values().rows()


def test_the_crate_describes_every_file(project: Project) -> None:
    folder = seal(project, DAY).folder
    read = ROCrate(folder)
    described = {entity.id for entity in read.get_entities() if entity.type == "File"}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert described == there - {SUMS, "ro-crate-metadata.json"}
    assert read.root_dataset["version"] == "2024.1"


def test_a_rebuild_that_agrees_says_so_and_one_that_does_not_says_where(project: Project) -> None:
    made = seal(project, DAY)

    def same(clone: Project, manifest: Mapping[str, Any]) -> None:
        assert (clone.root / "sql").is_dir()
        shutil.copytree(project.build, clone.build)

    def other(clone: Project, manifest: Mapping[str, Any]) -> None:
        same(clone, manifest)
        (clone.build / "site" / "index.html").write_text("another page")
        (clone.build / "data" / "datapackage.json").unlink()

    assert rebuild(project, made.name, same).agrees
    found = rebuild(project, made.name, other)
    assert not found.agrees
    assert (found.other, found.missing) == (("site/index.html",), ("data/datapackage.json",))
    assert "site/index.html: other bytes than those sealed." in told(found, made.name)


def test_the_command_rebuilds_as_readme_writes_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    seal(project, DAY)
    for name in ("params.yaml", "dvc.yaml"):
        (project.root / name).touch()
    monkeypatch.setattr(rebuilding, "_run_there", lambda clone, _: shutil.copytree(project.build, clone.build))
    monkeypatch.setenv("OBSERVATOIRE_HOME", str(project.root))
    done = CliRunner().invoke(observatoire, ["rebuild", "2024.1"])
    assert done.exit_code == 0, done.output


def test_a_rebuild_asks_for_the_inputs_that_were_added(project: Project) -> None:
    manifest = json.loads((project.build / "manifest.json").read_text())
    manifest["inputs"] = [{"source": "apogee", "vintage": "2024", "origin": "observed",
                           "files": [{"file": "a.parquet", "sha256": "0" * 64}]}]  # fmt: skip
    (project.build / "manifest.json").write_text(json.dumps(manifest))
    made = seal(project, DAY)
    with pytest.raises(BadInput, match=r"data/raw/apogee/2024/a\.parquet: .* is gone, or its bytes changed"):
        rebuild(project, made.name)


def test_a_rebuild_takes_the_inputs_of_then_and_no_later_vintage(project: Project) -> None:
    def take_in(vintage: str, content: bytes) -> dict[str, Any]:
        folder = project.raw / "sise" / vintage
        folder.mkdir(parents=True)
        (folder / "a.parquet").write_bytes(content)
        (folder / "vintage.yml").write_text("files: []\n", encoding="utf-8")
        return {"source": "sise", "vintage": vintage, "origin": "observed",
                "files": [{"file": "a.parquet", "sha256": sha256_of(folder / "a.parquet")}]}  # fmt: skip

    manifest = json.loads((project.build / "manifest.json").read_text())
    manifest["inputs"] = [take_in("2012-2024", b"first")]
    (project.build / "manifest.json").write_text(json.dumps(manifest))
    made = seal(project, DAY)
    take_in("2012-2024-2", b"revised")
    seen: list[str] = []

    def run(clone: Project, _: Mapping[str, Any]) -> None:
        seen.extend(path.relative_to(clone.raw).as_posix() for path in clone.raw.rglob("*.parquet"))
        shutil.copytree(project.build, clone.build)

    assert rebuild(project, made.name, run).agrees
    assert seen == ["sise/2012-2024/a.parquet"]


def test_a_rebuild_is_given_the_editions_its_report_was_compared_with(project: Project) -> None:
    seal(project, DAY)
    build(project, values(tarbes=100.5))
    seal(project, DAY)
    build(project, values(tarbes=100.6))
    seal(project, DAY)
    seen: list[list[str]] = []

    def run(clone: Project, _: Mapping[str, Any]) -> None:
        seen.append([str(name) for name in sealed_names(clone)])
        build(clone, values(tarbes=100.5))

    assert rebuild(project, EditionName(2024, 2), run).agrees
    assert seen == [["2024.1"]], "what was sealed since is not there"
    path = project.editions / "2024.1" / "data" / "pub_values.parquet"
    path.chmod(0o644)
    path.write_bytes(b"other")
    with pytest.raises(BadInput, match=r"2024\.1/data/pub_values\.parquet: .*compared with is gone, or its bytes"):
        rebuild(project, EditionName(2024, 2), run)


def test_the_replay_of_an_earlier_year_follows_its_own_editions(project: Project) -> None:
    seal(project, DAY)
    build(project, values(tarbes=500.0), edition=2012)
    made = seal(project, DAY)
    assert (str(made.name), made.since, made.revisions) == ("2012.1", None, ())
    assert read_manifest(project, made.name)["before"] is None
    build(project, values(tarbes=502.0), edition=2012)
    again = seal(project, DAY)
    assert (str(again.name), str(again.since)) == ("2012.2", "2012.1")
    build(project, values(tarbes=100.5))
    third = seal(project, DAY)
    assert (str(third.name), str(third.since)) == ("2024.2", "2024.1")
    manifest = read_manifest(project, third.name)
    assert list(manifest["earlier"]) == ["2012.1", "2012.2", "2024.1"]
    for lang in ("fr", "en"):
        assert len(manifest["numbering"][lang]) > 80, "what each number means is written in the manifest"


def test_nothing_is_sealed_before_a_run_or_without_checks_or_a_commit(project: Project) -> None:
    (project.quality / "marts.json").unlink()
    with pytest.raises(CheckFailed, match="have not run"):
        seal(project, DAY)
    build(project, values())
    (project.build / "manifest.json").unlink()
    with pytest.raises(BadInput, match="Nothing was built yet"):
        seal(project, DAY)
    build(project, values())
    shutil.rmtree(project.root / ".git")
    with pytest.raises(CheckFailed, match="not a git repository"):
        seal(project, DAY)
    assert not project.editions.exists()

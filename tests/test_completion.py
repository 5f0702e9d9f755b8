"""What the shell completes: verbs, and values that exist here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from pipelines.cli import observatoire
from pipelines.completion import PLACES, _root, values
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.project import Project, find_project
from pipelines.kernel.targets import read_targets
from tests.observatory import ROOT

ROWS = "indicator_code,scope_level,scope_code,year,value\nMOB-OUT,site,tarbes,2022,1\nMOB-OUT,site,tarbes,2023,2\n"
ROWS += "MOB-OUT,site,rodez,2023,2\nENR-REG,region,midi-pyrenees,2023,9\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("data/sources", "data/reference", "expectations"):
        (tmp_path / folder).parent.mkdir(exist_ok=True)
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "build" / "data").mkdir(parents=True)
    (tmp_path / "build" / "data" / "pub_values.csv").write_text(ROWS, encoding="utf-8")
    for name in ("2023.1", "2024.1", ".2024.2.part"):
        (tmp_path / "editions" / name).mkdir(parents=True)
    monkeypatch.setenv("OBSERVATOIRE_HOME", tmp_path.as_posix())
    return Project(tmp_path)


def completed(*words: str) -> list[str]:
    """Return what the last word may become."""
    shell = ShellComplete(observatoire, {}, "observatoire", "_OBSERVATOIRE_COMPLETE")
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


def test_verbs_and_options(home: Project) -> None:
    assert completed("ver") == ["verify"]
    assert "--dry-run" in completed("fetch", "--")


def test_values_are_those_that_the_readers_know(home: Project) -> None:
    catalogue = read_catalogue(home)
    assert completed("add", "x.csv", "--source", "") == list(catalogue.sources)
    assert completed("fetch", "") == [source.id for source in catalogue.sources.values() if source.api]
    assert completed("template", "") == [source.id for source in catalogue.sources.values() if source.personal]
    assert completed("indicators", "") == sorted(read_indicators(home))
    assert completed("targets", "") == sorted(target.id for target in read_targets(home))
    assert "mart_student__year" in completed("check", "mart_s")


def test_a_key_is_completed_step_by_step(home: Project) -> None:
    assert completed("explain", "MOB") == ["MOB-OUT/"]
    assert completed("explain", "MOB-OUT/") == ["MOB-OUT/rodez/", "MOB-OUT/tarbes/"]
    assert completed("explain", "MOB-OUT/t") == ["MOB-OUT/tarbes/"]
    assert completed("explain", "MOB-OUT/tarbes/") == ["MOB-OUT/tarbes/2022", "MOB-OUT/tarbes/2023"]
    assert completed("indicators", "--scope", "t") == ["tarbes"]
    assert completed("explain", "XYZ") == []


def test_editions(home: Project) -> None:
    assert completed("verify", "") == ["2023.1", "2024.1"]
    assert completed("diff", "2023.1", "") == ["2023.1", "2024.1", "build"]
    assert completed("cite", "MOB-OUT/tarbes/2023@2024") == ["MOB-OUT/tarbes/2023@2024.1"]


def test_nothing_is_completed_where_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OBSERVATOIRE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert values("source", "") == []
    (tmp_path / "params.yaml").write_text("edition: 2024\n", encoding="utf-8")
    (tmp_path / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    for kind in ("source", "indicator", "target", "scope", "key", "edition"):
        assert values(kind, "") == []  # type: ignore[arg-type]


def test_the_folder_is_the_one_the_commands_find(home: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _root() == find_project().root
    monkeypatch.delenv("OBSERVATOIRE_HOME")
    monkeypatch.chdir(home.root / "data" / "sources")
    assert _root() == find_project().root == home.root.resolve()


@pytest.mark.parametrize("shell", list(PLACES))
def test_the_script_is_printed_and_its_place_is_told(shell: str) -> None:
    result = CliRunner().invoke(observatoire, ["completion", shell])
    assert result.exit_code == 0
    assert "_OBSERVATOIRE_COMPLETE" in result.stdout
    assert PLACES[shell] in result.stderr
    assert PLACES[shell] not in result.stdout  # `> file` takes the script only


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_takes_the_script_and_lets_a_key_go_on(home: Project, tmp_path: Path) -> None:
    script = CliRunner().invoke(observatoire, ["completion", "bash"]).stdout
    assert "[[ $value == */ ]] && compopt -o nospace" in script
    (tmp_path / "script").write_text(script, encoding="utf-8")
    subprocess.run(["bash", "-n", tmp_path / "script"], check=True)


def test_values_bring_nothing_heavy() -> None:
    code = "import sys; from pipelines.completion import values; values('key', 'ENR'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"polars", "duckdb", "dvc", "pydantic", "yaml", "click"}.isdisjoint(done.stdout.split())

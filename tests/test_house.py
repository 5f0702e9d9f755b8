"""The house rules that no linter knows: the pipeline file, the order of stages, the labels, the command's help."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from pydantic import ValidationError

from pipelines.cli import observatoire
from pipelines.kernel.catalogue import Source, read_catalogue
from pipelines.kernel.labels import paths, ways_round
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.run import stage_names
from pipelines.steps import STAGES


@pytest.fixture(scope="module")
def stages(project: Project) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((project.root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return content


def test_the_pipeline_file_and_the_command_know_the_same_stages(project: Project) -> None:
    assert tuple(stage_names(project)) == STAGES


def test_every_stage_says_what_it_does_and_calls_its_own_step(stages: dict[str, Any]) -> None:
    for name, stage in stages.items():
        assert stage["desc"].endswith("."), name
        assert stage["cmd"] == f"python -m pipelines step {name}"


def test_a_stage_reads_only_what_a_stage_before_it_wrote(stages: dict[str, Any]) -> None:
    made: dict[str, int] = {out: n for n, stage in enumerate(stages.values()) for out in paths(stage, "outs")}
    for number, (name, stage) in enumerate(stages.items()):
        for dep in paths(stage, "deps"):
            for out, maker in made.items():
                if dep == out or dep.startswith(f"{out}/"):
                    assert maker < number, f"{name} reads {dep}, which a later stage writes"


def test_every_output_is_labelled_and_stays_until_it_is_replaced(stages: dict[str, Any]) -> None:
    for name, stage in stages.items():
        assert stage["meta"]["sensitivity"] in ("internal", "public"), name
        for out in stage["outs"]:
            assert next(iter(out.values())) == {"cache": False, "persist": True}, name


def test_the_public_side_depends_on_no_unprotected_table(stages: dict[str, Any]) -> None:
    """From `publish` on, every dependency is protected, public, declared, or a file under version control."""
    closed = ("data/simulated", "data/staging", "data/marts", "data/indicators", "data/targets", "data/quarantine")
    for name in ("publish", "render", "seal"):
        assert stages[name]["meta"]["sensitivity"] == "public"
        for dep in paths(stages[name], "deps"):
            assert not dep.startswith(closed), f"{name} depends on {dep}, which has not been through protect"


def test_no_public_output_is_reached_but_through_protect(stages: dict[str, Any]) -> None:
    """From each internal output, follow the dependencies: every way to a public one leads through `protect`.

    What is let in beside it is no table, and each says why: outcomes of checks, hashes of inputs.
    """
    let_in = {
        (name, path): reason
        for name, stage in stages.items()
        for path, reason in (stage["meta"].get("lets_in") or {}).items()
    }
    assert {(name, path) for name, path, _ in ways_round(stages)} == set(let_in)
    assert all(reason.endswith(".") for reason in let_in.values())
    assert {path for _, path in let_in} <= {
        "data/quality/staging.json", "data/quality/marts.json", "data/quality/corrections.json",
        "data/quality/history.json", "data/quality/audit.json", "data/raw",
    }  # fmt: skip
    reached = {out for stage in stages.values() for out in paths(stage, "outs") if is_internal(stage)}
    assert {"data/marts", "data/staging", "data/raw", "data/indicators", "data/targets"} <= reached
    for name, stage in stages.items():
        if name == "protect" or is_internal(stage):
            continue
        read = {dep for dep in paths(stage, "deps") if (name, dep) not in let_in}
        assert not {(dep, out) for dep in read for out in reached if within(dep, out)}, name


def is_internal(stage: dict[str, Any]) -> bool:
    return bool(stage["meta"]["sensitivity"] == "internal")


def within(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def test_a_stage_without_a_label_or_round_the_door_is_refused_when_it_runs(project: Project, tmp_path: Path) -> None:
    content = yaml.safe_load((project.root / "dvc.yaml").read_text(encoding="utf-8"))
    copy = Project(tmp_path)

    def refused(words: str) -> None:
        (tmp_path / "dvc.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        with pytest.raises(BadInput, match=words):
            stage_names(copy)

    content["stages"]["publish"]["deps"].append("data/marts/mart_enrolment__register.parquet")
    refused("only protect leads out")
    content["stages"]["publish"]["deps"][-1] = "data"  # the whole folder holds the marts too
    refused("only protect leads out")
    del content["stages"]["publish"]["deps"][-1], content["stages"]["indicators"]["meta"]
    refused("does not say who may see")
    content["stages"]["indicators"]["meta"] = {"sensitivity": "secret"}
    refused("does not say who may see")


def test_every_sidecar_says_who_may_see_its_rows(project: Project) -> None:
    catalogue = read_catalogue(project)
    labels = {source.id: source.sensitivity for source in catalogue.sources.values()}
    assert {name for name, label in labels.items() if label == "internal"} == {
        source.id for source in catalogue.sources.values() if source.personal
    }
    plain = catalogue["sise"].model_dump()
    del plain["sensitivity"]
    with pytest.raises(ValidationError, match="sensitivity"):
        Source.model_validate(plain)
    with pytest.raises(ValidationError, match="persons are internal"):
        Source.model_validate({**catalogue["apogee"].model_dump(), "sensitivity": "public"})


def test_every_setting_a_stage_depends_on_exists(stages: dict[str, Any]) -> None:
    for stage in stages.values():
        for entry in stage.get("params", []):
            for name in entry["data/run.yaml"]:
                assert name in Settings.model_fields


def test_the_settings_that_ship_are_valid_and_all_explained(project: Project) -> None:
    text = (project.root / "params.yaml").read_text(encoding="utf-8")
    assert set(yaml.safe_load(text)) == set(Settings.model_fields)


@pytest.mark.parametrize("verb", ["", *sorted(observatoire.commands)])
def test_every_verb_explains_itself(verb: str) -> None:
    result = CliRunner().invoke(observatoire, [*verb.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_a_wrong_call_ends_with_status_2() -> None:
    assert CliRunner().invoke(observatoire, ["run", "--edition", "soon"]).exit_code == 2
    assert CliRunner().invoke(observatoire, ["fly"]).exit_code == 2


HEAVY = [
    "dvc",
    "duckdb",
    "fastexcel",
    "great_expectations",
    "highspy",
    "matplotlib",
    "numpy",
    "pandas",
    "plotnine",
    "polars",
    "pydantic",
    "pypandoc",
    "pysdmx",
    "scipy",
    "sqlglot",
    "statsmodels",
    "typst",
    "vl_convert",
    "xlsxwriter",
    "yaml",
]


def test_help_of_every_verb_imports_nothing_heavy() -> None:
    """The command answers at once: polars, duckdb, pandas and the rest are imported where they are needed."""
    code = f"""
import sys
from pipelines.cli import observatoire
from click.testing import CliRunner
for verb in ["", *observatoire.commands]:
    CliRunner().invoke(observatoire, [*verb.split(), "--help"])
    found = sorted(set({HEAVY!r}) & set(sys.modules))
    if found:
        sys.exit(f"observatoire {{verb}} --help imports {{', '.join(found)}}")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_lock_holds_hashes_and_no_address(project: Project) -> None:
    lock = (project.root / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    for line in lock.splitlines():
        if line and not line.startswith((" ", "#")):
            assert re.match(r"^[A-Za-z0-9._-]+(\[[^]]*\])?==\S+", line), line
            assert line.endswith("\\"), f"{line} has no hash"


def test_every_dependency_has_a_lower_bound_and_is_locked(project: Project) -> None:
    import tomllib

    content = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (project.root / "requirements.lock").read_text(encoding="utf-8")
    for line in [*content["dependencies"], *content["optional-dependencies"]["dev"]]:
        name, bound = re.match(r"([A-Za-z0-9-]+)(?:\[[a-z]+\])?(.*)", line).groups()  # type: ignore[union-attr]
        assert bound.startswith(">="), line
        assert re.search(rf"^{name}(\[[a-z]+\])?==", lock, re.MULTILINE), (
            f"{name} is not in requirements.lock: `make lock`"
        )


def test_import_contract_holds(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout

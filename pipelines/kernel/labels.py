"""Who may see what a stage writes: the labels of `dvc.yaml`, and the one way from what is internal to what is public.

Each stage says `meta.sensitivity`. Only `protect` may read what is internal and write what is public; any other public
stage names, under `meta.lets_in`, the internal files it reads that are no table, and why that tells nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import load_yaml, yaml_problem

FILE = "dvc.yaml"
DOOR = "protect"
LABELS = ("internal", "public")


def labelled_stages(project: Project) -> dict[str, Any]:
    """Return the stages of `dvc.yaml`. Raises `BadInput` when one has no label, or a public one goes round the door."""
    try:
        stages: dict[str, Any] = load_yaml((project.root / FILE).read_text(encoding="utf-8"))["stages"]
    except yaml.YAMLError as error:
        raise BadInput(yaml_problem(error, FILE, "The pipeline file")) from error
    problems = list(_problems(stages))
    if problems:
        raise BadInput(problems)
    return stages


def paths(stage: Mapping[str, Any], key: str) -> list[str]:
    """Return the paths of a stage's `deps` or `outs`."""
    return [item if isinstance(item, str) else next(iter(item)) for item in stage.get(key, ())]


def ways_round(stages: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Give (public stage, internal path it reads, stage that wrote it) for each way out that is not `protect`."""
    for name, stage in stages.items():
        if name == DOOR or stage["meta"]["sensitivity"] != "public":
            continue
        for dep in paths(stage, "deps"):
            for maker, other in stages.items():
                if other["meta"]["sensitivity"] == "internal" and any(_meet(dep, out) for out in paths(other, "outs")):
                    yield name, dep, maker


def _meet(dep: str, out: str) -> bool:
    """Say whether one path is the other, or lies in it."""
    return dep == out or dep.startswith(f"{out}/") or out.startswith(f"{dep}/")


def _problems(stages: Mapping[str, Any]) -> Iterator[Problem]:
    unlabelled = [name for name, stage in stages.items() if (stage.get("meta") or {}).get("sensitivity") not in LABELS]
    for name in unlabelled:
        yield Problem(FILE, "A stage does not say who may see what it writes", "Write `meta: {sensitivity: internal}`.",
                      column=f"stages.{name}")  # fmt: skip
    if unlabelled:
        return
    for name, dep, maker in ways_round(stages):
        if dep not in (stages[name]["meta"].get("lets_in") or {}):
            yield Problem(FILE, f"A public stage reads what {maker} keeps internal: only {DOOR} leads out",
                          f"Read a public table, or say under `meta.lets_in` of {name} why it tells nothing.",
                          column=f"stages.{name}.deps", value=dep)  # fmt: skip

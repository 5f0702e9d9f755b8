"""Reproduce `dvc.yaml` stage by stage, and say what happens as it happens.

DVC decides what is out of date, once `pipelines.unchanged` cannot say that nothing is; this module shows progress,
keeps a failing stage from hiding its exit status, and tells two runs at once apart from a fault.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.kernel.labels import labelled_stages
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.report import StageReport
from pipelines.kernel.sealed import note_editions
from pipelines.kernel.showing import show
from pipelines.kernel.warm import begun
from pipelines.pace import Pace
from pipelines.unchanged import LastRun

LOADED = (
    "pipelines.kernel.project",
    "pipelines.check.gx:ready",
    "pipelines.kernel.sql",
    "sqlglot.optimizer.qualify",
    "scipy.stats",
    "scipy.sparse.csgraph",
    "pipelines.publish.drawing",
    "xlsxwriter",
    "jinja2",
    "highspy",
)
"""What the stages need and takes long to load, in the order in which it is needed; nothing of it may start a thread."""

REPORT_VARIABLE = "OBSERVATOIRE_STAGE_REPORT"
"""Environment variable that names the file in which a stage's process leaves its report for the run."""


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """One stage of one run: whether it had to run, how long it took (seconds), what it reported."""

    name: str
    has_run: bool
    seconds: float
    report: StageReport = field(default_factory=StageReport)


class StageFailed(Exception):
    """A stage ended with an exit status other than 0; its own lines have already been printed."""

    def __init__(self, stage: str, status: int) -> None:
        self.stage = stage
        self.status = status
        self.outcomes: tuple[StageOutcome, ...] = ()  # of the stages before it
        super().__init__(f"stage {stage} ended with exit status {status}")


def stage_names(project: Project) -> list[str]:
    """Return the stages of `dvc.yaml`, in reading order, which is the order they run in.

    Raises `BadInput` when one does not say who may see what it writes, or leads out without going through `protect`.
    """
    return list(labelled_stages(project))


def reproduce(project: Project, say: Callable[[str], None]) -> list[StageOutcome]:
    """Bring every stage up to date, in order; `say` receives one line per stage.

    Raises `BadInput` when DVC itself is at work there, `StageFailed` when a stage fails: the stages before
    it keep their new results, those after it keep their old ones.
    """
    stages = labelled_stages(project)
    names = list(stages)
    note_editions(project, project.settings().edition)
    last = LastRun(project, stages)
    if last.is_still_good():
        outcomes = [StageOutcome(name, has_run=False, seconds=0.0) for name in names]
        for number, outcome in enumerate(outcomes, start=1):
            say(_progress_line(number, len(names), outcome))
        show(project)
        return outcomes
    outcomes = []
    pace = Pace(project)
    with _python_on_path(), tempfile.TemporaryDirectory() as scratch, begun(Path(scratch), LOADED):
        repo = _open_repo(project)

        def one(stage: Any, **asked: Any) -> Any:
            number, report_file = names.index(stage.name) + 1, Path(scratch) / f"{stage.name}.json"
            os.environ[REPORT_VARIABLE] = str(report_file)
            start = time.monotonic()
            last.begins(stage.name)
            with pace.working(stage.name, _head(number, len(names), stage.name), names[number:]):
                made = _reproduced(stage, **asked)
            last.ends(stage.name)
            report = read_report(report_file)
            outcome = StageOutcome(stage.name, made is not None, time.monotonic() - start, report)
            outcomes.append(outcome)
            say(_progress_line(number, len(names), outcome))
            return made

        try:
            _reproduce(repo, project, one)
        except StageFailed as error:
            error.outcomes = tuple(outcomes)
            raise
        finally:
            os.environ.pop(REPORT_VARIABLE, None)
            repo.close()
    show(project)
    last.leave()
    return outcomes


def of_a_run() -> bool:
    """Say whether this process is a stage that a run has started, which holds the work tree for it."""
    return REPORT_VARIABLE in os.environ


def write_report(report: StageReport) -> None:
    """Leave the stage's report where the run that started this process looks for it, if one did."""
    target = os.environ.get(REPORT_VARIABLE)
    if target:
        content = {"made": report.made, "kept": report.kept, "notes": report.notes}
        Path(target).write_text(json.dumps(content), encoding="utf-8")


def read_report(path: Path) -> StageReport:
    """Return the report a stage left, or an empty one when it did not have to run."""
    if not path.exists():
        return StageReport()
    content = json.loads(path.read_text(encoding="utf-8"))
    return StageReport(*(tuple(content[key]) for key in ("made", "kept", "notes")))


def _progress_line(number: int, count: int, outcome: StageOutcome) -> str:
    head = _head(number, count, outcome.name)
    if not outcome.has_run:
        return f"{head} up to date"
    made, kept = len(outcome.report.made), len(outcome.report.kept)
    what = f"{made} made" if made or not kept else "nothing to make"
    if kept:
        what += f", {kept} kept"
    return f"{head} {what}, {outcome.seconds:.1f} s"


def _head(number: int, count: int, name: str) -> str:
    return f"[{number:>2}/{count}] {name:<14}"


def _open_repo(project: Project) -> Any:
    from dvc.repo import Repo  # 0.7 s to import: only when something may run

    with _quiet_dvc():
        return Repo(str(project.root))


def _reproduce(repo: Any, project: Project, one: Callable[..., Any]) -> None:
    """Have DVC go through all stages, in order, and do `one` for each: `dvc.yaml` is then read once."""
    from dvc.exceptions import DvcException, ReproductionError
    from dvc.lock import LockError

    screen, begun_with, made = sys.stdout, [], []

    def spoken(stage: Any, **asked: Any) -> Any:
        begun_with.append(stage.name)
        with contextlib.redirect_stdout(screen):
            done = one(stage, **asked)
        if done is not None:
            made.append(done)
        return done

    try:
        with _quiet_dvc():
            try:
                repo.reproduce(str(project.root / "dvc.yaml"), single_item=True, repro_fn=spoken)
            finally:
                if made:  # once for all: dvc.lock takes long to write
                    made[0].dvcfile.dump_stages(made, update_pipeline=False)
    except LockError as error:
        raise _another_run() from error
    except ReproductionError as error:
        if isinstance(error.__cause__, LockError):
            raise _another_run() from error
        status = re.search(r"exited with (-?\d+)", str(error.__cause__))
        if status is None:
            raise
        raise StageFailed(begun_with[-1], int(status.group(1))) from error
    except DvcException as error:
        raise BadInput(
            Problem("dvc.yaml", str(error), "Restore dvc.yaml from the repository, or mend the path it names.")
        ) from error


def _reproduced(stage: Any, *, upstream: Any = None, **asked: Any) -> Any:
    """Run one stage if it is out of date; return it, or `None` when it was not.

    Nothing of a stage is in DVC's cache, so it is not looked for there (`force`), which hashes all it reads once less.
    """
    with _quiet_dvc():
        if not stage.changed(False, upstream):
            return None
        return stage.reproduce(**{**asked, "force": True})


def _another_run() -> BadInput:
    return BadInput(
        Problem(
            file=".dvc/tmp/lock",
            rule="Another run is at work in this folder",
            mend="Wait until it ends, then start again; nothing was changed by this one.",
        )
    )


@contextlib.contextmanager
def _quiet_dvc() -> Iterator[None]:
    """Keep DVC's own talk off the screen: a stage speaks for itself."""
    logger = logging.getLogger("dvc")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    real, sys.stdout = sys.stdout, io.StringIO()
    try:
        yield
    finally:
        sys.stdout = real
        logger.setLevel(level)


@contextlib.contextmanager
def _python_on_path() -> Iterator[None]:
    """Let `python` in `dvc.yaml` be the interpreter that runs now, whether the environment is activated or not."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before

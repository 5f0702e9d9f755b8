"""Where the project lies, what its folders are called, and what this run was asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.kernel.files import write_text
from pipelines.kernel.problems import BadInput, Problem, shown
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import load_yaml, row_of, yaml_problem

Lang = Literal["fr", "en"]

MEMORY = "1500MB"
"""What DuckDB may hold unless a run is asked for something else."""


class Settings(BaseModel):
    """What a run was asked for: `params.yaml`, overridden by the options of the command."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    edition: int = Field(ge=2006, le=2100, description="Year of the edition: the autumn of its last rentrée.")
    lang: Lang = "fr"
    observed_only: bool = Field(default=False, description="Leave simulated sources out.")
    students: int = Field(default=8_000, ge=200, description="Simulated students in the first year.")
    simulate_from: int = Field(default=2008, ge=2000, le=2100)
    simulate_to: int = Field(default=2024, ge=2000, le=2100)
    seed: int = Field(default=20101, description="Seed of everything drawn at random.")
    threads: int = Field(default=2, ge=1, le=256, description="Threads of DuckDB; results do not depend on it.")
    engine: Literal["duckdb", "spark"] = Field(default="duckdb", description="What makes the marts; they are the same.")
    spark_master: str | None = Field(
        default=None, min_length=1, description="Address of Spark's master; none is this machine."
    )
    memory: str = Field(
        default=MEMORY,
        pattern=r"^[1-9]\d*(MB|GB)$",
        description="What DuckDB may hold; beyond, it uses a folder inside data/. Results do not depend on it.",
    )
    as_of: date | None = Field(
        default=None,
        description="Day on which waivers are judged; none is the day of the run. No figure depends on it.",
    )

    def changed(self, **options: object) -> Settings:
        """Return these settings with the options given (those not `None`) in their place.

        Raises `BadInput` when one is out of bounds.
        """
        given = {name: value for name, value in options.items() if value is not None}
        try:
            return Settings.model_validate({**self.model_dump(), **given})
        except ValidationError as error:
            raise BadInput(_setting_problems(error, "the command's options")) from error


@dataclass(frozen=True, slots=True)
class Project:
    """The folders of one work tree. Paths only: nothing is read or made by building it.

    The command builds in `data/build` and shows the whole in `build/` at the end (`pipelines.kernel.showing`).
    """

    root: Path
    built_in: str = "build"

    @property
    def data(self) -> Path:
        """`data/`: inputs that ship, and the files the stages make."""
        return self.root / "data"

    @property
    def sources(self) -> Path:
        """`data/sources/`: one sidecar per dataset."""
        return self.data / "sources"

    @property
    def reference(self) -> Path:
        """`data/reference/`: sites, code lists, breaks, targets, actions; typed and validated."""
        return self.data / "reference"

    @property
    def baseline(self) -> Path:
        """`data/baseline/`: the regional open figures that ship."""
        return self.data / "baseline"

    @property
    def simulated(self) -> Path:
        """`data/simulated/`: registers made by the generator."""
        return self.data / "simulated"

    @property
    def raw(self) -> Path:
        """`data/raw/<source>/<vintage>/`: what was taken in, byte for byte."""
        return self.data / "raw"

    @property
    def staging(self) -> Path:
        """`data/staging/stg_<source>__<object>.parquet`."""
        return self.data / "staging"

    @property
    def quarantine(self) -> Path:
        """`data/quarantine/stg_<source>__<object>.parquet`: staging rows that a check put aside. Internal."""
        return self.data / "quarantine"

    @property
    def quality(self) -> Path:
        """`data/quality/`: results of the checks."""
        return self.data / "quality"

    @property
    def marts(self) -> Path:
        """`data/marts/mart_<domain>__<grain>.parquet`."""
        return self.data / "marts"

    @property
    def partitions(self) -> Path:
        """`data/partitions/<table>/`: tables as Spark reads and leaves them, a folder a year. Internal."""
        return self.data / "partitions"

    @property
    def indicators(self) -> Path:
        """`data/indicators/`: unprotected values of the indicators. Internal."""
        return self.data / "indicators"

    @property
    def targets(self) -> Path:
        """`data/targets/`: unprotected states of the targets. Internal."""
        return self.data / "targets"

    @property
    def protected(self) -> Path:
        """`data/protected/`: the only folder that the public side may read."""
        return self.data / "protected"

    @property
    def sql(self) -> Path:
        """`sql/`: one file per mart and per indicator."""
        return self.root / "sql"

    @property
    def expectations(self) -> Path:
        """`expectations/`: one suite per table."""
        return self.root / "expectations"

    @property
    def reports(self) -> Path:
        """`reports/<lang>/`: the pages, one Quarto project per language."""
        return self.root / "reports"

    @property
    def build(self) -> Path:
        """What the stages build for readers: `data/build/` of a command, `build/` itself otherwise."""
        return self.root / self.built_in

    @property
    def public(self) -> Path:
        """`build/`: what a reader gets, at any moment one report as a whole."""
        return self.root / "build"

    @property
    def editions(self) -> Path:
        """`editions/<year>.<number>/`: what was public, frozen; never written again."""
        return self.root / "editions"

    @property
    def fingerprints(self) -> Path:
        """`data/.fingerprints/`: what each made file was made from."""
        return self.data / ".fingerprints"

    def shown(self, path: Path) -> str:
        """Return `path` relative to the project, as messages and manifests print it."""
        return shown(path, self.root)

    def settings(self) -> Settings:
        """Return the settings of the current run: `data/run.yaml` if a run wrote it, else `params.yaml`.

        Raises `BadInput` when the file is missing, is no YAML or holds an unknown or absurd value.
        """
        chosen = self.data / "run.yaml"
        return read_settings(chosen if chosen.exists() else self.root / "params.yaml", self.root)

    def choose(self, **options: object) -> Settings:
        """Merge the options given (those not `None`) into `params.yaml`, write `data/run.yaml`, return the result.

        The file is left untouched when nothing changes, so that an unchanged run has nothing to do. A run without a
        day of its own gets today's: the stages that judge waivers ask again once a day.
        """
        settings = read_settings(self.root / "params.yaml", self.root).changed(**options)
        if settings.as_of is None:
            settings = settings.changed(as_of=date.today())
        text = "# Written by `observatoire run` from params.yaml and the options given.\n" + yaml.safe_dump(
            settings.model_dump(mode="json"), sort_keys=True
        )
        target = self.data / "run.yaml"
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            write_text(target, text)
        return settings


def find_project(start: Path | None = None) -> Project:
    """Return the project that holds `start` (the current folder by default).

    `OBSERVATOIRE_HOME` wins when set. Raises `BadInput` when no `params.yaml` stands beside a `dvc.yaml`
    in the folder or above it.
    """
    home = os.environ.get("OBSERVATOIRE_HOME")
    here = (Path(home) if home else start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "params.yaml").is_file() and (folder / "dvc.yaml").is_file():
            return Project(folder, built_in="data/build")
    raise BadInput(
        Problem(
            file=here.as_posix(),
            rule="This folder is not inside an observatory",
            mend="Go to the folder that holds params.yaml and dvc.yaml, or set OBSERVATOIRE_HOME to it.",
        )
    )


def read_settings(path: Path, root: Path) -> Settings:
    """Read and validate one settings file. Raises `BadInput` as `Project.settings` does."""
    name = shown(path, root)
    try:
        content = load_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(
            Problem(name, "The settings file is missing", "Restore it with `git checkout -- params.yaml`.")
        ) from error
    except yaml.YAMLError as error:
        raise BadInput(yaml_problem(error, name, "The settings file")) from error
    except UnicodeDecodeError as error:
        raise BadInput(Problem(name, "The settings file is not in UTF-8", "Save it again as UTF-8.")) from error
    if not isinstance(content, dict):
        raise BadInput(
            Problem(name, "The settings file holds no `name: value` lines", "Restore it from the repository.")
        )
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise BadInput(_setting_problems(error, name, path)) from error


def _setting_problems(error: ValidationError, name: str, path: Path | None = None) -> list[Problem]:
    return [
        Problem(
            file=name,
            row=None if path is None else row_of(path, *item["loc"]),
            column=".".join(str(part) for part in item["loc"]),
            rule=f"A setting is at fault: {said(item)[0]}",
            value=said(item)[2],
            mend=f"{said(item)[1]} params.yaml explains each.",
        )
        for item in error.errors()
    ]

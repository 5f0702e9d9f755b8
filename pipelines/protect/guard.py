"""What may not pass: a run whose checks failed, a table that is not listed, a column about one person, no origin."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipelines.kernel.dictionary import Column
from pipelines.kernel.problems import BadInput, CheckFailed, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.publications import Publication, column_of

REQUIRED = ("staging", "marts")
"""Layers that must have been checked; any other result found beside theirs counts as well."""


def require_passed_checks(project: Project) -> tuple[Path, ...]:
    """Return the check results, free of critical failures. Raises `CheckFailed` otherwise, or when one is absent."""
    problems = []
    paths = sorted({*project.quality.glob("*.json"), *(project.quality / f"{layer}.json" for layer in REQUIRED)})
    for path in paths:
        name = project.shown(path)
        required = path.stem in REQUIRED
        try:
            failures = json.loads(path.read_text(encoding="utf-8")).get("critical_failures")
        except FileNotFoundError:
            problems.append(f"{name}: these checks have not run, so nothing is published. Run `observatoire check`.")
            continue
        except (ValueError, AttributeError):
            problems.append(f"{name}: this result cannot be read, so nothing is published. Run `observatoire check`.")
            continue
        if failures is None and not required:
            continue
        if not isinstance(failures, int):
            problems.append(
                f"{name}: no number of critical failures, so nothing is published. Run `observatoire check`."
            )
        elif failures:
            problems.append(f"{name}: {failures} critical failure(s), so nothing is published. Mend them first.")
    if problems:
        raise CheckFailed("\n".join(problems))
    return tuple(paths)


def listed(publications: Mapping[str, Publication], table: str) -> Publication:
    """Return the description of a public table. Raises `BadInput` when the table is not on the list."""
    if table not in publications:
        mend = "Describe it there with its title, grain, measures, sources and sensitivity, or leave it internal."
        raise BadInput(Problem("data/reference/publications.yml", "A table that is not listed stays internal", mend,
                               value=table))  # fmt: skip
    return publications[table]


def refusals(
    publication: Publication, columns: Sequence[str], dictionary: Mapping[str, Column], source: str
) -> Iterable[Problem]:
    """Give a problem for each reason why a table with these columns may not become this publication.

    `columns` are those of the internal table read, `source` its file as messages print it.
    """
    wanted = [*publication.grain, *publication.measures, *publication.copied]
    leaving = wanted if publication.reads is None or publication.reads.startswith(("mart_", "stg_")) else columns
    if "origin" not in columns:
        yield Problem(source, "A table without origin stays internal", "Carry `origin` through the query.",
                      value=publication.table)  # fmt: skip
    for name in wanted:
        if name not in columns:
            yield Problem(source, f"{publication.table} wants a column that is not there",
                          "Mend data/reference/publications.yml, or the query.", column=name)  # fmt: skip
    for name in leaving:
        meaning = column_of(dictionary, name)
        if name.endswith("_token") or (meaning is not None and meaning.personal):
            yield Problem(source, "A column about one person never leaves", "Take it off publications.yml.",
                          column=name)  # fmt: skip
        elif meaning is None:
            yield Problem(source, "A public column is not in the dictionary, so nobody can say that it may leave",
                          "Define it in data/reference/dictionary.", column=name)  # fmt: skip

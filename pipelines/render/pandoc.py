"""One call of pandoc, and what it complains of as problems with a page and a line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.kernel.problems import BadInput, Problem
from pipelines.render.sources import Page

THEME = Path(__file__).parent / "theme"

ROOMY = ("+RTS", "-A64m", "-RTS")
"""Options of pandoc's own runtime: 64 MB between two collections, which spare a sixth of the report's time."""

EPOCH = "315619200"
"""Seconds of the date that pandoc writes in a file, 2 January 1980: an archive knows no earlier day."""

OURS = re.compile(r"^PROBLEM\t(\w+)\t(.*)$", re.MULTILINE)
CITATION = re.compile(r"^\[WARNING\] Citeproc: citation (.+) not found$", re.MULTILINE)

PICTURE = re.compile(r"^\[WARNING\] Could not fetch resource (.+?)(?:: |$)", re.MULTILINE)

PROBLEMS: dict[str, tuple[str, str, str]] = {
    "reference": (
        r"@{}(?![\w-])",
        "The reference leads nowhere",
        "Correct the identifier, or include what it names in this page.",
    ),
    "duplicate": (
        r"\{{[^}}]*#{}(?![\w-])",
        "Two things carry this identifier",
        "Keep it on one of them; elsewhere link to it instead of including it again.",
    ),
    "alternative": (
        r"\({}(?!.*fig-alt)",
        "The figure has no alternative text",
        'Add fig-alt="what is seen" to its attributes.',
    ),
    "level": (
        r"^#+\s+{}",
        "The heading is not at its level",
        "A page begins at ##, the report at #, and no level is skipped: screen readers follow them.",
    ),
    "picture": (
        r"^title:{}",
        "A picture could not be read",
        "Run `observatoire run`, which draws the figures.",
    ),
    "citation": (
        r"@\{{?{}(?![\w-])",
        "No source has this key",
        "Correct the key; a source's key is its sidecar's id.",
    ),
}
"""For each complaint: where to find it in the page, the rule broken, what to do. Duplicates are told at the second."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one call needs. `variables` go to the template as they are, `metadata` is read as Markdown first.

    `filters` come after those of the theme; `resources` are the folders where pandoc itself finds pictures.
    """

    to: str
    template: str
    variables: Mapping[str, Any]
    metadata: Mapping[str, Any]
    bibliography: tuple[Path, ...]
    toc_depth: int = 0
    number_sections: bool = False
    filters: tuple[str, ...] = ()
    resources: tuple[Path, ...] = ()


@cache
def pandoc_binary() -> str:
    """Return the path of the pandoc that `pypandoc-binary` ships."""
    import pypandoc

    return str(pypandoc.get_pandoc_path())


def convert(page: Page, job: Job) -> str:
    """Return `page` in the format of `job`, as text. Raises `BadInput` as `converted` does."""
    return converted(page, job).decode("utf-8")


def converted(page: Page, job: Job) -> bytes:
    """Return `page` in the format of `job`, as pandoc writes it. The date in what bears one is always the same.

    Raises `BadInput` with one problem per broken reference, citation or figure, and one when pandoc itself gives up.
    """
    defaults: dict[str, Any] = {
        "from": "markdown",
        "to": job.to,
        "standalone": True,
        "template": str(THEME / job.template),
        "variables": dict(job.variables),
        "metadata": {"link-citations": True},
        "filters": [
            str(THEME / "blocks.lua"),
            str(THEME / "references.lua"),
            "citeproc",
            str(THEME / "shared.lua"),
            *(str(THEME / name) for name in job.filters),
        ],
        "bibliography": [str(path) for path in job.bibliography],
        "table-of-contents": job.toc_depth > 0,
        "toc-depth": max(job.toc_depth, 1),
        "number-sections": job.number_sections,
        "html-math-method": {"method": "mathml"},
        "columns": 10_000,  # a long row in a pipe table would otherwise turn its dashes into column widths
        "wrap": "preserve",
        "syntax-highlighting": "none",
    }
    if job.resources:
        defaults["resource-path"] = [str(folder) for folder in job.resources]
    with tempfile.TemporaryDirectory(prefix="pandoc-") as folder:
        metadata = (
            Path(folder) / "metadata.yaml"
        )  # texts given in a file are read as Markdown, those of defaults are not
        metadata.write_text(json.dumps(dict(job.metadata), ensure_ascii=False), encoding="utf-8")
        defaults["metadata-files"] = [str(metadata)]
        path = Path(folder) / "defaults.yaml"
        path.write_text(json.dumps(defaults, ensure_ascii=False), encoding="utf-8")
        done = subprocess.run(
            [pandoc_binary(), *ROOMY, "--defaults", str(path), "--output", "-"],
            env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
            input=page.text.encode("utf-8"),
            capture_output=True,
            check=False,
        )
    complaints = done.stderr.decode("utf-8", "replace")
    problems = located(page, complaints)
    if done.returncode != 0 and not problems:
        first = page.lines[0]
        what = " ".join(complaints.split()) or f"exit status {done.returncode}"
        problems = [Problem(first.file, f"pandoc could not read the page: {what}", "Mend what it names.")]
    if problems:
        raise BadInput(problems)
    return done.stdout


def located(page: Page, complaints: str) -> list[Problem]:
    """Turn what the filter and citeproc wrote on stderr into problems with the file and line they come from."""
    found = [(kind, value) for kind, value in OURS.findall(complaints)]
    found += [("citation", value) for value in CITATION.findall(complaints)]
    found += [("picture", value) for value in PICTURE.findall(complaints)]
    problems = []
    for kind, value in dict.fromkeys(found):
        pattern, rule, mend = PROBLEMS[kind]
        line = page.where(pattern.format(re.escape(value)), occurrence=2 if kind == "duplicate" else 1)
        problems.append(Problem(line.file, rule, mend, row=line.number, value=value))
    return problems

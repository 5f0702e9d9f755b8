"""What `observatoire editions`, `verify`, `diff` and `cite` print."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pipelines.editions.citation import FORMATS, Cited
from pipelines.editions.comparing import compared, compared_with_build, read_manifest
from pipelines.editions.names import EditionName, known, sealed_names
from pipelines.editions.sums import faults
from pipelines.kernel.files import sha256_of
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.revisions import WORDS, Revision
from pipelines.kernel.sealed import ADDRESSES, read_addresses, read_values

SHOWN = 20
"""Revisions a text lists; `--json` lists them all."""

NOW = "build"
"""What `diff` calls the report that is not sealed yet."""


def editions_answer(project: Project, *, as_json: bool) -> str:
    """Return the sealed editions, oldest first: day, size, revisions, the word on simulated data."""
    rows = []
    for name in sealed_names(project):
        manifest = read_manifest(project, name)
        rows.append(
            {
                "edition": str(name),
                "sealed_on": manifest["sealed_on"],
                "files": len(manifest["files"]),
                "revisions": len(manifest["revisions"]),
                "simulated": manifest["simulated"],
                "note": manifest["note"],
                "commit": manifest["commit"],
            }
        )
    if as_json:
        return json.dumps(rows, ensure_ascii=False, indent=1, sort_keys=True)
    if not rows:
        return "No edition was sealed yet: `observatoire seal` makes the first from build/."
    lines = []
    for row in rows:
        said = (
            f"{row['edition']}: sealed on {row['sealed_on']}, {row['files']} files, {row['revisions']} revised figures"
        )
        said += ", simulated data in it" if row["simulated"] else ""
        lines.append(said + (f". {row['note']}" if row["note"] else ""))
    return "\n".join(lines)


def verify_answer(project: Project, edition: str) -> tuple[str, bool]:
    """Return what is not as it was sealed, and whether every byte is. Raises `BadInput` on an unknown edition."""
    name = known(project, edition)
    told = faults(project.editions / str(name))
    if not told:
        count = len(read_manifest(project, name)["files"])
        return f"{name}: every byte is as it was sealed ({count} files of content, and their manifest).", True
    return "\n".join(f"editions/{name}/{line}" for line in told), False


def diff_answer(project: Project, older: str, newer: str, *, as_json: bool) -> str:
    """Return the figures that changed from `older` to `newer` (`build` for what is not sealed), the largest first."""
    first = known(project, older)
    revisions = compared_with_build(project, first) if newer == NOW else compared(project, first, known(project, newer))
    if as_json:
        return json.dumps(revision_rows(revisions), ensure_ascii=False, indent=1, sort_keys=True)
    if not revisions:
        return f"No figure of {older} is another one in {newer}."
    sizes = {size: sum(item.size == size for item in revisions) for size in ("red", "amber", "green")}
    lines = [
        f"{len(revisions)} figure(s) of {older} changed in {newer}: {sizes['red']} red (15 % or more), "
        f"{sizes['amber']} amber (1 % or more), {sizes['green']} smaller."
    ]
    lines += [_line(item) for item in revisions[:SHOWN]]
    if len(revisions) > SHOWN:
        lines.append(f"… and {len(revisions) - SHOWN} more; --json lists them all.")
    return "\n".join(lines)


def cite_answer(project: Project, key: str, form: str) -> str:
    """Return the citation of a figure, `INDICATOR/SCOPE/YEAR[@EDITION]`, or of an edition, `@EDITION`.

    What its report shows is cited as well: the address of a figure or table (`fig-mob-target@2024.1`), the
    key of a sentence. Without an edition the last sealed one is meant. Raises `BadInput` when no edition was sealed, or
    it has no such figure.
    """
    address, _, edition = key.partition("@")
    name = known(project, edition) if edition else _last(project)
    manifest = read_manifest(project, name)
    digest = sha256_of(project.editions / str(name) / "manifest.json")
    cited = Cited(name, date.fromisoformat(manifest["sealed_on"]), digest, bool(manifest["simulated"]))
    if address and "/" not in address:
        item = _shown_in(project, name, address)
        return FORMATS[form](
            Cited(name, cited.day, digest, bool(item["simulated"]), f"{address}@{name}", item["title"].rstrip("."))
        ).rstrip("\n")
    if address:
        row = figure_of(project, name, address)
        label = read_indicators(project)[row["indicator_code"]].label.fr
        value = "non publié" if row["value"] is None else f"{row['value']:.6g}"
        said = f"{label}, {row['scope_code']}, {row['year']} : {value}"
        cited = Cited(name, cited.day, digest, row["origin"] == "simulated", f"{address}@{name}", said)
    return FORMATS[form](cited).rstrip("\n")


def _shown_in(project: Project, name: EditionName, address: str) -> dict[str, Any]:
    """Return a figure, a table or a sentence of the report of a sealed edition. Raises `BadInput` when it has none."""
    items: dict[str, dict[str, Any]] = read_addresses(project, name)["items"]
    if address not in items:
        close = difflib.get_close_matches(address, items, n=3, cutoff=0.3)
        mend = f"Did you mean {', '.join(close)}?" if close else f"They are listed in {ADDRESSES}."
        raise BadInput(Problem(f"editions/{name}", "Nothing in this edition has this address", mend, value=address))
    return items[address]


def figure_of(project: Project, name: EditionName, address: str) -> dict[str, Any]:
    """Return one figure of a sealed edition as it was published. Raises `BadInput` when it has none of that address."""
    import polars as pl

    parts = address.split("/")
    problem = Problem(
        f"editions/{name}",
        "The edition has no such figure",
        "A figure is INDICATOR/SCOPE/YEAR; its table is data/pub_values.csv.",
        value=address,
    )
    if len(parts) != 3 or not parts[2].isdigit():
        raise BadInput(problem)
    found = (
        read_values(project, name)
        .filter(
            (pl.col("indicator_code") == parts[0])
            & (pl.col("scope_code") == parts[1])
            & (pl.col("year") == int(parts[2]))
        )
        .to_dicts()
    )
    if not found:
        raise BadInput(problem)
    return found[0]


def revision_rows(revisions: Sequence[Revision]) -> list[dict[str, Any]]:
    """Return every revision as JSON holds it."""
    return [
        {**asdict(item), "key": item.key, "text": item.text.model_dump() if item.text else None} for item in revisions
    ]


def revision_lines(revisions: Sequence[Revision]) -> list[str]:
    """Return a line for each of the largest revisions."""
    return [_line(item) for item in revisions[:SHOWN]]


def _line(item: Revision) -> str:
    moved = "" if item.change is None else f" ({item.change:+.1%})"
    old, new = (_shown(value, flag) for value, flag in ((item.old, item.old_flag), (item.new, item.new_flag)))
    causes = " or ".join(WORDS[cause][1] for cause in item.causes) or "no reason found"
    how = "proven" if item.is_proven else f"said: {item.text.en}" if item.text else "not proven"
    return f"{item.size:<5} {item.key}: {old} → {new}{moved}; {causes} ({how})"


def _shown(value: float | None, flag: str) -> str:
    if flag in ("c", "gone"):
        return {"c": "confidential", "gone": "no longer published"}[flag]
    return "missing" if value is None else f"{value:g}"


def _last(project: Project) -> EditionName:
    names = sealed_names(project)
    if not names:
        raise BadInput(Problem("editions", "No edition was sealed yet", "`observatoire seal` makes the first."))
    return names[-1]

"""`observatoire doctor`: what is installed, what is missing, what each missing thing costs, and how to get it.

Nothing is imported to be looked at, nothing is run but `--version` and `git status`, and no secret is ever printed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from pipelines.doctor.finding import Finding
from pipelines.doctor.here import data_at_hand, disk, git_state, key, leftovers, locks, memory, settings, write_access
from pipelines.doctor.installed import browser, command, java, libraries, pandoc, python, quarto, typst
from pipelines.kernel.project import Project

LOOKS: tuple[Callable[[Project], Finding], ...] = (
    python, libraries, command, settings, write_access, disk, memory, pandoc, typst, quarto, browser, java, key,
    data_at_hand, locks, leftovers, git_state,
)  # fmt: skip
"""What is looked at, in the order in which it is told: what nothing works without first."""


def findings(project: Project) -> list[Finding]:
    """Return what was found, in order. Those that start a program run side by side."""
    with ThreadPoolExecutor(max_workers=6) as pool:
        return list(pool.map(lambda look: look(project), LOOKS))


def lines_of(found: Iterable[Finding]) -> list[str]:
    """Return a line for each thing that is there, and for what is not what it costs and how to get it."""
    found = list(found)
    lines = []
    for item in found:
        lines.append(f"{item.state:<8} {item.name:<16} {item.found}")
        if item.state != "ok":
            lines.append(f"{'':<25} {item.costs} {item.get}".rstrip())
    missing = sum(item.stops for item in found)
    less = sum(item.state != "ok" for item in found) - missing
    if missing:
        lines.append(f"{missing} essential thing(s) missing: nothing can be relied on until that is mended.")
    elif less:
        lines.append(f"All that is essential is there; {less} thing(s) to know are said above.")
    else:
        lines.append("All is there.")
    return lines


def as_json(found: Iterable[Finding]) -> str:
    """Return `{"essential_missing": count, "items": [...]}`, an object for each thing looked at."""
    items = [asdict(item) for item in found]
    missing = sum(item["state"] == "missing" and item["is_essential"] for item in items)
    return json.dumps({"essential_missing": missing, "items": items}, ensure_ascii=False, indent=1, sort_keys=True)

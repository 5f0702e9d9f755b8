"""Headers of a file ↔ the column map of its layout: which cell is which, what is missing, what is unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipelines.kernel.catalogue import Layout
from pipelines.kernel.problems import Problem

FEW = 3
"""So few missing columns are named one by one."""

_NTH = re.compile(r"^(?P<name>.*) \[(?P<nth>\d+)\]$")


def normal(header: str) -> str:
    """Return a header as it is compared: one kind of apostrophe and of space, no byte-order mark.

    The same producer prints `l’établissement` and `l'établissement`, sometimes in one header line.
    """
    text = header.replace("\ufeff", "").replace("\u00a0", " ").replace("’", "'")
    return " ".join(text.split())


def wanted(layout: Layout) -> dict[str, str]:
    """Return every header the layout reads (columns, measures, row filters) under a name of its own."""
    filters = {f"keep:{header}": header for header in layout.keep}
    return {**layout.columns, **{f"measure:{code}": header for code, header in layout.measures.items()}, **filters}


def places(layout: Layout, headers: Sequence[str]) -> dict[str, int]:
    """Return where each wanted column stands (from 0). Columns that are missing are left out."""
    shown = [normal(header) for header in headers]
    found = {name: place - 1 for name, place in layout.positions.items() if place <= len(shown)}
    for name, header in wanted(layout).items():
        nth = _NTH.match(header)
        text, skip = (nth["name"], int(nth["nth"]) - 1) if nth else (header, 0)
        matches = [place for place, label in enumerate(shown) if label == normal(text)]
        if len(matches) > skip:
            found[name] = matches[skip]
    return found


def header_problems(layout: Layout, headers: Sequence[str], file: str) -> list[Problem]:
    """Say which columns are missing, unknown or ambiguous: one problem each, one in all for a file of another kind."""
    shown = [normal(header) for header in headers]
    found = places(layout, headers)
    asked = dict.fromkeys(wanted(layout).values())
    absent = [header for header in asked if normal(_NTH.sub(r"\g<name>", header)) not in shown]
    if len(absent) > FEW and len(absent) * 2 > len(asked):
        return [
            Problem(
                file,
                f"This is no file of this dataset: {len(absent)} of the {len(asked)} columns it maps are missing",
                f"Check that the file and the dataset go together; one looked for is {absent[0]}.",
                row=1,
                value=", ".join(header or "(no header)" for header in headers[:5]),
            )
        ]
    problems = []
    for name, header in wanted(layout).items():
        if name not in found:
            problems.append(
                Problem(
                    file,
                    "A column that the sidecar maps is missing",
                    "Restore it, or write its new header in the sidecar's column map.",
                    row=1,
                    column=header,
                )
            )
        elif shown.count(normal(header)) > 1:
            problems.append(
                Problem(
                    file,
                    "Two columns bear this header and the sidecar does not say which is meant",
                    f'Write "{header} [1]" or "{header} [2]" in the column map.',
                    row=1,
                    column=header,
                )
            )
    for name, place in layout.positions.items():
        if place > len(shown) or shown[place - 1]:
            problems.append(
                Problem(
                    file,
                    f"Column {place} should stand there without a header, for {name}",
                    "Compare the file with the vintage that the sidecar describes.",
                    row=1,
                    value=shown[place - 1] if place <= len(shown) else None,
                )
            )
    unknown = list(_strangers(layout, shown, set(found.values())))
    missing = [problem for problem in problems if problem.rule.startswith("A column that the sidecar maps")]
    if len(unknown) == len(missing) == 1:
        column = missing[0].column or ""
        problems.remove(missing[0])
        rule = f"A column that the sidecar maps is missing, and one that it does not know stands there: {unknown[0]}"
        mend = "If they are the same, write the new header in the sidecar's column map."
        return [*problems, Problem(file, rule, mend, row=1, column=column)]
    problems += [
        Problem(
            file,
            "A column is unknown to the sidecar",
            "Map it under `columns`, or name it under `ignored`, in this vintage of the sidecar.",
            row=1,
            column=header,
        )
        for header in unknown
    ]
    return problems


def _strangers(layout: Layout, shown: Sequence[str], known: set[int]) -> Iterator[str]:
    """Give the headers that the layout neither reads nor ignores."""
    read = {normal(_NTH.sub(r"\g<name>", item)) for item in wanted(layout).values()}  # one that stands twice is told
    patterns = [re.compile(".*".join(re.escape(part) for part in normal(item).split("*"))) for item in layout.ignored]
    for place, header in enumerate(shown):
        if place in known or header in read or (header and any(pattern.fullmatch(header) for pattern in patterns)):
            continue
        if not header and "" in layout.ignored:
            continue
        yield header or f"(no header, column {place + 1})"

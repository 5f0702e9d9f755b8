"""From the files of `data/reference/` to typed rows. Every fault is one problem: file, row, column, rule, mend."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import ValidationError

from pipelines.kernel.problems import Problem
from pipelines.kernel.project import Project
from pipelines.kernel.reference.mission import YAML_TABLES
from pipelines.kernel.reference.rows import CSV_TABLES, Row
from pipelines.kernel.spoilt import SPOILT
from pipelines.kernel.validation import plain
from pipelines.kernel.yaml_files import LOADER

MAY_BE_EMPTY = frozenset({"ref_explained_difference"})
"""Tables that may hold no row: there may be nothing to explain."""

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Line(Generic[R]):
    """A row and the line of its file it begins on, so that a rule across tables can still name the place."""

    number: int
    row: R


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """One file read: its name as shown to people, its lines in order, the columns that name a row."""

    file: str
    key: tuple[str, ...]
    lines: tuple[Line[R], ...]

    def problem(self, line: Line[Any], column: str, rule: str, mend: str) -> Problem:
        """Return a problem at one place of the file."""
        value = getattr(line.row, column.split(".")[0], None)
        shown = None if value is None else ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        return Problem(self.file, rule, mend, row=line.number, column=column, value=shown)


def read_tables(project: Project) -> tuple[dict[str, Table[Any]], list[Problem]]:
    """Read every reference file; return name → table (those that could be read) and all problems found."""
    tables: dict[str, Table[Any]] = {}
    problems: list[Problem] = []
    for name in (*CSV_TABLES, *YAML_TABLES):
        table = read_table(project, name, problems)
        if table is not None:
            tables[name] = table
    return tables, problems


def read_table(project: Project, name: str, problems: list[Problem]) -> Table[Any] | None:
    """Read one reference file; what is wrong with it joins `problems`. None when it cannot be read at all."""
    is_csv = name in CSV_TABLES
    model, key = CSV_TABLES[name] if is_csv else YAML_TABLES[name]
    path = project.reference / f"{name}.{'csv' if is_csv else 'yml'}"
    shown = project.shown(path)
    text = _text_of(path, shown, problems)
    if text is None:
        return None
    known = len(problems)
    entries = list(_csv_entries(text, shown, model, problems) if is_csv else _yaml_entries(text, shown, problems))
    lines = tuple(line for line in (_typed(entry, shown, model, problems) for entry in entries) if line)
    table = Table(shown, key, lines)
    problems.extend(_double_keys(table))
    if len(problems) == known and not lines and name not in MAY_BE_EMPTY:
        problems.append(Problem(shown, "The table has no row", _restore(shown)))
    return table


def _text_of(path: Path, shown: str, problems: list[Problem]) -> str | None:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.append(Problem(shown, "The reference file is missing", _restore(shown)))
    except UnicodeDecodeError as error:
        row = path.read_bytes()[: error.start].count(b"\n") + 1
        problems.append(Problem(shown, "The file is not in UTF-8", "Save it again as UTF-8.", row=row))
    else:
        if text.strip():
            return text
        problems.append(Problem(shown, "The reference file is empty", _restore(shown)))
    return None


def _csv_entries(
    text: str, shown: str, model: type[Row], problems: list[Problem]
) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    expected = list(model.model_fields)
    faults = list(_header_faults(header, expected, shown))
    problems.extend(faults)
    if faults:
        return
    start = reader.line_num + 1
    try:
        for cells in reader:
            if len(cells) != len(header):
                problems.append(
                    Problem(
                        shown,
                        f"A row has {len(header)} cells",
                        "Check its commas; a text that holds one stands between double quotes.",
                        row=start,
                        value=f"{len(cells)} cells",
                    )
                )
            else:
                problems.extend(_spoilt(shown, start, header, cells))
                yield start, {name: cell or None for name, cell in zip(header, cells, strict=True)}
            start = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(shown, f"The row cannot be read: {error}", "Check its double quotes.", row=start))


def _header_faults(header: list[str], expected: list[str], shown: str) -> Iterator[Problem]:
    if len(header) == 1 and len(expected) > 1:
        yield Problem(shown, "Cells are separated by commas here", "Save it again with commas.", 1, value=header[0])
        return
    strangers = [column for column in dict.fromkeys(header) if column not in expected]
    missing = [column for column in expected if column not in header]
    if len(strangers) == len(missing) == 1:
        rule = f"A column is missing, and one that the table does not have stands there: {strangers[0]}"
        yield Problem(shown, rule, "Give it its name back.", 1, missing[0])
        return
    for column in strangers:
        yield Problem(shown, "The table has no such column", f"Its columns: {', '.join(expected)}.", 1, column)
    for column in dict.fromkeys(header):
        if header.count(column) > 1 and column in expected:
            yield Problem(shown, "A column appears twice", "Keep one of them.", 1, column)
    for column in missing:
        yield Problem(shown, "A column is missing", "Put it back in the header.", 1, column)


def _spoilt(shown: str, row: int, header: list[str], cells: list[str]) -> Iterator[Problem]:
    for column, cell in zip(header, cells, strict=True):
        for pattern, rule, mend in SPOILT:
            if re.search(pattern, cell):
                yield Problem(shown, rule, mend, row=row, column=column, value=repr(cell)[1:-1])


def _yaml_entries(text: str, shown: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, Any]]]:
    mend = "Mend the line; a value that holds a colon needs quotes."
    try:
        node = yaml.compose(text, Loader=LOADER)
        content = yaml.load(text, Loader=LOADER)  # the safe loader, compiled where it can be
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problems.append(Problem(shown, "The file is not valid YAML", mend, row=mark.line + 1 if mark else None))
        return
    if not isinstance(content, list) or not isinstance(node, yaml.SequenceNode):
        problems.append(Problem(shown, "The file is a list of entries, each beginning with a dash", _restore(shown)))
        return
    for child, entry in zip(node.value, content, strict=True):
        line = child.start_mark.line + 1
        if isinstance(entry, dict):
            # YAML keeps the last of two equal keys and says nothing.
            names = [name.value for name, _ in child.value]
            for twice in sorted({name for name in names if names.count(name) > 1}):
                problems.append(Problem(shown, "A key stands twice in an entry", "Keep one.", row=line, column=twice))
            yield line, entry
        else:
            problems.append(Problem(shown, "An entry holds `name: value` lines", mend, row=line, value=str(entry)))


def _typed(
    entry: tuple[int, dict[str, Any]], shown: str, model: type[Row], problems: list[Problem]
) -> Line[Row] | None:
    number, values = entry
    try:
        return Line(number, model.model_validate(values))
    except ValidationError as error:
        for item in error.errors():
            rule, mend = plain(item["type"], item["msg"], item.get("ctx", {}))
            given = item["input"]
            problems.append(
                Problem(
                    shown,
                    rule,
                    mend,
                    row=number,
                    column=".".join(str(part) for part in item["loc"]) or None,
                    value=None if given is None or isinstance(given, dict | list | Row) else str(given),
                )
            )
        return None


def _double_keys(table: Table[Any]) -> Iterator[Problem]:
    first: dict[tuple[Any, ...], int] = {}
    for line in table.lines:
        key = tuple(getattr(line.row, column) for column in table.key)
        if key in first:
            yield Problem(
                table.file,
                f"The key {', '.join(table.key)} already stands on row {first[key]}",
                "Keep one of the two rows.",
                row=line.number,
                column=table.key[0],
                value=", ".join("" if part is None else str(part) for part in key),
            )
        first.setdefault(key, line.number)


def _restore(shown: str) -> str:
    return f"Restore it with `git checkout -- {shown}`."

"""Cells of a register → SQL: the typed value of a cell, and each rule as a condition that holds for a bad row.

Rules speak of a cell by its column and never by its value: in a register whose columns have slipped, any cell may
hold an identifier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.kernel.catalogue import SQL_TYPES, Dtype
from pipelines.kernel.quoting import literal
from pipelines.kernel.register_forms import Cell, Form

if TYPE_CHECKING:
    import duckdb

Lists = Mapping[str, Mapping[str, str]]
"""Name of a reference list → what a file may say (in lower case) → our code."""

_SLIPPED = "Correct the cell, or check that no column has slipped."


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the column it is about, what it says, what to do, and the SQL condition under which a row breaks it.

    The condition speaks of `t_<column>`, the text (null when blank), and `<column>`, the typed value.
    """

    column: str
    rule: str
    mend: str
    broken: str


def typed(column: str, cell: Cell, kind: Dtype, lists: Lists) -> str:
    """Return the SQL expression of a cell's value, made of `t_<column>`; null when the text means nothing."""
    text = f"t_{column}"
    if cell.kind == "code":
        codes = _codes(cell, lists)
        if codes is None:
            if cell.shape:
                return f"case when regexp_matches({text}, {literal(cell.shape[0])}) then {text} end"
            return text
        kind_ = _enum(column) if kind == "str" else SQL_TYPES[kind]
        branches = [f"when {literal(said)} then cast({literal(code)} as {kind_})" for said, code in codes.items()]
        return f"case lower({text}) {' '.join(branches)} end"
    if cell.kind == "date":
        day = f"coalesce(try_strptime({text}, '%d/%m/%Y'), try_strptime({text}, '%Y-%m-%d'))"
        return f"cast({day} as date)"
    number = f"try_cast(replace({text}, ',', '.') as double)"
    if cell.kind == "number":
        return f"case when isfinite({number}) then {number} end"
    # Beyond 2^53 a double no longer tells one whole number from the next.
    return (
        f"case when {number} = round({number}) and abs({number}) < 9007199254740992 "
        f"then cast({number} as {SQL_TYPES[kind]}) end"
    )


def declare(connection: duckdb.DuckDBPyConnection, form: Form, columns: Mapping[str, Dtype], lists: Lists) -> None:
    """Declare the lists of codes as types of a connection: a code then takes a byte or two, and sorts as its text."""
    kinds = {"identities": {"ine", "number", "none"}}
    for column, cell in form.cells.items():
        codes = _codes(cell, lists) if cell.kind == "code" and columns[column] == "str" else None
        if codes is not None:
            kinds[_enum(column)] = {str(code) for code in codes.values()}
    for name, values in kinds.items():
        connection.execute(f"create type {name} as enum ({', '.join(map(literal, sorted(values)))})")


def _enum(column: str) -> str:
    return f"codes_of_{column}"


def rules(form: Form, headers: Mapping[str, str], lists: Lists) -> list[Rule]:
    """Return every rule of a form, in the order in which problems are told; `headers` are the source's own."""
    found: list[Rule] = []
    for column, cell in form.cells.items():
        text = f"t_{column}"
        if cell.required:
            found.append(Rule(column, "A value is required here", "Give the missing value.", f"{text} is null"))
        if cell.bounds:
            low, high = cell.bounds
            if cell.kind == "date":
                said, mend = f"The year of a date lies between {low} and {high}", "Write it with four digits."
            else:
                said, mend = f"The value lies between {low} and {high}", "Check that no column has slipped."
            value = f"year({column})" if cell.kind == "date" else column
            found.append(Rule(column, said, mend, f"{value} not between {low} and {high}"))
        if cell.kind != "code" or cell.shape or _codes(cell, lists) is not None:
            found.append(Rule(column, _expected(cell, lists), _SLIPPED, f"({text} is not null and {column} is null)"))
    for first, second in form.ordered:
        found.append(
            Rule(
                second,
                f"This date is before {headers.get(first, first)}",
                "Correct one of the two.",
                f"{second} < {first}",
            )
        )
    if form.longest:
        start = headers.get("start_date", "start_date")
        rule = f"From {start} to this date there are more than {form.longest} days"
        found.append(Rule("end_date", rule, "Check both years.", f"end_date - start_date > {form.longest}"))
    return found


def _codes(cell: Cell, lists: Lists) -> Mapping[str, object] | None:
    return lists[cell.listed] if cell.listed else cell.codes


def _expected(cell: Cell, lists: Lists) -> str:
    if cell.shape:
        return f"A code of {cell.shape[1]} is expected, as Insee writes it"
    if cell.kind == "code":
        codes = _codes(cell, lists) or {}
        # What the file may say: for yes and no, and for an establishment, that is not our own code.
        is_said = cell.listed == "establishment" or any(isinstance(code, bool) for code in codes.values())
        known = sorted(
            {said.upper() if cell.listed else said for said in codes} if is_said else set(map(str, codes.values()))
        )
        return "The code is not in the list: " + (", ".join(known) if len(known) < 15 else f"ref_{cell.listed}")
    if cell.kind == "date":
        return "A date as 31/01/2024 is expected"
    return "A number is expected" if cell.kind == "number" else "A whole number is expected"


def listed(columns: Sequence[str], prefix: str = "") -> str:
    """Return column names as SQL, each with a prefix."""
    return ", ".join(f"{prefix}{column}" for column in columns)

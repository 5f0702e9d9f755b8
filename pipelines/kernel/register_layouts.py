"""Layouts of registers: the headers an office uses ↔ the columns of the form, and cells as the form expects them.

All of it is told by the vintage of the sidecar; nothing here knows an office. A header is compared without regard to
accents, capitals and spaces. Columns that name a person are left behind here, and a column nobody described is refused:
it may name a person too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

import polars as pl

from pipelines.kernel.catalogue import Vintage
from pipelines.kernel.problems import BadInput, Problem

ROW = "_row"
"""Column of the line number that a spreadsheet shows."""

EXAMPLE = "EXEMPLE"
"""What the example line of a template bears in place of an identifier: such a line describes nobody."""

IDENTIFIERS = ("ine", "student_number")

SEPARATORS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "vertical bar"}

_MONTH = 30.4375
"""Days in a month, on average."""

_LIKE_A_PERSON = re.compile(r"\d{4}|@")
"""A header with a year's worth of digits or an address in it is no header, and is not repeated in a message."""


Names = Mapping[str, Mapping[str, str]]
"""Code list → name, as `plain_name` writes it → code."""


@lru_cache(maxsize=4096)  # every file of a register has the same few headers
def plain(text: str) -> str:
    """Return a text as headers and words are compared: lower case, no accent, one kind of space and apostrophe."""
    text = text.replace("’", "'").replace("\ufeff", "")
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    return " ".join(bare.casefold().split())


def plain_name(text: str) -> str:
    """Return a name as it is compared: as `plain` does, with a space for a hyphen."""
    return plain(text.replace("-", " "))


def is_direct(vintage: Vintage) -> bool:
    """Say whether the cells of a layout are already what the form expects, so that columns need only be picked."""
    return vintage.format == "csv" and not (
        vintage.missing
        or vintage.joined
        or vintage.extract
        or vintage.recode
        or vintage.matches
        or vintage.named
        or vintage.fill
        or vintage.constants
        or ("start_date" in vintage.columns and "contract_months" in vintage.optional)
    )


def known_headers(vintage: Vintage) -> tuple[str, ...]:
    """Return the headers that a layout reads, as the office writes them."""
    return (*vintage.columns.values(), *vintage.joined.values())


def score(headers: Sequence[str], vintage: Vintage) -> int:
    """Return how many of a layout's columns a line of headers bears."""
    present = {plain(header) for header in headers if header}
    return sum(plain(header) in present for header in known_headers(vintage)) if present else 0


def places_of(headers: Sequence[str], vintage: Vintage, name: str, row: int = 1) -> dict[str, int]:
    """Return where each column of the layout stands, from 0: canonical name, or `+name` for what continues it.

    An optional column that is not there is left out. Raises `BadInput`, a problem for each column that is missing,
    doubled or unknown; when the line bears hardly any of the headers, one problem only, and no cell of it is shown.
    """
    shown = [plain(header) for header in headers]
    _check_separator(headers, vintage, name, row)
    borne, known = score(headers, vintage), known_headers(vintage)
    if 3 * borne < len(known):
        raise BadInput(
            Problem(
                name,
                f"The line bears {borne or 'none'} of the register's {len(known)} headers",
                f"Check --source, or write them above the rows: {', '.join(known)}.",
                row=row,
            )
        )
    wanted = {**vintage.columns, **{f"+{column}": header for column, header in vintage.joined.items()}}
    found: dict[str, int] = {}
    problems: list[Problem] = []
    for column, header in wanted.items():
        count = shown.count(plain(header))
        if count == 1:
            found[column] = shown.index(plain(header))
        elif count > 1:
            problems.append(
                Problem(name, "Two columns bear this header", "Keep the one that is meant.", row=row, column=header)
            )
        elif column not in vintage.optional:  # `+ine` is optional where the whole INE may stand in one column
            problems.append(
                Problem(
                    name,
                    "This column is missing",
                    "Restore it, or write its new header in the sidecar.",
                    row=row,
                    column=header,
                )
            )
    strangers = _strangers(headers, vintage, name, row)
    missing = [problem for problem in problems if problem.rule == "This column is missing"]
    if len(strangers) == len(missing) == 1:  # one renamed column is one thing to mend
        problems.remove(missing[0])
        strangers = [
            Problem(
                name,
                f"This column is missing, and one that the sidecar does not know stands there: {strangers[0].column}",
                "If they are the same, write the new header in the sidecar.",
                row=row,
                column=missing[0].column,
            )
        ]
    problems += strangers
    if problems:
        raise BadInput(problems)
    return found


def _check_separator(headers: Sequence[str], vintage: Vintage, name: str, row: int) -> None:
    """Say which separator a header of one cell seems to use, when split there it bears the register's columns."""
    if len(headers) > 1:
        return
    for mark, called in SEPARATORS.items():
        if score(headers[0].split(mark), vintage) > 1:
            raise BadInput(
                Problem(
                    name,
                    f"The cells of this layout are separated by a {SEPARATORS.get(vintage.separator)}, and this header "
                    f"seems to use a {called}",
                    "Export it again with the separator that is meant.",
                    row=row,
                )
            )


def _strangers(headers: Sequence[str], vintage: Vintage, name: str, row: int) -> list[Problem]:
    read = {plain(header) for header in known_headers(vintage)}
    left = [_pattern(item) for item in (*vintage.personal, *vintage.ignored)]
    known = ", ".join((*known_headers(vintage), *vintage.personal, *vintage.ignored))
    problems = []
    for place, header in enumerate(headers):
        text = plain(header)
        if not text or text in read or any(pattern.fullmatch(text) for pattern in left):
            continue
        problems.append(
            Problem(
                name,
                "A column is unknown to the sidecar",
                f"Remove it, or name it there under `personal` or `ignored`. Known ones: {known}.",
                row=row,
                column=f"(column {place + 1})" if _LIKE_A_PERSON.search(header) else " ".join(header.split()),
            )
        )
    return problems


def _pattern(item: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in plain(item).split("*")))


def arranged(
    cells: pl.DataFrame, found: Mapping[str, int], vintage: Vintage, names: Names | None = None
) -> pl.DataFrame:
    """Return the columns of the form as text, blank cells as "", with `_row`.

    `cells` has text columns `c0`, `c1`… and `_row`; `found` is what `places_of` says. Blank lines and the example line
    of a template are left out. A cell goes through `missing`, `joined`, `extract` (no match: the cell stays, and the
    form refuses it), `recode`, `matches`, `named` (with `names`), `fill`, `constants`.
    """
    expressions: dict[str, pl.Expr] = {}
    for column in dict.fromkeys((*vintage.columns, *IDENTIFIERS, *vintage.constants)):
        if column in vintage.constants:
            expressions[column] = pl.lit(vintage.constants[column])
        elif column in found:
            cell = _clean(found[column])
            if f"+{column}" in found:
                cell += _clean(found[f"+{column}"])
            expressions[column] = _told(cell, column, vintage, names or {})
        elif column != "contract_months":  # which follows from the two dates
            expressions[column] = pl.lit("")
    blank = pl.all_horizontal(_clean(place) == "" for place in found.values())
    frame = cells.filter(~blank).select(**expressions, **{ROW: pl.col(ROW)})
    example = pl.any_horizontal(pl.col(name).str.to_uppercase() == EXAMPLE for name in IDENTIFIERS)
    return _with_months(frame.filter(~example))


def _clean(place: int) -> pl.Expr:
    return pl.col(f"c{place}").fill_null("").str.strip_chars()


def _told(cell: pl.Expr, column: str, vintage: Vintage, names: Names) -> pl.Expr:
    """Return a cell in our words: blank where the office has none, our code where the layout translates."""
    if vintage.missing:
        cell = pl.when(cell.is_in(list(vintage.missing))).then(pl.lit("")).otherwise(cell)
    if column in vintage.extract:
        cell = cell.str.extract(vintage.extract[column], 1).fill_null(cell)
    if column in vintage.recode:
        codes = {plain(code): ours for code, ours in vintage.recode[column].items()}
        cell = _bare(cell).replace_strict(codes, default=cell, return_dtype=pl.String)
    if column in vintage.matches:
        bare, ours = _bare(cell), cell
        for pattern, code in reversed(vintage.matches[column].items()):
            ours = pl.when(bare.str.contains(pattern)).then(pl.lit(code)).otherwise(ours)
        cell = ours
    if column in vintage.named:
        bare = _bare(cell.str.replace_all("-", " ", literal=True))
        cell = bare.replace_strict(dict(names[vintage.named[column]]), default=cell, return_dtype=pl.String)
    if column in vintage.fill:
        cell = pl.when(cell == "").then(pl.lit(vintage.fill[column])).otherwise(cell)
    return cell


def _bare(cell: pl.Expr) -> pl.Expr:
    """Return `plain` of a cell, without leaving polars."""
    bare = cell.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return bare.str.replace_all("’", "'", literal=True).str.replace_all(r"\s+", " ").str.strip_chars()


def _with_months(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a contract its length in months, from its two dates, where the export has no column for it.

    Dates that cannot be read give 0: they are named as such, and need not be named twice.
    """
    if "contract_months" in frame.columns or not {"start_date", "end_date"} <= set(frame.columns):
        return frame
    start, end = (
        pl.coalesce(pl.col(name).str.to_date(form, strict=False) for form in ("%d/%m/%Y", "%Y-%m-%d"))
        for name in ("start_date", "end_date")
    )
    months = ((end - start).dt.total_days() + 1) / _MONTH
    return frame.with_columns(contract_months=months.round().fill_null(0).clip(0, 60).cast(pl.Int64).cast(pl.String))

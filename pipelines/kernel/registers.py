"""Registers: read, checked, tokenised, in one go, so that an identifier never outlives the reading of its file.

What is wrong is said by file, row and column, and never by value: in a register whose columns have slipped, any cell
may hold an identifier.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from pipelines.kernel.catalogue import Source, Table, Vintage
from pipelines.kernel.files import write_parquet
from pipelines.kernel.identity import Tokeniser, is_ine, normalise, tokeniser_of
from pipelines.kernel.problems import BadInput, Problem, shown
from pipelines.kernel.project import Project
from pipelines.kernel.register_cells import Lists, typed_cells
from pipelines.kernel.register_files import layout_of, read_cells
from pipelines.kernel.register_forms import FORMS, Form
from pipelines.kernel.register_layouts import ROW, Names, arranged, places_of, plain_name

MOST = 5
"""Problems shown of one column and rule; the sentence says how many there are."""


def read_register(
    project: Project, source: Source, vintage: Vintage, files: Iterable[Path], tokeniser: Tokeniser
) -> pl.DataFrame:
    """Return the rows of a register's files: tokens for identifiers, typed columns, one row a grain.

    Identical rows are brought together and counted in `rows_count`. `identity_code` says what the token stands for:
    `ine`; `number`, the establishment's student number where the INE is missing or malformed; `none`, nothing
    usable, so that the row can only be counted. Raises `BadInput` with every problem found.
    """
    return _read_all(project, source, [(path, vintage) for path in sorted(files)], tokeniser)


def _read_all(
    project: Project, source: Source, files: Sequence[tuple[Path, Vintage]], tokeniser: Tokeniser
) -> pl.DataFrame:
    """Read files that may each have a layout of its own, as those of several offices do."""
    form, table, lists = FORMS[source.id], source.tables[0], reference_lists(project)
    names = reference_names(project) if any(vintage.named for _, vintage in files) else {}
    frames: list[pl.DataFrame] = []
    problems: list[Problem] = []
    for path, vintage in files:
        try:
            frames.append(_read_file(path, project.shown(path), form, table, vintage, lists, tokeniser, names))
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    if not frames:
        raise BadInput(
            Problem(f"data/sources/{source.id}.yml", "The vintage holds no file", "Add one with `observatoire add`.")
        )
    return _one_row_a_grain(pl.concat(frames), table, source.id)


def reference_lists(project: Project) -> Lists:
    """Return the code lists that registers are checked against. Raises `BadInput` when one is missing."""
    return {
        "site": _list(project, "ref_site", "site_code", "site_code"),
        "speciality": _list(project, "ref_speciality", "speciality_code", "speciality_code"),
        "establishment": _list(project, "ref_identity", "identifier", "establishment_code", ("scheme", "uai")),
        "country": _list(project, "ref_country", "country_code", "country_code"),
    }


def reference_names(project: Project) -> Names:
    """Return the names that a layout may allow in place of codes: list → name, written `plain` → code."""
    return {
        "country": {
            plain_name(name): code
            for key in ("other_names", "country_label_en", "country_label_fr")
            for names, code in _list(project, "ref_country", key, "country_code").items()
            for name in filter(None, names.split("|"))
        }
    }


def _list(project: Project, name: str, key: str, code: str, only: tuple[str, str] | None = None) -> dict[str, str]:
    path = project.reference / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except FileNotFoundError as error:
        raise BadInput(
            Problem(
                project.shown(path), "The code list is missing", "Restore it with `git checkout -- data/reference`."
            )
        ) from error
    return {row[key].lower(): row[code] for row in rows if only is None or row[only[0]] == only[1]}


def _read_file(
    path: Path, name: str, form: Form, table: Table, vintage: Vintage, lists: Lists, tokeniser: Tokeniser, names: Names
) -> pl.DataFrame:
    text = _text_cells(path, name, vintage, names)
    numbers = text[ROW].to_list()
    cells = {column: text[column].to_list() for column in text.columns if column != ROW}
    del text
    if not any(any(cells[column]) for column in form.identifiers):
        raise BadInput(
            Problem(
                name,
                "No row of the file has an identifier: by name only it cannot be linked, and names are not read",
                f"Ask the office to export {' or '.join(_header(vintage, column) for column in form.identifiers)}.",
            )
        )
    columns: list[pl.Series] = [pl.Series(ROW, numbers, dtype=pl.Int64)]
    problems: list[Problem] = []
    for column, cell in form.cells.items():
        typed, faults = typed_cells(column, cells[column], cell, table.columns[column], lists)
        columns.append(typed)
        for rule, mend, bad in faults:
            problems += _named(name, _header(vintage, column), rule, mend, bad, numbers)
    frame = pl.DataFrame(columns)
    for first, second in form.ordered:
        bad = (frame[second] < frame[first]).fill_null(value=False)
        problems += _named(
            name,
            _header(vintage, second),
            f"This date is before {_header(vintage, first)}",
            "Correct one of the two.",
            bad,
            numbers,
        )
        if form.longest and second == "end_date":
            long = ((frame[second] - frame[first]).dt.total_days() > form.longest).fill_null(value=False)
            rule = f"From {_header(vintage, first)} to this date there are more than {form.longest} days"
            problems += _named(name, _header(vintage, second), rule, "Check both years.", long, numbers)
    if problems:
        raise BadInput(problems)
    tokens, kinds = _identify(cells, form, frame, tokeniser)
    return frame.with_columns(
        pl.Series("student_token", tokens, dtype=pl.String), pl.Series("identity_code", kinds, dtype=pl.String)
    ).with_columns(pl.lit(name).alias("_file"))


def _identify(
    cells: Mapping[str, Sequence[str]], form: Form, frame: pl.DataFrame, tokeniser: Tokeniser
) -> tuple[list[str], list[str]]:
    """Return token and kind of each row: INE if it has the shape of one, else student number, else the row itself."""
    size = frame.height
    numbers = cells.get("student_number", [""] * size)
    establishments = frame["establishment_code"].to_list() if "student_number" in form.identifiers else [""] * size
    texts: list[str] = []
    kinds: list[str] = []
    for place, raw in enumerate(cells["ine"]):
        ine = normalise(raw)
        if is_ine(ine):
            texts.append(ine)
            kinds.append("ine")
        elif numbers[place]:
            texts.append(f"{establishments[place]}/{normalise(numbers[place])}")
            kinds.append("number")
        else:
            # Only the whole row tells this person from another; the same row in any order gives the same token.
            texts.append("|".join((ine, *(cells[column][place] for column in form.cells))))
            kinds.append("none")
    known = tokeniser.tokens(texts)
    return [known[text] for text in texts], kinds


def _cells(path: Path, name: str, separator: str) -> tuple[list[str], list[list[str]], list[int]]:
    """Return header, rows and line numbers of a CSV file in UTF-8 or Latin-1 (no byte of which is refused)."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadInput(Problem(name, "The file is missing", "Put it back, or take the vintage in again.")) from None
    if not content.strip():
        raise BadInput(Problem(name, "The file is empty", "Ask the office for its extract again."))
    if b"\0" in content:
        raise BadInput(
            Problem(name, "The file is no CSV text: it holds NUL bytes", "Export it as CSV in UTF-8 or Latin-1.")
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    problems: list[Problem] = []
    try:
        for row in reader:
            if not row:
                continue
            if not header:
                header = [cell.strip() for cell in row]
            elif len(row) != len(header):
                problems.append(
                    Problem(
                        name,
                        f"The row has {len(row)} cells, the header {len(header)}",
                        "The file is cut short, or a separator stands inside a cell: export it again.",
                        row=reader.line_num,
                    )
                )
            else:
                rows.append(row)
                numbers.append(reader.line_num)
    except csv.Error:
        line = reader.line_num
        raise BadInput(
            Problem(name, "A quote is opened and not closed, or stands inside a cell", "Export it again.", row=line)
        ) from None
    if problems:
        raise BadInput(problems[:MOST])
    if not rows:
        raise BadInput(Problem(name, "The file has a header and no row", "Ask the office for its extract again."))
    return header, rows, numbers


def _text_cells(path: Path, name: str, vintage: Vintage, names: Names) -> pl.DataFrame:
    """Return the columns of the form as text, whatever the office's format. Names and strangers stay outside."""
    if vintage.format == "xlsx":
        return read_cells(path, name, vintage, names)
    header, rows, numbers = _cells(path, name, vintage.separator)
    found = places_of(header, vintage, name)
    cells = {f"c{place}": [row[place] for row in rows] for place in set(found.values())}
    frame = arranged(pl.DataFrame({**cells, ROW: numbers}, schema_overrides={ROW: pl.Int64}), found, vintage, names)
    if frame.is_empty():
        raise BadInput(Problem(name, "The file has a header and no row", "Ask the office for its extract again."))
    return frame


def _header(vintage: Vintage, column: str) -> str:
    return vintage.columns.get(column, column)


def _named(name: str, header: str, rule: str, mend: str, bad: pl.Series, numbers: Sequence[int]) -> list[Problem]:
    places = bad.arg_true().to_list()
    more = f" {len(places)} rows in all break this rule." if len(places) > MOST else ""
    return [Problem(name, rule, mend + more, row=numbers[place], column=header) for place in places[:MOST]]


def _one_row_a_grain(frame: pl.DataFrame, table: Table, source: str) -> pl.DataFrame:
    """Bring identical rows together; refuse rows of one grain that say different things."""
    columns = [column for column in table.columns if column != "rows_count"]
    grouped = frame.group_by(columns).agg(
        pl.len().cast(pl.Int64).alias("rows_count"), pl.col(ROW).min(), pl.col("_file").min()
    )
    torn = grouped.filter(grouped.select(table.grain).is_duplicated()).sort("_file", ROW)
    if torn.height:
        more = f" {torn.height} rows in all break this rule." if torn.height > MOST else ""
        raise BadInput(
            Problem(
                file,
                f"Two rows agree on {', '.join(table.grain[2:]) or 'the year'} for one student and differ elsewhere",
                f"Keep the right one.{more}",
                row=row,
            )
            for file, row in torn.select("_file", ROW).head(MOST).iter_rows()
        )
    del source
    return grouped.select(list(table.columns)).sort(list(table.grain))


def tokenise_register(project: Project, source: Source, files: Iterable[Path], into: Path) -> tuple[Path, list[str]]:
    """Read a real register and write it as tokens: `into/<source>.parquet`, the only form in which it is kept.

    For acquire: the files themselves are never copied. Returns the file written, and the layout each file was found
    to have. Raises `BadInput` when there is no key (see `pipelines.kernel.identity`), when a file breaks its form, or
    when it is one of the generator's.
    """
    tokeniser = tokeniser_of(project)
    laid_out = [(path, layout_of(source, path, shown(path, project.root))) for path in sorted(files)]
    for path, vintage in laid_out:
        if vintage.format == "csv":
            _refuse_simulated(path, shown(path, project.root), vintage)
    frame = _read_all(project, source, laid_out, tokeniser)
    target = into / f"{source.id}.parquet"
    write_parquet(target, frame, source.tables[0].grain)
    return target, [vintage.id for _, vintage in laid_out]


def _refuse_simulated(path: Path, name: str, vintage: Vintage) -> None:
    header, rows, _ = _cells(path, name, vintage.separator)
    if "ORIGINE" in header and any(row[header.index("ORIGINE")] == "simulée" for row in rows):
        raise BadInput(
            Problem(
                name,
                "This file comes from the generator: its rows say they are simulated",
                "Simulated registers are made by `observatoire simulate`; add the office's own extract.",
                column="ORIGINE",
            )
        )

"""A new source: its sidecar, the words for its columns, the suite of its table, a mart that hands it on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from string import Template

import yaml

from pipelines.check.suites import read_suites
from pipelines.kernel.catalogue import Dtype, Source, read_catalogue
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import DUMPER, FILL_IN
from pipelines.scaffold import Draft
from pipelines.scaffold.looking import Look, Seen, look_at
from pipelines.scaffold.texts import template

NAME = re.compile(r"[a-z][a-z0-9_]*")
DOMAINS: tuple[str, ...] = Source.model_fields["domain"].annotation.__args__  # type: ignore[union-attr]
IDS = {
    "enrolment": "ENR",
    "scholarship": "SCH",
    "apprenticeship": "APP",
    "mobility": "MOB",
    "employment": "EMP",
    "reference": "REF",
}
"""Domain → how the ids of its checks begin."""

NOT_LOOKED_AT = (
    Seen("Année", "year", "int"),
    Seen("Code", "site_code", "str"),
    Seen("Effectif", "students_count", "int"),
)
"""The columns of a file that nobody has given yet: an example to write over."""


def source(
    project: Project, name: str, domain: str, file: Path | None, names: Mapping[str, str], day: date
) -> list[Draft]:
    """Return the drafts of a source; with `file`, described as that file looks, its columns called as `names` says
    (header → name). `day` dates its suites.

    Raises `BadInput` when the name is not one, is taken, or the file cannot be read.
    """
    if not NAME.fullmatch(name):
        mend = "Use lower case letters, digits and _, such as logement."
        raise BadInput(Problem("data/sources", "This is no name for a source", mend, value=name))
    if name in read_catalogue(project).sources:
        mend = f"Edit data/sources/{name}.yml, or choose another name."
        raise BadInput(Problem("data/sources", "A source has this name already", mend, value=name))
    look = look_at(file, names) if file else None
    columns = look.columns if look else NOT_LOOKED_AT
    grain = look.grain if look else ("year", "site_code")
    staging, mart = f"stg_{name}__figures", f"mart_{domain}__{name}"
    numbers = _Numbers(project, IDS[domain])
    carried = [column for column in columns if column.name in grain or column.dtype != "str"]
    floor = look.rows_count if look else 1
    drafts = [
        Draft(project.sources / f"{name}.yml", _sidecar(name, domain, columns, grain, look)),
        Draft(project.expectations / "staging" / f"{staging}.yml",
              _suite(staging, "staging", grain, [seen.name for seen in columns], floor, f"data/sources/{name}.yml",
                     numbers, day)),
        Draft(project.sql / "marts" / f"{mart}.sql", Template(template("mart.sql")).substitute(
            fill=FILL_IN, grain=", ".join(grain), table=staging,
            columns="\n".join(f"        {column.name}," for column in carried).rstrip(","))),
        Draft(project.expectations / "marts" / f"{mart}.yml",
              _suite(mart, "marts", grain, [seen.name for seen in carried], floor, f"sql/marts/{mart}.sql",
                     numbers, day, needs=staging)),
    ]  # fmt: skip
    known = read_dictionary(project)
    unknown = [column for column in columns if column.name not in known]
    if unknown:
        drafts.append(Draft(project.reference / "dictionary" / f"{name}.yml", _words(name, unknown)))
    other = [column.name for column in columns if column.name in known and known[column.name].type != column.dtype]
    if other:
        mend = f"Rename the header {', '.join(other)} in a copy of the file, or describe the source without --file."
        raise BadInput(Problem("data/reference/dictionary", "A column of this name has another type", mend,
                               column=other[0], value=known[other[0]].type))  # fmt: skip
    return drafts


def next_steps(name: str, file: Path | None) -> list[str]:
    """Return what comes after the files are filled in."""
    given = file.name if file else "FILE"
    return [
        f"observatoire add {given} --source {name} --dry-run   reads the file as described, and takes nothing in.",
        f"observatoire add {given} --source {name}             takes it in.",
        "observatoire new indicator CODE --mart MART          begins a figure that is drawn from it.",
    ]


def _sidecar(name: str, domain: str, columns: Sequence[Seen], grain: Sequence[str], look: Look | None) -> str:
    reading: list[str] = []
    if look is not None:
        if look.file_format == "csv":
            reading += [f"separator: {quoted(look.layout.separator)}", f"encoding: {look.layout.encoding}"]
        if look.has_comma:
            reading.append('decimal_mark: ","')
        if look.missing:
            reading.append(f"missing: [{', '.join(quoted(code) for code in look.missing)}]")
        if any(column.is_school_year for column in columns):
            reading.append("extract: {year: '^(\\d{4})'}")
    return Template(template("source.yml")).substitute(
        fill=FILL_IN,
        id=name,
        domain=domain,
        object="figures",
        grain=", ".join(grain),
        columns="\n".join(f"      {column.name}: {column.dtype}" for column in columns),
        vintage="2000" if look is None or look.first_year is None else str(look.first_year),
        format=look.file_format if look else "csv",
        file=look.layout.files[0] if look else f"{FILL_IN}: name of the file, or a pattern with *",
        reading="".join(f"    {line}\n" for line in reading),
        headers="\n".join(f"      {column.name}: {quoted(column.header)}" for column in columns),
    )


def quoted(text: str) -> str:
    """Return a text as YAML writes it between double quotes."""
    return str(yaml.dump(text, Dumper=DUMPER, default_style='"', allow_unicode=True, width=10_000)).strip()


class _Numbers:
    """The ids of checks that are free: `ENR-501`, and so on, in one row."""

    def __init__(self, project: Project, prefix: str) -> None:
        suites = [*read_suites(project, "staging").values(), *read_suites(project, "marts").values()]
        ids = [item.id for suite in suites for item in suite.expectations if item.id.startswith(prefix)]
        self._prefix, self._last = prefix, max((int(one[-3:]) for one in ids), default=100)

    def next(self) -> str:
        self._last += 1
        if self._last > 999:
            mend = "Choose another --domain, or take a new prefix in pipelines/scaffold/sources.py."
            raise BadInput(
                Problem("expectations", "No number is left for checks of this domain", mend, value=self._prefix)
            )
        return f"{self._prefix}-{self._last:03}"


def _suite(
    table: str,
    layer: str,
    grain: Sequence[str],
    columns: Sequence[str],
    floor: int,
    where: str,
    numbers: _Numbers,
    day: date,
    needs: str = "",
) -> str:
    """Return a suite that opens as every suite must: columns, row floor, filled grain, unique grain."""
    checks: list[tuple[str, str, str, str]] = [
        ("expect_table_columns_to_match_set", f"{{column_set: [{', '.join([*columns, 'origin'])}]}}",
         "Une colonne manquante ou en trop signale un en-tête renommé ou une carte des colonnes incomplète.",
         "A missing or extra column is the sign of a renamed header or an incomplete column map."),
        ("expect_table_row_count_to_be_between", "{min_value: {from: min_rows}}",
         "Moins de lignes que dans le premier fichier reçu, celui-ci est tronqué ou mal lu.",
         "Fewer rows than in the first file received, so this one is cut short or misread."),
        *(("expect_column_values_to_not_be_null", f"{{column: {name}}}",
           f"{name} fait partie du grain, sans lui la ligne ne désigne rien.",
           f"{name} is part of the grain, without it the row names nothing.") for name in grain),
        ("expect_column_values_to_be_unique" if len(grain) == 1 else "expect_compound_columns_to_be_unique",
         f"{{column: {grain[0]}}}" if len(grain) == 1 else f"{{column_list: [{', '.join(grain)}]}}",
         "Deux lignes de même clé seraient comptées deux fois.",
         "Two rows with the same key would be counted twice."),
    ]  # fmt: skip
    lines = [
        f"# {FILL_IN}: what the table holds.",
        f"table: {table}",
        f"layer: {layer}",
        f"grain: [{', '.join(grain)}]",
        f"min_rows: {floor}",
        *([f"needs: [{needs}]"] if needs else []),
        f'owner: "{FILL_IN}: who mends it"',
        f"since: {day.isoformat()}",
        "mend:",
        f"  fr: Relire {where} et le fichier reçu ; corriger celui des deux qui se trompe.",
        f"  en: Read {where} and the file received again; mend the one that is wrong.",
        "expectations:",
    ]
    for kind, kwargs, fr, en in checks:
        lines += [f"  - id: {numbers.next()}", f"    type: {kind}", f"    kwargs: {kwargs}", "    severity: critical",
                  "    why:", f"      fr: {quoted(fr)}", f"      en: {quoted(en)}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _words(name: str, columns: Sequence[Seen]) -> str:
    lines = [f"# Columns of the source {name}. One name, one meaning; sorted by name."]
    for column in sorted(columns, key=lambda one: one.name):
        lines += [
            f"{column.name}:",
            f"  type: {column.dtype}",
            f'  label: {{fr: "{FILL_IN}", en: "{FILL_IN}"}}',
            "  meaning:",
            f'    fr: "{FILL_IN}"',
            f'    en: "{FILL_IN}"',
            *_unit(column.name, column.dtype),
        ]
    return "\n".join(lines) + "\n"


def _unit(name: str, dtype: Dtype) -> list[str]:
    return ["  unit: persons"] if dtype == "int" and name.endswith("_count") else []

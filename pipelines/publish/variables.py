"""Every number a sentence may quote, and the sentences whose truth depends on data: `reports/<lang>/_variables.yml`.

A key is `<indicator, dots for dashes>.<scope>.<year | first | last | last-year | first-year>`; `phrase.<indicator>.<scope>` is a
full sentence, `compare.…`, `course.…`, `part.…`, `move.…`, `path.…` compare; `target.…`, `seed.…`, `count.…`, `site.…`,
`actions.…`, `cite.…`, `report.…` hold the rest. A page that names a key of a known
indicator which this run cannot fill gets the word for it; a key that nothing defines stops the run.
"""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import DUMPER, FILL_IN, fill_in_problem
from pipelines.publish.comparison_words import PREFIXES, citing_words, comparison_words, nothing_to_compare
from pipelines.publish.figures import enrolment
from pipelines.publish.figures.common import two
from pipelines.publish.numbers import CONFIDENTIAL, UNAVAILABLE, marked, measure, number
from pipelines.publish.phrases import evolution
from pipelines.publish.picture import Picture
from pipelines.publish.revised import revision_words
from pipelines.publish.shelf import REGION, Shelf
from pipelines.publish.tables import checks, overview
from pipelines.publish.tables.overview import seed_value
from pipelines.publish.tables.quality import suppressed_cells
from pipelines.publish.target_words import target_words

KEY = re.compile(r"\{\{<\s*var\s+([^\s>]+)\s*>\}\}")

Flat = dict[str, str]


def variables(shelf: Shelf) -> Flat:
    """Return every key this run can fill, in order, as dotted keys."""
    flat: Flat = {}
    flat |= report(shelf)
    flat |= counts(shelf)
    flat["quality.trend"] = checks.trend_said(shelf)
    flat |= {f"site.{code}.label": site["site_label"] for code, site in shelf.sites.items()}
    flat |= {f"seed.{entry['code'].lower()}": seed_value(shelf, entry) for entry in shelf.declared("seed_figures")}
    flat |= target_words(shelf)
    flat |= comparison_words(shelf, dotted)
    flat |= revision_words(shelf)
    drawn = enrolment.dut_but(shelf)
    flat |= citing_words(shelf, drawn if isinstance(drawn, Picture) else None, overview.sites(shelf).caption)
    for code in shelf.indicators:
        for scope in shelf.scopes(code):
            flat |= values(shelf, code, scope)
        flat |= sentences(shelf, code)
    return flat


def dotted(code: str) -> str:
    """Return an indicator's code as keys write it: `MOB-OUT-RATE` is `mob.out.rate`, `EMP-LP-30` is `emp.lp._30`.

    Quarto reads a part of a key that is a number as a position in a list: numbers and years follow an underscore.
    """
    return ".".join(f"_{part}" if part.isdecimal() else part for part in code.lower().split("-"))


def values(shelf: Shelf, code: str, scope: str) -> Flat:
    """Return the values of one series by year, with its first and last and their years."""
    indicator = shelf.indicators[code]
    stem = f"{dotted(code)}.{scope}"
    flat: Flat = {}
    shown: list[tuple[int, str]] = []
    for row in shelf.series(code, scope):
        year = int(row["year"])
        if row["value"] is None:
            flat[f"{stem}._{year}"] = CONFIDENTIAL[shelf.lang] if row["flag"] == "c" else UNAVAILABLE[shelf.lang]
            continue
        text = measure(row["value"], indicator.unit, shelf.lang, indicator.decimals)
        flat[f"{stem}._{year}"] = marked(text, str(row["origin"]), shelf.lang)
        shown.append((year, flat[f"{stem}._{year}"]))
    if shown:
        for name, (year, text) in (("first", shown[0]), ("last", shown[-1])):
            flat[f"{stem}.{name}"] = text
            flat[f"{stem}.{name}-year"] = str(year)
    return flat


def sentences(shelf: Shelf, code: str) -> Flat:
    """Return the sentence on each series of an indicator, and for the region one even when nothing is measured."""
    indicator = shelf.indicators[code]
    flat: Flat = {}
    for scope in shelf.scopes(code):
        label = f"{indicator.label}, {shelf.place(scope)}"
        flat[f"phrase.{dotted(code)}.{scope}"] = evolution(
            label, shelf.points(code, scope), indicator.unit, shelf.lang, indicator.decimals
        )
    flat.setdefault(f"phrase.{dotted(code)}.{REGION}", unmeasured(shelf, code))
    return flat


def unmeasured(shelf: Shelf, code: str) -> str:
    """Return the sentence that stands for an indicator without a value."""
    label = shelf.indicators[code].label
    reason = shelf.reason(code).rstrip(".")
    return two(
        shelf,
        f"{label}\u00a0: non mesuré. {reason[:1].upper()}{reason[1:]}.",
        f"{label}: not measured. {reason[:1].upper()}{reason[1:]}.",
    )


def counts(shelf: Shelf) -> Flat:
    """Return the numbers that speak of the observatory itself: sources, checks, targets, actions, withheld values."""
    sources = list(shelf.catalogue.sources.values())
    passed, failed, waived, unanswered, left = checks.counts(
        checks.rows_of(shelf, "checks"), checks.rows_of(shelf, "not_checked")
    )
    late = [source for source, (last, due) in checks.lateness(shelf).items() if checks.is_late(last, due)]
    hidden = [suppressed_cells(shelf, table) for table in shelf.table_names if table != "pub_departement_contours"]
    states = [row for row in shelf.rows("pub_states") if row["scope_level"] in ("region", "country")]
    measured = [
        code
        for code in shelf.indicators
        if any(point.value is not None for scope in shelf.scopes(code) for point in shelf.points(code, scope))
    ]
    simulated = [
        code
        for code in measured
        if any(point.origin == "simulated" for scope in shelf.scopes(code) for point in shelf.points(code, scope))
    ]
    numbers = {
        "count.sources": len(sources),
        "count.sources-observed": sum(source.origin == "observed" for source in sources),
        "count.sources-simulated": sum(source.origin == "simulated" for source in sources),
        "count.checks": passed + failed + unanswered,
        "count.checks-passed": passed,
        "count.checks-failed": failed,
        "count.checks-waived": waived,
        "count.checks-error": unanswered,
        "count.checks-left": left,
        "count.sources-annual": sum(source.frequency == "annual" for source in sources),
        "count.sources-late": len(late),
        "count.withheld": sum(found for found, _ in hidden),
        "count.values": sum(total for _, total in hidden),
        "count.targets": len(states),
        "count.targets-measured": sum(row["last_value"] is not None for row in states),
        "count.targets-unmeasured": sum(row["last_value"] is None for row in states),
        "count.actions": len(shelf.declared("actions")),
        "count.actions-reported": sum(
            str(entry.get("state") or "not_reported") != "not_reported" for entry in shelf.declared("actions")
        ),
        "count.sites": len(shelf.sites),
        "count.indicators": len(shelf.indicators),
        "count.indicators-measured": len(measured),
        "count.indicators-simulated": len(simulated),
        "count.indicators-observed": len(measured) - len(simulated),
        "count.threshold": threshold(shelf),
    }
    return {key: number(value, shelf.lang) for key, value in numbers.items()}


def threshold(shelf: Shelf) -> int:
    """Return the least number of persons a published cell may hold, as the disclosure policy declares it."""
    policy = shelf.declared("disclosure")
    if not isinstance(policy, dict):
        return 5
    found = policy.get("threshold", (policy.get("default") or {}).get("threshold", 5))
    return int(found)


def report(shelf: Shelf) -> Flat:
    """Return what the frame of every page shows: edition, banner on simulated data, how to cite, licence."""
    simulated = [
        code
        for code in shelf.indicators
        if any(
            point.origin == "simulated" and point.value is not None
            for scope in shelf.scopes(code)
            for point in shelf.points(code, scope)
        )
    ]
    banner = two(
        shelf,
        "Les chiffres tirés des registres (scolarité, bourses, apprentissage, séjours, enquête) sont simulés ; chacun porte la mention.",
        "Figures drawn from registers (enrolment, scholarships, apprenticeship, stays, survey) are simulated; each bears the mention.",
    )
    edition = shelf.edition
    return {
        "report.edition": edition,
        "report.simulated": banner if simulated else "",
        "report.cite": two(
            shelf,
            f"Observatoire SRESR des IUT de Midi-Pyrénées, rapport annuel, édition {edition}.",
            f"SRESR Observatory of the IUTs of Midi-Pyrénées, annual report, {edition} edition.",
        ),
        "report.licence": two(
            shelf,
            "Données et rapport : Licence Ouverte 2.0 ; code : MIT.",
            "Data and report: Licence Ouverte 2.0; code: MIT.",
        ),
    }


def refuse_unfinished(project: Project, pages: Iterable[Path]) -> None:
    """Raise `BadInput`, one problem per place, when a page still says what is to be filled in."""
    problems = [
        fill_in_problem(project.shown(page), row)
        for page in sorted(pages)
        for row, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
        if FILL_IN in line
    ]
    if problems:
        raise BadInput(problems)


Where = tuple[Path, int]
"""A page and a line of it (from 1)."""


def asked(pages: Iterable[Path]) -> dict[str, Where]:
    """Return every key that the pages name, with the first page and line that does."""
    keys: dict[str, Where] = {}
    for page in sorted(pages):
        for row, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
            for key in KEY.findall(line):
                keys.setdefault(key, (page, row))
    return keys


def completed(flat: Flat, shelf: Shelf, keys: dict[str, Where]) -> Flat:
    """Add the word for what this run cannot fill to the keys that pages name.

    Raises `BadInput`, naming the page and line, for a key that neither an indicator and a scope nor a target defines.
    """
    stems = sorted((dotted(code) for code in shelf.indicators), key=len, reverse=True)
    scopes = {REGION, "FR", "sites", *shelf.sites, *shelf.establishments, *shelf.territories}
    full, problems = dict(flat), []
    for key, (page, row) in sorted(keys.items()):
        if key in full or "$" in key:
            continue
        prefix = next((prefix for prefix in ("phrase.", *PREFIXES) if key.startswith(prefix)), "")
        bare = key.removeprefix(prefix)
        stem = next(
            (stem for stem in stems if bare.startswith(f"{stem}.") and bare[len(stem) + 1 :].split(".")[0] in scopes),
            None,
        )
        if stem is not None:
            code = next(code for code in shelf.indicators if dotted(code) == stem)
            full[key] = (
                unmeasured(shelf, code)
                if prefix == "phrase."
                else UNAVAILABLE[shelf.lang]
                if prefix in ("", "part.", "move.")
                else nothing_to_compare(shelf, code)
            )
        elif key.startswith(("target.", "path.")):
            full[key] = UNAVAILABLE[shelf.lang]
        else:
            problems.append(
                Problem(
                    shelf.project.shown(page),
                    "The page names a variable that nothing defines",
                    "Use a key of _variables.yml: an indicator of data/reference/indicators.yml in lower case, a scope, _ and a year.",
                    row=row,
                    value=key,
                )
            )
    if problems:
        raise BadInput(problems)
    return full


def nested(flat: Flat) -> dict[str, Any]:
    """Turn dotted keys into nested ones. A key that is also the stem of others raises `ValueError`."""
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        *stems, leaf = key.split(".")
        branch = tree
        for stem in stems:
            branch = branch.setdefault(stem, {})
            if not isinstance(branch, dict):
                raise ValueError(f"{key}: {stem} is already a value")  # noqa: TRY004  the tree is at fault, not a type
        if leaf in branch:
            raise ValueError(f"{key} is defined twice")
        branch[leaf] = value
    return tree


def as_yaml(flat: Flat) -> str:
    """Return the variables as YAML, every value a text."""
    return yaml.dump(
        nested(flat), Dumper=DUMPER, allow_unicode=True, sort_keys=True, default_flow_style=False, width=10_000
    )

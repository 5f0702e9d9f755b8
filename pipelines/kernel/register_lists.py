"""The code lists of data/reference that registers are checked against, and the names some layouts allow instead."""

from __future__ import annotations

import csv

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.register_cells import Lists
from pipelines.kernel.register_layouts import Names, plain_name


def reference_lists(project: Project) -> Lists:
    """Return the code lists that registers are checked against. Raises `BadInput` when one is missing."""
    return {
        "site": _list(project, "ref_site", "site_code", "site_code"),
        "speciality": _list(project, "ref_speciality", "speciality_code", "speciality_code"),
        "establishment": _list(project, "ref_identity", "identifier", "establishment_code", ("scheme", "uai")),
        "country": _list(project, "ref_country", "country_code", "country_code"),
    }


def reference_names(project: Project) -> Names:
    """Return the names that a layout may allow in place of codes: list → name, written `plain_name` → code."""
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

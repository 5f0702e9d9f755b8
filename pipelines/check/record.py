"""What people read of the checks, written once both layers are known or staging has stopped the run.

History, steward's list (`steward.json`, `liste.xlsx`), the checks' own site (`build/quality`). A run that stops writes
them too: that is when a steward needs them. All are made from the layers' results and from the day of the run.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from pipelines.check import agenda, pages, steward
from pipelines.check.history import continued, read_history, write_history
from pipelines.check.outcome import Check, NotChecked
from pipelines.check.suites import Layer, read_suites
from pipelines.check.tables import Tables
from pipelines.check.waivers import Held, Waiver
from pipelines.check.workbook import workbook_of
from pipelines.kernel.brand import read_brand
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.corrections import read_corrections
from pipelines.kernel.disclosure import read_policy
from pipelines.kernel.files import write_bytes, write_json
from pipelines.kernel.project import Project, Settings

LIST = "liste.xlsx"


def write(project: Project, settings: Settings, day: date, tables: Tables, layer: Layer) -> None:
    """Write history, list and pages. With `layer` staging the run stopped there, and nothing is said of marts."""
    stopped = layer == "staging"
    brand = read_brand(project)
    contents = [_read(project, "staging")] + ([] if stopped else [_read(project, "marts")])
    checks = [Check(**row) for content in contents for row in content["checks"]]
    left = [NotChecked(**row) for content in contents for row in content["not_checked"]]
    held = [_held(row) for content in contents for row in content["waivers"]]
    suites = {**read_suites(project, "staging"), **({} if stopped else read_suites(project, "marts"))}
    open_tables = {name for name, suite in suites.items() if not suite.confidential}
    if stopped:
        found = steward.failures(checks, held, open_tables)
    else:
        catalogue = read_catalogue(project)
        corrections = read_corrections(project, catalogue)
        found = steward.entries(tables, catalogue, checks, corrections, held, open_tables)
    others = [item.key for item in found]
    history = continued(read_history(project), settings, day, checks, left, others, stopped=stopped)
    write_history(project, history)
    found = steward.dated(found, history.opened(settings))
    write_json(project.quality / "steward.json", steward.content(found))
    write_bytes(project.quality / LIST, workbook_of(agenda.lines(found), found, settings.edition, brand.colours))
    told = pages.Told(
        edition=settings.edition,
        lang=settings.lang,
        layers=tuple(contents),
        suites=suites,
        lines=tuple(agenda.lines(found)),
        history=history.of(settings),
        opened=history.opened(settings),
        threshold=_threshold(project),
        stopped=stopped,
        brand=brand,
    )
    pages.write(project.build / "quality", told)


def _read(project: Project, layer: Layer) -> dict[str, Any]:
    """Return the results of a layer; those of staging may be absent when marts alone are checked."""
    path = project.quality / f"{layer}.json"
    nothing: dict[str, Any] = {"layer": layer, "tables": [], "checks": [], "not_checked": [], "waivers": []}
    if not path.exists():
        return nothing
    return {**nothing, **json.loads(path.read_text(encoding="utf-8"))}


def _held(row: dict[str, Any]) -> Held:
    waiver = Waiver.model_validate({name: row[name] for name in Waiver.model_fields})
    return Held(waiver, row["state"], (row["said"]["fr"], row["said"]["en"]))


def _threshold(project: Project) -> int | None:
    """The strictest threshold that the disclosure policy declares; none, and no count is shown, without a policy."""
    if not (project.reference / "disclosure.yml").exists():
        return None
    policy = read_policy(project)
    return policy.threshold(policy.sources)

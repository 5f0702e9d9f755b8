"""The sheets: one page and one chapter per site and per field, filled from the two templates of the language."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

import re
from string import Template

from pipelines.kernel.problems import BadInput, Problem
from pipelines.publish import field_sheet, site_sheet
from pipelines.publish.figures import field_codes
from pipelines.publish.figures.common import two
from pipelines.publish.numbers import enumeration
from pipelines.publish.shelf import Shelf

FRONT = re.compile(r"\A(---\n.*?\n---\n)(.*)\Z", re.DOTALL)


def sheets(shelf: Shelf) -> dict[str, str]:
    """Return path below `reports/<lang>` → text: pages `sites/`, `fields/`, and their chapters in `_generated/`."""
    files: dict[str, str] = {}
    for kind, folder, all_facts in (("site", "sites", site_facts(shelf)), ("field", "fields", field_facts(shelf))):
        front, body = template(shelf, f"_{kind}.qmd")
        for code, facts in all_facts.items():
            chapter = f"chapter-{kind}-{code}.md"
            files[f"{folder}/{code}.qmd"] = filled(front, facts) + f"\n{{{{< include /_generated/{chapter} >}}}}\n"
            files[f"_generated/{chapter}"] = filled(body, facts).lstrip("\n")
    return files


def template(shelf: Shelf, name: str) -> tuple[str, str]:
    """Return the front matter and the body of a template. Raises `BadInput` when it is missing or has no front matter."""
    path = shelf.project.reports / shelf.lang / name
    shown = shelf.project.shown(path)
    if not path.exists():
        raise BadInput(
            Problem(shown, "The template of the sheets is missing", f"Restore it with `git checkout -- {shown}`.")
        )
    match = FRONT.match(path.read_text(encoding="utf-8"))
    if match is None:
        raise BadInput(
            Problem(
                shown, "The template has no front matter", "Begin it with a block between two lines of three dashes."
            )
        )
    return match.group(1), match.group(2)


def filled(text: str, facts: dict[str, str]) -> str:
    """Fill the `$name` placeholders of a template. Raises `BadInput` on one that no fact fills."""
    try:
        return Template(text).substitute(facts)
    except (KeyError, ValueError) as error:
        raise BadInput(
            Problem(
                "reports",
                "A template names a placeholder that does not exist",
                f"Use one of: {', '.join(sorted(facts))}.",
                value=str(error),
            )
        ) from error


def site_facts(shelf: Shelf) -> dict[str, dict[str, str]]:
    """Return what a site's template may name."""
    priorities = {entry["site_code"]: shelf.say(entry["text"]) for entry in shelf.declared("site_priorities")}
    found = {}
    for code, site in shelf.sites.items():
        priority = priorities.get(code)
        told = (
            two(
                shelf,
                f"Priorité écrite en 2009 pour le DUT : « {priority} ».",
                f"Priority written in 2009 for the DUT: “{priority}”.",
            )
            if priority
            else two(
                shelf,
                "Le document n'écrit aucune priorité pour ce site.",
                "The document writes no priority for this site.",
            )
        )
        found[code] = {
            "code": code,
            "label": site["site_label"],
            "departement": site["departement_label"],
            "establishment": shelf.place(site["establishment_code"]),
            "note": shelf.pick(site, "note"),
            "priority": told,
            **site_sheet.facts(shelf, code),
            "uai": site["uai"] or two(shelf, "aucun en tant que site d'IUT", "none as an IUT site"),
        }
    return found


def field_facts(shelf: Shelf) -> dict[str, dict[str, str]]:
    """Return what a field's template may name."""
    entries = {entry["field_code"]: entry for entry in shelf.declared("platforms")}
    found = {}
    for code in field_codes(shelf):
        entry = entries.get(code, {})
        sites = [shelf.place(site) for site in entry.get("sites", [])]
        planned = [shelf.place(site) for site in entry.get("planned_sites", [])]
        found[code] = {
            "code": code,
            "label": shelf.say(entry.get("label")) or code,
            "quotation": str(entry.get("quotation") or ""),
            "departments": enumeration([str(item) for item in entry.get("departments", [])], shelf.lang),
            "sites": enumeration(sites, shelf.lang),
            "note": shelf.say(entry.get("note")),
            **field_sheet.facts(shelf, code),
            "planned": two(
                shelf,
                f"En projet dans le document : {enumeration(planned, 'fr')}. ",
                f"Planned in the document: {enumeration(planned, 'en')}. ",
            )
            if planned
            else "",
        }
    return found

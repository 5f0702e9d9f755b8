"""A new page of the report, in both languages: its place in the menu, its chapter."""

from __future__ import annotations

import re
from string import Template

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import FILL_IN
from pipelines.scaffold import Draft
from pipelines.scaffold.texts import template

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LANGUAGES = ("fr", "en")


def page(project: Project, name: str) -> list[Draft]:
    """Return the drafts of a page in both languages: itself, its chapter, its line in the menu.

    Raises `BadInput` when the name does not fit an address, or the menu has no section to stand before.
    """
    if not NAME.fullmatch(name):
        mend = "Use lower case letters, digits and dashes, such as vie-etudiante: it is the page's address."
        raise BadInput(Problem("reports/", "This is no name for a page", mend, value=name))
    drafts = []
    for lang in LANGUAGES:
        folder = project.reports / lang
        values = {"name": name, "fill": FILL_IN}
        menu = folder / "_quarto.yml"
        drafts += [
            Draft(menu, _with_page(project.shown(menu), menu.read_text(encoding="utf-8"), name), is_new=False),
            Draft(folder / f"{name}.qmd", Template(template("page.qmd")).substitute(values)),
            Draft(folder / "_chapters" / f"{name}.md", Template(template(f"chapter.{lang}.md")).substitute(values)),
        ]
    return drafts


def _with_page(shown: str, menu: str, name: str) -> str:
    """Return the text of a menu with the page before its first section."""
    at = menu.find("      - section:")
    if at < 0:
        mend = f"Add `- {name}.qmd` where the page shall stand."
        raise BadInput(Problem(shown, "The menu has no section to stand before", mend))
    return f"{menu[:at]}      - {name}.qmd\n{menu[at:]}"


def next_steps(name: str) -> list[str]:
    """Return what else can be done with a new page."""
    return [
        "It stands in the menu of reports/fr/_quarto.yml and reports/en/_quarto.yml: move its line where it belongs.",
        f"To print it, add `{{{{< include /_chapters/{name}.md >}}}}` to rapport.qmd, under a title of its own.",
        "See it: observatoire run (or observatoire preview).",
    ]

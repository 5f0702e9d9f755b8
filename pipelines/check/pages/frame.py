"""The frame of every page of the checks: head, header, menu, footer, in the report's style; and shared pieces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from pipelines.check.pages.told import Outcome, Told

_HERE = Path(__file__).resolve().parent
_THEME = _HERE.parents[1] / "render" / "theme"
ASSETS = (_THEME / "theme.css", _THEME / "frame.css", _HERE / "quality.css")
"""The report's two stylesheets, as they are, and the few lines that only these pages need."""

OUTCOMES: dict[Outcome, tuple[str, str]] = {
    "pass": ("réussi", "passed"),
    "fail": ("échoué", "failed"),
    "blocks": ("échoué, bloque", "failed, blocks"),
    "waived": ("échoué, dérogation", "failed, waived"),
    "error": ("sans réponse", "no answer"),
    "left": ("non vérifié", "not checked"),
}
"""Outcome → its word; its shape is in quality.css, its colour only repeats both."""


def slug(table: str) -> str:
    """Return the name of a table's page, without its ending: letters, digits, `_` and `-` only."""
    return "".join(mark if mark.isalnum() or mark in "_-" else "-" for mark in table)


def page(told: Told, name: str, title: str, body: Iterable[str]) -> str:
    """Return a whole page. `name` is its own file, to be marked in the menu; `title` is plain text, `body` HTML."""
    site = told.say("Contrôles de l'observatoire", "Checks of the observatory")
    edition = told.say(f"Édition {told.edition}", f"{told.edition} edition")
    menu = _menu(told, name)
    pages = told.say("Pages des contrôles", "Pages of the checks")
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{told.lang}">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)} – {escape(site)}</title>",
        *(f'<link rel="stylesheet" href="_theme/{path.name}">' for path in ASSETS),
        "</head>",
        "<body>",
        f'<a class="skip-link" href="#content">{told.say("Aller au contenu", "Skip to content")}</a>',
        '<header class="site-header"><div class="site-header-inner">',
        f'<p class="site-title"><a href="index.html">{told.brand.mark("")}{escape(site)}</a></p>',
        f'<p class="site-edition">{edition}</p>',
        "</div></header>",
        '<div class="frame frame-wide">',
        f'<details class="menu-narrow"><summary>{pages}</summary><nav aria-label="{pages}">{menu}</nav></details>',
        f'<nav class="menu-wide" aria-label="{pages}">{menu}</nav>',
        '<main id="content">',
        f'<h1 class="title">{escape(title)}</h1>',
        *body,
        "</main>",
        "</div>",
        '<footer class="site-footer"><div class="site-footer-inner">',
        f"<p>{escape(site)} · {edition}</p>",
        f"<p>{_footer(told)}</p>",
        "</div></footer>",
        "</body>",
        "</html>",
    ]
    text = "\n".join(lines) + "\n"
    return _typeset(text) if told.lang == "fr" else text


def table(
    told: Told,
    caption: str,
    heading: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[int] = (),
    stacks: bool = False,
) -> str:
    """Return a table whose first cell of each row is its header. Cells are HTML; `right` are columns of numbers.

    One that `stacks` becomes a card a row on a narrow screen, each cell under its heading.
    """
    if not rows:
        return f"<p>{told.say('Rien à montrer.', 'Nothing to show.')}</p>"
    look = ' style="text-align: right;"'
    head = "".join(f'<th scope="col"{look if place in right else ""}>{cell}</th>' for place, cell in enumerate(heading))
    body = []
    for row in rows:
        cells = [f'<th scope="row">{row[0]}</th>']
        for place, cell in enumerate(row[1:], start=1):
            label = f' data-label="{escape(heading[place], quote=True)}"' if stacks else ""
            cells.append(f"<td{look if place in right else ''}{label}>{cell}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}">'
        f"<table{' class=stacks' if stacks else ''}><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def outcome(told: Told, of: Outcome) -> str:
    """Return an outcome: a shape, a word, a colour."""
    return f'<span class="status outcome-{of}">{OUTCOMES[of][told.lang == "en"]}</span>'


def link(table_name: str) -> str:
    """Return the link to a table's page."""
    return f'<a href="{slug(table_name)}.html"><code>{escape(table_name).replace("__", "__<wbr>")}</code></a>'


def _typeset(text: str) -> str:
    """Return French text with its no-break spaces and its apostrophes, as the report has them."""
    for plain, set_ in (
        ("&#x27;", "’"),
        ("'", "’"),
        ("« ", "«\u202f"),
        (" »", "\u202f»"),
        (" ;", "\u202f;"),
        (" :", "\u00a0:"),
        (" %", "\u202f%"),
    ):
        text = text.replace(plain, set_)
    return text


def _menu(told: Told, name: str) -> str:
    parts = [f"<ul><li>{_entry('index', told.say('Vue d’ensemble', 'Overview'), name)}</li></ul>"]
    for prefix, label in (("stg_", told.say("Sources", "Sources")), ("mart_", "Marts")):
        names = [item for item in told.tables if item.startswith(prefix)]
        if names:
            entries = "".join(f"<li>{_entry(slug(item), _short(item, prefix), name)}</li>" for item in names)
            parts.append(f'<span class="menu-section">{label}</span><ul>{entries}</ul>')
    return "".join(parts)


def _entry(target: str, label: str, name: str) -> str:
    here = ' aria-current="page"' if target == name else ""
    return f'<a href="{target}.html"{here}>{escape(label)}</a>'


def _short(table_name: str, prefix: str) -> str:
    return table_name.removeprefix(prefix).replace("__", " · ").replace("_", " ")


def _footer(told: Told) -> str:
    return told.say(
        "Ces pages ne chargent rien du réseau. Des tables faites de registres, elles ne montrent ni valeur ni petit "
        "effectif.",
        "These pages load nothing from the network. Of tables made of registers they show no value and no small count.",
    )

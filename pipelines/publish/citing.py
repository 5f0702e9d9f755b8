"""How a figure or a table is cited, and the line of downloads that stands below it on screen."""

from __future__ import annotations

from pipelines.kernel.figure_address import indicator_page
from pipelines.publish.numbers import SIMULATED

HOUSE = {"fr": "Observatoire SRESR des IUT de Midi-Pyrénées", "en": "SRESR Observatory of the IUTs of Midi-Pyrénées"}

LICENCE = "Licence Ouverte 2.0 (Etalab)"

WORDS = {
    "fr": {
        "csv": "Données (CSV)",
        "svg": "Image (SVG)",
        "xlsx": "Classeur (XLSX)",
        "cite": "Citer",
        "each": "Chaque chiffre",
    },
    "en": {"csv": "Data (CSV)", "svg": "Image (SVG)", "xlsx": "Workbook (XLSX)", "cite": "Cite", "each": "Each figure"},
}


def address(name: str, edition: str) -> str:
    """Return the address of a figure or table (`fig-mob-target`), as captions print it and `explain` resolves it."""
    return f"{name}@{edition}"


def citation(name: str, title: str, edition: str, lang: str, *, simulated: bool) -> str:
    """Return the full citation of one figure or table: who, what, which edition, the address, the licence."""
    said = title.rstrip(".")
    word = SIMULATED[lang]
    mention = f" ({word})" if simulated and word not in said else ""
    if lang == "fr":
        return f"{HOUSE[lang]}, «\u00a0{said}\u00a0»{mention}, édition {edition}, {address(name, edition)}. {LICENCE}."
    return f"{HOUSE[lang]}, “{said}”{mention}, {edition} edition, {address(name, edition)}. {LICENCE}."


def tools(
    kind: str, name: str, files: tuple[str, ...], cited: str, edition: str, lang: str, of: tuple[str, ...] = ()
) -> str:
    """Return the line of downloads of a figure (`kind` "figure") or a table ("table"); it does not print on paper.

    `files` are the endings of the files beside the page's include: `("csv", "svg")`. `of` is what it is made from:
    where that is published values, a link leads to the page of each.
    """
    words = WORDS[lang]
    links = [f"[{words[end]}](/_generated/{name}.{end})" for end in files]
    cite = f'[{words["cite"]}]{{.cite-button data-cite="{attribute(cited)}" data-address="{address(name, edition)}"}}'
    each = pages_of(of)
    links += [f"[{words['each']}](/{each})"] if each else []
    return f"::: {{.{kind}-tools}}\n{' '.join([*links, cite])}\n:::\n"


def pages_of(of: tuple[str, ...]) -> str:
    """Return the page that leads to each value shown: its indicator's, or that of all figures; empty for none."""
    codes = {entry.split("/")[0] for entry in of if "/" in entry and entry[:1].isupper()}
    if len(codes) == 1:
        return indicator_page(codes.pop())
    return "chiffres.qmd" if codes or "pub_values" in of else ""


def attribute(text: str) -> str:
    """Return a text that can stand between the straight quotes of a Markdown attribute, on one line."""
    return text.replace("\\", "/").replace('"', "'").replace("\n", " ")

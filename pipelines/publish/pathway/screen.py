"""The interactive map: a drawing made of links and a form, in the page itself; its data are the table below it.

Plain SVG: some 30 kB, read by a screen reader, reached by the keyboard and printed as it is, without a script too.
Vega's script weighs 587 kB and draws a map that the keyboard cannot enter.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from pipelines.publish.figures import enrolment, field_codes
from pipelines.publish.numbers import number
from pipelines.publish.pathway.layout import Box, Layout, Mark, lay
from pipelines.publish.pathway.programmes import LEVELS, Programme, Town, programmes, towns
from pipelines.publish.pathway.words import apart_title, colour_of, see_apart, spot_of
from pipelines.publish.shelf import Shelf

ASSETS = ("pathway.js", "pathway.css")

WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "form": "Choisir les formations montrées",
        "field": "Domaine",
        "level": "Niveau",
        "town": "Ville",
        "all_fields": "Tous les domaines",
        "all_levels": "Tous les niveaux",
        "all_towns": "Toutes les villes",
        "no_field": "Hors des six domaines",
        "reset": "Tout montrer",
        "map": "Carte des villes",
        "skip": "Passer la carte, aller à la liste",
        "sheet": "ouvrir la fiche du site",
        "list": "voir la liste de ses formations",
        "one": "formation",
        "many": "formations",
        "in_one": "dans 1\u00a0ville",
        "in_many": "dans {n}\u00a0villes",
        "none": "Aucune formation ne répond à ces choix.",
        "iut": "ville avec un site d’IUT",
        "other": "autre ville",
        "size": "la surface du disque suit le nombre de formations",
    },
    "en": {
        "form": "Choose the programmes shown",
        "field": "Field",
        "level": "Level",
        "town": "Town",
        "all_fields": "All fields",
        "all_levels": "All levels",
        "all_towns": "All towns",
        "no_field": "Outside the six fields",
        "reset": "Show everything",
        "map": "Map of the towns",
        "skip": "Skip the map, go to the list",
        "sheet": "open the sheet of the site",
        "list": "see the list of its programmes",
        "one": "programme",
        "many": "programmes",
        "in_one": "in 1 town",
        "in_many": "in {n} towns",
        "none": "No programme answers these choices.",
        "iut": "town with an IUT site",
        "other": "other town",
        "size": "the area of a disc follows the number of programmes",
    },
}

LEVEL_NAMES = {"BTS": "BTS", "BUT": "DUT, BUT", "LP": "LP"}
"""What the filter and the table call each level."""


def screen(shelf: Shelf) -> dict[str, str]:
    """Return file name → text of what the page of the map includes and loads, all of it below `_generated/`."""
    made = {name: files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ASSETS}
    items = programmes(shelf)
    made["pathway-map.md"] = f"```{{=html}}\n{markup(shelf, items)}\n```\n"
    return made


def field_names(shelf: Shelf) -> dict[str, str]:
    """Return the six fields' names by code, in the order of the reference."""
    labels = {entry["field_code"]: shelf.say(entry["label"]) for entry in shelf.declared("platforms")}
    return {code: labels.get(code, code) for code in field_codes(shelf)}


def markup(shelf: Shelf, items: Sequence[Programme]) -> str:
    """Return the form, the map and the script's address. Without a script the form stays hidden, the links work."""
    words = WORDS[shelf.lang]
    found = towns(shelf, items)
    drawn = lay([spot_of(town, shelf.lang) for town in found], enrolment.contours(shelf))
    by_name = {town.name: town for town in found}
    options = {
        "field": ("all_fields", [*field_names(shelf).values(), words["no_field"]]),
        "level": ("all_levels", [LEVEL_NAMES[level] for level in LEVELS]),
        "town": ("all_towns", sorted({item.town for item in items})),
    }
    selects = "\n".join(
        f'<label>{words[name]} <select name="{name}"><option value="">{words[empty]}</option>'
        + "".join(f"<option>{escape(value)}</option>" for value in values)
        + "</select></label>"
        for name, (empty, values) in options.items()
    )
    said = " ".join(f'data-{key.replace("_", "-")}="{escape(words[key])}"' for key in SAID)
    links = "\n".join(link(mark, by_name[mark.name], words, shelf) for mark in drawn.marks)
    return f"""<link rel="stylesheet" href="_generated/pathway.css">
<div class="pathway" id="pathway" {said}>
<form class="pathway-filters" aria-label="{words["form"]}" hidden>
{selects}
<button type="reset">{words["reset"]}</button>
</form>
<p class="pathway-status" role="status"></p>
<p class="pathway-skip"><a href="#tbl-pathway">{words["skip"]}</a></p>
<svg viewBox="0 0 {drawn.width:g} {drawn.height:g}" role="group" aria-label="{words["map"]}">
{ground(drawn)}
{frames(drawn, found[0].name if found else "", shelf.lang)}
{links}
</svg>
<p class="pathway-key"><span class="pathway-iut">●</span> {words["iut"]} · <span class="pathway-other">●</span> \
{words["other"]} · {words["size"]}</p>
</div>
<script src="_generated/pathway.js" defer></script>"""


SAID = ("one", "many", "in_one", "in_many", "none", "no_field", "sheet", "list")
"""The words the script needs, handed over as attributes of the block."""


def ground(drawn: Layout) -> str:
    """Return the outlines as one path; nothing when they were not brought in."""
    lines = ["M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in drawn.rings]
    return f'<path class="pathway-ground" d="{"".join(lines)}"/>' if lines else ""


def frames(drawn: Layout, centre: str, lang: str) -> str:
    """Return the two frames of what is drawn apart, with their words."""
    if drawn.zone is None or drawn.inset is None:
        return ""
    middle = ((drawn.zone[0] + drawn.zone[2]) / 2, (drawn.zone[1] + drawn.zone[3]) / 2)
    lines = see_apart(lang).replace("'", "’").split("\n")
    words = "".join(
        f'<text x="{middle[0]:g}" y="{middle[1] + 14 * (number - (len(lines) - 1) / 2):g}" text-anchor="middle">'
        f"{line}</text>"
        for number, line in enumerate(lines)
    )
    title = f'<text x="{drawn.inset[0] + 6:g}" y="{drawn.inset[1] + 11:g}">{escape(apart_title(centre, lang))}</text>'
    return f'<g class="pathway-frame">{rectangle(drawn.zone)}{words}{rectangle(drawn.inset)}{title}</g>'


def rectangle(box: Box) -> str:
    """Return a frame."""
    return f'<rect x="{box[0]:g}" y="{box[1]:g}" width="{box[2] - box[0]:g}" height="{box[3] - box[1]:g}"/>'


def link(mark: Mark, town: Town, words: dict[str, str], shelf: Shelf) -> str:
    """Return a town as a link: to its site's sheet where it has one, else to the list of its programmes.

    The wide disc that cannot be seen makes a small town as easy to point at as another.
    """
    lang, look = shelf.lang, shelf.colours
    goal = f"sites/{town.site}.html" if town.site else "#tbl-pathway"
    count = f"{number(town.total, lang)}\u00a0{words['one' if town.total == 1 else 'many']}"
    colon = "\u00a0: " if lang == "fr" else ": "
    name = f"{town.name}{colon}{count}, {words['sheet' if town.site else 'list']}"
    text = (
        f'<text x="{mark.text_x:g}" y="{mark.text_y:g}" text-anchor="{mark.anchor}">{escape(town.name)} '
        f"<tspan>{number(town.total, lang)}</tspan></text>"
        if mark.anchor
        else ""
    )
    return (
        f'<a href="{goal}" data-town="{escape(town.name)}" aria-label="{escape(name)}"><title>{escape(name)}</title>'
        f'<circle class="pathway-touch" cx="{mark.x:g}" cy="{mark.y:g}" r="{max(mark.radius, 9):g}"/>'
        f'<circle cx="{mark.x:g}" cy="{mark.y:g}" r="{mark.radius:g}" fill="{colour_of(town, look)}"/>{text}</a>'
    )

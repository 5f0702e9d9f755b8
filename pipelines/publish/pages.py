"""What a page includes: the Markdown of a figure, of what stands in its place, and the sheets made from templates."""

from __future__ import annotations

from string import Template

from pipelines.publish.citing import attribute, citation, tools
from pipelines.publish.numbers import SIMULATED
from pipelines.publish.picture import Absent, Picture
from pipelines.publish.tables.provenance import is_simulated, provenance, small_print
from pipelines.publish.tables.shape import Table


def figure_markdown(picture: Picture, edition: str) -> str:
    """Return the include of a figure: image, caption, alternative text; on screen also its data, and how to cite it."""
    said = picture.title.rstrip(".")
    mention = "" if not picture.simulated or SIMULATED[picture.lang] in said else f" ({SIMULATED[picture.lang]})"
    name = f"fig-{picture.name}"
    image = f'![{escape(said)}{mention}.](/_generated/{name}.svg){{#{name} fig-alt="{attribute(picture.alt)}"}}\n'
    cited = citation(name, picture.title, edition, picture.lang, simulated=picture.simulated)
    below = tools("figure", name, ("csv", "svg"), cited, edition, picture.lang, picture.of)
    return f"{image}\n{below}"


def table_markdown(table: Table, edition: str) -> str:
    """Return the include of a table: the table with its caption and small print; on screen its files and citation."""
    name = f"tbl-{table.name}"
    cited = citation(name, table.caption, edition, table.lang, simulated=is_simulated(table))
    said = escape(small_print(table, edition))
    below = tools("table", name, ("csv", "xlsx"), cited, edition, table.lang, provenance(table.name).of)
    filtered = f' .filterable filters="{attribute(",".join(table.filters))}"' if table.filters else ""
    note = f"::: {{.source-note}}\n{said}\n:::\n"
    return f":::: {{.table-block{filtered}}}\n{table.markdown()}\n{note}\n{below}::::\n"


def absent_markdown(gone: Absent) -> str:
    """Return the block that stands where a figure cannot be drawn: what it would show, and why it is not there.

    It bears the figure's identifier, so that a sentence which refers to the figure still leads somewhere.
    """
    sentence = (
        f"Cette figure n'est pas tracée : {gone.reason}."
        if gone.lang == "fr"
        else f"This figure is not drawn: {gone.reason}."
    )
    note = f"::: {{.callout-note}}\n{sentence.replace('..', '.')}\n:::\n"
    return f":::: {{#fig-{gone.name}}}\n{note}\n{escape(gone.title.rstrip('.'))}.\n::::\n"


def escape(text: str) -> str:
    """Return a text that Markdown reads as it is, inside the square brackets of an image."""
    for mark in ("\\", "[", "]", "*", "_", "$", "@"):
        text = text.replace(mark, f"\\{mark}")
    return text


def fill(template: str, values: dict[str, str]) -> str:
    """Fill a sheet's template (`$name` placeholders). Raises `KeyError` on a placeholder without a value."""
    return Template(template).substitute(values)

"""What a page includes: the Markdown of a figure, of what stands in its place, and the sheets made from templates."""

from __future__ import annotations

from string import Template

from pipelines.publish.numbers import SIMULATED
from pipelines.publish.picture import Absent, Picture


def figure_markdown(picture: Picture) -> str:
    """Return the include of a figure: the image, its caption, its alternative text, its data to download."""
    said = picture.title.rstrip(".")
    mention = "" if not picture.simulated or SIMULATED[picture.lang] in said else f" ({SIMULATED[picture.lang]})"
    alt = picture.alt.replace('"', "'").replace("\n", " ")
    return f'![{escape(said)}{mention}.](/_generated/fig-{picture.name}.svg){{#fig-{picture.name} fig-alt="{alt}"}}\n'


def absent_markdown(gone: Absent) -> str:
    """Return the block that stands where a figure cannot be drawn: what it would show, and why it is not there."""
    title = gone.title.replace('"', "'")
    sentence = (
        f"Cette figure n'est pas tracée : {gone.reason}."
        if gone.lang == "fr"
        else f"This figure is not drawn: {gone.reason}."
    )
    return f'::: {{.callout-note title="{title}"}}\n{sentence.replace("..", ".")}\n:::\n'


def escape(text: str) -> str:
    """Return a text that Markdown reads as it is, inside the square brackets of an image."""
    for mark in ("\\", "[", "]", "*", "_", "$", "@"):
        text = text.replace(mark, f"\\{mark}")
    return text


def fill(template: str, values: dict[str, str]) -> str:
    """Fill a sheet's template (`$name` placeholders). Raises `KeyError` on a placeholder without a value."""
    return Template(template).substitute(values)

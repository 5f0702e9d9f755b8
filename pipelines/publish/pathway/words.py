"""What a town of the map is called, coloured and said to hold: the same for the drawing and for the screen."""

from __future__ import annotations

from pipelines.kernel.colours import Colours
from pipelines.publish.numbers import number
from pipelines.publish.pathway.layout import Spot
from pipelines.publish.pathway.programmes import Town


def spot_of(town: Town, lang: str) -> Spot:
    """Return what the map places for a town: its name and its number of programmes."""
    return Spot(
        town.name,
        town.longitude,
        town.latitude,
        town.total,
        f"{town.name} {number(town.total, lang)}",
        bool(town.site) and bool(town.counts["BUT"]),
    )


def colour_of(town: Town, look: Colours) -> str:
    """Return the first colour for a town with an IUT, the fifth for the others; pathway.css names the same."""
    return look.series[0 if town.counts["BUT"] else 4]


def apart_title(centre: str, lang: str) -> str:
    """Return the title of what is drawn apart."""
    return f"{centre} et ses environs" if lang == "fr" else f"{centre} and around"


def see_apart(lang: str) -> str:
    """Return the words that stand where the crowded surroundings are, since they are drawn apart."""
    return "voir\nl'encart" if lang == "fr" else "see\nthe inset"

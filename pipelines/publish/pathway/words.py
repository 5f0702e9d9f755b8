"""What a town of the map is called, coloured and said to hold: the same for the drawing and for the screen."""

from __future__ import annotations

from pipelines.publish.numbers import number
from pipelines.publish.pathway.layout import Spot
from pipelines.publish.pathway.programmes import Town

IUT, OTHER = "#0072B2", "#b97700"


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


def colour_of(town: Town) -> str:
    """Return blue for a town with an IUT, brown for the others."""
    return IUT if town.counts["BUT"] else OTHER


def apart_title(centre: str, lang: str) -> str:
    """Return the title of what is drawn apart."""
    return f"{centre} et ses environs" if lang == "fr" else f"{centre} and around"


def see_apart(lang: str) -> str:
    """Return the words that stand where the crowded surroundings are, since they are drawn apart."""
    return "voir\nl'encart" if lang == "fr" else "see\nthe inset"

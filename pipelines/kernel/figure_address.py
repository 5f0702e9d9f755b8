"""Where the page of a published figure lies in the site: `chiffres/mob-out-rate/tarbes/2023.html`.

The same in both languages and in every edition, in lower case: an address that was given once stays good.
"""

from __future__ import annotations

FOLDER = "chiffres"
"""The folder of the site, and of `reports/<lang>/`, that holds the pages of the figures."""


def indicator_folder(code: str) -> str:
    """Return the folder of the pages of one indicator, from the site's root."""
    return f"{FOLDER}/{code.lower()}"


def indicator_page(code: str) -> str:
    """Return the page of an indicator, which lists its figures, from the site's root."""
    return f"{indicator_folder(code)}/index.html"


def figure_page(code: str, scope: str, year: int) -> str:
    """Return the page of one figure, from the site's root."""
    return f"{indicator_folder(code)}/{scope.lower()}/{year}.html"

"""What stands around a figure's page: the head, the report's header and banner, the way back, the footer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pipelines.publish.figure_pages.facts import Facts

ALL = "chiffres.html"
"""The page that lists all figures, from the site's root."""


def page(
    facts: Facts,
    *,
    depth: int,
    title: str,
    head: str,
    trail: Sequence[tuple[str, str]],
    body: str,
    attributes: str = "",
) -> str:
    """Return a whole page. `depth` is the number of folders between it and the site's root.

    `title` is plain text, `trail` the way back (address, plain text), `attributes` what `<main>` bears.
    """
    root, house, words = "../" * depth, facts.house, facts.words
    steps = "".join(f'<li><a href="{escape(address)}">{escape(text)}</a></li>' for address, text in trail)
    banner = f'<div class="site-banner" role="note"><p>{house.banner}</p></div>\n' if house.banner else ""
    return f"""<!DOCTYPE html>
<html lang="{facts.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title, quote=False)} – {house.title}</title>
<link rel="stylesheet" href="{"../" * (depth - 1)}figure.css">
{head}
</head>
<body>
<a class="skip-link" href="#content">{words["skip"]}</a>
<header class="site-header"><div class="site-header-inner">
<p class="site-title"><a href="{root}index.html">{house.brand.mark(root)}{house.title}</a></p>
<p class="site-edition">{words["edition"]} {house.edition}</p>
</div></header>
{banner}<div class="figure-frame">
<nav class="trail" aria-label="{words["path"]}"><ol>{steps}</ol></nav>
<main id="content" tabindex="-1"{attributes}>
{body}
</main>
</div>
<footer class="site-footer"><div class="site-footer-inner">
<p>{house.licence}</p>
</div></footer>
</body>
</html>
"""


def section(identifier: str, heading: str, body: str) -> str:
    """Return a part of the page with its heading; nothing when there is nothing in it."""
    return f'<section id="{identifier}"><h2>{heading}</h2>\n{body}</section>\n' if body else ""

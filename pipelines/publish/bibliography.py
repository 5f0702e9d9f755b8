"""The references of the report: one entry per source of the catalogue, and the founding document."""

from __future__ import annotations

from pipelines.kernel.catalogue import Catalogue, Source
from pipelines.kernel.region import FoundingText, Region
from pipelines.publish.names import in_language


def founding(text: FoundingText) -> str:
    """Return the text whose targets are followed as BibTeX."""
    lines = [
        f"  author = {{{{{text.author}}}}}",
        f"  title = {{{text.title}}}",
        f"  institution = {{{text.institution}}}",
        f"  langid = {{{text.language}}}",
        f"  note = {{{text.note}}}",
    ]
    return f"@techreport{{{text.key},\n" + ",\n".join(lines) + "\n}\n"


def bibtex(catalogue: Catalogue, region: Region, lang: str) -> str:
    """Return the references as BibTeX, in the order of their keys."""
    listed = [entry(source, region, lang) for source in catalogue.sources.values()]
    return "\n".join([founding(region.founding_text), *listed])


def entry(source: Source, region: Region, lang: str) -> str:
    """Return one dataset as BibTeX; a simulated one says so in its title."""
    title = source.title.in_(lang)
    if source.origin == "simulated" and "simul" not in title.lower():
        title += " (données simulées)" if lang == "fr" else " (simulated data)"
    published = [vintage.published for vintage in source.vintages if vintage.published]
    lines = [f"  author = {{{{{in_language(source.producer, lang, region)}}}}}", f"  title = {{{title}}}"]
    if published:
        lines.append(f"  year = {{{max(published)}}}")
    if source.landing_page.startswith("http"):
        lines.append(f"  url = {{{source.landing_page}}}")
    lines.append(f"  note = {{{in_language(source.licence, lang, region)}}}")
    return f"@misc{{{source.id},\n" + ",\n".join(lines) + "\n}\n"

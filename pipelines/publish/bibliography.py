"""The references of the report: one entry per source of the catalogue, and the founding document."""

from __future__ import annotations

from pipelines.kernel.catalogue import Catalogue, Source
from pipelines.publish.names import in_language

SEED = """@techreport{ariut-sresr,
  author = {{Association régionale des IUT de Midi-Pyrénées}},
  title = {Contribution des IUT de Midi-Pyrénées au Schéma régional de l'enseignement supérieur et de la recherche},
  institution = {ARIUT Midi-Pyrénées},
  langid = {french},
  note = {Sans date, vers 2010-2011}
}
"""


def bibtex(catalogue: Catalogue, lang: str) -> str:
    """Return the references as BibTeX, in the order of their keys."""
    return "\n".join([SEED, *(entry(source, lang) for source in catalogue.sources.values())])


def entry(source: Source, lang: str) -> str:
    """Return one dataset as BibTeX; a simulated one says so in its title."""
    title = source.title.in_(lang)
    if source.origin == "simulated" and "simul" not in title.lower():
        title += " (données simulées)" if lang == "fr" else " (simulated data)"
    published = [vintage.published for vintage in source.vintages if vintage.published]
    lines = [f"  author = {{{{{in_language(source.producer, lang)}}}}}", f"  title = {{{title}}}"]
    if published:
        lines.append(f"  year = {{{max(published)}}}")
    if source.landing_page.startswith("http"):
        lines.append(f"  url = {{{source.landing_page}}}")
    lines.append(f"  note = {{{in_language(source.licence, lang)}}}")
    return f"@misc{{{source.id},\n" + ",\n".join(lines) + "\n}\n"

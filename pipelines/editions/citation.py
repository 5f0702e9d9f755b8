"""How an edition, or one figure of it, is cited: text, BibTeX, CSL-JSON, CFF, and DataCite's metadata.

A citation is pinned: it names the edition and the first digits of its manifest's hash. A DOI is the owner's to mint.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from pipelines.editions.names import EditionName
from pipelines.kernel.figure_history import IDENTITY, identity_script

TITLE = "Observatoire statistique du SRESR, IUT de Midi-Pyrénées : rapport annuel"
AUTHOR = "Observatoire SRESR, IUT de Midi-Pyrénées"
ABSTRACT = (
    "Indicateurs, cibles et actions des huit sites d'IUT de Midi-Pyrénées pour le schéma régional de l'enseignement "
    "supérieur et de la recherche : rapport, tableaux, définitions, contrôles de qualité."
)
LICENCE = "etalab-2.0"
DIGITS = 12
"""Digits of the hash that a citation bears."""


@dataclass(frozen=True, slots=True)
class Cited:
    """What is cited: an edition, or a figure of it with its address, its words and its value as published."""

    edition: EditionName
    day: date
    digest: str
    is_simulated: bool
    address: str | None = None
    said: str | None = None

    @property
    def identifier(self) -> str:
        """A name for the reference in a bibliography: letters, digits, hyphens."""
        stem = (self.address or "rapport").replace("/", "-").replace("@", "-").lower()
        return f"observatoire-sresr-{self.edition}-{stem}".replace(".", "-")

    @property
    def title(self) -> str:
        """The title of the reference."""
        return TITLE if self.said is None else f"{self.said} ({self.address})"

    @property
    def note(self) -> str:
        """What pins the reference, and the word on simulated data."""
        pinned = f"Édition {self.edition}, sha256 {self.digest[:DIGITS]}"
        return f"{pinned}. Données simulées" if self.is_simulated else pinned


def as_text(cited: Cited) -> str:
    """Return the reference as one sentence."""
    return f"{AUTHOR} ({cited.day.year}). {cited.title}. {cited.note}."


def as_bibtex(cited: Cited) -> str:
    """Return the reference as a BibTeX entry."""
    fields = {
        "author": f"{{{AUTHOR}}}",
        "title": f"{{{_plain(cited.title)}}}",
        "year": str(cited.day.year),
        "version": str(cited.edition),
        "note": _plain(cited.note),
    }
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{cited.identifier},\n{body}\n}}\n"


def as_csl(cited: Cited) -> str:
    """Return the reference as CSL-JSON, a list of one item."""
    item = {
        "id": cited.identifier,
        "type": "report" if cited.address is None else "dataset",
        "author": [{"literal": AUTHOR}],
        "title": cited.title,
        "issued": {"date-parts": [[cited.day.year, cited.day.month, cited.day.day]]},
        "version": str(cited.edition),
        "note": cited.note,
        "language": "fr",
    }
    return json.dumps([item], ensure_ascii=False, indent=1) + "\n"


def as_cff(cited: Cited) -> str:
    """Return the reference as a `CITATION.cff` of version 1.2."""
    content: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "Citer l'édition, jamais « la dernière » / Cite the edition, never “the latest”.",
        "type": "dataset",
        "title": cited.title,
        "authors": [{"name": AUTHOR}],
        "version": str(cited.edition),
        "date-released": cited.day,
        "license-url": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
        "identifiers": [{"type": "other", "value": f"sha256:{cited.digest}", "description": "manifest.json"}],
    }
    if cited.is_simulated:
        content["abstract"] = "Cette édition contient des données simulées. This edition contains simulated data."
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)


FORMATS = {"text": as_text, "bibtex": as_bibtex, "csl": as_csl, "cff": as_cff}
"""Format of `observatoire cite` → what writes it."""


def datacite(cited: Cited) -> str:
    """Return metadata ready for DataCite (schema 4), without the DOI, which only the owner can mint."""
    content = {
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Annual statistical report"},
        "creators": [{"name": AUTHOR, "nameType": "Organizational"}],
        "titles": [{"title": TITLE, "lang": "fr"}],
        "publisher": {"name": "Association des IUT de Midi-Pyrénées (ARIUT)"},
        "publicationYear": cited.day.year,
        "version": str(cited.edition),
        "language": "fr",
        "dates": [{"date": cited.day.isoformat(), "dateType": "Issued"}],
        "rightsList": [
            {
                "rights": "Licence Ouverte 2.0",
                "rightsIdentifier": LICENCE,
                "rightsUri": "https://spdx.org/licenses/etalab-2.0.html",
            }
        ],
        "descriptions": [
            {"description": ABSTRACT, "descriptionType": "Abstract", "lang": "fr"},
            {"description": cited.note, "descriptionType": "TechnicalInfo", "lang": "fr"},
        ],
        "alternateIdentifiers": [
            {"alternateIdentifier": cited.digest, "alternateIdentifierType": "sha256 of manifest.json"}
        ],
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def citation_files(name: EditionName, day: date, digest: str, *, is_simulated: bool) -> dict[str, str]:
    """Return file → text of the citations that stand in an edition's folder; `digest` is its manifest's hash."""
    cited = Cited(name, day, digest, is_simulated)
    return {
        "CITATION.cff": as_cff(cited),
        "citation.bib": as_bibtex(cited),
        "citation.json": as_csl(cited),
        "datacite.json": datacite(cited),
        IDENTITY: identity_script({"edition": str(name), "day": day.isoformat(), "sha256": digest}),
    }


def _plain(text: str) -> str:
    """Return a text that BibTeX reads as it is."""
    for mark in ("%", "&", "_", "#", "$"):
        text = text.replace(mark, f"\\{mark}")
    return text

"""What sentences call the region: `data/reference/region.yml`. Its codes stand in `ref_region.csv`.

How many sites it has is counted from `ref_site.csv` and written out here, so no sentence is wrong when one is added.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.declared import read_declared
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.validation import said

REGION_FILE = "region.yml"

NUMBERS = {
    "fr": [
        "un",
        "deux",
        "trois",
        "quatre",
        "cinq",
        "six",
        "sept",
        "huit",
        "neuf",
        "dix",
        "onze",
        "douze",
        "treize",
        "quatorze",
        "quinze",
        "seize",
    ],
    "en": [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
    ],
}
"""Numbers that are written out, from one; beyond, both languages write digits."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Publisher(_Part):
    """Who publishes the observatory: a code for addresses, the name in full."""

    code: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    name: str = Field(min_length=1)


class Institution(_Part):
    """A body of the region that sidecars or waivers name in French: in English, and as small print has it."""

    name: str = Field(min_length=1)
    en: str = Field(min_length=1)
    short: Bilingual | None = None


class FoundingText(_Part):
    """The text whose targets are followed, as the list of references has it; `key` is what pages cite."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    author: str = Field(min_length=1)
    title: str = Field(min_length=1)
    institution: str = Field(min_length=1)
    language: str = Field(pattern=r"^[a-z]+$")
    note: str = Field(min_length=1)


class Region(_Part):
    """The words of one region. Phrases are given whole where French contracts or elides: code knows no grammar."""

    observatory: Bilingual = Field(description="The house, as covers, data and citations name it.")
    report: str = Field(min_length=1, description="Title of the report, without the edition; in French.")
    author: str = Field(min_length=1, description="Who citations name as the author.")
    publisher: Publisher
    institutes: Bilingual = Field(description="All IUTs together, without an article.")
    academie: Bilingual = Field(description="The académie, without an article.")
    of_region_2016: Bilingual = Field(description="Of the administrative region: what follows a noun.")
    outside_hub: Bilingual = Field(description="On every site but the hub's commune.")
    founding_text: FoundingText
    breaks: dict[str, Bilingual] = Field(
        default_factory=dict, description="Break → the words that fit beside a line on a chart."
    )
    bodies: tuple[Institution, ...] = ()


def read_region(project: Project) -> Region:
    """Read `data/reference/region.yml`. Raises `BadInput`, one problem a fault, when it breaks its format."""
    name, content = read_declared(project, REGION_FILE, "The file of the region's words")
    try:
        return Region.model_validate(content)
    except ValidationError as error:
        raise BadInput(
            Problem(
                name,
                f"The region's words break their format: {said(item)[0]}",
                f"{said(item)[1]} pipelines/kernel/region.py explains the keys.",
                column=".".join(map(str, item["loc"])) or None,
                value=said(item)[2],
            )
            for item in error.errors()
        ) from error


def counted(count: int, lang: str) -> str:
    """Return a whole number as sentences write it: a word up to sixteen, digits beyond."""
    words = NUMBERS[lang]
    return words[count - 1] if 1 <= count <= len(words) else str(count)


def counted_sites(count: int, lang: str) -> str:
    """Return `trois sites` or `three sites`: what follows an article."""
    return f"{counted(count, lang)} site{'' if count == 1 else 's'}"

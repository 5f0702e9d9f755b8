"""What publishing may read: protected tables, reference files, sidecars, results of checks, and nothing else.

Tables come as polars frames, reference lists as small typed rows; everything is read once per run.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from pipelines.kernel.brand import Brand, read_brand
from pipelines.kernel.catalogue import Catalogue, read_catalogue
from pipelines.kernel.colours import Colours
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.reference import Reference, read_reference, whole_scope
from pipelines.kernel.region import Region, counted_sites, read_region
from pipelines.kernel.store import protected_path, read_protected
from pipelines.kernel.yaml_files import LOADER
from pipelines.publish.phrases import Point

if TYPE_CHECKING:
    import polars as pl

LET_IN = ("corrections", "history", "marts", "staging")
"""Results of checks that publishing reads, by name: the pipeline file says of each why it may."""

DOMAINS = {"ENR": "enrolment", "SCH": "scholarship", "APP": "apprenticeship", "MOB": "mobility", "EMP": "employment"}
"""Theme of an indicator's code → the domain that breaks are declared for."""


def is_hub(site: dict[str, str]) -> bool:
    """Say whether a row of the sites is that of the hub."""
    return str(site.get("is_hub")).lower() == "true"


@dataclass(frozen=True, slots=True)
class Indicator:
    """What a page needs of an indicator: its words, its unit, its decimals, its sources."""

    code: str
    label: str
    definition: str
    unit: str
    decimals: int
    objective: int | None
    sources: tuple[str, ...]
    steward: str
    breaks_ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Break:
    """A year from which figures do not compare with those before."""

    code: str
    year: int
    label: str
    short: str
    domain: str
    prefix: str
    scopes: tuple[str, ...]
    forbids_growth: bool


class Shelf:
    """The inputs of one publication, in the language of the run."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self.lang = settings.lang
        self._tables: dict[str, pl.DataFrame] = {}
        self._lists: dict[str, list[dict[str, Any]]] = {}
        self._declared: dict[str, Any] = {}
        self.kept: dict[str, Any] = {}
        """What is worked out once a run by whoever asks first."""

    @property
    def edition(self) -> str:
        """The edition, as addresses end in it."""
        return str(self.settings.edition)

    @cached_property
    def brand(self) -> Brand:
        """Logo and colours of the house."""
        return read_brand(self.project)

    @property
    def colours(self) -> Colours:
        """Colours of the house."""
        return self.brand.colours

    @cached_property
    def table_names(self) -> list[str]:
        """Names of the protected tables that this run has, in order."""
        return sorted(path.stem for path in self.project.protected.glob("pub_*.parquet"))

    def table(self, name: str) -> pl.DataFrame:
        """Return a protected table. Raises `FileNotFoundError` when this run has none of that name."""
        if name not in self._tables:
            self._tables[name] = read_protected(self.project, name)
        return self._tables[name]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return a protected table row by row, empty when this run has none of that name."""
        if name not in self._lists:
            exists = protected_path(self.project, name).exists()
            self._lists[name] = self.table(name).to_dicts() if exists else []
        return self._lists[name]

    def listed(self, name: str) -> list[dict[str, str]]:
        """Return `data/reference/<name>.csv` row by row, every cell as text; empty when there is no such list."""
        import csv

        path = self.project.reference / f"{name}.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def declared(self, name: str) -> Any:
        """Return `data/reference/<name>.yml`; an empty list when there is no such file."""
        if name not in self._declared:
            path = self.project.reference / f"{name}.yml"
            self._declared[name] = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER) if path.exists() else []
        return self._declared[name]

    def say(self, texts: Any) -> str:
        """Return a text in the language of the run; a plain text is returned as it is, nothing as an empty text."""
        if isinstance(texts, dict):
            return str(texts.get(self.lang) or "").strip()
        return str(texts or "").strip()

    def pick(self, row: dict[str, Any], stem: str) -> str:
        """Return the `<stem>_fr` or `<stem>_en` cell of a row."""
        return str(row.get(f"{stem}_{self.lang}") or "")

    @cached_property
    def catalogue(self) -> Catalogue:
        """The sidecars."""
        return read_catalogue(self.project)

    @cached_property
    def reference(self) -> Reference:
        """The reference lists, checked: what a label means is asked of them, never decided here."""
        return read_reference(self.project)

    @cached_property
    def region(self) -> Region:
        """What sentences call the region."""
        return read_region(self.project)

    @property
    def house(self) -> str:
        """The observatory's name in the language of the run."""
        return self.region.observatory.in_(self.lang)

    @cached_property
    def whole(self) -> str:
        """The code of the scope that is the whole region."""
        return whole_scope(self.project)

    @cached_property
    def counted_sites(self) -> str:
        """`trois sites`: how many there are, in the language of the run, ready to follow an article."""
        return counted_sites(len(self.sites), self.lang)

    @property
    def all_sites(self) -> str:
        """The whole region as readers know it: `les trois sites`."""
        return f"{'les' if self.lang == 'fr' else 'the'} {self.counted_sites}"

    @cached_property
    def sites(self) -> dict[str, dict[str, str]]:
        """The region's sites by code, in the order of the list."""
        return {row["site_code"]: row for row in self.listed("ref_site")}

    @cached_property
    def without_iut(self) -> list[str]:
        """Names of the sites where open data know no IUT."""
        return [site["site_label"] for site in self.sites.values() if not site.get("uai")]

    @cached_property
    def establishments(self) -> dict[str, str]:
        """Short label of each establishment by code: the one it bears at the edition."""
        labels: dict[str, str] = {}
        for row in self.listed("ref_establishment"):
            begun = (row.get("valid_from") or "0000")[:4]
            if row["establishment_code"] not in labels or begun <= self.edition:
                labels[row["establishment_code"]] = row.get("label_short") or row["establishment_label"]
        return labels

    @cached_property
    def specialities(self) -> dict[str, dict[str, str]]:
        """The specialities by code."""
        return {row["speciality_code"]: row for row in self.listed("ref_speciality")}

    @cached_property
    def territories(self) -> dict[str, str]:
        """Label of each territory by code; départements of the sites when there is no list of territories."""
        found = {row["territory_code"]: row["territory_label"] for row in self.listed("ref_territory")}
        for site in self.sites.values():
            found.setdefault(site["departement_code"], site["departement_label"])
        return found

    def place(self, code: str) -> str:
        """Return the name a reader gives to a scope: site, establishment, département, region, country."""
        if code == self.whole:
            return self.all_sites
        if code == "FR":
            return "France"
        if code in self.sites:
            return self.sites[code]["site_label"]
        return self.establishments.get(code) or self.territories.get(code) or code

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        """The registry of indicators, by code."""
        entries = self.declared("indicators")
        if isinstance(entries, dict):
            entries = entries.get("indicators") or [{"code": code, **entry} for code, entry in entries.items()]
        return {
            entry["code"]: Indicator(
                code=entry["code"],
                label=self.say(entry["label"]),
                definition=self.say(entry.get("definition")),
                unit=str(entry.get("unit", "persons")),
                decimals=int(entry.get("decimals", 0)),
                objective=entry.get("objective"),
                sources=tuple(entry.get("sources") or ()),
                steward=str(entry.get("steward") or ""),
                breaks_ignored=tuple(entry.get("breaks_ignored") or ()),
            )
            for entry in entries
        }

    def _beside_a_line(self, break_code: str) -> str:
        words = self.region.breaks.get(break_code)
        return words.in_(self.lang) if words else break_code

    @cached_property
    def breaks(self) -> list[Break]:
        """The breaks, in order of years."""
        rows = sorted(self.listed("ref_break"), key=lambda row: (int(row["year"]), row["break_code"]))
        return [
            Break(
                code=row["break_code"],
                year=int(row["year"]),
                label=self.pick(row, "label"),
                short=self._beside_a_line(row["break_code"]),
                domain=row.get("domain") or "*",
                prefix=row.get("indicator_prefix") or "",
                scopes=tuple((row.get("scope_codes") or "*").split("|")),
                forbids_growth=str(row.get("forbids_growth")).lower() in ("true", "1"),
            )
            for row in rows
        ]

    def breaks_of(self, code: str, scopes: Iterable[str] = ()) -> list[Break]:
        """Return the breaks that cut the series of an indicator in any of these scopes, one a year.

        A break that is declared for no scope in particular cuts every series of its indicators.
        """
        theme = DOMAINS.get(code.split("-")[0], "")
        wanted = set(scopes)
        ignored = self.indicators[code].breaks_ignored if code in self.indicators else ()
        kept: dict[int, Break] = {}
        for item in self.breaks:
            if item.code in ignored:
                continue
            here = "*" in item.scopes or bool(wanted & set(item.scopes))
            if item.forbids_growth and here and item.domain in (theme, "*") and code.startswith(item.prefix):
                kept.setdefault(item.year, item)
        return list(kept.values())

    @cached_property
    def _series(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        series: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for row in self.rows("pub_values"):
            series[(row["indicator_code"], row["scope_code"])].append(row)
        for rows in series.values():
            rows.sort(key=lambda row: int(row["year"]))
        return dict(series)

    def series(self, code: str, scope: str) -> list[dict[str, Any]]:
        """Return the rows of one indicator in one scope, in order of years."""
        return self._series.get((code, scope), [])

    def scopes(self, code: str, level: str | None = None) -> list[str]:
        """Return the scopes in which an indicator has rows: sites in their own order, the others by code."""
        found = {
            scope
            for (indicator, scope), rows in self._series.items()
            if indicator == code and (level is None or rows[0]["scope_level"] == level)
        }
        order = [self.whole, *self.sites, *self.establishments]
        return sorted(found, key=lambda scope: (order.index(scope) if scope in order else len(order), scope))

    def points(self, code: str, scope: str) -> list[Point]:
        """Return one series as points that sentences can be made from."""
        return [
            Point(int(row["year"]), row["value"], bool(row.get("is_break")), str(row.get("origin") or "observed"))
            for row in self.series(code, scope)
        ]

    def status(self, code: str) -> dict[str, Any]:
        """Return whether an indicator can be measured, and why not."""
        for row in self.rows("pub_status"):
            if row["indicator_code"] == code:
                return row
        return {}

    def reason(self, code: str) -> str:
        """Return why an indicator shows nothing in this run."""
        said = self.pick(self.status(code), "reason")
        if said:
            return said
        return (
            "aucune donnée pour cette édition dans les sources retenues"
            if self.lang == "fr"
            else "no data for this edition in the sources used"
        )

    @cached_property
    def checks(self) -> list[dict[str, Any]]:
        """The results of the checks: what `dvc.yaml` lets in of `data/quality`, in the order of file names.

        What else lies there (the pattern of hidden cells, the audit, the steward's list) is never opened.
        """
        found = []
        for name in LET_IN:
            path = self.project.quality / f"{name}.json"
            if path.exists():
                found.append({"file": name, "content": json.loads(path.read_text(encoding="utf-8"))})
        return found

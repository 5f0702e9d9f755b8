"""What each indicator was made from, as one hash per kind of cause, so that two editions can be told apart.

A revision has a proven reason when exactly one kind of cause differs between the two editions.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from functools import cache

from pipelines.kernel.catalogue import Source, read_catalogue
from pipelines.kernel.files import sha256_of, sha256_of_text
from pipelines.kernel.indicators import Indicator, read_indicators
from pipelines.kernel.known import known_folders
from pipelines.kernel.project import Project
from pipelines.kernel.received import RECEIPT
from pipelines.kernel.sql import read_queries, tables_below
from pipelines.kernel.yaml_files import load_yaml

CAUSES = ("source", "correction", "method", "perimeter", "break", "protection")
"""Kinds of reasons for a revision, as the ledger names them."""

PERIMETERS = {
    "ref_identity",
    "ref_perimeter",
    "ref_site",
    "ref_site_uai",
    "ref_establishment",
    "ref_establishment_label",
    "ref_territory",
}
"""Reference lists that say who belongs to what; the others are part of the method."""


def lineage(project: Project, codes: Collection[str] | None = None) -> dict[str, dict[str, str]]:
    """Return indicator → kind of cause → hash of everything of that kind the indicator depends on.

    Only of the indicators named by `codes`, all by default. One that nothing measures has no query, so no lineage.
    """
    own_queries = read_queries(project, "indicators", "ind_*.sql")
    marts = read_queries(project, "marts", "mart_*.sql")
    breaks = _hash_of(project, ["ref_break"])
    policy = sha256_of(project.reference / "disclosure.yml")
    corrections = load_yaml((project.reference / "corrections.yml").read_text(encoding="utf-8")) or []
    received = cache(lambda source: _received(project, catalogue[source], project.settings().edition))
    catalogue, found = read_catalogue(project), {}
    for code, indicator in sorted(read_indicators(project).items()):
        if indicator.sql_name not in own_queries or (codes is not None and code not in codes):
            continue
        own = own_queries[indicator.sql_name]
        below = tables_below(own.reads, marts)
        queries = [own, *(query for query in below.values() if query is not None)]
        tables = sorted(name for name in below if name.startswith("stg_"))
        lists = sorted(name for name in below if name.startswith("ref_"))
        touched = [item for item in corrections if item.get("table") in tables]
        found[code] = {
            "source": sha256_of_text("\n".join(line for source in _sources(tables) for line in received(source))),
            "correction": sha256_of_text(json.dumps(touched, sort_keys=True, default=str)),
            "method": sha256_of_text(
                "\n".join([*(sha256_of(query.path) for query in queries), _entry(indicator),
                           _hash_of(project, [item for item in lists if item not in PERIMETERS | {"ref_break"}])])
            ),
            "perimeter": _hash_of(project, [item for item in lists if item in PERIMETERS]),
            "break": breaks,
            "protection": policy,
        }  # fmt: skip
    return found


def _entry(indicator: Indicator) -> str:
    """Return what the registry says of how an indicator is computed; its words are no part of the method."""
    return json.dumps(indicator.model_dump(mode="json", include={"code", "unit", "decimals"}), sort_keys=True)


def _sources(tables: Iterable[str]) -> list[str]:
    """Return the sources behind staging tables, in order."""
    return sorted({table.removeprefix("stg_").split("__")[0] for table in tables})


def _received(project: Project, source: Source, edition: int) -> list[str]:
    """Return the hashes of the files of the vintages of a source that the edition knows."""
    lines = []
    for folder in known_folders(project, source, edition)[0]:
        if (folder / RECEIPT).exists():
            vintage = load_yaml((folder / RECEIPT).read_text(encoding="utf-8"))
            lines += [f"{source.id} {file['file']} {file['sha256']}" for file in vintage["files"]]
    return lines


def _hash_of(project: Project, lists: Iterable[str]) -> str:
    return sha256_of_text("\n".join(f"{name} {sha256_of(project.reference / f'{name}.csv')}" for name in sorted(lists)))

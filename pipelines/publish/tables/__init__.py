"""Every table of the report, in the order of the pages."""

from __future__ import annotations

from pipelines.publish.figure_pages import index
from pipelines.publish.figures import field_codes
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables import (
    actions,
    checks,
    columns,
    fields,
    guide,
    offer,
    overview,
    quality,
    registers,
    revisions,
    sheets,
    targets,
)
from pipelines.publish.tables.shape import Table


def tables(shelf: Shelf) -> list[Table]:
    """Return every table this run must have."""
    made = [
        overview.targets(shelf),
        targets.paces(shelf),
        targets.badges(shelf),
        targets.past(shelf),
        overview.seed(shelf),
        overview.sites(shelf),
        actions.register(shelf),
        guide.states(shelf),
        offer.pathway(shelf),
        quality.sources(shelf),
        checks.freshness(shelf),
        checks.by_source(shelf),
        checks.by_family(shelf),
        checks.warnings(shelf),
        checks.trend(shelf),
        quality.suppression(shelf),
        registers.reconciliation(shelf),
        registers.linkage(shelf),
        registers.corrections(shelf),
        quality.breaks(shelf),
        quality.flags(shelf),
        quality.definitions(shelf),
        revisions.revision_table(shelf),
        revisions.revision_table(shelf, on_paper=True),
        revisions.edition_table(shelf),
        index.indicators(shelf),
        columns.dictionary(shelf),
    ]
    for objective in range(1, 7):
        made += [overview.objective(shelf, objective), actions.of_objective(shelf, objective)]
    for site in shelf.sites:
        made += sheets.of_site(shelf, site)
    for field in field_codes(shelf):
        made += fields.of_field(shelf, field)
    return made

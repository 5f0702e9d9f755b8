"""Which indicators can be measured in this run, and why the others cannot. Pure: values in, statuses out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.indicators.values import Value
from pipelines.kernel.catalogue import Catalogue
from pipelines.kernel.indicators import Indicator
from pipelines.kernel.project import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """One indicator in one run: a row of `ind_status`."""

    indicator_code: str
    is_measurable: bool
    reason_fr: str | None
    reason_en: str | None
    first_year: int | None
    last_year: int | None
    points_count: int


def status_of(indicator: Indicator, values: Sequence[Value], catalogue: Catalogue, settings: Settings) -> Status:
    """Return the status of one indicator from its values; `points_count` counts those that are there, all scopes."""
    years = sorted(value.year for value in values if value.value is not None)
    if years:
        return Status(indicator.code, True, None, None, years[0], years[-1], len(years))
    fr, en = _reason(indicator, bool(values), catalogue, settings)
    return Status(indicator.code, False, fr, en, None, None, 0)


def _reason(indicator: Indicator, has_rows: bool, catalogue: Catalogue, settings: Settings) -> tuple[str, str]:
    if has_rows:
        return (
            "La source masque tous les chiffres (trop peu de réponses).",
            "The source hides every figure (too few answers).",
        )
    simulated = [
        source
        for source in indicator.sources
        if source in catalogue.sources and catalogue.sources[source].origin == "simulated"
    ]
    if settings.observed_only and simulated:
        return (
            "Seules des sources simulées le couvrent, et ce rapport les laisse de côté.",
            "Only simulated sources cover it, and this report leaves them out.",
        )
    if indicator.not_measurable is not None:
        return indicator.not_measurable.fr, indicator.not_measurable.en
    return (
        f"Aucune source ne le donne pour l'édition {settings.edition} ou avant.",
        f"No source gives it for edition {settings.edition} or before.",
    )

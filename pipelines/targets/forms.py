"""Promises of other forms: kept in every year, on each site. Their state, their coverage, their chance.

Pure, as the tracker is.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.targets import StateCode, Target
from pipelines.targets import reasons
from pipelines.targets.promises import all_by, kept_again
from pipelines.targets.series import Outcome, Series, worst_origin
from pipelines.targets.states import Aim, state_of, state_of_every_year
from pipelines.targets.tracker import observed


def follow_every_year(target: Target, series: Series, edition: int) -> Outcome:
    """Follow a promise to be kept in every year since the adoption; coverage is years kept of years observed.

    Its probability is that of one more year kept: without a deadline there is no other one to speak of.
    """
    known = series.until(edition)
    aim = Aim(float(target.level or 0), target.better)
    kept = {year: aim.meets(value) for year, value in known.values.items() if year >= target.adopted}
    state = state_of_every_year(kept, edition)
    chance = kept_again(kept)
    return Outcome(
        state,
        known,
        aim,
        coverage=(sum(kept.values()), len(kept)) if kept else None,
        probability=chance,
        model="kept_again" if chance is not None else None,
        reason=reasons.NO_FIGURE if state is StateCode.NOT_MEASURABLE else None,
        no_probability=_silent(chance, known.values),
        path=observed(known),
    )


def follow_each_site(target: Target, sites: Mapping[str, Series], scope: tuple[str, str], edition: int) -> Outcome:
    """Follow "so many on each site" over all sites; coverage is sites that meet the level of all sites.

    `sites` holds a series for every site, empty where nothing is known. The coverage by year is itself a series, to
    which the states apply: all sites by the deadline, or all sites in every year.
    """
    scope_level, scope_code = scope
    per_site = {code: site_figures(target, series, edition) for code, series in sites.items()}
    years = sorted({year for figures in per_site.values() for year in figures})
    level = Aim(float(target.level or 0), target.better)
    reached = {
        code: {year: level.meets(value) for year, value in figures.items()} for code, figures in per_site.items()
    }
    covered = {year: float(sum(seen.get(year, False) for seen in reached.values())) for year in years}
    origin = worst_origin(series.origin for series in sites.values() if series.values)
    series = Series(scope_level, scope_code, covered, origin)
    aim = Aim(float(len(sites)), 1, target.deadline)
    chance: float | None = None
    if target.every_year:
        in_full = {year: aim.meets(value) for year, value in covered.items()}
        state = state_of_every_year(in_full, edition)
        chance = kept_again(in_full)
    else:
        state = state_of(covered, aim, edition)
        if target.deadline is not None and edition < target.deadline:
            chance = all_by(reached, target.deadline)
    return Outcome(
        state,
        series,
        aim,
        coverage=(int(covered[years[-1]]), len(sites)) if years else None,
        probability=chance,
        model=None if chance is None else "kept_again" if target.every_year else "all_by",
        reason=reasons.NO_FIGURE if state is StateCode.NOT_MEASURABLE else None,
        no_probability=_without(target, chance, covered, edition),
        path=observed(series),
    )


def follow_one_site(target: Target, series: Series, edition: int) -> Outcome:
    """Follow "so many on each site" on one of them. Its chance is told for the sites together, never for one alone."""
    figures = site_figures(target, series, edition)
    known = Series(series.scope_level, series.scope_code, figures, series.origin)
    aim = Aim(float(target.level or 0), target.better, target.deadline)
    if target.every_year:
        state = state_of_every_year({year: aim.meets(value) for year, value in figures.items()}, edition)
    else:
        state = state_of(figures, aim, edition)
    reason = reasons.NO_FIGURE if state is StateCode.NOT_MEASURABLE else None
    silent = reasons.TOGETHER if figures else reasons.NO_FIGURE
    return Outcome(state, known, aim, reason=reason, no_probability=silent, path=observed(known))


def site_figures(target: Target, series: Series, edition: int) -> dict[int, float]:
    """Return year → figure of one site since the adoption, added up when the contract says so."""
    figures: dict[int, float] = {}
    total = 0.0
    for year in sorted(year for year in series.values if target.adopted <= year <= edition):
        total = total + series.values[year] if target.added_up else series.values[year]
        figures[year] = total
    return figures


def _without(target: Target, chance: float | None, covered: Mapping[int, float], edition: int) -> Bilingual | None:
    if chance is not None or target.every_year:
        return _silent(chance, covered)
    if not covered:
        return reasons.NO_FIGURE
    if target.deadline is None:
        return reasons.NO_DEADLINE
    return reasons.DEADLINE_PASSED if edition >= target.deadline else reasons.FEW_YEARS


def _silent(chance: float | None, values: Mapping[int, float]) -> Bilingual | None:
    if chance is not None:
        return None
    return reasons.FEW_YEARS if values else reasons.NO_FIGURE

"""One contract on one series: its state, its path, its probability, and what each past edition would have said.

Pure: values by year in, frozen records out. The edition says what "now" is; nothing later is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.reference import Break
from pipelines.kernel.targets import StateCode, Target
from pipelines.targets import reasons
from pipelines.targets.breaks import comparable_since, prevented_years
from pipelines.targets.forecast import LEVELS, MINIMUM_POINTS, Forecast, Refusal, forecast
from pipelines.targets.paths import pace
from pipelines.targets.rules import Point, Verdict, eurostat
from pipelines.targets.states import Aim, state_of, state_of_every_year


@dataclass(frozen=True, slots=True)
class Series:
    """Year → value of one indicator on one scope, with the breaks it goes through."""

    scope_level: str
    scope_code: str
    values: Mapping[int, float]
    origin: str = "declared"
    breaks: tuple[Break, ...] = ()
    is_share: bool = False

    def until(self, year: int) -> Series:
        """Return the series as it was known in `year`."""
        known = {when: value for when, value in self.values.items() if when <= year}
        return replace(self, values=known)

    @property
    def fit_years(self) -> dict[int, float]:
        """The values a forecast may use: since the last break that forbids a growth rate, prevented years left out."""
        if not self.values:
            return {}
        since = comparable_since(self.breaks, max(self.values))
        prevented = prevented_years(self.breaks)
        return {
            year: value
            for year, value in self.values.items()
            if (since is None or year >= since) and year not in prevented
        }


@dataclass(frozen=True, slots=True)
class PathPoint:
    """One point of the picture: an observation, the path, or a forecast with its intervals by width in per cent."""

    year: int
    kind: str
    value: float
    intervals: Mapping[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastView:
    """What the edition of `as_of_year` would have said, and what happened (`None`: not known)."""

    as_of_year: int
    probability: float | None
    outcome_met: bool | None
    points: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything said of one target on one scope."""

    state: StateCode
    series: Series
    aim: Aim | None = None
    base_series_value: float | None = None
    verdict: Verdict = field(default_factory=Verdict)
    pace_needed: float | None = None
    pace_observed: float | None = None
    probability: float | None = None
    no_probability: Bilingual | None = None
    at_deadline: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    coverage: tuple[int, int] | None = None
    reason: Bilingual | None = None
    path: tuple[PathPoint, ...] = ()
    history: tuple[PastView, ...] = ()


def follow(target: Target, series: Series, edition: int) -> Outcome:
    """Follow a target whose goal is one figure (a ratio, a level, a share, a count, an existence) on one series."""
    known = series.until(edition)
    aim = aim_of(target, known)
    if isinstance(aim, Bilingual):
        reason = aim if known.values else reasons.NO_FIGURE
        return Outcome(StateCode.NOT_MEASURABLE, known, reason=reason, no_probability=reason)
    if not known.values:  # what was promised can be told all the same
        nothing = reasons.NO_FIGURE
        path = _picture(known, aim, Refusal(nothing))
        return Outcome(StateCode.NOT_MEASURABLE, known, aim, reason=nothing, no_probability=nothing, path=path)
    state = state_of(known.values, aim, edition)
    judged = _judged(known, aim)
    verdict, needed, observed = _progress(known, aim, judged)
    ahead = _ahead(known, aim)
    return Outcome(
        state=state,
        series=known,
        aim=aim,
        base_series_value=known.values.get(aim.base.year) if aim.base else None,
        verdict=verdict,
        pace_needed=needed,
        pace_observed=observed,
        probability=ahead.probability(aim.deadline, aim.goal, aim.better)
        if isinstance(ahead, Forecast) and aim.deadline
        else None,
        no_probability=ahead.reason if isinstance(ahead, Refusal) else None,
        at_deadline={level: ahead.interval(aim.deadline, level) for level in LEVELS}
        if isinstance(ahead, Forecast) and aim.deadline
        else {},
        reason=_WHY[state](aim.deadline) if state in _WHY else None,
        path=_picture(known, aim, ahead),
        history=_past_views(target, known, aim),
    )


def follow_every_year(target: Target, series: Series, edition: int) -> Outcome:
    """Follow a promise to be kept in every year since the adoption; coverage is years kept of years observed."""
    known = series.until(edition)
    aim = Aim(float(target.level or 0), target.better)
    kept = {year: aim.meets(value) for year, value in known.values.items() if year >= target.adopted}
    state = state_of_every_year(kept, edition)
    return Outcome(
        state,
        known,
        aim,
        coverage=(sum(kept.values()), len(kept)) if kept else None,
        reason=reasons.NO_FIGURE if state is StateCode.NOT_MEASURABLE else None,
        no_probability=reasons.NO_MODEL,
        path=_observed(known),
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
    covered = {
        year: float(sum(1 for figures in per_site.values() if year in figures and level.meets(figures[year])))
        for year in years
    }
    origin = worst_origin(series.origin for series in sites.values() if series.values)
    series = Series(scope_level, scope_code, covered, origin)
    aim = Aim(float(len(sites)), 1, target.deadline)
    if target.every_year:
        state = state_of_every_year({year: aim.meets(value) for year, value in covered.items()}, edition)
    else:
        state = state_of(covered, aim, edition)
    return Outcome(
        state,
        series,
        aim,
        coverage=(int(covered[years[-1]]), len(sites)) if years else None,
        reason=reasons.NO_FIGURE if state is StateCode.NOT_MEASURABLE else None,
        no_probability=reasons.NO_MODEL,
        path=_observed(series),
    )


def follow_one_site(target: Target, series: Series, edition: int) -> Outcome:
    """Follow "so many on each site" on one of them."""
    figures = site_figures(target, series, edition)
    known = Series(series.scope_level, series.scope_code, figures, series.origin)
    aim = Aim(float(target.level or 0), target.better, target.deadline)
    if target.every_year:
        state = state_of_every_year({year: aim.meets(value) for year, value in figures.items()}, edition)
    else:
        state = state_of(figures, aim, edition)
    reason = reasons.NO_FIGURE if state is StateCode.NOT_MEASURABLE else None
    return Outcome(state, known, aim, reason=reason, no_probability=reasons.NO_MODEL, path=_observed(known))


def site_figures(target: Target, series: Series, edition: int) -> dict[int, float]:
    """Return year → figure of one site since the adoption, added up when the contract says so."""
    figures: dict[int, float] = {}
    total = 0.0
    for year in sorted(year for year in series.values if target.adopted <= year <= edition):
        total = total + series.values[year] if target.added_up else series.values[year]
        figures[year] = total
    return figures


def aim_of(target: Target, known: Series) -> Aim | Bilingual:
    """Return the contract with its numbers on this scope, or the reason why it has none."""
    is_own = known.scope_code == target.perimeter.scope_code
    base: Point | None = None
    if target.base is not None:
        value = target.base.value if is_own and target.base_kind == "fixed" else None
        if value is None:
            value = known.values.get(target.base.year)
        if value is None:
            return reasons.no_base(target.base.year)
        base = Point(target.base.year, value)
    if target.form == "ratio":
        if base is None or base.value == 0:
            return reasons.ZERO_BASE
        goal = base.value * (target.ratio or 1.0)
    else:
        goal = target.level if target.level is not None else 1.0
    return Aim(goal, target.better, target.deadline, base, target.path)


def _judged(known: Series, aim: Aim) -> Point | None:
    """The latest observation up to the deadline: what a progress rule looks at."""
    years = [year for year in known.values if aim.deadline is None or year <= aim.deadline]
    return Point(max(years), known.values[max(years)]) if years else None


def _progress(known: Series, aim: Aim, judged: Point | None) -> tuple[Verdict, float | None, float | None]:
    if aim.base is None or aim.deadline is None or judged is None:
        return Verdict(refused=reasons.NO_PATH), None, None
    since = comparable_since(known.breaks, judged.year)
    goal = Point(aim.deadline, aim.goal)
    needed = pace(judged, goal, aim.path)
    if since is not None and aim.base.year < since:
        return Verdict(refused=reasons.broken(since)), needed, None
    return eurostat(aim.base, judged, goal, aim.better), needed, pace(aim.base, judged, aim.path)


def _ahead(known: Series, aim: Aim) -> Forecast | Refusal:
    if aim.deadline is None:
        return Refusal(reasons.NO_DEADLINE)
    last = max(known.values)
    if last >= aim.deadline:
        return Refusal(reasons.DEADLINE_PASSED)
    usable = known.fit_years
    if len(usable) < MINIMUM_POINTS and len(usable) < len(known.values):
        return Refusal(reasons.cut(len(usable), len(known.values)))
    return forecast(usable, aim.deadline, is_share=known.is_share)


def _past_views(target: Target, known: Series, aim: Aim) -> tuple[PastView, ...]:
    if aim.deadline is None or not known.values:
        return ()
    due = known.values.get(aim.deadline)
    outcome = None if due is None else aim.meets(due)
    views = []
    for year in range(target.adopted, min(aim.deadline, max(known.values) + 1)):
        then = known.until(year)
        if not then.values:
            continue
        ahead = _ahead(then, aim)
        probability = ahead.probability(aim.deadline, aim.goal, aim.better) if isinstance(ahead, Forecast) else None
        views.append(PastView(year, probability, outcome, len(then.fit_years)))
    return tuple(views)


def _picture(known: Series, aim: Aim, ahead: Forecast | Refusal) -> tuple[PathPoint, ...]:
    points = list(_observed(known))
    if aim.base is not None and aim.deadline is not None:
        for year in range(aim.base.year, aim.deadline + 1):
            value = aim.milestone(year)
            if value is not None:
                points.append(PathPoint(year, "path", value))
    if isinstance(ahead, Forecast) and aim.deadline is not None:
        for year in range(ahead.last_year + 1, aim.deadline + 1):
            intervals = {level: ahead.interval(year, level) for level in LEVELS}
            points.append(PathPoint(year, "forecast", ahead.median(year), intervals))
    return tuple(points)


def _observed(known: Series) -> tuple[PathPoint, ...]:
    return tuple(PathPoint(year, "observed", known.values[year]) for year in sorted(known.values))


def worst_origin(origins: Iterable[str]) -> str:
    """Return the origin that what is made of several must bear: simulated before declared before observed."""
    found = set(origins)
    return next((origin for origin in ("simulated", "declared", "observed") if origin in found), "declared")


_WHY: dict[StateCode, Callable[[int | None], Bilingual]] = {
    StateCode.NOT_MEASURABLE: reasons.deadline_not_observed,
    StateCode.NOT_STARTED: lambda _: reasons.NOTHING_SINCE,
}
"""States that need a sentence → the sentence, from the deadline year."""

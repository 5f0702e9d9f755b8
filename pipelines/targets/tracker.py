"""One contract on one series: its state, its path, its probability, and what each past edition would have said.

Pure: values by year in, frozen records out. The edition says what "now" is; nothing later is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.targets import StateCode, Target
from pipelines.targets import reasons
from pipelines.targets.breaks import comparable_since
from pipelines.targets.engine.reference import ReferenceClass
from pipelines.targets.family import Forecaster
from pipelines.targets.insight import insight_of
from pipelines.targets.models import LEVELS, Ahead, ahead_of, model_of, reference_of
from pipelines.targets.paths import pace
from pipelines.targets.rules import Badge, Point, Verdict, eurostat
from pipelines.targets.rules.badges import Case, published_rules
from pipelines.targets.series import Outcome, PastView, PathPoint, Series
from pipelines.targets.states import Aim, state_of

LATER = 5
"""Years after the latest one that are looked at once a deadline has passed unmet."""


def follow(
    target: Target, series: Series, edition: int, forecaster: Forecaster | None = None, *, look_back: bool = True
) -> Outcome:
    """Follow a target whose goal is one figure (a ratio, a level, a share, a count, an existence) on one series.

    `forecaster` says what was to be expected as of a year; without one the series is forecast by itself. `look_back`
    false leaves past editions out.
    """
    known = series.until(edition)
    ahead_at = forecaster or (lambda as_of, until: ahead_of(series.until(as_of), until))
    aim = aim_of(target, known)
    if isinstance(aim, Bilingual):
        reason = aim if known.values else reasons.NO_FIGURE
        return Outcome(StateCode.NOT_MEASURABLE, known, reason=reason, no_probability=reason)
    if not known.values:  # what was promised can be told all the same
        nothing = reasons.NO_FIGURE
        path = picture(known, aim, nothing)
        return Outcome(StateCode.NOT_MEASURABLE, known, aim, reason=nothing, no_probability=nothing, path=path)
    state = state_of(known.values, aim, edition)
    verdict, badges, needed, observed_pace = _progress(known, aim)
    ahead = _ahead(known, aim, edition, ahead_at)
    is_told = not isinstance(ahead, Bilingual)
    later = _later(known, aim, state, edition, ahead_at)
    return Outcome(
        state=state,
        series=known,
        aim=aim,
        base_series_value=known.values.get(aim.base.year) if aim.base else None,
        verdict=verdict,
        badges=badges,
        pace_needed=needed,
        pace_observed=observed_pace,
        probability=None if isinstance(ahead, Bilingual) else ahead.probability(aim.goal, aim.better),
        no_probability=ahead if isinstance(ahead, Bilingual) else None,
        model=model_of(known) if is_told or later else None,
        reference=_reference(known, aim, later.until if later else aim.deadline if is_told else None),
        late=(later.until, later.probability(aim.goal, aim.better)) if later else None,
        at_deadline={} if isinstance(ahead, Bilingual) else {level: ahead.interval(level) for level in LEVELS},
        insight=insight_of(known, aim, target.ratio if target.form == "ratio" else None, edition, needed),
        reason=_WHY[state](aim.deadline) if state in _WHY else None,
        path=picture(known, aim, later or ahead),
        history=_past_views(target, known, aim, ahead_at) if look_back else (),
    )


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


def badges_of(known: Series, aim: Aim, base: Point, deadline: int) -> dict[str, Badge]:
    """Return rule → what it says, for every rule that may be published, on the values up to the deadline.

    Where a break lies between the base and the latest point, rules that compare the two are refused; a rule that looks
    at recent years is given those after the break.
    """
    judged = {year: value for year, value in known.values.items() if year <= deadline}
    since = comparable_since(known.breaks, max(judged))
    usable = {year: value for year, value in known.fit_years.items() if year in judged}
    found = {}
    for rule in published_rules():
        if rule.since_base and since is not None and base.year < since:
            found[rule.code] = Badge(refused=reasons.broken(since))
            continue
        values = judged if rule.since_base else usable
        if not values:
            found[rule.code] = Badge(refused=reasons.NOTHING_SINCE)
            continue
        found[rule.code] = rule.assess(Case(values, base, Point(deadline, aim.goal), aim.better, known.is_share))
    return found


def picture(known: Series, aim: Aim, ahead: Ahead | Bilingual) -> tuple[PathPoint, ...]:
    """Return the points of the picture: what was observed, the path promised, the forecast with its intervals."""
    points = list(observed(known))
    if aim.base is not None and aim.deadline is not None:
        for year in range(aim.base.year, aim.deadline + 1):
            value = aim.milestone(year)
            if value is not None:
                points.append(PathPoint(year, "path", value))
    if not isinstance(ahead, Bilingual):
        for year in range(ahead.last_year + 1, ahead.until + 1):
            intervals = {level: ahead.interval(level, year) for level in LEVELS}
            points.append(PathPoint(year, "forecast", ahead.median(year), intervals))
    return tuple(points)


def observed(known: Series) -> tuple[PathPoint, ...]:
    """Return the observed points in order of years."""
    return tuple(PathPoint(year, "observed", known.values[year]) for year in sorted(known.values))


def _progress(known: Series, aim: Aim) -> tuple[Verdict, Mapping[str, Badge], float | None, float | None]:
    years = [year for year in known.values if aim.deadline is None or year <= aim.deadline]
    if aim.base is None or aim.deadline is None or not years:
        return Verdict(refused=reasons.NO_PATH), {}, None, None
    judged = Point(max(years), known.values[max(years)])
    badges = badges_of(known, aim, aim.base, aim.deadline)
    goal = Point(aim.deadline, aim.goal)
    needed = pace(judged, goal, aim.path)
    since = comparable_since(known.breaks, judged.year)
    if since is not None and aim.base.year < since:
        return Verdict(refused=reasons.broken(since)), badges, needed, None
    return eurostat(aim.base, judged, goal, aim.better), badges, needed, pace(aim.base, judged, aim.path)


def _ahead(known: Series, aim: Aim, as_of: int, ahead_at: Forecaster) -> Ahead | Bilingual:
    if aim.deadline is None:
        return reasons.NO_DEADLINE
    if max(known.values) >= aim.deadline:
        return reasons.DEADLINE_PASSED
    return ahead_at(as_of, aim.deadline)


def _reference(known: Series, aim: Aim, until: int | None) -> ReferenceClass | None:
    return None if until is None else reference_of(known, until, aim.goal, aim.better)


def _later(known: Series, aim: Aim, state: StateCode, as_of: int, ahead_at: Forecaster) -> Ahead | None:
    """Return the forecast of the years after the latest one when the deadline has been observed and the goal missed."""
    if aim.deadline is None or state not in (StateCode.MISSED, StateCode.MET_THEN_LOST):
        return None
    last = max(known.values)
    if last < aim.deadline:
        return None
    ahead = ahead_at(as_of, last + LATER)
    return None if isinstance(ahead, Bilingual) else ahead


def _past_views(target: Target, known: Series, aim: Aim, ahead_at: Forecaster) -> tuple[PastView, ...]:
    if aim.deadline is None or not known.values:
        return ()
    due = known.values.get(aim.deadline)
    outcome = None if due is None else aim.meets(due)
    views = []
    for year in range(target.adopted, min(aim.deadline, max(known.values) + 1)):
        then = known.until(year)
        if not then.values:
            continue
        ahead = _ahead(then, aim, year, ahead_at)
        probability = None if isinstance(ahead, Bilingual) else ahead.probability(aim.goal, aim.better)
        badges = badges_of(then, aim, aim.base, aim.deadline) if aim.base is not None else {}
        views.append(PastView(year, probability, outcome, len(then.fit_years), badges))
    return tuple(views)


_WHY: dict[StateCode, Callable[[int | None], Bilingual]] = {
    StateCode.NOT_MEASURABLE: reasons.deadline_not_observed,
    StateCode.NOT_STARTED: lambda _: reasons.NOTHING_SINCE,
}
"""States that need a sentence → the sentence, from the deadline year."""

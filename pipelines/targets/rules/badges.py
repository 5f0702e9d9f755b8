"""The official rules side by side: each one's name, source, categories in words, and how it is applied to a series.

`sourced` says that formula and cut-offs stand in a text we have read. A rule that is not sourced is computed by the
benchmark and by tests, never by the stage: `published_rules()` is the only list that the tracker reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pipelines.kernel.catalogue import Bilingual
from pipelines.targets.rules import european as eu
from pipelines.targets.rules import german, sdg_build, unsourced
from pipelines.targets.rules import united_nations as un
from pipelines.targets.rules.points import Badge, Point


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule is applied to: year → value up to now (not empty), base, goal with its deadline, direction wanted."""

    values: Mapping[int, float]
    base: Point
    goal: Point
    better: int
    is_share: bool = False

    @property
    def latest(self) -> Point:
        """The last value."""
        year = max(self.values)
        return Point(year, self.values[year])


@dataclass(frozen=True, slots=True)
class Rule:
    """An official rule. `since_base` says that it compares with the base, not only with recent years."""

    code: str
    label: Bilingual
    sourced: bool
    source: str
    assess: Callable[[Case], Badge]
    categories: Mapping[str, Bilingual] = field(default_factory=dict)
    good: tuple[str, ...] = ()
    since_base: bool = True


def _eurostat(case: Case) -> Badge:
    verdict = eu.eurostat(case.base, case.latest, case.goal, case.better)
    return Badge(verdict.code, verdict.ratio, None, verdict.refused)


def _sdg_build(case: Case) -> Badge:
    made = sdg_build.progress(case.base, case.latest, case.goal, case.better)
    return Badge(made.status, made.value, made.score, made.refused)


def _chart(case: Case) -> Badge:
    """The chart counts percentages from 0 to 100; its rule about their ends is asked of shares times a hundred."""
    if not case.is_share:
        return un.progress_chart(case.base, case.latest, case.goal, case.better)
    base, latest, goal = (Point(p.year, 100 * p.value) for p in (case.base, case.latest, case.goal))
    return un.progress_chart(base, latest, goal, case.better, is_percentage=True)


def _status_index(case: Case) -> Badge:
    return un.current_status_index(case.base, case.latest, case.goal, case.better)


def _weather(case: Case) -> Badge:
    return german.weather(case.values, case.goal, case.better)


def _gap(case: Case) -> Badge:
    since = {year: value for year, value in case.values.items() if year >= case.base.year}
    if len(since) < 2:
        return Badge(
            refused=Bilingual(fr="Il faut deux points depuis la base.", en="Two points since the base needed.")
        )
    return un.anticipated_gap(case.base, un.weighted_projection(since, case.goal.year), case.goal, case.better)


def _arrow(case: Case) -> Badge:
    return unsourced.sdsn_arrow(case.base, case.latest, case.goal, case.better)


RULES: tuple[Rule, ...] = (
    Rule(
        "eurostat",
        Bilingual(fr="Eurostat", en="Eurostat"),
        True,
        "open-sdg, docs/progress-methodology.md (as used by Eurostat)",
        _eurostat,
        {code: eu.LABELS[code] for code in list(eu.LABELS)[:4]},
        ("significant_progress",),
    ),
    Rule(
        "sdg_build",
        Bilingual(fr="open-sdg", en="open-sdg"),
        True,
        "open-sdg/sdg-build, sdg/ProgressMeasure.py, 139fede",
        _sdg_build,
        sdg_build.LABELS,
        ("target_achieved", "substantial_progress"),
    ),
    Rule(
        "un_chart",
        Bilingual(fr="Tableau de progrès de l'ONU", en="UN progress chart"),
        True,
        "EUSTAT-DES/site, _pages/en/metodologia.md",
        _chart,
        un.CHART_LABELS,
        ("met_or_on_track",),
    ),
    Rule(
        "escap_status",
        Bilingual(fr="Indice de situation de la CESAP", en="ESCAP current status index"),
        True,
        "data.unescap.org/dataviz/methodology",
        _status_index,
    ),
    Rule(
        "dns_weather",
        Bilingual(fr="Symboles météo allemands", en="German weather symbols"),
        True,
        "DnsTestEnvironment/dns-indicators, _pages/en/status.md",
        _weather,
        german.LABELS,
        ("sun",),
        since_base=False,
    ),
    Rule(
        "escap_gap",
        Bilingual(fr="Indice de progrès anticipé de la CESAP", en="ESCAP anticipated progress index"),
        False,
        "definition: w3.unece.org/sdg2022 technical notes; weights and cut-offs not sourced",
        _gap,
        un.GAP_LABELS,
        ("maintain",),
    ),
    Rule(
        "sdsn_arrow",
        Bilingual(fr="Flèches du SDSN", en="SDSN arrows"),
        False,
        "not sourced",
        _arrow,
        unsourced.ARROW_LABELS,
        ("on_track",),
    ),
)
"""Every rule that can be applied to a series with a base, a goal and a deadline, in the order in which it is shown."""


def published_rules() -> tuple[Rule, ...]:
    """Return the rules that may be shown: those whose formula and cut-offs were read in their source."""
    return tuple(rule for rule in RULES if rule.sourced)

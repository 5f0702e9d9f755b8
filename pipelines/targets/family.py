"""A region and its sites forecast together: sites teach one another, and what is said of them adds up.

What is confidential teaches nothing. A site of which a value may not be shown is left out of the pool and enters the
sum only through the rest (the region less the other sites), which is public as soon as the other values are; so no
published figure moves when a hidden one does. Its own forecast, never shown, is fitted into that rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipelines.kernel.catalogue import Bilingual
from pipelines.targets.coherence import counted, paired, reconciled
from pipelines.targets.counts import Pool, pool_of
from pipelines.targets.models import Ahead, DrawnAhead, ahead_of
from pipelines.targets.series import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DRAWS = 4000
SEED = 2010
REST = "\N{SECTION SIGN}rest"
"""The part of the region that is not told site by site."""

Forecaster = Callable[[int, int], "Ahead | Bilingual"]
"""(as of year, until) → forecast from what was known then."""


class Family:
    """The whole, its parts by code, and the forecasts made of them; `closed` names the parts with a hidden value."""

    def __init__(self, whole: Series, parts: Mapping[str, Series], closed: Collection[str] = ()) -> None:
        self.whole = whole
        self.closed = {code: series for code, series in parts.items() if code in closed and series.values}
        self.open = {code: series for code, series in parts.items() if code not in self.closed and series.values}
        self._made: dict[tuple[int, int], dict[str, Ahead | Bilingual]] = {}

    def forecaster(self, code: str) -> Forecaster:
        """Return what forecasts one member: the whole's own scope code, or that of a part."""
        return lambda as_of, until: self.at(as_of, until)[code]

    def at(self, as_of: int, until: int) -> dict[str, Ahead | Bilingual]:
        """Return code → forecast or reason, from what was known in `as_of`."""
        if (as_of, until) not in self._made:
            self._made[as_of, until] = self._forecasts(as_of, until)
        return self._made[as_of, until]

    def _forecasts(self, as_of: int, until: int) -> dict[str, Ahead | Bilingual]:
        whole = self.whole.until(as_of)
        shown = {code: series.until(as_of) for code, series in self.open.items()}
        hidden = {code: series.until(as_of) for code, series in self.closed.items()}
        steps = max((series.steps for series in shown.values()), key=len, default=())
        pools = _pools({**shown, **hidden}, shown, steps)
        found = {code: ahead_of(series, until, pools.get(code)) for code, series in {**shown, **hidden}.items()}
        found[self.whole.scope_code] = ahead_of(whole, until)
        if not (self.whole.is_count and adds_up(whole, [*shown.values(), *hidden.values()])):
            return found
        rest = _rest(whole, list(shown.values()), hidden)
        parts: dict[str, Ahead | Bilingual] = {code: found[code] for code in shown}
        if rest is not None:
            parts[REST] = ahead_of(rest, until)
        coherent = _coherent(found[self.whole.scope_code], parts)
        if coherent is None:
            return found
        of_whole, of_parts = coherent
        inside = None
        if rest is not None:
            inside = _coherent(of_parts.pop(REST), {code: found[code] for code in hidden}, is_given=True)
        return {**found, self.whole.scope_code: of_whole, **of_parts, **(inside[1] if inside else {})}


def adds_up(whole: Series, parts: list[Series]) -> bool:
    """Say whether the parts make the whole in every year that all of them know, and there is such a year."""
    years = set(whole.values).intersection(*(part.values for part in parts)) if parts else set()
    return bool(years) and all(sum(part.values[year] for part in parts) == whole.values[year] for year in years)


def _pools(wanted: Mapping[str, Series], teachers: Mapping[str, Series], steps: tuple[int, ...]) -> dict[str, Pool]:
    if not any(series.is_count for series in wanted.values()):
        return {}
    taught = {code: series.fit_years for code, series in teachers.items() if series.is_count}
    pools = pool_of(taught, steps)
    return {code: pools.get(code) or pool_of({**taught, code: {}}, steps)[code] for code in wanted}


def _rest(whole: Series, shown: list[Series], hidden: Mapping[str, Series]) -> Series | None:
    if not hidden:
        return None
    years = set(whole.values).intersection(*(series.values for series in shown)) if shown else set(whole.values)
    values = {year: whole.values[year] - sum(part.values[year] for part in shown) for year in sorted(years)}
    return replace(whole, scope_code=REST, values=values)


def _coherent(
    whole: Ahead | Bilingual, parts: Mapping[str, Ahead | Bilingual], *, is_given: bool = False
) -> tuple[DrawnAhead, dict[str, DrawnAhead]] | None:
    """Return whole and parts made coherent year by year; `None` when one of them is refused or ends in another year.

    A whole that is given has draws that are coherent already, and keeps them.
    """
    known = {code: part for code, part in parts.items() if not isinstance(part, Bilingual)}
    if isinstance(whole, Bilingual) or not known or len(known) < len(parts):
        return None
    if any((part.last_year, part.until) != (whole.last_year, whole.until) for part in known.values()):
        return None
    of_whole = whole.draws(DRAWS, SEED)
    of_parts = [part.draws(DRAWS, SEED + number) for number, part in enumerate(known.values(), start=1)]
    years = []
    for ahead in range(of_whole.shape[1]):
        total, columns = of_whole[:, ahead], np.column_stack([drawn[:, ahead] for drawn in of_parts])
        pair = (total, columns) if is_given else paired(total, columns, SEED)
        years.append(counted(reconciled(*pair, is_given=is_given)))
    stacked = np.stack(years, axis=2)  # (draws, 1 + parts, years ahead)
    made = [DrawnAhead(whole.last_year, whole.until, stacked[:, place]) for place in range(stacked.shape[1])]
    return made[0], dict(zip(known, made[1:], strict=True))

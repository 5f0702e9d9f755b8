"""Students who enter, pass, repeat, move and leave, year after year: numbers only, no file and no register.

Each year and site draws from its own random stream, so that one more year, or another rate for one register, leaves
every earlier year as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.simulate.calibration import BACS, BUT1, BUT2, BUT3, DUT1, DUT2, LP, STAGES, Calibration, at

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAVES, REPEATS, PROMOTED, GRADUATES = range(4)
PURPOSES = ("entry", "outcome", "moves", "licence", "apprentice", "scholarship", "mobility", "survey", "dirt", "late")
FI, FA, FC, CP = range(4)
NEXT_STAGE = np.array([DUT2, DUT2, BUT2, BUT3, BUT3, LP])


def stream(seed: int, purpose: str, year: int, site: int = 0) -> np.random.Generator:
    """Return the random stream of one purpose, year and site."""
    key = (PURPOSES.index(purpose), year, site)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


@dataclass
class Students:
    """The students of one year, one array per property, all of the same length.

    `person` never changes; `luck` (0 to 1) places a person among those who may hold a scholarship; `contract_start`
    and `contract_end` are days since 1970 of the apprenticeship contract under way, 0 when there is none.
    """

    person: Ints
    site: Ints
    speciality: Ints
    stage: Ints
    female: Bools
    bac: Ints
    regime: Ints
    luck: Floats
    contract_start: Ints
    contract_end: Ints
    outcome: Ints

    def __len__(self) -> int:
        return len(self.person)

    def only(self, which: NDArray[Any]) -> Students:
        """Return the students that a mask or an index picks."""
        return Students(**{field.name: getattr(self, field.name)[which] for field in fields(self)})

    @staticmethod
    def together(parts: list[Students]) -> Students:
        """Return several groups as one."""
        return Students(
            **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Students)}
        )


class Population:
    """The flow of students through the sites, one year after the other."""

    def __init__(self, calibration: Calibration, seed: int, students: int, first_year: int) -> None:
        self._calibration = calibration
        self._course = calibration.parameters.course
        self._seed = seed
        self._scale = students / calibration.total(first_year)

    def years(self, first: int, last: int) -> Iterator[tuple[int, Students]]:
        """Yield each year with its students, outcomes drawn; apprentices are still to be chosen by the caller."""
        previous: Students | None = None
        for year in range(first, last + 1):
            current = self._year(year, previous)
            self._draw_outcomes(year, current)
            yield year, current
            previous = current

    def _year(self, year: int, previous: Students | None) -> Students:
        self._next_person = (year % 100) * 1_000_000
        staying = self._staying(year, previous) if previous is not None else None
        parts: list[Students] = []
        # A BUT is a degree of the same level as a licence professionnelle: only the DUT leads there.
        pool = (
            previous.only((previous.outcome == GRADUATES) & (previous.stage == DUT2)) if previous is not None else None
        )
        taken = np.zeros(len(pool) if pool is not None else 0, dtype=bool)
        for site in range(len(self._calibration.site_codes)):
            rng = stream(self._seed, "entry", year, site)
            here = staying.only(staying.site == site) if staying is not None else None
            sizes = self._calibration.students(site, year)
            iut, lp = (round(size * self._scale) for size in sizes)
            if here is not None:
                parts.append(here)
            if iut:
                for stage, count in self._iut_entrants(year, site, iut, here, previous):
                    parts.append(self._new(rng, year, site, stage, count, sizes))
            if lp:
                seats = lp - (int((here.stage == LP).sum()) if here is not None else 0)
                if pool is not None and len(pool):
                    own = self._graduates_into_lp(year, site, seats, pool, taken)
                    parts.append(own)
                    seats -= len(own)
                parts.append(self._new(rng, year, site, LP, max(seats, 0), sizes))
        return Students.together(parts)

    def _staying(self, year: int, previous: Students) -> Students:
        """Return those promoted or repeating, in their new stage, a few of them on another site."""
        staying = previous.only((previous.outcome == PROMOTED) | (previous.outcome == REPEATS))
        promoted = staying.outcome == PROMOTED
        stage = np.where(promoted, NEXT_STAGE[staying.stage], staying.stage)
        if year >= self._course.but_from:  # who repeats the first year of a DUT that has closed begins a BUT
            stage = np.where(stage == DUT1, BUT1, stage)
        staying.stage = stage
        staying.regime = np.where(np.isin(staying.regime, (FA, CP)), FI, staying.regime)
        rng = stream(self._seed, "moves", year)
        moving = np.flatnonzero(promoted & (rng.random(len(staying)) < self._course.moves_site))
        offered = self._calibration.speciality_share > 0
        for site in self._calibration.parameters.specialities.without_iut:
            offered[self._calibration.site_codes.index(site)] = False
        draws = rng.random(len(moving))
        for index, draw in zip(moving, draws, strict=True):
            others = np.flatnonzero(offered[:, staying.speciality[index]])
            others = others[others != staying.site[index]]
            if len(others):
                staying.site[index] = others[int(draw * len(others))]
        return staying

    def _iut_entrants(
        self, year: int, site: int, size: int, here: Students | None, previous: Students | None
    ) -> Iterator[tuple[int, int]]:
        """Yield how many new students enter each stage of the DUT or BUT on one site."""
        course = self._course
        first_stage = BUT1 if year >= course.but_from else DUT1
        if here is None or previous is None:
            if year < course.but_from + 2:
                shares = course.first_year_levels["DUT"]
                stages: tuple[int, ...] = (first_stage, BUT2 if year > course.but_from else DUT2)
            else:
                shares = course.first_year_levels["BUT"]
                stages = (BUT1, BUT2, BUT3)
            for stage, share in zip(stages, shares, strict=True):
                yield stage, round(size * share)
            return
        before = previous.only(previous.site == site)
        lateral = 0
        for stage, origin in ((DUT2, DUT1), (BUT2, BUT1), (BUT3, BUT2)):
            count = round(course.lateral[STAGES[stage][:3]] * int((before.stage == origin).sum()))
            lateral += count
            yield stage, count
        repeating = int((here.stage == first_stage).sum())
        missing = size - int((here.stage != LP).sum()) - lateral
        usual = at(course.first_level_share, year) * size - repeating
        yield first_stage, max(0, round(course.damping * missing + (1 - course.damping) * usual))

    def _new(
        self, rng: np.random.Generator, year: int, site: int, stage: int, count: int, sizes: tuple[float, float]
    ) -> Students:
        """Return `count` persons nobody has seen before."""
        parameters = self._calibration.parameters
        speciality = spread(self._calibration.speciality_share[site], count, rng)
        women = (
            np.full(count, self._calibration.lp_women_share[site])
            if stage == LP
            else self._calibration.women_share[speciality]
        )
        technological = at(parameters.bac.technological, year) * self._calibration.technological_ratio[site]
        limits = np.cumsum([technological, at(parameters.bac.professional, year), at(parameters.bac.other, year)])
        draw = rng.random(count)
        bac = np.select([draw < limit for limit in limits], [BACS.index(code) for code in "TPX"], BACS.index("G"))
        weights = parameters.regime.continuing_weight
        diploma = STAGES[stage].rstrip("123")
        iut, lp = sizes
        mean = (weights["BUT" if year >= self._course.but_from else "DUT"] * iut + weights["LP"] * lp) / (iut + lp)
        # On a site with licences only, the weight would be its own mean: no more than twice the region's share.
        share = at(parameters.regime.continuing, year) * min(weights[diploma] / mean, 3.5)
        draw = rng.random(count)
        professional = share + parameters.regime.professionalisation.get(diploma, 0.0)
        regime = np.select([draw < share, draw < professional], [FC, CP], FI)
        first = self._next_person
        self._next_person += count
        nothing = np.zeros(count, dtype=np.int64)
        return Students(
            person=np.arange(first, first + count, dtype=np.int64),
            site=np.full(count, site),
            speciality=speciality,
            stage=np.full(count, stage),
            female=rng.random(count) < women,
            bac=bac.astype(np.int64),
            regime=regime.astype(np.int64),
            luck=rng.random(count),
            contract_start=nothing,
            contract_end=nothing,
            outcome=nothing,
        )

    def _graduates_into_lp(self, year: int, site: int, seats: int, pool: Students, taken: Bools) -> Students:
        """Pick graduates of the year before for the licences of a site, its own first; mark them in `taken`."""
        rng = stream(self._seed, "licence", year, site)
        picked = []
        for mask, share in (
            (pool.site == site, self._course.lp_from_own_site),
            (pool.site != site, self._course.lp_from_other_sites),
        ):
            free = np.flatnonzero(mask & ~taken)
            chosen = rng.choice(free, size=min(round(max(seats, 0) * share), len(free) // 2), replace=False)
            taken[chosen] = True
            picked.append(chosen)
        group = pool.only(np.sort(np.concatenate(picked)))
        elsewhere = self._calibration.speciality_share[site][group.speciality] == 0
        replacement = spread(self._calibration.speciality_share[site], len(group), rng)
        group.speciality = np.where(elsewhere, replacement, group.speciality)
        group.site = np.full(len(group), site)
        group.stage = np.full(len(group), LP)
        group.regime = np.where(group.regime == FC, FC, FI)
        group.contract_start = np.zeros(len(group), dtype=np.int64)
        group.contract_end = np.zeros(len(group), dtype=np.int64)
        return group

    def _draw_outcomes(self, year: int, students: Students) -> None:
        """Set what becomes of each student at the end of the year."""
        course = self._course
        chance = np.array([course.promotion.get(stage, course.diploma.get(stage, 0.0)) for stage in STAGES])
        repeats = np.array([course.repeat[stage] for stage in STAGES])
        if year >= course.but_from:
            repeats[DUT2] = course.repeat_after_dut
        repeat = repeats[students.stage]
        final = np.isin(students.stage, (DUT2, BUT3, LP))
        shift = np.array([course.promotion_bac[code] for code in BACS])[students.bac]
        success = np.clip(chance[students.stage] + np.where(final, 0.25, 1.0) * shift, 0.02, 0.98)
        draw = np.empty(len(students))
        for site in range(len(self._calibration.site_codes)):
            here = students.site == site
            draw[here] = stream(self._seed, "outcome", year, site).random(int(here.sum()))
        students.outcome = np.select(
            [draw < success, draw < success + repeat], [np.where(final, GRADUATES, PROMOTED), REPEATS], LEAVES
        )


def spread(weights: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Return `count` indices, each as often as its weight says up to one, in random order."""
    edges = np.floor(np.cumsum(weights / weights.sum()) * count + 1e-9 + rng.random())
    edges[-1] = count
    counts = np.diff(np.concatenate([[0], np.clip(edges, 0, count)])).astype(np.int64)
    return rng.permutation(np.repeat(np.arange(len(weights)), counts)).astype(np.int64)

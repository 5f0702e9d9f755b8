"""What happens to students during a year: grants, apprenticeship contracts, stays abroad, answers to the survey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.simulate.calibration import LP, STAGES, Apprenticeship, Calibration, Mobility, at
from pipelines.simulate.population import FA, FC, FI, GRADUATES, LEAVES, Bools, Floats, Ints, Students, stream

EPOCH = np.datetime64("1970-01-01")
ECHELONS = ("0bis", "1", "2", "3", "4", "5", "6", "7")
SHORTEST_STAY = 14


def day(year: int, month: int, number: int) -> int:
    """Return a date as days since 1970."""
    return int((np.datetime64(f"{year:04d}-{month:02d}-{number:02d}") - EPOCH).astype(int))


def reference_day(year: int) -> int:
    """Return 15 January of the academic year that begins in `year`: the day SISE observes."""
    return day(year + 1, 1, 15)


@dataclass
class Contracts:
    """Contracts in force at some time of one year: index of the student, days, and 0 for no breach."""

    student: Ints
    start: Ints
    end: Ints
    breach: Ints
    months: Ints
    commune: Ints


@dataclass
class Grants:
    """Scholarship decisions of one year: index of the student, échelon (index in `ECHELONS`), day decided."""

    student: Ints
    echelon: Ints
    decided: Ints


@dataclass
class Stays:
    """Stays of one year: index of the student, days, and indices of country, kind (1 placement), programme."""

    student: Ints
    start: Ints
    end: Ints
    country: Ints
    placement: Bools
    programme: Ints


@dataclass
class Answers:
    """Survey of one year's graduates, one row a graduate and date: -1 means the question was not answered."""

    student: Ints
    months: Ints
    answered: Bools
    weight: Floats
    employed: Ints
    stable: Ints
    intermediate: Ints
    in_region: Ints
    continues: Ints


def draw_contracts(calibration: Calibration, seed: int, year: int, students: Students) -> Contracts:
    """Choose the apprentices of the year and their contracts; updates `regime` and the contract of `students`."""
    parameters = calibration.parameters.apprenticeship
    begins, ends = day(year, 9, 1), day(year + 1, 8, 31)
    weights = np.array([parameters.level_weight[stage] for stage in STAGES])
    lengths = np.array([parameters.months[stage] for stage in STAGES])
    parts: list[tuple[Ints, ...]] = []
    site_share = _site_shares(calibration, parameters, seed, "apprentice", year, students)
    for site in range(len(calibration.site_codes)):
        rng = stream(seed, "apprentice", year, site)
        here = np.flatnonzero(students.site == site)
        running = here[students.contract_end[here] >= begins]
        free = here[(students.contract_end[here] < begins) & (students.regime[here] == FI)]
        chances = weights[students.stage[free]] * np.where(students.contract_end[free] > 0, 6.0, 1.0)
        wanted = min(max(round(site_share[site] * len(here)) - len(running), 0), int((chances > 0).sum()))
        # Exponential race: the same as drawing without replacement by weight, and much faster.
        race = rng.exponential(size=len(free)) / np.maximum(chances, 1e-12)
        new = free[np.argsort(race, kind="stable")[:wanted]]
        months = lengths[students.stage[new]]
        starts = day(year, 9, 1) + rng.integers(0, 60, len(new))
        students.contract_start[new] = starts
        students.contract_end[new] = [day(year + length // 12, 8, 31) for length in months]
        apprentices = np.concatenate([running, new])
        apprentices.sort()
        students.regime[apprentices] = FA
        parts.append(_live(calibration, rng, year, site, students, apprentices, ends))
    # Contracts that have ended are remembered only to make their holders likelier to sign again.
    return Contracts(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _site_shares(
    calibration: Calibration,
    parameters: Apprenticeship | Mobility,
    seed: int,
    purpose: str,
    year: int,
    students: Students,
) -> Floats:
    """Return the share of each site's students: the region's path, the site's weight, and what a year brings."""
    sites = len(calibration.site_codes)
    counts = np.bincount(students.site, minlength=sites).astype(float)
    weight = np.array([parameters.site_weight[site] for site in calibration.site_codes])
    # A stream beyond the sites': the same noise whatever the sites draw.
    rng = stream(seed, purpose, year, sites + 1)
    region = np.exp(parameters.year_noise * rng.standard_normal())
    noise = np.exp(parameters.site_noise * rng.standard_normal(sites))
    share: Floats = at(parameters.share, year) * region * noise * weight * counts.sum() / (weight * counts).sum()
    return share


def _live(
    calibration: Calibration,
    rng: np.random.Generator,
    year: int,
    site: int,
    students: Students,
    apprentices: Ints,
    ends: int,
) -> tuple[Ints, ...]:
    """Draw the breaches of one site's contracts and what follows them; return the columns of `Contracts`."""
    parameters = calibration.parameters.apprenticeship
    start = students.contract_start[apprentices].copy()
    end = students.contract_end[apprentices].copy()
    months = np.round((end - start) / 30.44).astype(np.int64)
    first = np.maximum(start + 20, day(year, 9, 20))
    broken = rng.random(len(apprentices)) < parameters.breach
    breach = np.where(broken, first + (rng.random(len(apprentices)) * (ends - 75 - first)).astype(np.int64), 0)
    replaced = broken & (rng.random(len(apprentices)) < parameters.replaced)
    again = breach + rng.integers(15, 56, len(apprentices))
    # A student who leaves at the end of the year takes no contract of several years along.
    quits = (students.outcome[apprentices] == LEAVES) & (end > ends) & ~broken
    breach = np.where(quits, ends - rng.integers(10, 70, len(apprentices)), breach)
    communes = len(parameters.communes)
    at_home = parameters.communes.index(calibration.parameters.sites[calibration.site_codes[site]].commune)
    commune = np.where(
        rng.random(len(apprentices)) < parameters.commune_weight_site,
        at_home,
        rng.integers(0, communes, len(apprentices)),
    )
    other = rng.integers(0, communes, len(apprentices))
    students.contract_start[apprentices] = np.where(replaced, again, start)
    students.contract_end[apprentices] = np.where(broken & ~replaced, begins_of(year) - 1, end)
    following = np.flatnonzero(replaced)
    return (
        np.concatenate([apprentices, apprentices[following]]),
        np.concatenate([start, again[following]]),
        np.concatenate([end, end[following]]),
        np.concatenate([breach, np.zeros(len(following), dtype=np.int64)]),
        np.concatenate([months, np.round((end - again)[following] / 30.44).astype(np.int64)]),
        np.concatenate([commune, other[following]]),
    )


def begins_of(year: int) -> int:
    """Return 1 September of `year`."""
    return day(year, 9, 1)


def draw_grants(calibration: Calibration, seed: int, year: int, students: Students) -> Grants:
    """Give grants to students in initial education; a few échelons are decided again in February."""
    parameters = calibration.parameters.scholarship
    eligible = students.regime == FI
    ratio = calibration.scholarship_ratio[students.site]
    share = at(parameters.share_of_eligible, year) * ratio / ratio[eligible].mean()
    holder = np.flatnonzero(eligible & (students.luck < share))
    place = students.luck[holder] / share[holder]
    order = [*reversed(ECHELONS[1:]), ECHELONS[0]]  # the least lucky have the highest échelon
    limits = np.cumsum([parameters.echelons[code] for code in order])
    rank = np.minimum(np.searchsorted(limits / limits[-1], place), len(order) - 1)
    echelon = np.array([ECHELONS.index(code) for code in order])[rank]
    rng = stream(seed, "scholarship", year)
    decided = begins_of(year) + rng.integers(-45, 60, len(holder))
    again = np.flatnonzero(rng.random(len(holder)) < parameters.change)
    moved = np.clip(echelon[again] + rng.choice([-1, 1], len(again)), 0, len(ECHELONS) - 1)
    return Grants(
        np.concatenate([holder, holder[again]]),
        np.concatenate([echelon, moved]),
        np.concatenate([decided, day(year + 1, 2, 1) + rng.integers(0, 27, len(again))]),
    )


def draw_stays(calibration: Calibration, seed: int, year: int, students: Students) -> Stays:
    """Send students abroad: a semester of studies, or a placement in spring; some twice, some until autumn."""
    parameters = calibration.parameters.mobility
    weights = np.array([parameters.level_weight[stage] for stage in STAGES])
    site_share = _site_shares(calibration, parameters, seed, "mobility", year, students)
    chosen: list[Ints] = []
    for site in range(len(calibration.site_codes)):
        rng = stream(seed, "mobility", year, site)
        free = np.flatnonzero((students.site == site) & (students.regime != FC))
        chances = weights[students.stage[free]] * np.where(students.regime[free] == FI, 1.0, 0.15)
        race = rng.exponential(size=len(free)) / np.maximum(chances, 1e-12)
        wanted = min(round(site_share[site] * int((students.site == site).sum())), len(free))
        chosen.append(np.sort(free[np.argsort(race, kind="stable")[:wanted]]))
    rng = stream(seed, "mobility", year, len(calibration.site_codes))
    student = np.concatenate(chosen)
    placement = rng.random(len(student)) < at(parameters.placement, year)
    autumn = ~placement & (rng.random(len(student)) < 0.4)
    start = np.select(
        [placement & (students.stage[student] == LP), placement, autumn],
        [day(year + 1, 3, 1), day(year + 1, 4, 4), begins_of(year)],
        day(year + 1, 1, 22),
    ) + rng.integers(0, 21, len(student))
    late = placement & (rng.random(len(student)) < parameters.across_years)
    start = np.where(late, day(year + 1, 7, 5) + rng.integers(0, 40, len(student)), start)
    length = np.where(placement, rng.integers(63, 105, len(student)), rng.integers(105, 150, len(student)))
    # Whoever studied abroad in autumn may leave again in spring for the placement.
    again = np.flatnonzero(autumn & (rng.random(len(student)) < parameters.second_stay * 8))
    second = day(year + 1, 4, 4) + rng.integers(0, 21, len(again))
    shares = np.array(list(parameters.countries.values()))
    country = rng.choice(len(shares), len(student), p=shares / shares.sum())
    student_all = np.concatenate([student, student[again]])
    placement_all = np.concatenate([placement, np.ones(len(again), dtype=bool)])
    names = programme_names(calibration)
    programme = np.empty(len(student_all), dtype=np.int64)
    for kind, mask in (("study", ~placement_all), ("placement", placement_all)):
        odds = parameters.programmes[kind]
        probabilities = np.array(list(odds.values()))
        picked = rng.choice(len(odds), int(mask.sum()), p=probabilities / probabilities.sum())
        programme[mask] = np.array([names.index(name) for name in odds])[picked]
    return Stays(
        student_all,
        np.concatenate([start, second]),
        np.concatenate([start + length, second + rng.integers(63, 105, len(again))]),
        np.concatenate([country, rng.choice(len(shares), len(again), p=shares / shares.sum())]),
        placement_all,
        programme,
    )


def programme_names(calibration: Calibration) -> tuple[str, ...]:
    """Return the mobility programmes, in one order."""
    kinds = calibration.parameters.mobility.programmes.values()
    return tuple(sorted({name for odds in kinds for name in odds}))


def draw_answers(calibration: Calibration, seed: int, year: int, students: Students) -> Answers:
    """Survey those who got their diploma at the end of `year`, 18 and 30 months later."""
    parameters = calibration.parameters.survey
    graduates = np.flatnonzero(students.outcome == GRADUATES)
    diplomas = [stage.rstrip("123") for stage in STAGES]
    goes_on = np.array([parameters.continues_studies[code] for code in diplomas])[students.stage[graduates]]
    shift = np.array([parameters.diploma_shift[code] for code in diplomas])[students.stage[graduates]]
    rng = stream(seed, "survey", year)
    rows = len(graduates)
    continues = rng.random(rows) < goes_on
    willing = rng.random(rows)  # who answers once is likelier to answer again
    parts = []
    for months in (18, 30):
        chance = parameters.response[str(months)] + np.where(students.female[graduates], 0.03, -0.02)
        answered = 0.7 * willing + 0.3 * rng.random(rows) < _odds(chance)
        cell = students.site[graduates] * len(STAGES) + students.stage[graduates]
        asked, replied = np.bincount(cell), np.bincount(cell, weights=answered)
        weight = np.where(answered, asked[cell] / np.maximum(replied[cell], 1), 0.0)
        still = continues & (rng.random(rows) < (1.0 if months == 18 else 0.75))
        employed = rng.random(rows) < parameters.employed[str(months)] + shift
        working = answered & ~still

        def said(draw: Bools, asked_of: Bools) -> Ints:
            return np.where(asked_of, draw.astype(np.int64), -1)

        details = [
            said(rng.random(rows) < share[str(months)], working & employed)
            for share in (parameters.stable, parameters.intermediate, parameters.in_region)
        ]
        parts.append(
            (
                graduates,
                np.full(rows, months),
                answered,
                np.round(weight, 4),
                said(employed, working),
                *details,
                said(still, answered),
            )
        )
    return Answers(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _odds(chance: Floats) -> Floats:
    """Return the threshold under which 0.7 U + 0.3 V falls with that chance (U, V uniform), by its upper tail."""
    return np.where(chance > 0.7857, 1 - np.sqrt(0.42 * (1 - chance)), 0.15 + 0.7 * chance)

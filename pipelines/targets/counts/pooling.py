"""What sites teach one another: drift, size of the walk, dispersion, size of a documented step.

Partial pooling in closed form. Drift and steps: estimates by site with their variances, common mean and spread between
sites by moments (DerSimonian and Laird 1986). Walk and dispersion: the grid's weights of a site are half its prior,
half what all other sites together say; a site's own counts are never used twice. Levels are never pooled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.targets.counts.counting import MINIMUM_POINTS, latent_of_counts
from pipelines.targets.counts.latent import DRIFT_SPREAD, LOG_PRIOR, STEP_SPREAD, Pool, as_arrays
from pipelines.targets.counts.trend import log_trend

OTHERS_SHARE = 0.5
"""Weight of the other sites in what is known beforehand of walk and dispersion."""

LEAST_SPREAD = 0.01
"""Sites are never taken to share one drift exactly."""


def pool_of(sites: Mapping[str, Mapping[int, float]], steps: tuple[int, ...] = ()) -> dict[str, Pool]:
    """Return site → what the other sites teach it; every site is there. `sites` is site → year → count.

    `steps` are the first years after a documented change of level, shared by the sites.
    """
    fitted = {}
    for site, counts in sites.items():
        years, seen = as_arrays(counts)
        if len(years) >= MINIMUM_POINTS and seen.any():
            fitted[site] = (latent_of_counts(years, seen, 1, Pool(), steps).log_evidence, years, seen)
    trends = {site: log_trend(years, seen, steps) for site, (_, years, seen) in fitted.items()}
    return {site: _from_others(site, fitted, trends, steps) for site in sites}


def _from_others(site: str, fitted: Mapping, trends: Mapping, steps: tuple[int, ...]) -> Pool:  # type: ignore[type-arg]
    others = [other for other in fitted if other != site]
    if len(others) < 2:
        return Pool()
    joint = LOG_PRIOR + sum(fitted[other][0] for other in others)
    said, prior = np.exp(joint - joint.max()), np.exp(LOG_PRIOR - LOG_PRIOR.max())
    mixed = OTHERS_SHARE * said / said.sum() + (1 - OTHERS_SHARE) * prior / prior.sum()
    mean, spread = moments([trends[other].drift for other in others], LEAST_SPREAD, DRIFT_SPREAD)
    known_steps = []
    for number, year in enumerate(steps):
        sizes = [trends[other].steps[number] for other in others if trends[other].steps[number] is not None]
        if len(sizes) > 1:
            known_steps.append((year, *moments(sizes, LEAST_SPREAD, STEP_SPREAD)))
    return Pool(tuple(np.log(mixed + 1e-12)), mean, spread, tuple(known_steps))


def moments(estimates: Sequence[tuple[float, float]], least: float, prior: float) -> tuple[float, float]:
    """Return mean and spread of what estimates (value, variance) are drawn from; the prior 0 ± `prior` is one of them.

    The spread holds what separates the sites and what is not known of their mean, `least` at least.
    """
    values = np.array([0.0, *(value for value, _ in estimates)])
    variances = np.array([prior**2, *(max(variance, 1e-8) for _, variance in estimates)])
    weights = 1 / variances[1:]
    between = 0.0
    if len(weights) > 1:
        centre = weights @ values[1:] / weights.sum()
        excess = weights @ (values[1:] - centre) ** 2 - (len(weights) - 1)
        between = max(0.0, excess / (weights.sum() - weights @ weights / weights.sum()))
    full = 1 / (variances + np.array([0.0, *([between] * len(estimates))]))
    mean = float(full @ values / full.sum())
    return mean, max(float(np.sqrt(between + 1 / full.sum())), least)


def shrunken_shares(counted: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Return site → share drawn towards that of all sites: (k + M p) / (n + M), M by moments (beta-binomial).

    `counted` is site → (so many, of so many). Raises `ValueError` when nothing was counted.
    """
    known = {site: pair for site, pair in counted.items() if pair[1] > 0}
    total = sum(of for _, of in known.values())
    if not total:
        raise ValueError("no site has a denominator")
    p = sum(many for many, _ in known.values()) / total
    size = len(known)
    if size < 2 or p in (0.0, 1.0):
        return dict.fromkeys(counted, p)
    shares = np.array([many / of for many, of in known.values()])
    sizes = np.array([of for _, of in known.values()], dtype=float)
    spread = float(sizes @ (shares - p) ** 2)
    reach = total - float(sizes @ sizes) / total
    between = max(0.0, (spread - (size - 1) * p * (1 - p)) / (reach - (size - 1)))
    weight = np.inf if between == 0 else max(p * (1 - p) / between - 1, 0.0)
    found = {}
    for site, (many, of) in counted.items():
        found[site] = p if weight == np.inf else float((many + weight * p) / (of + weight))
    return found

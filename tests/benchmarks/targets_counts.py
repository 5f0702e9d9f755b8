"""Coverage of the forecasts of counts and rates on simulated series; prints the table of targets_counts.md.

    python tests/benchmarks/targets_counts.py            # 1,000 replicates a row; 5 minutes
    python tests/benchmarks/targets_counts.py --replicates 300

Eight years are seen, the fifth year ahead is judged. The level behind a count walks by `walk` a year (log scale) around
a `drift`; the count is Poisson of it. Beside the product's forecast stand the recipe of half quasi-Poisson trend, half
drift (2.3 of the method note), and the plain Poisson trend without and with the uncertainty of its parameters.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
import statsmodels.api as sm

from pipelines.targets.counts import forecast_counts, forecast_rate, pool_of
from pipelines.targets.engine import Refusal

SEEN, AHEAD = 8, 5
SCENARIOS = [(mean, walk, drift) for mean in (10, 40, 400) for walk in (0.0, 0.08, 0.10) for drift in (0.0, 0.04)]
DRAWS = 1000


def simulated(mean: float, walk: float, drift: float, generator: np.random.Generator) -> np.ndarray:
    """Return SEEN + AHEAD counts."""
    steps = generator.normal(drift, walk, SEEN + AHEAD - 1) if walk else np.full(SEEN + AHEAD - 1, drift)
    return generator.poisson(mean * np.exp(np.concatenate([[0.0], np.cumsum(steps)])))


def trends(seen: np.ndarray, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Return draws of year SEEN + AHEAD by method, each (DRAWS,)."""
    t = np.arange(len(seen)) - np.arange(len(seen)).mean()
    at = len(seen) - 1 + AHEAD - np.arange(len(seen)).mean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a series of zeros does not converge; it is then counted as not covered
        fit = sm.GLM(seen, np.column_stack([np.ones(len(t)), t]), family=sm.families.Poisson()).fit()
    df = len(seen) - 2
    phi = max(1.0, fit.pearson_chi2 / df)
    centre = fit.params @ [1, at]
    spread = np.sqrt(np.array([1, at]) @ fit.cov_params() @ np.array([1, at]))
    certain = generator.poisson(np.full(DRAWS, np.exp(min(centre, 15))))
    uncertain = generator.poisson(np.exp(np.minimum(centre + spread * generator.standard_normal(DRAWS), 15)))
    rates = np.exp(np.minimum(centre + spread * np.sqrt(phi) * generator.standard_t(df, DRAWS), 15))
    quasi = generator.poisson(generator.gamma(rates / (phi - 1), phi - 1) if phi > 1.001 else rates)
    moves = np.diff(np.log(seen + 0.5))
    m = len(moves)
    scale = moves.std(ddof=1) * np.sqrt(AHEAD * (1 + AHEAD / m))
    walked = np.log(seen[-1] + 0.5) + moves.mean() * AHEAD + scale * generator.standard_t(m - 1, DRAWS)
    drifted = np.exp(np.minimum(walked, 15))
    recipe = np.concatenate([quasi[: DRAWS // 2], drifted[: DRAWS // 2]])
    return {
        "plug-in Poisson": certain,
        "Poisson, parameters": uncertain,
        "quasi-Poisson": quasi,
        "recipe 50/50": recipe,
    }


def row(mean: float, walk: float, drift: float, replicates: int, seed: int) -> dict[str, float]:
    """Return the coverages of one scenario, and the median width of the 95 % interval over the mean."""
    generator = np.random.default_rng(seed)
    covered: dict[str, list[float]] = {}
    for _ in range(replicates):
        series = simulated(mean, walk, drift, generator)
        seen, truth = series[:SEEN], series[-1]
        ahead = forecast_counts(dict(enumerate(seen)), SEEN - 1 + AHEAD)
        if isinstance(ahead, Refusal):
            raise TypeError(ahead.reason.en)
        for level in (80, 95):
            low, high = ahead.interval(level)
            covered.setdefault(f"cov{level}", []).append(low <= truth <= high)
        covered.setdefault("width", []).append((high - low) / mean)
        for name, drawn in trends(seen, generator).items():
            low, high = np.quantile(drawn, [0.025, 0.975])
            covered.setdefault(name, []).append(low <= truth <= high)
    return {name: float(np.median(found) if name == "width" else np.mean(found)) for name, found in covered.items()}


def pooled(replicates: int, seed: int) -> tuple[float, float, float, float]:
    """Return coverage of 95 % and median width, alone and pooled, for eight sites with means of 8 to 200 a year."""
    generator = np.random.default_rng(seed)
    means = (8, 12, 20, 25, 35, 40, 90, 200)
    hits: list[list[bool]] = [[], []]
    widths: list[list[float]] = [[], []]
    for _ in range(replicates):
        drift = generator.normal(0.03, 0.02)
        sites = {str(n): simulated(mean, 0.06, drift, generator) for n, mean in enumerate(means)}
        past = {site: dict(enumerate(series[:SEEN])) for site, series in sites.items()}
        pools = pool_of(past)
        for site, series in sites.items():
            for which, pool in enumerate((None, pools[site])):
                low, high = forecast_counts(past[site], SEEN - 1 + AHEAD, pool=pool).interval(95)
                hits[which].append(low <= series[-1] <= high)
                widths[which].append((high - low) / means[int(site)])
    (alone, shared), (wide, narrow) = [float(np.mean(h)) for h in hits], [float(np.median(w)) for w in widths]
    return alone, shared, wide, narrow


def rates(share: float, cohort: int, replicates: int, seed: int) -> tuple[float, float]:
    """Return coverages of 80 and 95 % of a rate whose logit walks by 0.08 a year."""
    generator = np.random.default_rng(seed)
    hits: list[tuple[bool, bool]] = []
    for _ in range(replicates):
        level = np.log(share / (1 - share)) + np.concatenate(
            [[0], np.cumsum(generator.normal(0, 0.08, SEEN + AHEAD - 1))]
        )
        many = generator.binomial(cohort, 1 / (1 + np.exp(-level)))
        ahead = forecast_rate({t: (int(k), cohort) for t, k in enumerate(many[:SEEN])}, SEEN - 1 + AHEAD)
        if isinstance(ahead, Refusal):
            continue
        truth = many[-1] / cohort
        hits.append(tuple(low <= truth <= high for low, high in map(ahead.interval, (80, 95))))
    eighty, ninety_five = np.mean(hits, axis=0)
    return float(eighty), float(ninety_five)


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--replicates", type=int, default=1000)
    replicates = asked.parse_args().replicates
    start = time.process_time()
    names = ["cov95", "cov80", "width", "recipe 50/50", "quasi-Poisson", "Poisson, parameters", "plug-in Poisson"]
    print("| mean | walk | drift | " + " | ".join(names) + " |\n|" + "---|" * (3 + len(names)))
    for number, (mean, walk, drift) in enumerate(SCENARIOS):
        found = row(mean, walk, drift, replicates, 2026 + number)
        print(
            f"| {mean} | {walk:g} | {drift:g} | " + " | ".join(f"{found[name]:.3f}" for name in names) + " |",
            flush=True,
        )
    alone, shared, wide, narrow = pooled(max(replicates // 8, 40), 7)
    print(f"\nEight sites: coverage of 95 % alone {alone:.3f}, pooled {shared:.3f}; width {wide:.2f}, {narrow:.2f}")
    for share, cohort in ((0.05, 200), (0.05, 4000), (0.4, 200)):
        eighty, ninety_five = rates(share, cohort, replicates, 11)
        print(f"Rate of {share:g} of {cohort}: coverage of 80 % {eighty:.3f}, of 95 % {ninety_five:.3f}")
    print(f"{replicates} replicates a row, {time.process_time() - start:.0f} s of processor")


if __name__ == "__main__":
    main()

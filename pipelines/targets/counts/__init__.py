"""Counts and rates on a few years: how many of how many, with the noise that small numbers have by themselves.

    from pipelines.targets.counts import forecast_counts, forecast_rate, pool_of

    pool = pool_of({"north": {2016: 35, 2017: 38, ...}, "south": {...}})        # what the sites teach one another
    ahead = forecast_counts({2016: 35, 2017: 38, ...}, until=2028, pool=pool["north"])
    ahead.probability(52, better=1), ahead.interval(80), ahead.draws(4000, seed=1)

Both answer as `pipelines.targets.engine` does. Missing years are gaps; documented steps of level are given by year.
"""

from pipelines.targets.counts.cohorts import count_of_rate
from pipelines.targets.counts.counting import CountPredictive, forecast_counts
from pipelines.targets.counts.latent import Pool
from pipelines.targets.counts.pooling import pool_of, shrunken_shares
from pipelines.targets.counts.rates import RatePredictive, forecast_rate

__all__ = [
    "CountPredictive",
    "Pool",
    "RatePredictive",
    "count_of_rate",
    "forecast_counts",
    "forecast_rate",
    "pool_of",
    "shrunken_shares",
]

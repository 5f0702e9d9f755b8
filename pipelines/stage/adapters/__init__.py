"""Adapters: files of one vintage → rows under canonical names. `mapped` serves nearly all datasets.

An adapter is a module with `adapt(vintage, files) -> polars.DataFrame`; it exists only where a map is not enough.
"""

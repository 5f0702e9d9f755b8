"""Editions: what was public on a day, frozen whole, so that it can be cited, verified, compared and made again.

An edition lies in `editions/<year>.<number>/` and is never written again. It needs nothing of this project to be read.
"""

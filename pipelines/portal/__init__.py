"""A portal that speaks Opendatasoft's Explore API, version 2.1: its catalogue, its exports, its pages of rows.

Knows the protocol and nothing of what becomes of a file: `pipelines.fetch` takes it through the door of `add`.
"""

"""Open data from a portal that speaks Opendatasoft's Explore API, version 2.1, through the door of `add`.

`client`, `dataset`, `download`, `rows` and `memory` know the protocol and nothing of what becomes of a file; `fetch`
takes it in as a vintage, `told` says of each source what became of it, `shown` prints that.
"""

"""Memory looked through seldom, while many small objects are made that live as long as the work."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (50_000, 20, 100)
"""Objects between two collections: the usual 700 look in vain through what lives (a fifth of the time)."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Collect seldom within the block, and as before after it."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)

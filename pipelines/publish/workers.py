"""What a worker of this stage does: it draws, beside the stage that goes on (`kernel/workers.py`)."""

from __future__ import annotations

import gc

from pipelines.kernel.colours import Colours
from pipelines.publish.picture import Picture

SELDOM = 50_000
"""Objects between two collections in a worker: a drawing makes many that live as long as it, looked through in vain
by the usual 700 (a tenth of the time)."""


def ready() -> None:
    """Load what draws, so that it is there when the first picture comes."""
    from pipelines.publish import drawing

    if gc.get_threshold()[0] != SELDOM:
        gc.freeze()
        gc.set_threshold(SELDOM, 20, 100)
    del drawing


def drawn(picture: Picture, look: Colours) -> str:
    """Draw one picture in a worker."""
    ready()
    from pipelines.publish.drawing import draw

    return draw(picture, look)


def weight(picture: Picture) -> tuple[int, int]:
    """Return what a drawing's time grows with: its panels, then its rows."""
    panels = picture.options.get("facets") or picture.options.get("domains")
    rows = max((len(values) for values in picture.data.values()), default=0)
    return (len(panels) if isinstance(panels, list) else 1, rows)

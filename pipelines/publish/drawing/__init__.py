"""From a picture to its SVG: a function per kind of drawing, each taking the data and the colours, nothing else."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.kernel.colours import Colours
from pipelines.publish.drawing.bars import bars
from pipelines.publish.drawing.beside import beside
from pipelines.publish.drawing.cover import cover
from pipelines.publish.drawing.grids import matrix, targets
from pipelines.publish.drawing.series import lines, path
from pipelines.publish.drawing.spots import chart_map
from pipelines.publish.drawing.towns import chart_towns
from pipelines.publish.picture import Picture

KINDS: dict[str, Callable[[Picture, Colours], str]] = {
    "lines": lines,
    "beside": beside,
    "bars": bars,
    "path": path,
    "map": chart_map,
    "towns": chart_towns,
    "matrix": matrix,
    "cover": cover,
    "targets": targets,
}


def draw(picture: Picture, look: Colours) -> str:
    """Return the picture as SVG, in the colours given. Raises `KeyError` when no kind of drawing has its name."""
    return KINDS[picture.kind](picture, look)

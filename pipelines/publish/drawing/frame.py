"""What every drawing begins with: its data as a frame, and an empty plot in the house style."""

from __future__ import annotations

from typing import Any

import pandas as pd
from plotnine import (
    ggplot,
    labs,
    theme,
)

from pipelines.publish.picture import Picture
from pipelines.publish.style import (
    HOUSE,
    WIDTH,
    lines_in,
    titles,
)


def frame_of(picture: Picture) -> pd.DataFrame:
    """Return the picture's data as a pandas frame (built from lists: the environment has no pyarrow)."""
    return pd.DataFrame(dict(picture.data))


def begin(data: pd.DataFrame, picture: Picture, panel_height: float) -> Any:
    """Return an empty plot with the picture's texts, in the house style, its panel `panel_height` inches high."""
    return (
        ggplot(data)
        + labs(x="", y="", **titles(picture))
        + HOUSE
        + theme(figure_size=(WIDTH, panel_height + lines_in(picture)))
    )

"""What every drawing begins with: its data as a frame, and an empty plot in the house style."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pandas as pd
from plotnine import (
    ggplot,
    labs,
    theme,
)

from pipelines.kernel.colours import Colours
from pipelines.publish.picture import Picture
from pipelines.publish.style import (
    WIDTH,
    house,
    lines_in,
    titles,
)


class Growing(ggplot):  # type: ignore[misc]
    """A plot that grows in place: plotnine copies the whole plot at each `+`, and a drawing needs only the last."""

    def __add__(self, other: Any) -> Any:
        """Add to this very plot."""
        return self.__iadd__(other)


def frame_of(picture: Picture) -> pd.DataFrame:
    """Return the picture's data as a pandas frame (built from lists: the environment has no pyarrow)."""
    return pd.DataFrame(dict(picture.data))


def begin(data: pd.DataFrame, picture: Picture, look: Colours, panel_height: float) -> Any:
    """Return an empty plot with the picture's texts, in the house style, its panel `panel_height` inches high."""
    return (
        Growing(data)
        + labs(x="", y="", **titles(picture))
        + deepcopy(house(look))  # it would grow too
        + theme(figure_size=(WIDTH, panel_height + lines_in(picture)))
    )

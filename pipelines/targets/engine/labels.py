"""Names of the members of the mixture, in words."""

from __future__ import annotations

from pipelines.kernel.catalogue import Bilingual

LABELS: dict[str, Bilingual] = {
    "naive": Bilingual(fr="la valeur reste ce qu'elle est", en="the value stays what it is"),
    "drift": Bilingual(fr="le même pas chaque année", en="the same step each year"),
    "log_drift": Bilingual(fr="le même taux chaque année", en="the same rate each year"),
    "learnt": Bilingual(
        fr="ce qui a suivi des milliers de séries semblables", en="what followed in thousands of series like it"
    ),
    "log_learnt": Bilingual(
        fr="ce qui a suivi des milliers de séries semblables, en taux",
        en="what followed in thousands of series like it, in rates",
    ),
    "theta": Bilingual(fr="niveau lissé et demi-tendance", en="smoothed level and part of the trend"),
    "log_theta": Bilingual(
        fr="niveau lissé et demi-tendance, en taux", en="smoothed level and part of the trend, in rates"
    ),
}
"""Member → what it supposes of the coming years."""

"""Tables of quality and method: sources, suppression, breaks, flags, definitions."""

from __future__ import annotations

from pipelines.kernel.flags import LABELS, Flag
from pipelines.publish.figures.common import two
from pipelines.publish.figures.overview import years_of_sources
from pipelines.publish.names import in_language
from pipelines.publish.numbers import number, share
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.overview import NOTHING
from pipelines.publish.tables.shape import Table

ORIGINS = {
    "observed": ("observée", "observed"),
    "declared": ("déclarée", "declared"),
    "simulated": ("simulée", "simulated"),
}


def sources(shelf: Shelf) -> Table:
    """Every source: producer, licence, years, origin, steward."""
    covered = years_of_sources(shelf)
    rows = []
    for source in shelf.catalogue.sources.values():
        years = sorted(covered.get(source.id, {}))
        span = NOTHING if not years else str(years[0]) if len(years) == 1 else f"{years[0]}\u2013{years[-1]}"
        licence = in_language(source.licence, shelf.lang, shelf.region) + (
            "" if source.licence_confirmed else two(shelf, " (à confirmer)", " (to be confirmed)")
        )
        rows.append(
            (
                f"{source.title.in_(shelf.lang)} [-@{source.id}]",
                in_language(source.producer, shelf.lang, shelf.region),
                span,
                ORIGINS[source.origin][shelf.lang == "en"],
                licence,
            )
        )
    return Table(
        name="sources",
        caption=two(shelf, "Les sources", "The sources"),
        heading=(
            "Source",
            two(shelf, "Producteur", "Producer"),
            two(shelf, "Années", "Years"),
            two(shelf, "Origine", "Origin"),
            two(shelf, "Licence", "Licence"),
        ),
        rows=tuple(rows),
        widths=(40, 18, 12, 12, 18),
        lang=shelf.lang,
    )


def suppressed_cells(shelf: Shelf, table: str) -> tuple[int, int]:
    """Return how many values of a protected table are suppressed, and how many it has."""
    frame = shelf.table(table)
    flags = [column for column in frame.columns if column == "flag" or column.endswith("_flag")]
    hidden = sum(int((frame[column] == Flag.CONFIDENTIAL.value).sum()) for column in flags)
    return hidden, frame.height * len(flags)


def suppression(shelf: Shelf) -> Table:
    """How many values of each published table are withheld, and what share of its people stand in such a row."""
    silent = silent_shares(shelf)
    rows = []
    for table in shelf.table_names:
        if table == "pub_departement_contours":
            continue
        hidden, total = suppressed_cells(shelf, table)
        if total:
            rows.append(
                (
                    f"`{table}`", number(total, shelf.lang), number(hidden, shelf.lang),
                    share(hidden / total, shelf.lang), _people(shelf, hidden, silent.get(table)),
                )
            )  # fmt: skip
    headings = (
        two(shelf, "Valeurs", "Values"),
        two(shelf, "Retirées", "Withheld"),
        two(shelf, "Part", "Share"),
        two(shelf, "Personnes concernées", "People concerned"),
    )
    return Table(
        name="suppression",
        caption=two(shelf, "Valeurs retirées pour confidentialité", "Values withheld for confidentiality")
        + in_multiples(shelf),
        heading=("Table", *headings),
        rows=tuple(rows),
        right=headings,
        widths=(40, 14, 14, 14, 18),
        lang=shelf.lang,
    )


def in_multiples(shelf: Shelf) -> str:
    """Say that counts of registers are multiples of the base, where the policy rounds them; nothing elsewhere."""
    policy = shelf.declared("disclosure")
    if not isinstance(policy, dict) or policy.get("mode") != "controlled_rounding":
        return ""
    base = number(int(policy.get("rounding_base", 5)), shelf.lang)
    return two(
        shelf,
        f" ; les effectifs tirés des registres sont montrés en multiples de {base}, arrondis ensemble : leurs sommes "
        "tombent juste, et les parts en sont calculées",
        f"; counts drawn from registers are shown as multiples of {base}, rounded together: they add up, and shares "
        "are computed from them",
    )


def silent_shares(shelf: Shelf) -> dict[str, float | None]:
    """Return public table → share of its people in rows where something is withheld; none where it is not said."""
    if "pub_suppression" not in shelf.table_names:
        return {}
    frame = shelf.table("pub_suppression")
    if "silent_share" not in frame.columns:
        return {}
    return dict(frame.select("table_name", "silent_share").iter_rows())


def _people(shelf: Shelf, hidden: int, found: float | None) -> str:
    """Print the share, nobody when nothing is withheld, and that it is not said where it would tell a total."""
    if not hidden:
        return two(shelf, "aucune", "none")
    return two(shelf, "non dit", "not said") if found is None else share(found, shelf.lang)


def breaks(shelf: Shelf) -> Table:
    """Every declared break, once."""
    seen: dict[tuple[int, str], list[str]] = {}
    forbids: dict[tuple[int, str], bool] = {}
    for item in shelf.breaks:
        key = (item.year, item.label)
        seen.setdefault(key, []).append(item.prefix or "*")
        forbids[key] = forbids.get(key, False) or item.forbids_growth
    rows = [
        (
            str(year),
            label,
            ", ".join(f"`{prefix}`" if prefix != "*" else two(shelf, "toutes", "all") for prefix in prefixes),
            two(shelf, "oui", "yes") if forbids[(year, label)] else two(shelf, "non", "no"),
        )
        for (year, label), prefixes in seen.items()
    ]
    return Table(
        name="breaks",
        caption=two(shelf, "Les ruptures de série", "Breaks in series"),
        heading=(
            two(shelf, "Année", "Year"),
            two(shelf, "Rupture", "Break"),
            two(shelf, "Séries", "Series"),
            two(shelf, "Interdit l'évolution", "Forbids growth rates"),
        ),
        rows=tuple(rows),
        widths=(9, 53, 22, 16),
        lang=shelf.lang,
    )


def flags(shelf: Shelf) -> Table:
    """What each flag means."""
    rows = tuple((f"`{flag.value}`", words[shelf.lang == "en"]) for flag, words in LABELS.items())
    return Table(
        name="flags",
        caption=two(shelf, "Les drapeaux d'observation", "Observation flags"),
        heading=(two(shelf, "Drapeau", "Flag"), two(shelf, "Sens", "Meaning")),
        rows=rows,
        widths=(20, 80),
        lang=shelf.lang,
    )


def definitions(shelf: Shelf) -> Table:
    """Every indicator and its definition."""
    rows = tuple((f"`{item.code}`", item.label, item.definition) for item in shelf.indicators.values())
    return Table(
        name="definitions",
        caption=two(shelf, "Les indicateurs et leurs définitions", "The indicators and their definitions"),
        heading=("Code", two(shelf, "Indicateur", "Indicator"), two(shelf, "Définition", "Definition")),
        rows=rows,
        widths=(18, 27, 55),
        lang=shelf.lang,
    )

"""The words and numbers of the targets that sentences quote: `target.<id>.<name>`."""

# ruff: noqa: E501  a sentence that is published stands on one line, so that it can be found

from __future__ import annotations

from typing import Any

from pipelines.publish.figures.common import two
from pipelines.publish.figures.overview import target_titles
from pipelines.publish.numbers import UNAVAILABLE, marked, measure, number, share
from pipelines.publish.shelf import Shelf
from pipelines.publish.tables.overview import upper_first
from pipelines.publish.tables.targets import chance, fragility

Flat = dict[str, str]


def target_words(shelf: Shelf) -> Flat:
    """Return the words and numbers of each target: state, base, goal, deadline, last value, sentence."""
    titles = target_titles(shelf)
    contracts = {entry["id"]: entry for entry in shelf.declared("targets")}
    flat: Flat = {}
    for row in shelf.rows("pub_states"):
        if row["scope_level"] not in ("region", "country"):
            continue
        stem = f"target.{row['target_id'].lower()}"
        indicator = shelf.indicators.get(str(row.get("indicator_code") or ""))
        unit = indicator.unit if indicator else "count"
        state = shelf.pick(row, "state_label")
        flat[f"{stem}.title"] = titles.get(row["target_id"], row["target_id"])
        flat[f"{stem}.state"] = state
        flat[f"{stem}.deadline"] = str(row["deadline_year"] or two(shelf, "sans échéance", "no deadline"))
        for name, column in (("base", "base_value"), ("goal", "target_value")):
            flat[f"{stem}.{name}"] = (
                UNAVAILABLE[shelf.lang] if row[column] is None else measure(row[column], unit, shelf.lang)
            )
        last = row["last_value"]
        flat[f"{stem}.last"] = (
            UNAVAILABLE[shelf.lang]
            if last is None
            else marked(measure(last, unit, shelf.lang), row["origin"], shelf.lang)
        )
        chance = row.get("probability")
        if chance is not None:
            flat[f"{stem}.probability"] = marked(share(chance, shelf.lang, 0), row["origin"], shelf.lang)
        else:
            flat[f"{stem}.probability"] = shelf.pick(row, "probability_low_reason") or UNAVAILABLE[shelf.lang]
        flat |= {f"{stem}.{name}": text for name, text in insights(shelf, row).items()}
        reason = shelf.pick(row, "reason").rstrip(".")
        colon = "\u00a0:" if shelf.lang == "fr" else ":"
        said = f"{flat[f'{stem}.title']}{colon} {state}"
        if last is not None:
            said += (
                f" ({flat[f'{stem}.last']} {two(shelf, 'en', 'in')} {row['last_year']})"
                if ")" not in flat[f"{stem}.last"]
                else f", {flat[f'{stem}.last']} {two(shelf, 'en', 'in')} {row['last_year']}"
            )
        flat[f"{stem}.sentence"] = said + "." + (f" {reason[:1].upper()}{reason[1:]}." if reason else "")
    for target_id, contract in contracts.items():
        flat.setdefault(f"target.{target_id.lower()}.title", titles[target_id])
        flat[f"target.{target_id.lower()}.quotation"] = " ".join(str(contract["quotation"]).split())
    return flat


def insights(shelf: Shelf, row: dict[str, Any]) -> Flat:
    """Return three sentences on a target: its chance, what the verdict hangs on, what past editions were worth."""
    told = {"chance": f"{upper_first(chance(shelf, row)).rstrip('.')}."}
    hangs = fragility(shelf, row)
    told["fragility"] = two(
        shelf,
        f"Ce à quoi tient ce verdict\u00a0: il serait autre si {hangs}.",
        f"What this verdict hangs on: it would be another one if {hangs}.",
    )
    views, score = row.get("past_views_count"), row.get("past_brier")
    if views is None or score is None:
        told["past"] = two(
            shelf,
            "Aucune édition passée n'est encore notée.",
            "No past edition has been scored yet.",
        )
    else:
        told["past"] = two(
            shelf,
            f"Éditions passées notées\u00a0: {number(views, 'fr')}\u00a0; score de Brier moyen\u00a0: {number(score, 'fr', 3)} (0 est le meilleur, 0,25 celui de qui dit toujours une chance sur deux).",
            f"Past editions scored: {number(views, 'en')}; mean Brier score: {number(score, 'en', 3)} (0 is best, 0.25 is that of always saying one in two).",
        )
    return told

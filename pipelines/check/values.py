"""Values on their way into JSON and into sentences: plain Python, the same text for the same value everywhere."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any


def plain(value: Any) -> Any:
    """Return a value as JSON takes it: numpy, pandas, Decimal and dates unwrapped; NaN and NaT become `None`."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, (set, frozenset)) else items
    if isinstance(value, decimal.Decimal):
        value = float(value)
    if hasattr(value, "item") and not isinstance(value, float):
        return plain(value.item())
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else round(value, 6)
    if isinstance(value, (datetime.date, datetime.datetime)):
        # pandas turns a date into a midnight: shown as the date that the source gave.
        text = value.isoformat() if value == value else None
        return text.removesuffix("T00:00:00") if text else None
    text = str(value)
    return None if text in {"<NA>", "NaT", "nan"} else text


def told(value: Any, lang: str) -> str:
    """Return a value as a sentence shows it: texts between the quotation marks of the language."""
    if value is None:
        return "(vide)" if lang == "fr" else "(empty)"
    if isinstance(value, bool):
        return ("vrai" if value else "faux") if lang == "fr" else ("true" if value else "false")
    if isinstance(value, dict):
        return ", ".join(f"{key} {told(item, lang)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(told(item, lang) for item in value)
    if isinstance(value, float):
        return str(value).replace(".", ",") if lang == "fr" else str(value)
    if isinstance(value, int):
        return str(value)
    return f"« {value} »" if lang == "fr" else f"“{value}”"


def listed(values: list[Any] | tuple[Any, ...], lang: str, limit: int = 8) -> str:
    """Return values side by side, the first few of a long list."""
    shown = (
        "; ".join(told(value, lang) for value in values[:limit])
        if any(isinstance(value, dict) for value in values)
        else ", ".join(told(value, lang) for value in values[:limit])
    )
    return shown if len(values) <= limit else f"{shown}… ({len(values)})"

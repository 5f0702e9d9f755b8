"""What pydantic finds in a declared file, in words that a steward understands: the rule, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(kind: str, message: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Return a finding (its type, message and context) as a rule and a mend."""
    if kind == "missing":
        return "A value is missing", "Add it."
    if kind == "extra_forbidden":
        return "No entry has a key of this name", "Check its spelling against the entries beside it."
    if kind == "literal_error":
        return "The value is not one of the list", f"Write one of: {context['expected']}."
    if kind == "string_pattern_mismatch":
        return "The code has not the form it must have", f"Write it as {context['pattern']} asks."
    if kind.startswith("int_"):
        return "The value is no whole number", "Write digits only."
    if kind.startswith("float_"):
        return "The value is no number", "Write digits, with a point before decimals."
    if kind.startswith("bool_"):
        return "The value is neither true nor false", "Write true or false."
    if kind.startswith(("date_", "datetime_")):
        return "The value is no date", "Write it as 2023-01-31, or leave it empty."
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return f"The value is out of bounds (limit {next(iter(context.values()))})", "Check for a slip of the pen."
    if kind == "string_too_short":
        return f"The text is shorter than {context['min_length']} characters", "Say more."
    if kind == "too_short":
        return "The list is empty", "Give one entry at least."
    if kind == "string_type":
        return (
            "A text is expected and must not be empty",
            "Fill it in; put it between quotes if it looks like a number.",
        )
    if kind == "value_error":
        return message.removeprefix("Value error, "), "Mend the entry."
    return message, "Compare with the entries beside it."


def said(item: Mapping[str, Any]) -> tuple[str, str, str | None]:
    """Return an entry of `ValidationError.errors()` as rule (to follow a colon), mend, and the value when it is one."""
    rule, mend = plain(item["type"], item["msg"], item.get("ctx", {}))
    given = item["input"]
    value = str(given) if isinstance(given, str | int | float) and item["type"] != "extra_forbidden" else None
    return rule[0].lower() + rule[1:], mend, value

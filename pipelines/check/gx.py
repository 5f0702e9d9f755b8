"""Great Expectations, kept at arm's length: a pandas frame and expectations in, plain findings out.

What it does by itself and must not be let through: an unknown type is logged and dropped, an empty frame and a column
without a single value pass, and an exception hides in `exception_info` beside `success: False`. Each of these is an
error here. No telemetry, no file, no network, no progress bar.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from pipelines.check.outcome import EXAMPLES, Finding
from pipelines.check.suites import Expectation
from pipelines.check.values import plain

if TYPE_CHECKING:
    import pandas as pd

_AGGREGATE = ("_to_be_between",)
_PAIRWISE = ("either_value_is_missing", "any_value_is_missing", "both_values_are_missing", "all_values_are_missing")

EMPTY_COLUMN = ("la colonne n'a aucune valeur", "the column holds no value at all")
EMPTY_ROWS = ("aucune ligne n'a les valeurs à comparer", "no row holds the values to compare")


@cache
def _context() -> Any:
    """Return the one ephemeral context of this process; the import takes three seconds, so it happens here."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read while the package is being imported
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context, context.data_sources.add_pandas("frames")


def findings(
    frame: pd.DataFrame, items: Sequence[Expectation], arguments: Mapping[str, dict[str, Any]]
) -> dict[str, Finding]:
    """Validate a frame: expectation id → finding.

    `arguments` holds, by id, the keyword arguments with code lists and floors filled in. Never raises for what an
    expectation or the data have wrong: each such thing is a finding with the outcome `error`.
    """
    result: dict[str, Finding] = {}
    known: list[Any] = []
    for item in items:
        try:
            known.append(_configured(item, arguments[item.id]))
        except Exception as error:  # unknown type, misspelt argument: whatever GX raises, the steward is told
            result[item.id] = Finding("error", reason=_not_understood(item, error))
    if known:
        try:
            raw = _validated(frame, known)
        except Exception as error:  # the whole batch failed: none of its checks has an answer
            raw = {}
            broken = _first_line(error)
        else:
            broken = "Great Expectations gave no result for this check"
        for item in items:
            if item.id in result:
                continue
            answer = raw.get(item.id)
            if answer is None:
                result[item.id] = Finding(
                    "error", reason=(f"vérification non exécutée ({broken})", f"not run ({broken})")
                )
            else:
                result[item.id] = _finding(frame, item, arguments[item.id], answer)
    return result


def _configured(item: Expectation, arguments: dict[str, Any]) -> Any:
    _context()
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationConfiguration(
        type=item.type, kwargs=arguments, meta={"check": item.id}, severity=item.severity
    ).to_domain_obj()


def _validated(frame: pd.DataFrame, known: Sequence[Any]) -> dict[str, Any]:
    _, source = _context()
    import great_expectations as gx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asset = source.add_dataframe_asset("table")
        try:
            batch = asset.add_batch_definition_whole_dataframe("whole").get_batch(batch_parameters={"dataframe": frame})
            suite = gx.ExpectationSuite(name="suite", expectations=list(known))
            outcome = batch.validate(
                suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": 4 * EXAMPLES}
            )
        finally:
            source.delete_asset("table")
    return {answer.expectation_config.meta["check"]: answer for answer in outcome.results}


def _finding(frame: pd.DataFrame, item: Expectation, arguments: Mapping[str, Any], answer: Any) -> Finding:
    raised = _exception(answer.exception_info)
    if raised:
        missing = [name for name in item.columns if name not in frame.columns]
        if missing:
            names = ", ".join(missing)
            return Finding("error", reason=(f"la colonne {names} est absente", f"the column {names} is absent"))
        return Finding("error", reason=(f"la vérification a échoué ({raised})", f"the check broke down ({raised})"))
    details: dict[str, Any] = answer.result or {}
    seen = _seen(frame, item, arguments)
    if seen == 0:
        return Finding("error", reason=EMPTY_COLUMN if len(item.columns) == 1 else EMPTY_ROWS)
    observed = plain(details.get("observed_value"))
    if item.type.endswith(_AGGREGATE) and "unexpected_count" not in details and observed is None:
        return Finding("error", seen=seen, reason=EMPTY_COLUMN)
    missing_values = details.get("partial_missing_list") or (details.get("details") or {}).get("mismatched")
    return Finding(
        "pass" if answer.success else "fail",
        seen=seen,
        unexpected=int(details.get("unexpected_count") or 0),
        observed=plain(missing_values) if missing_values and not answer.success else _shown(item, observed),
        examples=() if answer.success and not details.get("unexpected_count") else _examples(details, item),
    )


def _seen(frame: pd.DataFrame, item: Expectation, arguments: Mapping[str, Any]) -> int:
    """Return how many rows the check could judge, counted on the frame and not believed from GX."""
    columns = [name for name in item.columns if name in frame.columns]
    if not columns:
        return len(frame)
    filled = frame[columns].notna()
    if len(columns) == 1:
        return int(filled.iloc[:, 0].sum())
    needs_all = arguments.get("ignore_row_if", "") in _PAIRWISE[:2]
    return int((filled.all(axis=1) if needs_all else filled.any(axis=1)).sum())


def _exception(info: Any) -> str:
    """Return the message hidden in `exception_info`, whichever of its two shapes it has; empty when none."""
    if not isinstance(info, dict):
        return ""
    entries: Iterable[Any] = [info] if "raised_exception" in info else info.values()
    for entry in entries:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return _flat(str(entry.get("exception_message") or "exception"))
    return ""


def _examples(details: Mapping[str, Any], item: Expectation) -> tuple[Any, ...]:
    """Return the first few different offending values, in the order of the table."""
    found: list[Any] = []
    for value in details.get("partial_unexpected_list") or ():
        shown = plain(value)
        if isinstance(value, tuple):
            shown = dict(zip(item.columns, plain(list(value)), strict=False))
        if shown not in found and shown is not None:
            found.append(shown)
    return tuple(found[:EXAMPLES])


def _shown(item: Expectation, observed: Any) -> Any:
    """Keep long observations (the columns of a table) out of the report when they add nothing."""
    return None if item.type.startswith("expect_table_columns") else observed


def _not_understood(item: Expectation, error: Exception) -> tuple[str, str]:
    from great_expectations.exceptions import ExpectationNotFoundError

    if isinstance(error, ExpectationNotFoundError):
        return (
            f"Great Expectations ne connaît pas le type {item.type}",
            f"Great Expectations knows no type {item.type}",
        )
    return (
        f"les arguments de {item.type} ne conviennent pas ({_first_line(error)})",
        f"the arguments of {item.type} do not fit ({_first_line(error)})",
    )


def _first_line(error: Exception) -> str:
    return _flat(str(error)) or type(error).__name__


def _flat(text: str, limit: int = 160) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"

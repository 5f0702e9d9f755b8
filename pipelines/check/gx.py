"""Great Expectations, kept at arm's length: a table in DuckDB and expectations in, plain findings out.

GX knows the types, refuses what they are not, says which figures each needs and judges them; DuckDB counts
(`metrics.py`). What DuckDB has no figures for (a rare type, a regular expression of Python's own) goes GX's usual way,
on a pandas frame of the columns looked at.

What GX does by itself and must not be let through: an unknown type is logged and dropped, an empty table and a column
without a single value pass, and an exception hides in `exception_info` beside `success: False`. Each of these is an
error here. No telemetry, no file, no network, no progress bar.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from pipelines.check.metrics import SHOWN, Answer, answers
from pipelines.check.outcome import EXAMPLES, Finding
from pipelines.check.suites import Expectation
from pipelines.check.values import plain

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.check.tables import Tables

_AGGREGATE = ("_to_be_between",)

EMPTY_COLUMN = ("la colonne n'a aucune valeur", "the column holds no value at all")
EMPTY_ROWS = ("aucune ligne n'a les valeurs à comparer", "no row holds the values to compare")


def findings(
    tables: Tables, relation: str, items: Sequence[Expectation], arguments: Mapping[str, dict[str, Any]]
) -> dict[str, Finding]:
    """Judge a declared table: expectation id → finding.

    `arguments` holds, by id, the keyword arguments with code lists and floors filled in. Never raises for what an
    expectation or the data have wrong: each such thing is a finding with the outcome `error`.
    """
    result: dict[str, Finding] = {}
    there = set(tables.columns(relation))
    known: dict[str, Any] = {}
    for item in items:
        missing = [name for name in item.columns if name not in there]
        try:
            expectation = _configured(item, arguments[item.id])
        except Exception as error:  # unknown type, misspelt argument: whatever GX raises, the steward is told
            result[item.id] = Finding("error", reason=_not_understood(item, error))
            continue
        if missing:
            names = ", ".join(missing)
            result[item.id] = Finding(
                "error", reason=(f"la colonne {names} est absente", f"the column {names} is absent")
            )
            continue
        known[item.id] = expectation
    counted = _counted(tables, relation, [item for item in items if item.id in known], arguments)
    on_frame: list[Expectation] = []
    for item in items:
        if item.id not in known:
            continue
        answer = counted[item.id]
        if answer.seen == 0:
            result[item.id] = Finding("error", reason=EMPTY_COLUMN if len(item.columns) == 1 else EMPTY_ROWS)
            continue
        judged = _judged(known[item.id], answer)
        if judged is None:
            on_frame.append(item)
        else:
            result[item.id] = _finding(item, answer.seen, judged)
    if on_frame:
        result |= _on_frame(tables, relation, on_frame, known, counted)
    return result


def _counted(
    tables: Tables, relation: str, items: Sequence[Expectation], arguments: Mapping[str, Mapping[str, Any]]
) -> dict[str, Answer]:
    """Return the figures of all items; an item of which DuckDB refuses the condition has none."""
    import duckdb

    if not items:
        return {}
    try:
        return answers(tables, relation, items, arguments)
    except duckdb.Error:
        if len(items) == 1:
            return {items[0].id: Answer(seen=tables.rows(relation))}
    # One of them is at fault: asked one by one, it leaves the others their figures.
    return {item.id: _counted(tables, relation, [item], arguments)[item.id] for item in items}


def _judged(expectation: Any, answer: Answer) -> Any:
    """Return GX's verdict on figures, `None` when it asks for one that DuckDB does not give."""
    wanted = _configuration_of_results()
    needed = expectation.get_validation_dependencies(runtime_configuration=wanted).metric_configurations
    if answer.metrics is None or not set(needed) <= set(answer.metrics):
        return None
    figures = {asked.id: answer.metrics[name] for name, asked in needed.items()}
    return expectation.metrics_validate(figures, runtime_configuration=wanted)


def _configuration_of_results() -> dict[str, Any]:
    """Return what GX is to put into a result: a new one each time, since GX writes into it."""
    return {"result_format": {"result_format": "BASIC", "partial_unexpected_count": SHOWN}}


@cache
def library() -> Any:
    """Return the package; its import takes two seconds, so it happens here."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read while the package is being imported
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spark = sys.modules.get("pyspark")
        sys.modules["pyspark"] = None  # type: ignore[assignment]  # where the other engine is installed, GX would import it
        try:
            import great_expectations as gx
        finally:
            if spark is None:
                del sys.modules["pyspark"]
            else:
                sys.modules["pyspark"] = spark
        return gx


def ready() -> None:
    """Load all that judging needs, before a table is there to be judged."""
    library()
    import pandas as pd
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    del pd, ExpectationConfiguration


@cache
def _frames() -> Any:
    """Return the data source of frames of the one ephemeral context of this process."""
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = library().get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context.data_sources.add_pandas("frames")


def _configured(item: Expectation, arguments: dict[str, Any]) -> Any:
    library()
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationConfiguration(
        type=item.type, kwargs=arguments, meta={"check": item.id}, severity=item.severity
    ).to_domain_obj()


def _on_frame(
    tables: Tables, relation: str, items: Sequence[Expectation], known: Mapping[str, Any], seen: Mapping[str, Answer]
) -> dict[str, Finding]:
    """Judge expectations GX's usual way. One that GX loses on the way, or that breaks down, is an error."""
    frame = tables.frame(relation, sorted({column for item in items for column in item.columns}))
    lost = "Great Expectations gave no result for this check"
    try:
        raw = _validated(frame, [known[item.id] for item in items])
    except Exception as error:  # the whole batch failed: none of its checks has an answer
        raw, lost = {}, _first_line(error)
    found = {}
    for item in items:
        answer = raw.get(item.id)
        raised = "" if answer is None else _exception(answer.exception_info)
        if answer is None:
            found[item.id] = Finding("error", reason=(f"vérification non exécutée ({lost})", f"not run ({lost})"))
        elif raised:
            found[item.id] = Finding(
                "error", reason=(f"la vérification a échoué ({raised})", f"the check broke down ({raised})")
            )
        else:
            found[item.id] = _finding(item, seen[item.id].seen, answer)
    return found


def _validated(frame: pd.DataFrame, known: Sequence[Any]) -> dict[str, Any]:
    source = _frames()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asset = source.add_dataframe_asset("table")
        try:
            batch = asset.add_batch_definition_whole_dataframe("whole").get_batch(batch_parameters={"dataframe": frame})
            suite = library().ExpectationSuite(name="suite", expectations=list(known))
            outcome = batch.validate(suite, **_configuration_of_results())
        finally:
            source.delete_asset("table")
    return {answer.expectation_config.meta["check"]: answer for answer in outcome.results}


def _finding(item: Expectation, seen: int, answer: Any) -> Finding:
    details: dict[str, Any] = answer.result or {}
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

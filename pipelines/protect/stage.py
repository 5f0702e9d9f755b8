"""The stage: for each public table, read the internal one, hide what is small, write what is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.disclosure import Policy, read_policy
from pipelines.kernel.files import write_json, write_parquet
from pipelines.kernel.flags import Flag
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.publications import Publication, Shadow, read_publications
from pipelines.kernel.reference import whole_scope
from pipelines.kernel.report import StageReport
from pipelines.kernel.store import read_table, table_path
from pipelines.protect.figures import (
    SERIES,
    Decided,
    few_behind,
    hidden_targets,
    protected_badges,
    protected_history,
    protected_paths,
    protected_states,
    protected_values,
)
from pipelines.protect.guard import listed, refusals, require_passed_checks
from pipelines.protect.model import OPEN
from pipelines.protect.multiples import Multiples, multiples_of, rounded_table, rounded_values, targets_of
from pipelines.protect.patterns import Hidden, hidden_of
from pipelines.protect.suppression import RANK, counted, strict, summed, suppressed
from pipelines.protect.told import public_totals, silent_share

REFERENCE = ("disclosure.yml", "publications.yml", "indicators.yml", "populations.yml", "dictionary")
"""What every public table depends on, in `data/reference`."""

SUPPRESSION = "pub_suppression"

GRAIN = [*SERIES, "year"]


def protect_all(project: Project, settings: Settings) -> StageReport:
    """Make every public table whose inputs changed, remove those no longer listed, count what is hidden."""
    start = time.monotonic()
    require_passed_checks(project)
    policy = read_policy(project)
    publications = _present(project, read_publications(project))
    _refuse(project, publications)
    if policy.mode == "controlled_rounding":
        hidden: Hidden = multiples_of(project, publications, policy)
    else:
        hidden = hidden_of(project, publications, policy, settings.threads)
    freshness = Freshness(project, "protect")
    for table, publication in publications.items():
        if publication.reads is None:
            continue
        fingerprint = freshness.fingerprint(_inputs(project, publication), hidden.facts(table))
        if not freshness.is_fresh(table, fingerprint, [table_path(project, table)]):
            protect_one(project, policy, publications, table, hidden)
            freshness.remember(table, fingerprint)
    freshness.forget_others(name for name, publication in publications.items() if publication.reads is not None)
    kept = {table_path(project, table) for table in publications}
    for path in sorted(project.protected.glob("*")):
        if path not in kept:
            path.unlink()
    if SUPPRESSION in publications and (freshness.made or not table_path(project, SUPPRESSION).exists()):
        _write_suppression(project, publications, silent=not isinstance(hidden, Multiples))
    _write_result(project, hidden)
    notes = _notes(project, publications, freshness.made, hidden, time.monotonic() - start)
    return StageReport(made=tuple(freshness.made), kept=tuple(freshness.kept), notes=notes)


def protect_one(
    project: Project, policy: Policy, publications: Mapping[str, Publication], table: str, hidden: Hidden
) -> None:
    """Write one public table. Raises `BadInput` when it is not listed, or is not at the grain that the list says."""
    publication = listed(publications, table)
    source = publication.reads or table
    frame = _status(project) if source == "ind_status" else read_table(project, source)
    if frame["origin"].null_count():
        mend = "Carry `origin` through the query; a row whose origin is not known cannot be told from a simulated one."
        raise BadInput(Problem(f"{source}.parquet", "A row has no origin", mend, column="origin"))
    try:
        if source in _SPECIAL:
            made = _SPECIAL[source](project, policy, hidden)
        elif source == "ind_status":
            made = frame
        else:
            threshold = strict(policy.threshold(publication.sources), policy.default.threshold)
            chosen = {
                measure: hidden.rows.get(table, {}).get(measure, frozenset())
                for measure, code in publication.counts.items()
                if code != OPEN
            }
            if isinstance(hidden, Multiples):
                made = rounded_table(summed(frame, publication), publication, threshold, hidden)
            else:
                made = suppressed(summed(frame, publication), publication, threshold, chosen)
        write_parquet(table_path(project, table), made, publication.grain)
    except ValueError as error:
        mend = "Mend `grain` in data/reference/publications.yml."
        raise BadInput(Problem(f"{source}.parquet", str(error), mend)) from error


def _present(project: Project, publications: dict[str, Publication]) -> dict[str, Publication]:
    """Leave out optional tables that were not made. Raises `BadInput` when another one was not."""
    problems = []
    present = {}
    for table, publication in publications.items():
        if publication.reads is None or table_path(project, publication.reads).exists():
            present[table] = publication
        elif not publication.optional:
            path = project.shown(table_path(project, publication.reads))
            mend = "Run `observatoire run`; if the table no longer exists, take it off data/reference/publications.yml."
            problems.append(Problem(path, f"{table} is made from a table that is not there", mend))
    if problems:
        raise BadInput(problems)
    return present


def _refuse(project: Project, publications: Mapping[str, Publication]) -> None:
    dictionary = read_dictionary(project)
    problems: list[Problem] = []
    for publication in publications.values():
        if publication.reads is None:
            continue
        path = table_path(project, publication.reads)
        columns = list(pl.read_parquet_schema(path))
        if publication.reads == "ind_status":
            columns.append("origin")  # says what can be measured, holds no figure; its origin is set below
        problems += refusals(publication, columns, dictionary, project.shown(path))
    if problems:
        raise BadInput(problems)


def _inputs(project: Project, publication: Publication) -> list[Path]:
    inputs = [project.reference / name for name in REFERENCE]
    inputs.append(table_path(project, publication.reads or publication.table))
    if publication.reads is not None and publication.reads.startswith(("ind_", "tgt_")):
        inputs += [table_path(project, "ind_values"), table_path(project, "tgt_states")]
        inputs += [table_path(project, shadow.reads) for shadow in _shadows(project)]
    return sorted(set(inputs))


def _thresholds(project: Project, policy: Policy) -> dict[str, int]:
    """Return indicator → threshold, from the sources that the registry of indicators names."""
    return {code: policy.threshold(item.sources) for code, item in read_indicators(project).items()}


def _status(project: Project) -> pl.DataFrame:
    """Return `ind_status`, which holds no figure, with the least real origin of the values it speaks of."""
    origins = read_table(project, "ind_values").select("indicator_code", "origin").unique()
    ranked = (
        origins.with_columns(pl.col("origin").replace_strict(RANK, return_dtype=pl.Int64).alias("_rank"))
        .sort("_rank")
        .group_by("indicator_code", maintain_order=True)
        .agg(pl.col("origin").last())
    )
    status = read_table(project, "ind_status").drop("origin", strict=False)
    joined = status.join(ranked, on="indicator_code", how="left", maintain_order="left")
    flag = (
        pl.when(pl.col("origin") == "simulated").then(pl.lit(Flag.SIMULATED.value)).otherwise(pl.lit(Flag.NORMAL.value))
    )
    return joined.with_columns(pl.col("origin").fill_null("declared")).with_columns(flag.alias("flag"))


def _values(project: Project, policy: Policy, hidden: Hidden) -> pl.DataFrame:
    values, thresholds, default = (
        read_table(project, "ind_values"),
        _thresholds(project, policy),
        policy.default.threshold,
    )
    shadows = _shadows(project)
    region = ("region", whole_scope(project) if shadows else "")
    few = [
        few_behind(read_table(project, shadow.reads), shadow, region, thresholds.get(shadow.indicator, default))
        for shadow in shadows
    ]
    decided = Decided(hidden.values, hidden.modelled, hidden.weighted)
    if isinstance(hidden, Multiples):
        of_registers = pl.col("indicator_code").is_in(sorted(hidden.registers))
        others = protected_values(values.filter(~of_registers), thresholds, default)
        made = rounded_values(values.filter(of_registers), hidden, tuple(GRAIN))
        return pl.concat([others, made]).sort(GRAIN)
    return protected_values(values, thresholds, default, pl.concat(few) if few else None, decided)


def _shadows(project: Project) -> list[Shadow]:
    """Return the plain counts behind weighted rates, of whichever public table names them."""
    return [shadow for publication in read_publications(project).values() for shadow in publication.shadows]


def _gone(states: pl.DataFrame, values: pl.DataFrame, hidden: Hidden) -> pl.DataFrame:
    """Return the target × scope rows of which nothing is said."""
    gone = hidden_targets(states, values)
    if isinstance(hidden, Multiples):
        gone = pl.concat([gone, targets_of(states, hidden.registers)]).unique(maintain_order=True)
    return gone


def _states(project: Project, policy: Policy, hidden: Hidden) -> pl.DataFrame:
    states = read_table(project, "tgt_states")
    return protected_states(states, _gone(states, _values(project, policy, hidden), hidden))


def _paths(project: Project, policy: Policy, hidden: Hidden) -> pl.DataFrame:
    states, values = read_table(project, "tgt_states"), _values(project, policy, hidden)
    gone = _gone(states, values, hidden)
    if isinstance(hidden, Multiples):  # a path repeats the true value
        values = values.filter(~pl.col("indicator_code").is_in(sorted(hidden.registers)))
    return protected_paths(read_table(project, "tgt_paths"), gone, values, states)


def _history(project: Project, policy: Policy, hidden: Hidden) -> pl.DataFrame:
    states = read_table(project, "tgt_states")
    gone = _gone(states, _values(project, policy, hidden), hidden)
    return protected_history(read_table(project, "tgt_history"), gone)


def _badges(project: Project, policy: Policy, hidden: Hidden) -> pl.DataFrame:
    states = read_table(project, "tgt_states")
    gone = _gone(states, _values(project, policy, hidden), hidden)
    return protected_badges(read_table(project, "tgt_badges"), gone)


_SPECIAL: dict[str, Callable[[Project, Policy, Hidden], pl.DataFrame]] = {
    "ind_values": _values,
    "tgt_states": _states,
    "tgt_paths": _paths,
    "tgt_history": _history,
    "tgt_badges": _badges,
}
"""Internal tables whose cells depend on one another, and what protects them."""


def _write_suppression(project: Project, publications: Mapping[str, Publication], *, silent: bool) -> None:
    """Write how much is hidden; of how many people that is silent (`silent`) only where shown counts are true ones."""
    rows = []
    values = table_path(project, "pub_values")
    totals = public_totals(pl.read_parquet(values)) if values.exists() else frozenset()
    for table, publication in publications.items():
        if publication.reads is None:
            continue
        frame = pl.read_parquet(table_path(project, table))
        flags = sorted(set(publication.flags.values())) or ["flag"]
        cells, hidden = counted(frame, flags)
        origin = max(frame["origin"].unique().to_list(), key=RANK.__getitem__, default="observed")
        share = None
        if silent and hidden and publication.reads.startswith("mart_"):
            share = silent_share(
                summed(read_table(project, publication.reads), publication), frame, publication, totals
            )
        rows.append((table, cells, hidden, hidden / cells if cells else None, share, origin))
    schema = {
        "table_name": pl.String,
        "cells_count": pl.Int64,
        "hidden_cells_count": pl.Int64,
        "hidden_share": pl.Float64,
        "silent_share": pl.Float64,
        "origin": pl.String,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.when(pl.col("origin") == "simulated")
        .then(pl.lit(Flag.SIMULATED.value))
        .otherwise(pl.lit(Flag.NORMAL.value))
        .alias("flag")
    )
    write_parquet(table_path(project, SUPPRESSION), frame, ["table_name"])


def _write_result(project: Project, hidden: Hidden) -> None:
    """Write what was chosen year by year, for those inside: outside, what is small and what is not looks alike."""
    write_json(project.quality / "protect.json", {"years": hidden.years})


def _notes(
    project: Project, publications: Mapping[str, Publication], made: list[str], hidden: Hidden, seconds: float
) -> tuple[str, ...]:
    if not made or SUPPRESSION not in publications:
        return ()
    rows = pl.read_parquet(table_path(project, SUPPRESSION))
    gone, cells = int(rows["hidden_cells_count"].sum()), int(rows["cells_count"].sum())
    notes = [f"{gone} of {cells} public cells are hidden"]
    if isinstance(hidden, Multiples):
        return (*notes, f"{len(hidden.solved)} year(s) rounded in {seconds:.1f} s")
    if hidden.solved:
        gaps = [gap for year in hidden.solved if (gap := hidden.years[str(year)]["gap"]) is not None]
        far = f"at most {max(gaps):.1%} from the optimum" if gaps else "the optimum not sought (search_rounds)"
        notes.append(f"{len(hidden.solved)} year(s) solved in {seconds:.1f} s, {far}")
    return tuple(notes)

"""Rows of a register, already tokens and codes, to their staging file: one row a grain, sorted by it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.kernel.catalogue import Table
from pipelines.kernel.files import PARQUET
from pipelines.kernel.quoting import literal
from pipelines.kernel.register_cells import listed

if TYPE_CHECKING:
    import duckdb

COUNTS = ("rows_count", "contradictions_count")


def write_rows(
    connection: duckdb.DuckDBPyConnection, table: Table, part: Path, origin: str | None, year: int | None = None
) -> int:
    """Write the table `rows` of a connection, or those of one year, as Parquet; return how many rows that makes."""
    grain = listed(table.grain)
    connection.execute("set preserve_insertion_order = true")  # else COPY writes sorted row groups as they come
    rows = "rows" if year is None else f"(from rows where year = {year:d})"
    said = [column for column in table.columns if column not in COUNTS]
    # Almost every row stands alone: only those whose grain has the hash of another's are grouped.
    connection.execute(
        f"create or replace temp table doubled as select key from (select hash({grain}) as key from {rows}) "
        "group by key having count(*) > 1"
    )
    counted = connection.execute("select count(*) from doubled").fetchone()
    once = f"select {listed(said)}, 1::bigint as rows_count, 0::bigint as contradictions_count from {rows}"
    if counted and counted[0]:
        once = f"""
            {once} where hash({grain}) not in (select key from doubled)
            union all
            select
                {listed(said)},
                cast(sum(count) over (partition by {grain}) as bigint) as rows_count,
                cast(sum(count) over (partition by {grain}) - count as bigint) as contradictions_count
            from (
                select {listed(said)}, count(*) as count from {rows}
                where hash({grain}) in (select key from doubled)
                group by all
            )
            qualify row_number() over (partition by {grain} order by count desc, {listed(said)}) = 1
        """
    # Codes are sorted as enums and written as text: of an enum, DuckDB writes the values that a row group lacks or not,
    # as the thread has met them before or not, and the bytes would depend on the number of threads.
    shown = ", ".join(
        f"cast(sorted.{column} as varchar) as {column}" if kind == "str" else f"sorted.{column}"
        for column, kind in table.columns.items()
    )
    marked = f", {literal(origin)} as origin" if origin else ""
    order = ", ".join(f"sorted.{column}" for column in table.grain)
    written = connection.execute(
        f"copy (select {shown}{marked} from ({once}) as sorted order by {order}) to {literal(part)} ({PARQUET})"
    ).fetchone()
    return int(written[0]) if written else 0

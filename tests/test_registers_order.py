"""The same rows give the same bytes: in any order, in any number of files, on any number of threads."""

import random
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.kernel.identity import Tokeniser, normalise, simulated_tokeniser
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.registers import write_register
from pipelines.simulate.registers import simulate_registers
from tests.register_tables import PROJECT, REGISTERS, make_marts, sidecar

Files = dict[str, list[tuple[str, str, list[str]]]]
"""Source → name, header and rows of each file."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("order"))
    project.data.mkdir()
    project.reference.symlink_to(PROJECT.reference)
    return project


@pytest.fixture(scope="module")
def files(home: Project) -> Files:
    simulate_registers(
        home, Settings(edition=2016, students=200, simulate_from=2012, simulate_to=2016, seed=7), home.simulated
    )
    found: Files = {}
    for source in REGISTERS:
        for path in sorted((home.simulated / source).glob("*.csv")):
            text = path.read_bytes().decode("latin-1" if "apogee_2012" in path.name else "utf-8")
            header, *rows = text.splitlines()
            if source == "apogee":  # rows that come twice, and rows that contradict another
                rows += rows[:5] + [row.replace(";FI;", ";FC;") for row in rows[5:9]]
            found.setdefault(source, []).append((path.name, header, rows))
    return found


def made(home: Project, files: Files, folder: Path, threads: int) -> dict[str, bytes]:
    """Return the bytes of every staging table and the rows of every mart."""
    connection = duckdb.connect()
    connection.execute(f"set threads = {threads}")
    found: dict[str, bytes] = {}
    for source, parts in files.items():
        paths = []
        for name, header, rows in parts:
            path = folder / name
            path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
            paths.append(path)
        table = sidecar(source).tables[0].name(source)
        target = folder / f"{table}.parquet"
        write_register(
            home,
            sidecar(source),
            sidecar(source).vintage("simulated"),
            paths,
            simulated_tokeniser(),
            target,
            origin="simulated",
            threads=threads,
        )
        found[table] = target.read_bytes()
        connection.execute(f"create view {table} as select * from read_parquet('{target}')")
    make_marts(connection)
    for (name,) in connection.execute("select table_name from duckdb_tables() order by all").fetchall():
        found[name] = repr(connection.execute(f"from {name}").fetchall()).encode()
    connection.close()
    return found


@pytest.fixture(scope="module")
def expected(home: Project, files: Files, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return made(home, files, tmp_path_factory.mktemp("expected"), 1)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), threads=st.sampled_from([1, 2, 4]), count=st.integers(1, 4))
def test_rows_and_files_in_any_order_give_the_same_bytes(
    home: Project,
    files: Files,
    expected: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    threads: int,
    count: int,
) -> None:
    rng = random.Random(seed)
    shuffled: Files = {}
    for source, parts in files.items():
        rows = [row for _, _, part in parts for row in part]
        rng.shuffle(rows)
        shuffled[source] = [
            (f"{source}_{place}.csv", parts[0][1], rows[place::count]) for place in range(min(count, len(rows)))
        ]
    assert made(home, shuffled, tmp_path_factory.mktemp("shuffled"), threads) == expected


@settings(max_examples=50, deadline=None)
@given(
    text=st.text(st.characters(max_codepoint=0x17F, exclude_categories=["Cs"]), max_size=80),
    key=st.binary(min_size=32, max_size=100),
)
def test_a_token_made_in_sql_is_the_hmac_made_in_python(text: str, key: bytes) -> None:
    tokeniser = Tokeniser(key)
    with duckdb.connect() as connection:
        tokeniser.bind(connection)
        found = connection.execute("select token_of($1)", [normalise(text)]).fetchone()
        assert found == (tokeniser.token(text),)
        known = connection.execute(
            "select macro_definition from duckdb_functions() where function_name = 'token_of'"
        ).fetchone()
        assert known is not None
        assert key.hex() not in known[0]

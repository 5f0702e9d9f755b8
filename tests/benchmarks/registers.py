"""From raw registers to marts: the product beside one hand-written DuckDB script, pandas, polars and dbt. Run by hand.

    python -m tests.benchmarks.registers [--millions 0.2 2 20] [--rounds 3] [--threads 2] [--memory 4GB] [--out FILE]
        [--engines product "new year" script pandas polars dbt] [--dbt PYTHON]

The generator writes 25 years of the five registers, CSV, with its usual dirt. Each contender runs in a process of its
own, in turn, once to warm up and then `rounds` times: wall clock, processor time, peak memory (high-water mark of the
process). The ratio is to the hand-written script of the same round, if it is there. All marts of the script, the
product and pandas must be equal, row by row; polars does less, as its function says.

`product` is what `observatoire run` does of it: the stages stage and consolidate, from raw files that were taken in.
`new year` is the product again when of 25 years one is new: the files of each register's last year arrive where all
that was made without them lies. `dbt` is the script as a dbt project, run by the Python of an environment that has
dbt-duckdb (`python -m venv DIR && DIR/bin/pip install "dbt-core<1.12" dbt-duckdb`, then `--dbt DIR/bin/python`); its
own start counts, as in any run of it.

The job is: from raw files to the five tables of tokens, which are all that may be kept of a real register, and to the
eight marts. `script` does that job; `marts only` is the same script that leaves no tokens behind, and so could not be
run again without the persons' names. What the product does and neither does: it checks every cell, brings duplicates
together, sorts what it keeps so that the same rows give the same bytes, and refuses a mart whose grain is not unique.
Receipts are no part of any; the product's hashes of what it reads, by which it knows what changed, are part of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SOURCES = ("apogee", "crous", "cfa", "relint", "survey")
STEPS = ("mart_linkage__number", "mart_linkage__enrolled", "mart_apprenticeship__student", "mart_mobility__stay")
"""Steps of the product's way; the script keeps them to itself."""
MARTS = {
    "mart_student__year": "year, student_token",
    "mart_enrolment__register": "year, site_code, diploma_code, speciality_code, sex_code, bac_code, regime_code",
    "mart_scholarship__register": "year, site_code, diploma_code, speciality_code",
    "mart_apprenticeship__register": "year, site_code, diploma_code, speciality_code",
    "mart_mobility__register": "year, site_code, diploma_code, speciality_code",
    "mart_success__register": "year, site_code, diploma_code",
    "mart_employment__register": "year, site_code, diploma_code, months_after",
    "mart_linkage__register": "year, source_id",
}
FIRST, LAST = 2000, 2024
MEMORY = os.environ.get("BENCHMARK_MEMORY", "1500MB")
IS_LIMITED = "BENCHMARK_MEMORY" in os.environ
"""Whether the script is held to the limit as well."""
STUDENTS_OF_A_MILLION = 37_500
"""Students a year of which 25 years make a million student-years."""
LATIN_1_UNTIL = 2012


def simulate(home: Path, students: int) -> None:
    """Write the raw registers below `home`, laid out as a project that has taken them in."""
    from pipelines.kernel.project import Project, Settings
    from pipelines.simulate.registers import simulate_registers

    settings = Settings(edition=LAST, students=students, simulate_from=FIRST, simulate_to=LAST)
    simulate_registers(Project(ROOT), settings, home / "simulated")
    (home / "data" / "sources").mkdir(parents=True)
    (home / "data" / "reference").symlink_to(ROOT / "data" / "reference")
    (home / "sql" / "marts").mkdir(parents=True)
    for name in (*STEPS, *MARTS):
        (home / "sql" / "marts" / f"{name}.sql").symlink_to(ROOT / "sql" / "marts" / f"{name}.sql")
    for source in SOURCES:
        (home / "data" / "sources" / f"{source}.yml").symlink_to(ROOT / "data" / "sources" / f"{source}.yml")
        folder = home / "data" / "raw" / source
        folder.mkdir(parents=True)
        (home / "simulated" / source).rename(folder / "simulated")
        receive(home, source)


def receive(home: Path, source: str) -> None:
    """Write the receipt of a register, as acquire does."""
    from pipelines.kernel.received import Received, describe_file, write_receipt

    folder = home / "data" / "raw" / source / "simulated"
    files = tuple(describe_file(path) for path in sorted(folder.glob("*.csv")))
    write_receipt(
        folder, Received(source=source, vintage="simulated", layout="simulated", origin="simulated", files=files)
    )


def prepare(contender: str, home: Path, threads: int) -> None:
    """Bring `home` to where a contender of the product's begins, outside of what is measured.

    `product` finds raw files and nothing else; `new year` finds all that the product has made of the registers without
    their last year, and that year's files just arrived.
    """
    if contender == "product":
        for made in ("staging", "marts", ".fingerprints"):
            shutil.rmtree(home / "data" / made, ignore_errors=True)
    if contender == "new year":
        late = {}
        for source in SOURCES:
            folder = home / "data" / "raw" / source / "simulated"
            last = max(path.stem.split("_")[1] for path in folder.glob("*.csv"))
            late |= {path: path.read_bytes() for path in folder.glob(f"*_{last}_*")}
            for path in folder.glob(f"*_{last}_*"):
                path.unlink()
            receive(home, source)
        subprocess.run([sys.executable, __file__, "--contender", "product", "--home", home, "--threads", str(threads)],
                       env=_environment(), check=True, capture_output=True)  # fmt: skip
        for path, content in late.items():
            path.write_bytes(content)
        for source in SOURCES:
            receive(home, source)
        time.sleep(3)  # hashes of files that changed a moment ago are not remembered


def product(home: Path, threads: int) -> None:
    """Run the two stages as `observatoire run` does: whatever is out of date, from raw files to marts."""
    import pipelines.consolidate
    import pipelines.stage
    from pipelines.kernel.project import Project, Settings

    project = Project(home)
    settings = Settings(edition=LAST + 5, threads=threads, memory=MEMORY)
    spent: dict[str, float] = {}
    for stage in (pipelines.stage, pipelines.consolidate):
        began = time.perf_counter()
        stage.run(project, settings)
        spent[stage.__name__] = round(time.perf_counter() - began, 2)
    print(json.dumps(spent), file=sys.stderr)


def script(home: Path, threads: int, *, keeps_tokens: bool = True) -> None:
    """Run the hand-written script and write its tables."""
    import duckdb

    from pipelines.kernel.identity import SIMULATED_KEY

    connection = duckdb.connect(config={"threads": threads, **({"memory_limit": MEMORY} if IS_LIMITED else {})})
    key = SIMULATED_KEY.ljust(64, b"\0")
    connection.execute("set variable inner_pad = $1", [bytes(byte ^ 0x36 for byte in key)])
    connection.execute("set variable outer_pad = $1", [bytes(byte ^ 0x5C for byte in key)])
    for source in SOURCES:
        files = sorted((home / "data" / "raw" / source / "simulated").glob("*.csv"))
        old = [path for path in files if source == "apogee" and int(path.stem.split("_")[1]) <= LATIN_1_UNTIL]
        connection.execute(f"set variable {source}_files = $1", [[str(path) for path in files if path not in old]])
        if old:
            connection.execute("set variable apogee_latin_1 = $1", [[str(path) for path in old]])
    connection.execute(
        "create temp table establishment as select distinct identifier as uai, establishment_code "
        f"from read_csv('{home}/data/reference/ref_identity.csv', all_varchar = true) where scheme = 'uai'"
    )
    out = home / "script"
    out.mkdir(exist_ok=True)
    reading, counting = (HERE / "registers.sql").read_text(encoding="utf-8").split("-- What is read is kept.")
    connection.execute(reading)
    for name in SOURCES if keeps_tokens else ():
        connection.execute(f"copy {name} to '{out}/{name}.parquet'")
    connection.execute(counting)
    for name, grain in MARTS.items():
        connection.execute(f"copy (select * from {name} order by {grain}) to '{out}/{name}.parquet'")


def marts_only(home: Path, threads: int) -> None:
    """Run the hand-written script, leaving no tables of tokens."""
    script(home, threads, keeps_tokens=False)


def pandas(home: Path, threads: int) -> None:
    """Do the script's job with pandas."""
    from pipelines.kernel.identity import SIMULATED_KEY
    from tests.benchmarks.registers_pandas import run_pandas

    del threads
    files = {name: sorted((home / "data" / "raw" / name / "simulated").glob("*.csv")) for name in SOURCES}
    old = frozenset(path for path in files["apogee"] if int(path.stem.split("_")[1]) <= LATIN_1_UNTIL)
    identity = home / "data" / "reference" / "ref_identity.csv"
    run_pandas(files, old, identity, SIMULATED_KEY, MARTS, home / "pandas")


def polars(home: Path, threads: int) -> None:
    """Read, hash, link and count with polars. Stays are not brought together, promotion and survey not followed."""
    import hmac

    import polars as pl

    from pipelines.kernel.identity import SIMULATED_KEY

    del threads

    def read(source: str) -> pl.DataFrame:
        parts = []
        for path in sorted((home / "data" / "raw" / source / "simulated").glob("*.csv")):
            is_old = source == "apogee" and int(path.stem.split("_")[1]) <= LATIN_1_UNTIL
            content: Any = path.read_bytes().decode("latin-1").encode() if is_old else path
            parts.append(pl.read_csv(content, separator=";", infer_schema=False, quote_char=None))
        return pl.concat(parts)

    def with_tokens(frame: pl.DataFrame, column: str) -> pl.DataFrame:
        known = frame.select(column).unique()
        made = [hmac.digest(SIMULATED_KEY, text.encode(), "sha256").hex() for text in known[column]]
        return frame.join(known.with_columns(token=pl.Series(made)), on=column)

    def day(column: str) -> pl.Expr:
        return pl.col(column).str.to_date("%d/%m/%Y", strict=False)

    frames = {source: read(source) for source in SOURCES}
    apogee = frames["apogee"].with_columns(
        year=pl.col("ANNEE").cast(pl.Int64),
        number=pl.col("UAI") + "/" + pl.col("NUM_ETUDIANT"),
        has_ine=pl.col("INE").fill_null("").str.contains(r"^[0-9A-Z]{11}$"),
        enrolled=day("DATE_INSCRIPTION"),
        left=day("DATE_DEPART"),
    )
    crosswalk = apogee.filter("has_ine").group_by("number").agg(found=pl.col("INE").first())
    apogee = apogee.join(crosswalk, on="number", how="left").with_columns(
        who=pl.when("has_ine").then("INE").otherwise(pl.coalesce("found", "number"))
    )
    apogee = with_tokens(apogee, "who")
    others = {
        name: with_tokens(frames[name].filter(pl.col("INE").is_not_null()), "INE")
        for name in ("crous", "cfa", "relint", "survey")
    }
    reference = pl.date(pl.col("year") + 1, 1, 15)
    student = (
        apogee.filter(
            (pl.col("INSCRIPTION") == "P")
            & (pl.col("enrolled") <= reference)
            & (pl.col("left").is_null() | (pl.col("left") > reference))
        )
        .sort(["enrolled", "NIVEAU", "DIPLOME", "SITE", "SPECIALITE"], descending=[True, True, False, False, False])
        .unique(["year", "token"], keep="first", maintain_order=True)
    )
    years = {name: frame.with_columns(year=pl.col(frame.columns[0]).cast(pl.Int64)) for name, frame in others.items()}
    key = ["year", "token"]
    last = years["crous"].with_columns(decided=day("DATE_DECISION")).sort("decided").unique(key, keep="last")
    breach = day("DATE_RUPTURE")
    held = years["cfa"].filter(
        (day("DATE_DEBUT") <= reference) & (day("DATE_FIN") >= reference) & (breach.is_null() | (breach > reference))
    )
    away = years["relint"].filter((day("DATE_FIN") - day("DATE_DEBUT")).dt.total_days() >= 13)
    student = (
        student.join(last.select(*key, "ECHELON"), on=key, how="left")
        .join(held.select(key).unique().with_columns(is_apprentice=True), on=key, how="left")
        .join(away.select(key).unique().with_columns(is_mobile=True), on=key, how="left")
    )
    out = home / "polars"
    out.mkdir(exist_ok=True)
    grain = ["year", "SITE", "DIPLOME", "SPECIALITE"]
    counts = student.group_by(grain).agg(pl.col("token", "ECHELON", "is_apprentice", "is_mobile").count())
    counts.sort(grain).write_csv(out / "counts.csv")
    student.group_by([*grain, "SEXE", "SERIE_BAC", "REGIME"]).len().write_csv(out / "enrolment.csv")
    graduates = years["survey"].with_columns(year=pl.col("year") - 1)
    answers = graduates.join(student.select(*key, "SITE", "DIPLOME"), on=key)
    answers.group_by("year", "SITE", "DIPLOME", "DELAI_MOIS").agg(pl.col("A_REPONDU").count()).write_csv(
        out / "employment.csv"
    )
    student.sort(key).write_csv(out / "student.csv")


def dbt(home: Path, threads: int) -> None:
    """Run the hand-written script as a dbt project."""
    from pipelines.kernel.identity import SIMULATED_KEY
    from tests.benchmarks.registers_dbt import run_dbt

    key = SIMULATED_KEY.ljust(64, b"\0")
    pads = bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)
    files: dict[str, list[str]] = {}
    for source in SOURCES:
        for path in sorted((home / "data" / "raw" / source / "simulated").glob("*.csv")):
            is_old = source == "apogee" and int(path.stem.split("_")[1]) <= LATIN_1_UNTIL
            files.setdefault("apogee_latin_1" if is_old else f"{source}_files", []).append(str(path))
    first = {
        "establishment": "select distinct identifier as uai, establishment_code "
        f"from read_csv('{home}/data/reference/ref_identity.csv', all_varchar = true) where scheme = 'uai'"
    }
    text = (HERE / "registers.sql").read_text(encoding="utf-8")
    run_dbt(Path(os.environ["DBT_PYTHON"]), text, pads, files, first, MARTS, home / "dbt", threads)


CONTENDERS = {
    "product": product,
    "new year": product,
    "script": script,
    "marts only": marts_only,
    "pandas": pandas,
    "polars": polars,
    "dbt": dbt,
}


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def measured(contender: str, home: Path, threads: int) -> dict[str, float]:
    """Run one contender in a process of its own; return seconds of wall clock and processor, and megabytes."""
    prepare(contender, home, threads)
    command = [sys.executable, __file__, "--contender", contender, "--home", str(home), "--threads", str(threads)]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    if contender in ("product", "new year"):
        print("   ", contender, done.stderr.strip(), file=sys.stderr)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def contend(contender: str, home: Path, threads: int) -> None:
    """Run one contender here and print what it took. Imports are counted, the start of Python is not."""
    began = time.perf_counter()
    CONTENDERS[contender](home, threads)
    wall = time.perf_counter() - began
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(used.ru_utime + used.ru_stime for used in both)
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": max(used.ru_maxrss for used in both) / 1024}))


def compare(home: Path, only: list[str]) -> int:
    """Refuse a difference between the marts of the script, the product and pandas; return the student-years."""
    import duckdb

    connection = duckdb.connect()

    def number(query: str) -> int:
        found = connection.execute(query).fetchone()
        return int(found[0]) if found else 0

    product = home / "data" / "marts"
    made = {"product": product, "script": home / "script", "pandas": home / "pandas"}
    first, *others = [name for name in made if name in only] or ["product"]
    for name in MARTS if others else ():
        ours = made[first] / f"{name}.parquet"
        rows = f"'{ours}{'/*.parquet' if ours.is_dir() else ''}'"
        columns = connection.execute(f"describe from {rows}").fetchall()
        typed = ", ".join(f"cast({row[0]} as {row[1]}) as {row[0]}" for row in columns)
        for other in others:
            theirs = f"'{made[other]}/{name}.parquet'"
            for one, two in ((rows, theirs), (theirs, rows)):
                differing = number(
                    f"select count(*) from (select {typed} from {one} except all select {typed} from {two})"
                )
                if differing:
                    raise SystemExit(f"{name}: {differing} rows differ between {first} and {other}")
    counts = made[first] / "mart_enrolment__register.parquet"
    return number(f"select sum(students_count) from '{counts}'") if counts.exists() else 0


def table(millions: list[float], rounds: int, threads: int, warm_ups: int, only: list[str]) -> list[str]:
    """Measure every contender at every size; return the lines of the table."""
    lines = [
        "| student-years | contender | wall, s | processor, s | wall, ratio | processor, ratio | peak, MB |",
        "|--:|---|--:|--:|--:|--:|--:|",
    ]
    for size in millions:
        with TemporaryDirectory() as folder:
            home = Path(folder)
            simulate(home, round(size * STUDENTS_OF_A_MILLION))
            runs: dict[str, list[dict[str, float]]] = {name: [] for name in only}
            for _ in range(rounds + warm_ups):
                for name, taken in runs.items():
                    taken.append(measured(name, home, threads))
            rows = compare(home, only)
            for name, taken in runs.items():
                kept, base = taken[warm_ups:], runs.get("script", taken)[warm_ups:]
                ratios = [
                    median(one[key] / other[key] for one, other in zip(kept, base, strict=True))
                    for key in ("wall", "cpu")
                ]
                cells = [median(one[key] for one in kept) for key in ("wall", "cpu", "peak")]
                lines.append(
                    f"| {rows:,} | {name} | {cells[0]:.2f} | {cells[1]:.2f} | {ratios[0]:.2f} | {ratios[1]:.2f} "
                    f"| {cells[2]:,.0f} |"
                )
                print(lines[-1], file=sys.stderr)
    return lines


def main() -> None:
    """Measure, print the table, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=float, nargs="+", default=[0.2, 2], help="student-years")
    parser.add_argument("--memory", metavar="SIZE", help="what DuckDB may hold, as 4GB, in the product and the script")
    parser.add_argument("--dbt", type=Path, metavar="PYTHON", help="the Python of an environment with dbt-duckdb")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", nargs="+", choices=list(CONTENDERS), metavar="CONTENDER", help="all by default")
    parser.add_argument("--cold", action="store_true", help="no round to warm up")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="file that gets the table")
    parser.add_argument("--contender", choices=sorted(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if given.contender:
        contend(given.contender, given.home, given.threads)
        return
    if given.memory:
        os.environ["BENCHMARK_MEMORY"] = given.memory
    if given.dbt:
        os.environ["DBT_PYTHON"] = str(given.dbt)
    engines = given.engines or [name for name in CONTENDERS if name != "dbt" or given.dbt]
    if "dbt" in engines and not given.dbt:
        parser.error("dbt runs in an environment of its own: name its Python with --dbt")
    if "new year" in engines and "product" not in engines:
        parser.error("new year adds to what product has made: name both")
    load = os.getloadavg()[0]
    lines = [
        "# Five registers, from raw CSV to marts",
        "",
        "Made by `python -m tests.benchmarks.registers --out tests/benchmarks/registers.md`; what is measured, and",
        "what each contender does, stands at the top of that file.",
        "",
        f"- {date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, {given.threads} threads, "
        f"{given.memory or MEMORY} of memory for DuckDB in the product, "
        f"Python {platform.python_version()}",
        f"- load of the machine before and after: {load:.1f}, ",
        f"- medians of {given.rounds} rounds{'' if given.cold else ' after one to warm up'}; contenders in turn, "
        "each ratio within its round",
        "",
        *table(given.millions, given.rounds, given.threads, 0 if given.cold else 1, engines),
    ]
    lines = [
        line + f"{os.getloadavg()[0]:.1f}" if line.endswith("after: " + f"{load:.1f}, ") else line for line in lines
    ]
    print("\n".join(lines))
    if given.out:
        given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

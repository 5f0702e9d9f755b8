"""The hand-written script of `registers.sql` as a dbt project: the same statements, one model each.

Written to a temporary folder for each run; nothing of it is kept. Run by the Python that has dbt-duckdb, in an
environment of its own: dbt-core and this project do not ask for the same libraries.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_TABLE = re.compile(r"create temp table (\w+) as\n(.*?);\n", re.DOTALL)

PROJECT = """\
name: registers
version: "1.0"
profile: registers
model-paths: [models]
on-run-start:
{macros}
models:
  +materialized: table
"""

PROFILE = """\
registers:
  target: bench
  outputs:
    bench: {{type: duckdb, path: "{path}", threads: {threads}, settings: {{threads: {threads}}}}}
config: {{send_anonymous_usage_stats: false}}
"""


def models(script: str) -> dict[str, str]:
    """Return model → query, from the script's statements: what reads another table says so as dbt asks."""
    found = dict(_TABLE.findall(script + "\n"))
    reads = re.compile(rf"\b(from|join)(\s+)({'|'.join(found)})\b(?! as)(?!\.)")
    named = re.compile(rf"\b(from|join)(\s+)({'|'.join(found)})\b(?= as)")
    made = {}
    for name, query in found.items():
        query = reads.sub(r"\1\2{{ ref('\3') }} as \3", query)
        made[name] = named.sub(r"\1\2{{ ref('\3') }}", query)
    return made


def macros(script: str, pads: tuple[bytes, bytes]) -> list[str]:
    """Return the script's macros, with the two pads written into them: the key of simulated registers is public."""
    inner, outer = (f"unhex('{pad.hex()}')" for pad in pads)
    lines = re.findall(r"create macro .*?;", script)
    return [
        line.rstrip(";")
        .replace("create macro", "create or replace macro")
        .replace("getvariable('inner_pad')", inner)
        .replace("getvariable('outer_pad')", outer)
        for line in lines
    ]


def run_dbt(
    python: Path,
    script: str,
    pads: tuple[bytes, bytes],
    variables: Mapping[str, Sequence[str]],
    first: Mapping[str, str],
    grains: Mapping[str, str],
    out: Path,
    threads: int,
) -> None:
    """Make the script's marts with dbt, and write them to `out`. `first` are tables made before, name → query."""
    with TemporaryDirectory(prefix="dbt-") as name:
        folder = Path(name)
        (folder / "models").mkdir()
        hooks = "\n".join(f'  - "{line}"' for line in macros(script, pads))
        (folder / "dbt_project.yml").write_text(PROJECT.format(macros=hooks), encoding="utf-8")
        profile = PROFILE.format(path=folder / "bench.duckdb", threads=threads)
        (folder / "profiles.yml").write_text(profile, encoding="utf-8")
        out.mkdir(exist_ok=True)
        tables = "\n".join(f"create temp table {table} as\n{query};\n" for table, query in first.items())
        for model, query in models(tables + script).items():
            for variable, files in variables.items():
                query = query.replace(f"getvariable('{variable}')", repr(list(files)))
            if model in grains:
                copied = f"copy (select * from {{{{ this }}}} order by {grains[model]}) to '{out}/{model}.parquet'"
                query = f'{{{{ config(post_hook="{copied}") }}}}\n{query}'
            (folder / "models" / f"{model}.sql").write_text(query, encoding="utf-8")
        done = subprocess.run(
            [python.parent / "dbt", "run", "--quiet", "--project-dir", folder, "--profiles-dir", folder],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)

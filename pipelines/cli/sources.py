"""Verbs that bring data in: add, fetch, template; and those that make the simulated and the shipped files."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipelines.cli.manners import alone, completed_by, find_project, plainly


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--source",
    required=True,
    metavar="ID",
    shell_complete=completed_by("source"),
    help="Dataset the file belongs to: a name in data/sources.",
)
@click.option("--accept", metavar="REASON", help="Take it in although figures move a lot; the reason is kept.")
@click.option("--dry-run", is_flag=True, help="Show what it would change, and take nothing in.")
@click.option(
    "--published",
    type=click.IntRange(1990, 2100),
    metavar="YEAR",
    help="Year its producer published it, where the sidecar does not say: editions before it will not use it.",
)
@click.option("--json", "is_json", is_flag=True, help="Print the comparison as JSON, for scripts.")
@plainly
@alone("add")
def add(file: Path, source: str, accept: str | None, dry_run: bool, published: int | None, is_json: bool) -> None:
    """Take FILE in as a new vintage of a source, once it has been read through and compared with the one before.

    A structural change (a column, a code list, a site gone) stops; a large move asks for --accept. The thresholds
    stand in data/reference/vintages.yml.
    """
    from pipelines.acquire.refusals import Refused
    from pipelines.pace import Pace
    from pipelines.vintages import add_vintage, as_json, lines_of

    project = find_project()
    try:
        with Pace(project).working(f"add {source}"):
            added = add_vintage(project, source, file, accept=accept, dry_run=dry_run, published=published)
    except Refused as error:
        click.echo(as_json(error.comparison, None) if is_json else "\n".join(lines_of(error.comparison)))
        raise
    if is_json:
        click.echo(as_json(added.comparison, added))
        return
    if added.comparison is not None:
        click.echo("\n".join(lines_of(added.comparison)))
    click.echo(added.sentence())
    if added.is_new:
        click.echo("Run `observatoire run` to bring the report up to date.")


@click.command()
@click.argument("sources", nargs=-1, shell_complete=completed_by("api_source"))
@click.option("--all", "every", is_flag=True, help="Every source that has an API.")
@click.option("--dry-run", is_flag=True, help="Ask the portal what it has, and bring nothing.")
@click.option("--accept", metavar="REASON", help="Take in the file of one source that waits; the reason is kept.")
@click.option(
    "--base-url", envvar="OBSERVATOIRE_PORTAL", metavar="URL", help="Another portal (or OBSERVATOIRE_PORTAL)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
@alone("fetch")
def fetch(
    sources: tuple[str, ...], every: bool, dry_run: bool, accept: str | None, base_url: str | None, as_json: bool
) -> None:
    """Bring open data (SOURCES, or --all) from the ministry's portal; without either, say what is known of each.

    What is brought goes through the same door as a file given to `add`: a changed schema or a large move waits in
    data/fetched for a decision. A download that is cut goes on where it stopped. What is unchanged is left there.
    """
    if sources and every:
        raise click.UsageError("Name sources, or say --all.")
    from pipelines.portal.shown import fetch_answer

    status = fetch_answer(
        find_project(), sources, every=every, base_url=base_url, accept=accept, dry_run=dry_run, as_json=as_json
    )
    sys.exit(status)


@click.command()
@click.argument("register", shell_complete=completed_by("register"))
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; modele_REGISTER.xlsx here."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def template(register: str, out: Path | None, as_json: bool) -> None:
    """Write the workbook to fill in for REGISTER: apogee, crous, cfa, relint or survey. `add` takes it back."""
    from pipelines.templates import write_template

    written = write_template(find_project(), register, out or Path(f"modele_{register}.xlsx"))
    if as_json:
        from pipelines.answers.as_json import files_answer

        click.echo(files_answer([written], register=register))
        return
    click.echo(f"Wrote {written}. Once filled in, `observatoire add FILE --source {register}` takes it back.")


@click.command()
@click.option("--students", type=int, help="Students in the first year, all sites together.")
@click.option("--from", "first", type=int, metavar="YEAR", help="First simulated rentrée.")
@click.option("--to", "last", type=int, metavar="YEAR", help="Last simulated rentrée.")
@click.option("--seed", type=int, help="Seed of everything drawn at random.")
@click.option(
    "--dirt",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    metavar="FACTOR",
    help="How many times the rates of dirt of simulation.yml; 0 for clean registers.",
)
@click.option(
    "--truth",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what a perfect count finds, a row a student and year (.csv or .parquet).",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def simulate(
    students: int | None,
    first: int | None,
    last: int | None,
    seed: int | None,
    dirt: float,
    truth: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Write the five registers, simulated, at any scale, to a folder."""
    from pipelines.simulate import simulate_registers

    project = find_project()
    asked = {"students": students, "simulate_from": first, "simulate_to": last, "seed": seed}
    settings = project.settings().changed(**asked)
    written = simulate_registers(project, settings, out, truth, dirt)
    if as_json:
        from pipelines.answers.as_json import files_answer

        click.echo(files_answer(written, simulated=True))
        return
    click.echo(f"Wrote {len(written)} simulated registers to {out}. Nobody in them is real, and every file says so.")


@click.command()
@click.option(
    "--from",
    "originals",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help="Folder of the original open-data files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def baseline(originals: Path, as_json: bool) -> None:
    """Make data/baseline again from the original open-data files."""
    from pipelines.stage.baseline import make_baseline

    made = make_baseline(find_project(), originals)
    if as_json:
        from pipelines.answers.as_json import files_answer

        click.echo(files_answer(made))
        return
    click.echo(f"Wrote {len(made)} files to data/baseline. `git diff --stat data/baseline` says what moved.")

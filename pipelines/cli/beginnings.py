"""`observatoire new`: the files that a source, an indicator, a target or a page begins with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.manners import find_project, plainly

if TYPE_CHECKING:
    from pipelines.kernel.project import Project
    from pipelines.scaffold import Written


@click.group()
def new() -> None:
    """Begin a source, an indicator, a target or a page: its files, with what is to be filled in."""


@new.command("source")
@click.argument("name")
@click.option("--domain", type=click.Choice(["enrolment", "scholarship", "apprenticeship", "mobility", "employment",
              "reference"]), default="enrolment", show_default=True, help="What its figures are about.")  # fmt: skip
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), help="A file of it, to be described as it looks."
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="HEADER=NAME",
    help="With --file: what a column shall be called here (site_code, occupied_count…). Repeatable.",
)
@plainly
def new_source(name: str, domain: str, file: Path | None, columns: tuple[str, ...]) -> None:
    """Begin the source NAME: its sidecar, its words in the dictionary, a mart, the suites of both."""
    from pipelines.scaffold import sources, write

    project = find_project()
    if columns and (file is None or any("=" not in column for column in columns)):
        raise click.UsageError("--column HEADER=NAME goes with --file.")
    names = dict(column.rsplit("=", 1) for column in columns)
    written = write(project, sources.source(project, name, domain, file, names, date.today()))
    _say_what_is_left(project, written, sources.next_steps(name, file))


@new.command("indicator")
@click.argument("code")
@click.option("--mart", required=True, help="The mart it is drawn from: a name in sql/marts.")
@click.option("--share", is_flag=True, help="A share, with a denominator; a count by default.")
@plainly
def new_indicator(code: str, mart: str, share: bool) -> None:
    """Begin the indicator CODE (such as ENR-HOUSING): its entry in the registry and its query."""
    from pipelines.scaffold import registers, write

    project = find_project()
    written = write(project, registers.indicator(project, code, mart, is_share=share))
    page = f"A page shows it with {{{{< include /_generated/fig-ind-{code.lower()}.md >}}}}."
    _say_what_is_left(project, written, [f"observatoire run, then observatoire indicators {code}", page])


@new.command("target")
@click.argument("target_id", metavar="ID")
@click.option("--indicator", "code", required=True, help="The indicator it follows.")
@plainly
def new_target(target_id: str, code: str) -> None:
    """Begin the target ID (such as ENR-HOUSED): its contract at the end of the register."""
    from pipelines.scaffold import registers, write

    project = find_project()
    written = write(project, registers.target(project, target_id, code, project.settings().edition))
    _say_what_is_left(project, written, [f"observatoire run, then observatoire targets {target_id}"])


@new.command("page")
@click.argument("name")
@plainly
def new_page(name: str) -> None:
    """Begin the page NAME of the report, in French and in English, and put it in the menu."""
    from pipelines.scaffold import pages, write

    project = find_project()
    _say_what_is_left(project, write(project, pages.page(project, name)), pages.next_steps(name))


def _say_what_is_left(project: Project, written: Sequence[Written], steps: Sequence[str]) -> None:
    """Print the files and their lines to fill in, then what comes next."""
    for one in written:
        lines = ", ".join(map(str, one.lines))
        click.echo(f"{project.shown(one.path)}: {f'fill in line {lines}' if lines else 'nothing to fill in'}")
    click.echo(
        "Until TO FILL IN is gone from them, every command that reads these files refuses them by file and line."
    )
    for step in steps:
        click.echo(f"Next: {step}")

"""Verbs of sealed editions: seal, editions, verify, rebuild, diff, cite."""

from __future__ import annotations

import sys
from datetime import date

import click

from pipelines.cli.manners import alone, completed_by, find_project, plainly


@click.command()
@click.option("--allow-simulated", is_flag=True, help="Seal although simulated data stand in it, and say so for ever.")
@click.option("--note", default="", metavar="TEXT", help="A sentence kept with the edition: what it is, what it mends.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
@alone("seal")
def seal(allow_simulated: bool, note: str, as_json: bool) -> None:
    """Freeze what is public in build/ into editions/YEAR.NUMBER, never to be written again."""
    from pipelines.editions.answers import revision_lines
    from pipelines.editions.sealing import seal as seal_edition
    from pipelines.kernel.showing import show

    project = find_project()
    made = seal_edition(project, date.today(), allow_simulated=allow_simulated, note=note)
    show(project)
    if as_json:
        from pipelines.answers.as_json import seal_answer

        click.echo(seal_answer(made))
        return
    click.echo(f"Sealed editions/{made.name}: every file is read-only, and SHA256SUMS verifies every byte.")
    if made.since is not None:
        click.echo(f"{len(made.revisions)} figure(s) of {made.since} changed, each with its reason.")
        for line in revision_lines(made.revisions):
            click.echo(f"  {line}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def editions(as_json: bool) -> None:
    """List the sealed editions."""
    from pipelines.editions.answers import editions_answer

    click.echo(editions_answer(find_project(), as_json=as_json))


@click.command()
@click.argument("edition", shell_complete=completed_by("edition"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def verify(edition: str, as_json: bool) -> None:
    """Recompute every hash of a sealed EDITION, as 2024.1, and say which byte is not as it was sealed."""
    from pipelines.answers import as_json as in_json
    from pipelines.editions import answers

    said, is_whole = (in_json if as_json else answers).verify_answer(find_project(), edition)
    click.echo(said)
    sys.exit(0 if is_whole else 1)


@click.command()
@click.argument("edition", shell_complete=completed_by("edition"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def rebuild(edition: str, as_json: bool) -> None:
    """Make a sealed EDITION again from its inputs, in a folder apart, and say whether the bytes agree."""
    from pipelines.editions.names import known
    from pipelines.editions.rebuilding import rebuild as rebuild_edition
    from pipelines.editions.rebuilding import told
    from pipelines.pace import Pace

    project = find_project()
    name = known(project, edition)
    click.echo(f"Making {name} again from its inputs; this takes as long as a first run.", err=as_json)
    with Pace(project).working("rebuild"):
        rebuilt = rebuild_edition(project, name)
    if as_json:
        from pipelines.answers.as_json import rebuild_answer

        click.echo(rebuild_answer(rebuilt, str(name)))
    else:
        click.echo("\n".join(told(rebuilt, name)))
    sys.exit(0 if rebuilt.agrees else 1)


@click.command()
@click.argument("older", shell_complete=completed_by("edition"))
@click.argument("newer", shell_complete=completed_by("newer"))
@click.option("--json", "as_json", is_flag=True, help="Print every change as JSON, for scripts.")
@plainly
def diff(older: str, newer: str, as_json: bool) -> None:
    """List the figures that changed from the edition OLDER to NEWER (`build` for what is not sealed yet), and why."""
    from pipelines.editions.answers import diff_answer

    click.echo(diff_answer(find_project(), older, newer, as_json=as_json))


@click.command()
@click.argument("key", shell_complete=completed_by("cited"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "bibtex", "csl", "cff"]),
    default="text",
    show_default=True,
    help="How to write it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every format, as JSON, for scripts.")
@plainly
def cite(key: str, form: str, as_json: bool) -> None:
    """Cite a figure, INDICATOR/SCOPE/YEAR[@EDITION], or an edition, @EDITION, pinned to its edition and hash."""
    from pipelines.editions.answers import cite_answer

    if as_json:
        from pipelines.answers.as_json import cite_answers

        click.echo(cite_answers(find_project(), key))
        return
    click.echo(cite_answer(find_project(), key, form))

"""Verbs that answer and change nothing: indicators, targets, explain, doctor, completion."""

from __future__ import annotations

import sys

import click

from pipelines.cli.manners import completed_by, find_project, plainly


@click.command()
@click.argument("codes", nargs=-1, shell_complete=completed_by("indicator"))
@click.option(
    "--scope",
    shell_complete=completed_by("scope"),
    help="Region, site or establishment code; the whole region by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def indicators(codes: tuple[str, ...], scope: str | None, as_json: bool) -> None:
    """Print the published values of indicators (all, or those named by CODES)."""
    from pipelines.answers.indicators_and_targets import indicator_answer
    from pipelines.kernel.reference import whole_scope

    project = find_project()
    click.echo(indicator_answer(project, codes, scope or whole_scope(project), as_json=as_json))


@click.command()
@click.argument("ids", nargs=-1, shell_complete=completed_by("target"))
@click.option(
    "--scope", shell_complete=completed_by("scope"), metavar="CODE", help="Region or site code: only that scope."
)
@click.option("--assume", metavar='"growth=12%"', help="What if it grew by so much a year from now on?")
@click.option("--deadline", type=int, metavar="YEAR", help="What if the deadline were that year?")
@click.option("--level", type=float, metavar="VALUE", help="What if the target were that value?")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def targets(
    ids: tuple[str, ...],
    scope: str | None,
    assume: str | None,
    deadline: int | None,
    level: float | None,
    as_json: bool,
) -> None:
    """Print the state of targets: a line each, or everything said of those named by IDS.

    With --assume, --deadline or --level the question is put to one target, answered and forgotten.
    """
    if assume is None and deadline is None and level is None:
        from pipelines.answers.indicators_and_targets import target_answer

        click.echo(target_answer(find_project(), ids, scope, as_json=as_json))
        return
    from pipelines.answers.whatif import question_of, what_if

    if len(ids) != 1:
        raise click.UsageError("A question is put to one target: observatoire targets MOB-X2 --deadline 2029.")
    click.echo(what_if(find_project(), ids[0], scope, question_of(assume, deadline, level), as_json=as_json))


@click.command()
@click.argument("key", shell_complete=completed_by("key"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def explain(key: str, as_json: bool) -> None:
    """Say where a published figure comes from.

    KEY is INDICATOR/SCOPE/YEAR, as in MOB-OUT-RATE/tarbes/2023, or the address below a figure or table of the report,
    as in fig-mob-target@2024.
    """
    from pipelines.answers.explain import explanation
    from pipelines.answers.explain_shown import is_shown, shown_explanation

    told = shown_explanation if is_shown(key) else explanation
    click.echo(told(find_project(), key, as_json=as_json))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def doctor(as_json: bool) -> None:
    """Say what is installed, what is missing, what each missing thing costs, and how to get it."""
    from pipelines import doctor as looking

    found = looking.findings(find_project())
    click.echo(looking.as_json(found) if as_json else "\n".join(looking.lines_of(found)))
    sys.exit(1 if any(item.stops for item in found) else 0)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@plainly
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete verbs, options, sources, keys, editions; say where to put it."""
    from pipelines.completion import PLACES, REACH, script

    click.echo(script(shell))
    click.echo(f"{PLACES[shell]}; {REACH}", err=True)

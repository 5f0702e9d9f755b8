"""Verbs that make or judge the report: run, preview, check, audit, export, and the stages of a run."""

from __future__ import annotations

import sys
import time
from datetime import date, datetime
from pathlib import Path

import click

from pipelines.cli.manners import alone, completed_by, find_project, plainly, said


@click.command()
@click.option("--edition", type=int, metavar="YEAR", help="Use only what was known in that year.")
@click.option("--lang", type=click.Choice(["fr", "en"]), help="Language of the report.")
@click.option("--observed-only/--with-simulated", default=None, help="Leave simulated sources out, or keep them.")
@click.option("--threads", type=int, help="Threads of DuckDB; figures do not depend on it.")
@click.option("--memory", metavar="SIZE", help="What DuckDB may hold, as 4GB; beyond, it writes to data/ for a while.")
@click.option(
    "--engine", type=click.Choice(["duckdb", "spark"]), help="What makes the marts: the same, on one machine or many."
)
@click.option("--master", metavar="URL", help="Spark's master, as spark://host:7077; this machine by default.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="Judge waivers on that day; today's by default."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON at the end, for scripts; progress goes to stderr.")
@click.option("--no-wait", is_flag=True, help="Stop at once when another command is at work here.")
@plainly
@alone("run")
def run(
    edition: int | None,
    lang: str | None,
    observed_only: bool | None,
    threads: int | None,
    engine: str | None,
    master: str | None,
    memory: str | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Bring everything that is out of date up to date, to build/. Options not given come from params.yaml."""
    from pipelines.answers.summary import closing_facts, closing_lines
    from pipelines.kernel.project import read_settings
    from pipelines.kernel.showing import show
    from pipelines.run import StageFailed, reproduce

    start = time.monotonic()
    project = find_project()
    day = as_of.date() if as_of else None
    if read_settings(project.root / "params.yaml", project.root).changed(engine=engine).engine == "spark":
        from pipelines.consolidate.spark.session import require_spark

        require_spark()  # before anything is done, not half a run later
    settings = project.choose(
        edition=edition,
        lang=lang,
        observed_only=observed_only,
        threads=threads,
        memory=memory,
        engine=engine,
        spark_master=master,
        as_of=day,
    )
    click.echo(
        f"Edition {settings.edition}, report in {'French' if settings.lang == 'fr' else 'English'}, "
        f"{'observed sources only' if settings.observed_only else 'simulated registers included'}.",
        err=as_json,
    )
    try:
        outcomes = reproduce(project, lambda line: click.echo(line, err=as_json))
    except StageFailed as error:
        show(project, only=("quality",))
        click.echo(
            f"Stopped at stage {error.stage}: nothing after it was touched, and the last good report stays in build/."
            + (" What failed: build/quality/index.html." if error.stage.startswith("check") else ""),
            err=True,
        )
        if as_json:
            from pipelines.answers.as_json import run_answer

            click.echo(run_answer(settings, error.outcomes, time.monotonic() - start, error.stage, {}))
        sys.exit(error.status)
    if as_json:
        from pipelines.answers.as_json import run_answer

        facts = closing_facts(project, settings)
        click.echo(run_answer(settings, outcomes, time.monotonic() - start, None, facts))
        return
    for line in closing_lines(project, settings, outcomes, time.monotonic() - start):
        click.echo(line)


@click.command()
@click.option("--port", type=int, default=4200, show_default=True, help="Where on this machine it is shown.")
@click.option("--lang", type=click.Choice(["fr", "en"]), help="Language of the report.")
@click.option("--open/--no-open", "is_opened", default=True, help="Open a browser, or only say the address.")
@plainly
def preview(port: int, lang: str | None, is_opened: bool) -> None:
    """Show the report in a browser, and again each time you save a page. End it with Ctrl-C.

    The PDF, the checks and the figures' data are left to `observatoire run`, which has to have run once.
    """
    import threading
    import webbrowser

    from pipelines import preview as showing

    project = find_project()
    settings = project.settings() if lang is None else project.settings().changed(lang=lang)
    told = showing.Told()
    showing.made_again(project, settings)
    try:
        site = showing.server(project.build / "site", told, port)
    except OSError as error:
        raise click.UsageError(f"Port {port} is taken on this machine; give another one with --port.") from error
    threading.Thread(target=site.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{site.server_address[1]}/"
    try:
        click.echo(f"The report is at {address}; save a page in reports/{settings.lang}/ to see it again.")
        if is_opened:
            webbrowser.open(address)
        showing.watch(
            lambda: showing.watched(project, settings.lang),
            lambda: showing.made_again(project, settings),
            told,
            click.echo,
            lambda: True,
        )
    except KeyboardInterrupt:
        click.echo("Run `observatoire run` to bring the PDF and the manifest up to date too.")
    finally:
        site.server_close()


@click.command()
@click.argument("tables", nargs=-1, shell_complete=completed_by("table"))
@click.option(
    "--list", "as_list", is_flag=True, help="Print the steward's list instead: one line a problem, what blocks first."
)
@click.option("--owner", metavar="NAME", help="With --list: only what NAME has to mend (a part of the name will do).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@click.option("--lang", type=click.Choice(["fr", "en"]), help="Language of the list and of build/quality.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="Judge waivers on that day; today's by default."
)
@click.option(
    "--data-docs", is_flag=True, help="Make Great Expectations' own Data Docs too; their looks need the network."
)
@plainly
@alone("check")
def check(
    tables: tuple[str, ...],
    as_list: bool,
    owner: str | None,
    as_json: bool,
    lang: str | None,
    as_of: datetime | None,
    data_docs: bool,
) -> None:
    """Run the expectation suites (those of TABLES, or all) and list what did not pass.

    Pages for people are written to build/quality, the steward's list to data/quality/liste.xlsx.
    """
    if tables and as_list:
        raise click.UsageError("The list holds all tables: leave TABLES out, or --list.")
    if owner and not as_list:
        raise click.UsageError("--owner goes with --list.")
    from pipelines.kernel.project import read_settings
    from pipelines.kernel.showing import show
    from pipelines.pace import Pace
    from pipelines.steps import check_tables, steward_list

    project = find_project()
    chosen = project.settings()
    # a run left its own day in data/run.yaml: what is asked now is judged today
    day = as_of.date() if as_of else read_settings(project.root / "params.yaml", project.root).as_of or date.today()
    settings = chosen.changed(as_of=day, lang=lang)
    with Pace(project).working("check"):
        if as_list:
            lines, failures = steward_list(project, settings, owner, lang or "en", as_json=as_json)
        else:
            lines, failures = check_tables(project, tables, settings, as_json=as_json)
    show(project, only=("quality",))
    for line in lines:
        click.echo(line)
    if data_docs:
        from pipelines.check.datadocs import make

        click.echo(make(project, settings), err=as_json)
    sys.exit(1 if failures else 0)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def audit(as_json: bool) -> None:
    """Attack the public tables as somebody would who has every sealed edition and wants to know what they hide.

    Says what can be told of hidden cells, and how wide the intervals are at worst; never a hidden number.
    """
    from pipelines.answers.audited import audit_answer
    from pipelines.pace import Pace

    project = find_project()
    with Pace(project).working("audit"):
        lines, leaks = audit_answer(project, as_json=as_json)
    for line in lines:
        click.echo(line)
    sys.exit(1 if leaks else 0)


@click.command()
@click.argument("page", shell_complete=completed_by("page"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["pdf", "docx"]),
    default="pdf",
    show_default=True,
    help="To print, or to take up in a word processor.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; EDITION-PAGE.FORMAT here by default."
)
@click.option("--lang", type=click.Choice(["fr", "en"]), help="Language of the report.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@plainly
def export(page: str, form: str, out: Path | None, lang: str | None, as_json: bool) -> None:
    """Write one PAGE of the report, as objectif-6 or sites/tarbes, to a PDF or DOCX of its own.

    It is made from what the last `observatoire run` left.
    """
    from pipelines.render.export import export_page

    project = find_project()
    written = export_page(project, lang or project.settings().lang, page, form, out)
    if as_json:
        from pipelines.answers.as_json import files_answer

        click.echo(files_answer([written], page=page, format=form))
        return
    click.echo(f"Wrote {written}.")


@click.command(hidden=True)
@click.argument("name")
@plainly
def step(name: str) -> None:
    """Run one stage, as a line of dvc.yaml does."""
    from pipelines.kernel.alone import one_stage
    from pipelines.kernel.showing import show
    from pipelines.run import of_a_run, write_report
    from pipelines.steps import run_step

    def work() -> None:
        project = find_project()
        with one_stage(project, name, said):
            write_report(run_step(project, name))
            if not of_a_run():
                show(project)

    (work if of_a_run() else alone(f"step {name}")(work))()

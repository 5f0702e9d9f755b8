"""The command `observatoire`: every verb explains itself with `--help`, and imports nothing heavy before it needs it.

Exit status: 0 success, 1 a check or a stage of the run failed, 2 wrong call or wrong input.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipelines.kernel.problems import BadInput, CheckFailed

if TYPE_CHECKING:
    from pipelines.completion import Kind
    from pipelines.kernel.project import Project
    from pipelines.scaffold import Written

Verb = TypeVar("Verb", bound=Callable[..., Any])


def main() -> None:
    """Run the command and end the process with its exit status."""
    observatoire(prog_name="observatoire")


def find_project() -> Project:
    """Return the project of the current folder. Its module brings pydantic and yaml: not for `--help`."""
    from pipelines.kernel.project import find_project as find

    return find()


def _plainly(verb: Verb) -> Verb:
    """Turn wrong input and failed checks into lines on standard error and an exit status, without a traceback."""

    @wraps(verb)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return verb(*args, **kwargs)
        except BadInput as error:
            for problem in error.problems:
                click.echo(problem.line(), err=True)
            sys.exit(2)
        except CheckFailed as error:
            click.echo(str(error), err=True)
            sys.exit(1)

    return wrapped  # type: ignore[return-value]


def _values(kind: Kind) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what completes a word by value, for the shell."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        del context, parameter  # a word is completed by what exists, whatever stands before it
        from pipelines.completion import values

        return values(kind, incomplete)

    return complete


def _alone(doing: str) -> Callable[[Verb], Verb]:
    """Let a verb that writes begin once no other one is at work in the work tree; `--no-wait` refuses instead."""

    def around(verb: Verb) -> Verb:
        @wraps(verb)
        def wrapped(*args: Any, no_wait: bool = False, **kwargs: Any) -> Any:
            from pipelines.kernel.alone import alone, one_stage

            project = find_project()
            with alone(project, f"observatoire {doing}", _said, waits=not no_wait):
                with one_stage(project, doing, _said):
                    pass  # a stage that outlived its run has ended
                return verb(*args, **kwargs)

        return wrapped  # type: ignore[return-value]

    return around


def _said(line: str) -> None:
    click.echo(line, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="observatoire-sresr", prog_name="observatoire")
def observatoire() -> None:
    """Observatory of the IUTs of a region: from input files to the annual report."""


@observatoire.command()
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
@_plainly
@_alone("run")
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
    from pipelines.kernel.project import read_settings
    from pipelines.kernel.showing import show
    from pipelines.run import StageFailed, reproduce
    from pipelines.summary import closing_facts, closing_lines

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
            from pipelines.json_answers import run_answer

            click.echo(run_answer(settings, error.outcomes, time.monotonic() - start, error.stage, {}))
        sys.exit(error.status)
    if as_json:
        from pipelines.json_answers import run_answer

        facts = closing_facts(project, settings)
        click.echo(run_answer(settings, outcomes, time.monotonic() - start, None, facts))
        return
    for line in closing_lines(project, settings, outcomes, time.monotonic() - start):
        click.echo(line)


@observatoire.command()
@click.option("--port", type=int, default=4200, show_default=True, help="Where on this machine it is shown.")
@click.option("--lang", type=click.Choice(["fr", "en"]), help="Language of the report.")
@click.option("--open/--no-open", "is_opened", default=True, help="Open a browser, or only say the address.")
@_plainly
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


@observatoire.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--source",
    required=True,
    metavar="ID",
    shell_complete=_values("source"),
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
@_plainly
@_alone("add")
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


@observatoire.command()
@click.argument("sources", nargs=-1, shell_complete=_values("api_source"))
@click.option("--all", "every", is_flag=True, help="Every source that has an API.")
@click.option("--dry-run", is_flag=True, help="Ask the portal what it has, and bring nothing.")
@click.option("--accept", metavar="REASON", help="Take in the file of one source that waits; the reason is kept.")
@click.option(
    "--base-url", envvar="OBSERVATOIRE_PORTAL", metavar="URL", help="Another portal (or OBSERVATOIRE_PORTAL)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
@_alone("fetch")
def fetch(
    sources: tuple[str, ...], every: bool, dry_run: bool, accept: str | None, base_url: str | None, as_json: bool
) -> None:
    """Bring open data (SOURCES, or --all) from the ministry's portal; without either, say what is known of each.

    What is brought goes through the same door as a file given to `add`: a changed schema or a large move waits in
    data/fetched for a decision. A download that is cut goes on where it stopped. What is unchanged is left there.
    """
    if sources and every:
        raise click.UsageError("Name sources, or say --all.")
    from pipelines.fetch_shown import fetch_answer

    status = fetch_answer(
        find_project(), sources, every=every, base_url=base_url, accept=accept, dry_run=dry_run, as_json=as_json
    )
    sys.exit(status)


@observatoire.command()
@click.argument("register", shell_complete=_values("register"))
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; modele_REGISTER.xlsx here."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
def template(register: str, out: Path | None, as_json: bool) -> None:
    """Write the workbook to fill in for REGISTER: apogee, crous, cfa, relint or survey. `add` takes it back."""
    from pipelines.templates import write_template

    written = write_template(find_project(), register, out or Path(f"modele_{register}.xlsx"))
    if as_json:
        from pipelines.json_answers import files_answer

        click.echo(files_answer([written], register=register))
        return
    click.echo(f"Wrote {written}. Once filled in, `observatoire add FILE --source {register}` takes it back.")


@observatoire.group()
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
@_plainly
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
@_plainly
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
@_plainly
def new_target(target_id: str, code: str) -> None:
    """Begin the target ID (such as ENR-HOUSED): its contract at the end of the register."""
    from pipelines.scaffold import registers, write

    project = find_project()
    written = write(project, registers.target(project, target_id, code, project.settings().edition))
    _say_what_is_left(project, written, [f"observatoire run, then observatoire targets {target_id}"])


@new.command("page")
@click.argument("name")
@_plainly
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


@observatoire.command()
@click.argument("tables", nargs=-1, shell_complete=_values("table"))
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
@_plainly
@_alone("check")
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


@observatoire.command()
@click.argument("codes", nargs=-1, shell_complete=_values("indicator"))
@click.option(
    "--scope",
    shell_complete=_values("scope"),
    help="Region, site or establishment code; the whole region by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
def indicators(codes: tuple[str, ...], scope: str | None, as_json: bool) -> None:
    """Print the published values of indicators (all, or those named by CODES)."""
    from pipelines.answers import indicator_answer
    from pipelines.kernel.reference import whole_scope

    project = find_project()
    click.echo(indicator_answer(project, codes, scope or whole_scope(project), as_json=as_json))


@observatoire.command()
@click.argument("ids", nargs=-1, shell_complete=_values("target"))
@click.option("--scope", shell_complete=_values("scope"), metavar="CODE", help="Region or site code: only that scope.")
@click.option("--assume", metavar='"growth=12%"', help="What if it grew by so much a year from now on?")
@click.option("--deadline", type=int, metavar="YEAR", help="What if the deadline were that year?")
@click.option("--level", type=float, metavar="VALUE", help="What if the target were that value?")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
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
        from pipelines.answers import target_answer

        click.echo(target_answer(find_project(), ids, scope, as_json=as_json))
        return
    from pipelines.whatif import question_of, what_if

    if len(ids) != 1:
        raise click.UsageError("A question is put to one target: observatoire targets MOB-X2 --deadline 2029.")
    click.echo(what_if(find_project(), ids[0], scope, question_of(assume, deadline, level), as_json=as_json))


@observatoire.command()
@click.argument("key", shell_complete=_values("key"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
def explain(key: str, as_json: bool) -> None:
    """Say where a published figure comes from.

    KEY is INDICATOR/SCOPE/YEAR, as in MOB-OUT-RATE/tarbes/2023, or the address below a figure or table of the report,
    as in fig-mob-target@2024.
    """
    from pipelines.explain import explanation
    from pipelines.explain_shown import is_shown, shown_explanation

    told = shown_explanation if is_shown(key) else explanation
    click.echo(told(find_project(), key, as_json=as_json))


@observatoire.command()
@click.option("--allow-simulated", is_flag=True, help="Seal although simulated data stand in it, and say so for ever.")
@click.option("--note", default="", metavar="TEXT", help="A sentence kept with the edition: what it is, what it mends.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
@_alone("seal")
def seal(allow_simulated: bool, note: str, as_json: bool) -> None:
    """Freeze what is public in build/ into editions/YEAR.NUMBER, never to be written again."""
    from pipelines.editions.answers import revision_lines
    from pipelines.editions.sealing import seal as seal_edition
    from pipelines.kernel.showing import show

    project = find_project()
    made = seal_edition(project, date.today(), allow_simulated=allow_simulated, note=note)
    show(project)
    if as_json:
        from pipelines.json_answers import seal_answer

        click.echo(seal_answer(made))
        return
    click.echo(f"Sealed editions/{made.name}: every file is read-only, and SHA256SUMS verifies every byte.")
    if made.since is not None:
        click.echo(f"{len(made.revisions)} figure(s) of {made.since} changed, each with its reason.")
        for line in revision_lines(made.revisions):
            click.echo(f"  {line}")


@observatoire.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
def editions(as_json: bool) -> None:
    """List the sealed editions."""
    from pipelines.editions.answers import editions_answer

    click.echo(editions_answer(find_project(), as_json=as_json))


@observatoire.command()
@click.argument("edition", shell_complete=_values("edition"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
def verify(edition: str, as_json: bool) -> None:
    """Recompute every hash of a sealed EDITION, as 2024.1, and say which byte is not as it was sealed."""
    from pipelines import json_answers
    from pipelines.editions import answers

    said, is_whole = (json_answers if as_json else answers).verify_answer(find_project(), edition)
    click.echo(said)
    sys.exit(0 if is_whole else 1)


@observatoire.command()
@click.argument("edition", shell_complete=_values("edition"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
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
        from pipelines.json_answers import rebuild_answer

        click.echo(rebuild_answer(rebuilt, str(name)))
    else:
        click.echo("\n".join(told(rebuilt, name)))
    sys.exit(0 if rebuilt.agrees else 1)


@observatoire.command()
@click.argument("older", shell_complete=_values("edition"))
@click.argument("newer", shell_complete=_values("newer"))
@click.option("--json", "as_json", is_flag=True, help="Print every change as JSON, for scripts.")
@_plainly
def diff(older: str, newer: str, as_json: bool) -> None:
    """List the figures that changed from the edition OLDER to NEWER (`build` for what is not sealed yet), and why."""
    from pipelines.editions.answers import diff_answer

    click.echo(diff_answer(find_project(), older, newer, as_json=as_json))


@observatoire.command()
@click.argument("key", shell_complete=_values("cited"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "bibtex", "csl", "cff"]),
    default="text",
    show_default=True,
    help="How to write it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every format, as JSON, for scripts.")
@_plainly
def cite(key: str, form: str, as_json: bool) -> None:
    """Cite a figure, INDICATOR/SCOPE/YEAR[@EDITION], or an edition, @EDITION, pinned to its edition and hash."""
    from pipelines.editions.answers import cite_answer

    if as_json:
        from pipelines.json_answers import cite_answers

        click.echo(cite_answers(find_project(), key))
        return
    click.echo(cite_answer(find_project(), key, form))


@observatoire.command()
@click.argument("page", shell_complete=_values("page"))
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
@_plainly
def export(page: str, form: str, out: Path | None, lang: str | None, as_json: bool) -> None:
    """Write one PAGE of the report, as objectif-6 or sites/tarbes, to a PDF or DOCX of its own.

    It is made from what the last `observatoire run` left.
    """
    from pipelines.render.export import export_page

    project = find_project()
    written = export_page(project, lang or project.settings().lang, page, form, out)
    if as_json:
        from pipelines.json_answers import files_answer

        click.echo(files_answer([written], page=page, format=form))
        return
    click.echo(f"Wrote {written}.")


@observatoire.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
def audit(as_json: bool) -> None:
    """Attack the public tables as somebody would who has every sealed edition and wants to know what they hide.

    Says what can be told of hidden cells, and how wide the intervals are at worst; never a hidden number.
    """
    from pipelines.audited import audit_answer
    from pipelines.pace import Pace

    project = find_project()
    with Pace(project).working("audit"):
        lines, leaks = audit_answer(project, as_json=as_json)
    for line in lines:
        click.echo(line)
    sys.exit(1 if leaks else 0)


@observatoire.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
def doctor(as_json: bool) -> None:
    """Say what is installed, what is missing, what each missing thing costs, and how to get it."""
    from pipelines import doctor as looking

    found = looking.findings(find_project())
    click.echo(looking.as_json(found) if as_json else "\n".join(looking.lines_of(found)))
    sys.exit(1 if any(item.stops for item in found) else 0)


@observatoire.command()
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
@_plainly
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
        from pipelines.json_answers import files_answer

        click.echo(files_answer(written, simulated=True))
        return
    click.echo(f"Wrote {len(written)} simulated registers to {out}. Nobody in them is real, and every file says so.")


@observatoire.command()
@click.option(
    "--from",
    "originals",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help="Folder of the original open-data files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@_plainly
def baseline(originals: Path, as_json: bool) -> None:
    """Make data/baseline again from the original open-data files."""
    from pipelines.stage.baseline import make_baseline

    made = make_baseline(find_project(), originals)
    if as_json:
        from pipelines.json_answers import files_answer

        click.echo(files_answer(made))
        return
    click.echo(f"Wrote {len(made)} files to data/baseline. `git diff --stat data/baseline` says what moved.")


@observatoire.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@_plainly
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete verbs, options, sources, keys, editions; say where to put it."""
    from pipelines.completion import PLACES, REACH, script

    click.echo(script(shell))
    click.echo(f"{PLACES[shell]}; {REACH}", err=True)


@observatoire.command(hidden=True)
@click.argument("name")
@_plainly
def step(name: str) -> None:
    """Run one stage, as a line of dvc.yaml does."""
    from pipelines.kernel.alone import one_stage
    from pipelines.kernel.showing import show
    from pipelines.run import of_a_run, write_report
    from pipelines.steps import run_step

    def work() -> None:
        project = find_project()
        with one_stage(project, name, _said):
            write_report(run_step(project, name))
            if not of_a_run():
                show(project)

    (work if of_a_run() else _alone(f"step {name}")(work))()

"""What `observatoire fetch` prints: a line a source as it is done, the bytes as they come, or all of it as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from pipelines.kernel.project import Project
from pipelines.portal.client import Client
from pipelines.portal.fetch import Asked, fetch
from pipelines.portal.told import Outcome, standing
from pipelines.progress import Live


def fetch_answer(
    project: Project,
    names: Sequence[str],
    *,
    every: bool,
    base_url: str | None = None,
    accept: str | None = None,
    dry_run: bool = False,
    as_json: bool = False,
    client: Client | None = None,
) -> int:
    """Fetch, print, and return the exit status: 0, or 2 when something asked for could not be brought or waits.

    Without a source and without `every`, what is known of each is printed, and nobody is asked.
    """
    live = Live()
    if not names and not every:
        outcomes = standing(project)
        if not as_json:
            _print(outcomes)
            click.echo(
                "`observatoire fetch SOURCE…` brings some of them, `observatoire fetch --all` all that have an API."
            )
    else:
        outcomes = []
        asked = Asked(
            client or Client(lambda line: live.say(line, err=True)),
            base_url,
            accept,
            dry_run,
            progress=lambda source, done, total: live.show(f"{source}: {_size(done)}{_of(done, total)}"),
        )
        for outcome in fetch(project, names, asked):
            live.clear()
            outcomes.append(outcome)
            if not as_json and outcome.verdict != "not_asked":
                _print([outcome])
        silent = [outcome.source for outcome in outcomes if outcome.verdict == "not_asked"]
        if silent and not as_json:
            click.echo(f"Not asked for, since the portal does not answer: {', '.join(silent)}.", err=True)
    if as_json:
        click.echo(as_json_text(outcomes))
    if not names and not every:
        return 0
    stops = {"failed", "waits", "not_asked"} | ({"by_hand"} if names else set())
    return 2 if any(outcome.verdict in stops for outcome in outcomes) else 0


def as_json_text(outcomes: Sequence[Outcome]) -> str:
    """Return `{"sources": [...]}`: one object a source, with what `Outcome` holds."""
    content: dict[str, Any] = {"sources": [asdict(outcome) for outcome in outcomes]}
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)


def _print(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        is_bad = outcome.verdict in ("failed", "waits")
        for line in outcome.lines:
            click.echo(line, err=is_bad)
        click.echo(outcome.sentence, err=is_bad)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def _of(done: int, total: int | None) -> str:
    return f" of {_size(total)}, {done / total:.0%}" if total else ""

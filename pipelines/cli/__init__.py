"""The command `observatoire`: every verb explains itself with `--help`, and imports nothing heavy before it needs it.

Exit status: 0 success, 1 a check or a stage of the run failed, 2 wrong call or wrong input.
"""

from __future__ import annotations

import click

from pipelines.cli import asking, beginnings, editions, running, sources


def main() -> None:
    """Run the command and end the process with its exit status."""
    observatoire(prog_name="observatoire")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="observatoire-sresr", prog_name="observatoire")
def observatoire() -> None:
    """Observatory of the IUTs of a region: from input files to the annual report."""


for verb in (
    *(running.run, running.preview, running.check, running.audit, running.export, running.step),
    *(sources.add, sources.fetch, sources.template, sources.simulate, sources.baseline),
    beginnings.new,
    *(asking.indicators, asking.targets, asking.explain, asking.doctor, asking.completion),
    *(editions.seal, editions.editions, editions.verify, editions.rebuild, editions.diff, editions.cite),
):
    observatoire.add_command(verb)

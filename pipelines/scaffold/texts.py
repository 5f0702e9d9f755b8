"""The texts that new files are made from, in `pipelines/scaffold/templates/`."""

from __future__ import annotations

from importlib.resources import files


def template(name: str) -> str:
    """Return a template by its name."""
    return files("pipelines.scaffold").joinpath("templates", name).read_text(encoding="utf-8")

"""What changed between two editions, or between one and `build/`: the figures, and the reasons the lineages prove."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.editions.names import EditionName
from pipelines.kernel.lineage import lineage
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project
from pipelines.kernel.revisions import Revision, changed_figures, explained, read_ledger, unexplained
from pipelines.kernel.sealed import VALUES, read_manifest, read_values

__all__ = ["compared", "compared_with_build", "explained_revisions", "read_manifest"]


def compared(project: Project, older: EditionName, newer: EditionName) -> list[Revision]:
    """Return the figures that two sealed editions do not give alike, with their reasons, the largest first."""
    folder = project.editions / str(newer)
    return _compared(project, older, (folder / VALUES).as_posix(), read_manifest(project, newer)["lineage"])


def compared_with_build(
    project: Project, older: EditionName, now: Mapping[str, Mapping[str, str]] | None = None
) -> list[Revision]:
    """Return what would change if `build/` were sealed now, the largest first; `now` is its lineage where known."""
    return _compared(project, older, (project.build / VALUES).as_posix(), lineage(project) if now is None else now)


def explained_revisions(project: Project, older: EditionName, now: Mapping[str, Mapping[str, str]]) -> list[Revision]:
    """Return what changes from `older` to `build/`. Raises `CheckFailed` when a change too large has no reason."""
    found = compared_with_build(project, older, now)
    asked = unexplained(found, read_ledger(project))
    if asked:
        first = asked[0]
        causes = ", ".join(first.causes) or "none of which the manifests show"
        raise CheckFailed(
            f"{len(asked)} figure(s) changed since {older} beyond their tolerance and nothing proves why, "
            f"{first.key} for one ({first.old} then {first.new}; possible causes: {causes}). Give the reason in "
            f"data/reference/revisions.yml; `observatoire diff {older} build` lists them all."
        )
    return found


def _compared(
    project: Project, older: EditionName, newer_values: str, now: Mapping[str, Mapping[str, str]]
) -> list[Revision]:
    import polars as pl  # 0.15 s to import, and most verbs on editions need no table

    old = read_values(project, older)
    was = read_manifest(project, older)["lineage"]
    return explained(changed_figures(old, pl.read_parquet(newer_values)), was, now, read_ledger(project), str(older))

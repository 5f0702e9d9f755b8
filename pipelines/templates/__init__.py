"""Templates: the workbook an office fills in when it has no extract to send, one for each register.

`observatoire template REGISTER` writes it, `observatoire add` takes it back. Its columns are those of the vintage
`template` of the sidecar, its rules those of the register's form, its lists those of data/reference.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.kernel.project import Project


def write_template(project: Project, register: str, out: Path) -> Path:
    """Write the template of a register to `out` and return it. The same project gives the same bytes.

    Raises `BadInput` when there is no such register, or when `out` exists: it may have been filled in.
    """
    from pipelines.kernel.brand import read_brand
    from pipelines.kernel.catalogue import read_catalogue
    from pipelines.kernel.dictionary import read_dictionary
    from pipelines.kernel.files import write_bytes
    from pipelines.kernel.problems import BadInput, Problem
    from pipelines.kernel.reference import read_reference
    from pipelines.templates.plan import plan_of
    from pipelines.templates.workbook import workbook_of

    catalogue = read_catalogue(project)
    known = [source.id for source in catalogue.sources.values() if source.personal]
    if register not in known:
        raise BadInput(
            Problem("data/sources", "No register has this name", f"Use one of: {', '.join(known)}.", value=register)
        )
    if out.exists():
        raise BadInput(
            Problem(
                project.shown(out),
                "The file exists, and may have been filled in: it is left as it is",
                "Give another name with --out, or move it away.",
            )
        )
    plan = plan_of(catalogue[register], read_reference(project), read_dictionary(project))
    write_bytes(out, workbook_of(plan, read_brand(project).colours))
    return out

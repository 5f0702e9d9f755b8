"""The reference: sites, establishments, code lists, breaks, and what the text of the mission commits to.

`read_reference(project)` gives it all, checked. The files are explained in `data/reference/README.md`.
"""

from pipelines.kernel.reference.mission import Action, Declared, Objective, Platform, SeedFigure
from pipelines.kernel.reference.rows import Break, Establishment, Site, Speciality
from pipelines.kernel.reference.views import Reference, read_reference, whole_scope

__all__ = [
    "Action",
    "Break",
    "Declared",
    "Establishment",
    "Objective",
    "Platform",
    "Reference",
    "SeedFigure",
    "Site",
    "Speciality",
    "read_reference",
    "whole_scope",
]

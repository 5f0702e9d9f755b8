"""Simulate: the five registers that ship are made by a seeded generator, calibrated on open figures and the seed."""

from __future__ import annotations

from pathlib import Path

from pipelines.kernel.project import Project, Settings
from pipelines.kernel.report import StageReport


def simulate_registers(
    project: Project, settings: Settings, out: Path, truth: Path | None = None, dirt: float = 1.0
) -> list[Path]:
    """Write the five registers to a folder, for `observatoire simulate`; see `pipelines.simulate.registers`."""
    from pipelines.simulate import registers

    return registers.simulate_registers(project, settings, out, truth, dirt)


def run(project: Project, settings: Settings) -> StageReport:
    """Make `data/simulated/` again when parameters, open figures, settings or code changed.

    Raises `BadInput` when the generator's parameters are missing or wrong.
    """
    from pipelines.kernel.freshness import Freshness
    from pipelines.simulate.calibration import read_calibration
    from pipelines.simulate.registers import SOURCES, file_names

    freshness = Freshness(project, "simulate")
    wanted = {"students": settings.students, "seed": settings.seed} | {
        name: getattr(settings, name) for name in ("simulate_from", "simulate_to")
    }
    fingerprint = freshness.fingerprint(
        [project.reference / "simulation.yml", project.reference / "simulation_open_figures.csv"], wanted
    )
    late = read_calibration(project).parameters.dirt.late > 0
    outputs = [
        project.simulated / source / name
        for source in SOURCES
        for name in file_names(source, settings.simulate_from, settings.simulate_to, late=late)
    ]
    if not freshness.is_fresh("registers", fingerprint, outputs):
        simulate_registers(project, settings, project.simulated)
        freshness.remember("registers", fingerprint)
    years = f"{settings.simulate_from}-{settings.simulate_to}"
    return StageReport(
        tuple(freshness.made),
        tuple(freshness.kept),
        (f"Five simulated registers, {years}: nobody real stands in them.",),
    )

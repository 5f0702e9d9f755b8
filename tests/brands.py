"""The house's brand for tests: its colours, and a copy of it in a project made for one test."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipelines.kernel.brand import read_brand
from pipelines.kernel.project import Project

ROOT = Path(__file__).resolve().parent.parent
BRAND = read_brand(Project(ROOT))
LOOK = BRAND.colours


def lay_brand(root: Path) -> None:
    """Copy `reports/brand` to a project."""
    shutil.copytree(ROOT / "reports" / "brand", root / "reports" / "brand", dirs_exist_ok=True)

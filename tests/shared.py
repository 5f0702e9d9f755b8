"""What all test processes of one call of pytest share: folders that the first to need them makes, once.

Others wait for it, and read. Whoever changes what lies there works on a copy.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pipelines.kernel.alone import alone
from pipelines.kernel.project import Project

HOME = "PYTEST_SHARED_FOLDER"
"""Environment variable that names the folder; conftest sets it in each test process."""


def once(name: str, make: Callable[[Path], object]) -> Path:
    """Return the shared folder of that name; `make` fills it unless another process has, or is at it."""
    home = Path(os.environ[HOME])
    folder, ready = home / name, home / f"{name}.ready"
    with alone(Project(home), f"makes {name}", lambda _: None, lock=f"{name}.lock"):
        if not ready.exists():
            assert not folder.exists(), f"{name} could not be made: the test that tried first says why"
            folder.mkdir()
            make(folder)
            ready.touch()
    return folder

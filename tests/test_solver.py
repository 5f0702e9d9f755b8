"""The solver says nothing on standard output: a command's JSON stands there alone."""

from __future__ import annotations

import subprocess
import sys


def test_a_solver_is_made_in_silence() -> None:
    code = "from pipelines.kernel.solver import silent_solver; silent_solver(); print('only this')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "only this\n"

"""Memory is bounded by the limit given: what does not fit goes to a folder inside data/, and the bytes are the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.files import sha256_of
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project, Settings
from pipelines.kernel.spill import PREFIX, spill_folder
from pipelines.kernel.sql import read_query
from pipelines.kernel.warehouse import Warehouse
from tests.register_tables import PROJECT

LARGE = """\
-- what: more rows than fit into the memory given, in disorder
-- grain: year, place
-- inputs: none
-- caveats: none
select 2024 as year, hash(range) as place, md5(range::varchar) as word, 'declared' as origin from range(1000000)
"""


def written(home: Project, memory: str) -> Path:
    file = home.root / "large.sql"
    file.write_text(LARGE, encoding="utf-8")
    query = read_query(home, file)
    target = home.root / f"{memory}.parquet"
    with Warehouse(home, Settings(edition=2024, memory=memory), read_catalogue(PROJECT)) as warehouse:
        warehouse.bind(query, "large")
        assert warehouse.write("large", query.grain, target, "large.sql") == 1_000_000
    return target


def test_a_table_larger_than_the_memory_given_has_the_same_bytes(tmp_path: Path) -> None:
    home = Project(tmp_path)
    assert sha256_of(written(home, "60MB")) == sha256_of(written(home, "1GB"))
    assert not list(home.data.glob(f"{PREFIX}*")), "something was left behind"


def test_what_a_killed_process_left_goes_and_what_another_one_uses_stays(tmp_path: Path) -> None:
    home = Project(tmp_path)
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    dead, alive = home.data / f"{PREFIX}{done.pid}-abc", home.data / f"{PREFIX}{os.getppid()}-abc"
    for folder in (dead, alive):
        folder.mkdir(parents=True)
        (folder / "tokens").touch()
    with spill_folder(home) as mine:
        assert mine.parent == home.data
        assert not dead.exists()
        assert alive.exists()
    assert not mine.exists()


@pytest.mark.parametrize("memory", ["much", "0GB", "4 GB", "-1MB", "'; drop table x"])
def test_a_size_that_is_none_is_refused(memory: str) -> None:
    with pytest.raises(BadInput, match="memory"):
        Settings(edition=2024).changed(memory=memory)

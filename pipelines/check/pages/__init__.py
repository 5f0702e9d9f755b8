"""The checks' own site, `build/quality/`: every expectation, its outcome, its figures and its history, with no network.

Great Expectations' Data Docs ask sixteen outside addresses a page and are bare without them; these pages use the
report's own style and nothing else. They stand on the public side, so a table made of registers shows here no
example, no observed value and no count below the threshold of the disclosure policy; the true counts are in
`data/quality`.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.check.pages.frame import ASSETS, slug
from pipelines.check.pages.index import index_page
from pipelines.check.pages.table import table_page
from pipelines.check.pages.told import Told
from pipelines.kernel.files import replacing_folder

__all__ = ["Told", "write"]


def write(target: Path, told: Told) -> None:
    """Write the whole site, in one rename; the same results and history give the same bytes."""
    files = {"index.html": index_page(told)}
    files |= {f"{slug(name)}.html": table_page(told, name) for name in told.tables}
    with replacing_folder(target) as part:
        for name, text in files.items():
            (part / name).write_text(text, encoding="utf-8")
        (part / "_theme").mkdir()
        for path in ASSETS:
            (part / "_theme" / path.name).write_bytes(told.brand.themed(path))
        if told.brand.logo is not None:
            (part / "_theme" / told.brand.logo.name).write_bytes(told.brand.logo.path.read_bytes())

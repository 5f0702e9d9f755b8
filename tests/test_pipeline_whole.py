"""The whole report as others get it: sealed and moved elsewhere, on paper, in a browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.answers.explain import explanation
from pipelines.answers.explain_shown import shown_explanation
from pipelines.editions.answers import cite_answer
from pipelines.editions.sealing import seal as seal_edition
from pipelines.kernel.sealed import parsed, read_addresses, read_values
from pipelines.publish.variables import KEY
from tests.browser import findings_of_site, watching
from tests.cold_run import ColdRun
from tests.edition_elsewhere import faults, site_faults
from tests.edition_project import DAY, git
from tests.paper import pages_of_chapters

pytestmark = pytest.mark.slow


def test_a_sealed_edition_is_whole_elsewhere_and_its_addresses_resolve(cold: ColdRun, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    home = cold.copy(tmp_path / "home")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "start")):
        git(home, *arguments)
    name = str(seal_edition(home, DAY, allow_simulated=True).name)
    moved = tmp_path / "elsewhere"
    shutil.copytree(home.editions / name, moved)
    assert list(faults(moved)) == []
    (moved / "site").chmod(0o755)
    (moved / "site" / "citer.html").unlink()
    assert any(
        "citer.html leads out of the edition or nowhere" in fault for fault in site_faults(moved / "site", "index.html")
    )

    items = read_addresses(home, parsed(name))["items"]
    pages = [path.read_text(encoding="utf-8") for path in sorted((home.reports / "fr").rglob("*md"))]
    asked = {key for text in pages for key in KEY.findall(text) if "$" not in key}
    assert asked
    assert asked <= items.keys(), "every key a sentence quotes has an address"
    for key in items:
        assert f"{key}@{name}" in cite_answer(home, f"{key}@{name}", "text")
    for key in {tuple(item["of"]): key for key, item in items.items()}.values():
        assert shown_explanation(home, f"{key}@{name}", as_json=False).startswith(f"{key}@{name}\n")
    values = read_values(home, parsed(name)).unique("indicator_code", keep="first").sort("indicator_code")
    for number, row in enumerate(values.iter_rows(named=True)):
        key = f"{row['indicator_code']}/{row['scope_code']}/{row['year']}@{name}"
        assert key in cite_answer(home, key, "bibtex").replace("\\", "")
        if number % 8 == 0:
            assert explanation(home, key, as_json=False).startswith(f"{key}\n")


def test_a_sheet_is_two_printed_pages(cold: ColdRun) -> None:
    pages = pages_of_chapters(cold.project.build / "observatoire-2024.pdf")
    sites = {title: count for title, count in pages.items() if "Site : " in title}
    fields = {title: count for title, count in pages.items() if "Domaine : " in title}
    assert len(sites) == 8
    assert set(sites.values()) == {2}, sites
    assert len(fields) == 6
    assert max(fields.values()) <= 2, fields


def test_every_page_of_the_whole_report_is_in_order_in_a_browser(cold: ColdRun) -> None:
    with watching() as tab:
        assert findings_of_site(tab, cold.project.build / "site", axe_at=(1280, 320)) == []

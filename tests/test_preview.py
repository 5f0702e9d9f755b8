"""The preview: a saved page is made again and told to the browser, a mistake is shown as its line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.preview import EVENTS, Told, looked, problems_of, server, watch, watched


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, Told, str]]:
    folder = tmp_path / "site"
    (folder / "sites").mkdir(parents=True)
    (folder / "index.html").write_text("<html><body>avant</body></html>", encoding="utf-8")
    (folder / "theme.css").write_text("a {}", encoding="utf-8")
    told = Told()
    serving = server(folder, told, 0)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield folder, told, f"http://127.0.0.1:{serving.server_address[1]}"
    serving.shutdown()
    serving.server_close()


def test_a_page_listens_and_a_file_is_served_as_it_is(site: tuple[Path, Told, str]) -> None:
    folder, _, address = site
    for path in ("/", "/index.html"):
        page = urlopen(f"{address}{path}").read().decode()
        assert "avant" in page
        assert EVENTS in page
    assert urlopen(f"{address}/theme.css").read() == b"a {}"
    assert EVENTS not in (folder / "index.html").read_text(encoding="utf-8"), "the site itself is left alone"


def test_a_page_that_waits_is_told(site: tuple[Path, Told, str]) -> None:
    _, told, address = site
    with urlopen(f"{address}{EVENTS}", timeout=10) as stream:
        threading.Timer(0.2, told.tell, [["reports/fr/x.md, row 3: …"]]).start()
        line = next(line for line in stream if line.startswith(b"data: "))
    assert json.loads(line.removeprefix(b"data: ")) == {"problems": ["reports/fr/x.md, row 3: …"]}


def test_a_saved_file_is_made_again_a_mistake_is_told_and_mended(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("avant", encoding="utf-8")
    said: list[str] = []
    told = Told()
    turns = iter(["après", "faute", "mieux"])

    def make() -> None:
        if page.read_text(encoding="utf-8") == "faute":
            raise BadInput(Problem("page.md", "The include does not exist", "Correct its path.", row=3))

    def goes_on() -> bool:
        text = next(turns, None)
        if text is not None:
            page.write_text(text + " " * len(said) if text != "faute" else text, encoding="utf-8")
        return text is not None

    watch(lambda: [page], make, told, said.append, goes_on, pause=0.02)
    assert [line.split(":")[0] for line in said] == ["page.md", "page.md, row 3", "page.md"]
    assert said[1] == "page.md, row 3: The include does not exist. Correct its path."


def test_what_is_generated_is_not_watched(tmp_path: Path) -> None:
    folder = tmp_path / "reports/fr"
    for name in ("index.qmd", "_quarto.yml", "_variables.yml", "_chapters/index.md", "_generated/fig-x.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x", encoding="utf-8")
    found = {path.relative_to(folder).as_posix() for path in watched(Project(tmp_path), "fr")}
    assert found == {"index.qmd", "_quarto.yml", "_chapters/index.md"}
    assert looked([folder / "gone.md"]) == {}


def test_only_what_an_author_can_mend_is_caught() -> None:
    def fault() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        problems_of(fault)

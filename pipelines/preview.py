"""`observatoire preview`: the report in a browser, made again and shown again whenever an author saves a file.

The pages are served on this machine only. What an author changes is watched; publish and render make what changed
again, the PDF left for the next run; a mistake is shown over the page as one line, with its file and row.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipelines.kernel.alone import alone
from pipelines.kernel.problems import BadInput, CheckFailed
from pipelines.kernel.project import Project, Settings

EVENTS = "/__preview"
"""Where a page asks to be told of changes."""

SCRIPT = """<script>
new EventSource("__preview__").onmessage = (event) => {
  const told = JSON.parse(event.data);
  document.querySelector("#preview-problems")?.remove();
  if (!told.problems.length) { location.reload(); return; }
  const box = document.createElement("pre");
  box.id = "preview-problems";
  box.setAttribute("role", "alert");
  box.style = "position:fixed;inset:auto 0 0 0;margin:0;padding:1em;background:#7a0019;color:#fff;" +
    "white-space:pre-wrap;z-index:99";
  box.textContent = told.problems.join("\\n");
  document.body.append(box);
};
</script>""".replace("__preview__", EVENTS)
"""What each page is given on its way to the browser: it reloads, or shows what is wrong."""

PAUSE = 0.3
"""Seconds between two looks at the files."""

Make = Callable[[], None]
Seen = dict[Path, int]


def watched(project: Project, lang: str) -> list[Path]:
    """Return the files that an author changes, as they stand now: pages, chapters, menus, declared texts, the theme."""
    folder = project.reports / lang
    found = [*folder.glob("*.qmd"), *folder.glob("_*.yml"), *(folder / "_chapters").glob("*.md")]
    found += [
        *(project.reports / "brand").glob("*"),
        *project.reference.rglob("*.yml"),
        *project.reference.glob("*.csv"),
    ]
    return sorted(path for path in found if path.name != "_variables.yml")


def looked(paths: Iterable[Path]) -> Seen:
    """Return when each file was last changed (nanoseconds); those that are gone are left out."""
    seen: Seen = {}
    for path in paths:
        try:
            seen[path] = path.stat().st_mtime_ns
        except FileNotFoundError:  # an editor puts a new file in the place of the old one
            continue
    return seen


def made_again(project: Project, settings: Settings) -> None:
    """Bring pages and figures up to date, the PDF apart. Raises what publish and render raise."""
    from pipelines import publish
    from pipelines.render.stage import render_screen

    with alone(project, "observatoire preview", lambda _: None):
        publish.run(project, settings)
        render_screen(project, settings)


class Told:
    """What the pages that wait are told: a number that rises with each change, and the problems found."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._number = 0
        self._problems: list[str] = []

    def tell(self, problems: list[str]) -> None:
        """Let all who wait know."""
        with self._news:
            self._number += 1
            self._problems = problems
            self._news.notify_all()

    def changes(self, patience: float) -> Iterator[list[str] | None]:
        """Give the problems of each change as it comes, nothing when `patience` seconds pass without one."""
        known = self._number
        while True:
            with self._news:
                self._news.wait_for(lambda known=known: self._number != known, timeout=patience)  # type: ignore[misc]
                said = None if self._number == known else list(self._problems)
                known = self._number
            yield said


class Handler(SimpleHTTPRequestHandler):
    """Serves the site, its pages with the script that listens, and the stream it listens to."""

    told: Told

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path == EVENTS:
            self._stream()
            return
        path = Path(self.translate_path(self.path))
        page = path / "index.html" if path.is_dir() else path
        if page.suffix != ".html" or not page.is_file():
            super().do_GET()
            return
        text = page.read_text(encoding="utf-8")
        content = text.replace("</body>", f"{SCRIPT}</body>").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        try:
            for problems in self.told.changes(patience=5):
                line = ": still here" if problems is None else f"data: {json.dumps({'problems': problems})}"
                self.wfile.write(f"{line}\n\n".encode())
                self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):  # the page was closed
            return

    def log_message(self, *_: object) -> None:
        """Say nothing: what matters is said by the watch."""


def server(folder: Path, told: Told, port: int) -> ThreadingHTTPServer:
    """Return a server of `folder` on this machine alone. Raises `OSError` when the port is taken."""
    handler = type("Pages", (Handler,), {"told": told})
    made = ThreadingHTTPServer(("127.0.0.1", port), partial(handler, directory=str(folder)))
    made.daemon_threads = True
    return made


def problems_of(make: Make) -> list[str]:
    """Make the pages again; return what is wrong, a line each, nothing when all is well."""
    try:
        make()
    except BadInput as error:
        return [problem.line() for problem in error.problems]
    except CheckFailed as error:
        return [str(error)]
    return []


def watch(
    paths: Callable[[], list[Path]],
    make: Make,
    told: Told,
    say: Callable[[str], None],
    goes_on: Callable[[], bool],
    pause: float = PAUSE,
) -> None:
    """Make the pages again whenever one of the files changes, until `goes_on` says no; tell the pages, and `say`."""
    seen = looked(paths())
    while goes_on():
        time.sleep(pause)
        now = looked(paths())
        if now == seen:
            continue
        changed = sorted(path.name for path in now.keys() | seen.keys() if now.get(path) != seen.get(path))
        seen = now
        start = time.monotonic()
        problems = problems_of(make)
        told.tell(problems)
        for line in problems:
            say(line)
        if not problems:
            say(f"{', '.join(changed[:3])}: shown again after {time.monotonic() - start:.1f} s")

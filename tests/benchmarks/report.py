"""The report, cold: seconds and sizes of publishing and rendering everything, the PDF alone, and one changed page.

    python tests/benchmarks/report.py [--lang fr] [--out FILE]

Run `observatoire run` first. The benchmark works on a copy of what stands, with nothing kept from before for the
stages it measures. Each stage runs in a process of its own, as DVC does it: its seconds are wall clock, the start of
Python and the imports counted, and beside them those of the processors, children included. On a machine busy with other
work the wall clock says little; the processors' seconds, divided by the cores that can share them, are what it takes.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "data",
    "reports",
    "build",
    "expectations",
    "sql",
    "params.yaml",
    "dvc.yaml",
    "pyproject.toml",
    "CITATION.cff",
)


def command(home: Path, *arguments: str) -> tuple[float, float]:
    """Run Python in `home` with these arguments; return wall clock and processor seconds. Ends on a failure."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used


def step(home: Path, stage: str) -> tuple[float, float]:
    """Run one stage in `home`."""
    return command(home, "-m", "pipelines", "step", stage)


def forget(home: Path, *stages: str) -> None:
    """Take away what these stages remember of the items they made."""
    for stage in stages:
        (home / "data" / ".fingerprints" / f"{stage}.json").unlink(missing_ok=True)


def pdf(home: Path, lang: str) -> None:
    """Make the PDF alone, here: called in a process of its own."""
    from pipelines.kernel.project import Project
    from pipelines.render.manuscript import read_manuscript
    from pipelines.render.pdf import pdf_job, report_pdf, report_typst

    project = Project(home)
    manuscript = read_manuscript(project, lang)
    job = pdf_job(manuscript.report, manuscript.plan, manuscript.frame, manuscript.bibliography, manuscript.brand)
    report_pdf(manuscript.report, report_typst(manuscript.report, job), manuscript.folder, project.root)


def measured(home: Path, lang: str) -> dict[str, tuple[float, float]]:
    """Return wall clock and processor seconds of each work."""
    found = {}
    forget(home, "publish", "render")
    found["publish, cold"] = step(home, "publish")
    found["render, cold (site and PDF)"] = step(home, "render")
    found["the PDF alone"] = command(home, __file__, "--pdf", str(home), "--lang", lang)
    chapter = home / "reports" / lang / "_chapters" / "citer.md"
    chapter.write_text(chapter.read_text(encoding="utf-8") + "\nUne phrase de plus.\n", encoding="utf-8")
    found["one changed page (and the PDF, which holds it)"] = step(home, "render")
    found["nothing changed"] = step(home, "render")
    return found


def sizes(home: Path) -> dict[str, float]:
    """Return sizes in kilobytes."""
    site = home / "build" / "site"
    pages = {path.relative_to(site).as_posix(): path.stat().st_size for path in site.rglob("*.html")}
    largest = max(pages, key=lambda name: pages[name])
    return {
        "the PDF": next((home / "build").glob("observatoire-*.pdf")).stat().st_size / 1000,
        f"the largest page ({largest})": pages[largest] / 1000,
        f"all {len(pages)} pages": sum(pages.values()) / 1000,
        "the whole site": sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 1000,
    }


def table(seconds: dict[str, tuple[float, float]], kilobytes: dict[str, float]) -> str:
    """Return both as Markdown."""
    lines = ["| work | seconds | of the processors |", "|---|---:|---:|"]
    lines += [f"| {work} | {wall:.1f} | {used:.1f} |" for work, (wall, used) in seconds.items()]
    lines += ["", "| what | kB |", "|---|---:|"]
    lines += [f"| {what} | {size:.0f} |" for what, size in kilobytes.items()]
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    load = os.getloadavg()[0]
    return "\n".join([*lines, "", f"{where}; {load:.1f} processes wanted a core at the end.", ""])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lang", default="fr", help="language of the last run")
    parser.add_argument("--out", type=Path, help="write the tables there too")
    parser.add_argument("--pdf", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.pdf:
        pdf(asked.pdf, asked.lang)
        return
    if not (ROOT / "data" / "protected").is_dir() or not (ROOT / "build" / "data").is_dir():
        raise SystemExit("There is nothing to publish yet: run `observatoire run` first.")
    with TemporaryDirectory() as folder:
        home = Path(folder) / "project"
        home.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, home / name, symlinks=True)
            elif source.is_file():
                shutil.copyfile(source, home / name)
        seconds = measured(home, asked.lang)
        kilobytes = sizes(home)
    text = table(seconds, kilobytes)
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

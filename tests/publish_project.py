"""A small project whose protected tables are made up: every publish test starts from it, none needs the stages before.

Reference lists, sidecars, pages and templates are the project's own; numbers are invented and round.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.kernel.files import sha256_of_text, write_text
from pipelines.kernel.project import Project, Settings
from pipelines.publish import stage
from pipelines.publish.drawing import draw
from pipelines.publish.explorer import chart
from pipelines.publish.picture import Picture
from tests.publish_rows import (
    SITES,
    SITES_WITH_DUT,
    badge_rows,
    history_rows,
    path_rows,
    row,
    state_rows,
    status_rows,
    value_rows,
)
from tests.shared import once

ROOT = Path(__file__).resolve().parent.parent
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 320" width="640" height="320">'
    '<path d="M10 300 L630 20" stroke="#0b5394" fill="none"/></svg>'
)


def made_up(
    root: Path, *, lang: str = "fr", observed_only: bool = False, edition: int = 2024, tables: bool = True
) -> tuple[Project, Settings]:
    """Write the project below `root` and return it with its settings."""
    for folder in ("data/reference", "data/sources", "reports"):
        shutil.copytree(
            ROOT / folder,
            root / folder,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("_generated", "_variables.yml", "sites", "fields", "_site"),
        )
    project = Project(root)
    if tables:
        write_tables(project, observed_only)
        (root / "data/quality").mkdir(parents=True)
        (root / "data/quality/staging.json").write_text(QUALITY, encoding="utf-8")
    return project, Settings(edition=edition, lang=lang, observed_only=observed_only)  # type: ignore[arg-type]


DRAWN = (
    "targets",
    "map-sites",
    "off-map",
    "coverage",
    "coverage-sites",
    "mob-erasmus",
    "mob-target",
    "enr-dut-but",
    "app-sites",
    "sch-parcoursup",
    "site-rodez",
)
"""At least one figure of each kind."""

BLANK = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'
BUNDLED = chart.chart_script


class AtOnce(stage.Workers):
    """A worker that does its task here and now."""

    def submit(self, task: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        answer.set_result(task(*args, **kwargs))
        return answer


def library(*look: object) -> str:
    """Return the explorer's script in a look, bundled once for all test processes: no project changes it."""
    name = f"library-{sha256_of_text(repr(look))[:12]}"
    folder = once(name, lambda folder: write_text(folder / "chart.js", BUNDLED(*look)))
    return (folder / "chart.js").read_text(encoding="utf-8")


def publish_undrawn(project: Project, settings: Settings) -> None:
    """Publish in this process, with the same small drawing in the place of each: what draws takes the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "Workers", AtOnce)
        patch.setattr(stage, "ready", lambda: None)
        patch.setattr(chart, "chart_script", library)
        patch.setattr(stage, "drawings", lambda pictures, *_: [DRAWING] * len(pictures))
        stage.publish(project, settings)


@contextmanager
def few_drawn(names: Collection[str] = DRAWN) -> Iterator[None]:
    """Have `publish` work in this process, draw figures of these names and leave the others as what they are of."""

    def some(them: list[Picture], *given: Any) -> list[str]:
        *look, _ = given
        return [draw(one, *look) if one.name in names else f"<!-- {one.fingerprint()} -->{BLANK}" for one in them]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "drawings", some)
        patch.setattr(stage, "Workers", AtOnce)
        patch.setattr(stage, "ready", lambda: None)
        patch.setattr(chart, "chart_script", library)
        yield


_SAID = {
    "why": {"fr": "une année perd des lignes", "en": "a year loses rows"},
    "mend": {"fr": "comparer", "en": "compare"},
}
_SECRET = {"examples": ["SECRET-ROW"], "message": {"fr": "SECRET-ROW", "en": "SECRET-ROW"}}
QUALITY = json.dumps(
    {
        "layer": "staging",
        "tables": [{"table": "stg_sise__enrolment", "rows": 10, "pass": 4, "fail": 1, "error": 0}],
        "checks": [
            {"id": "a", "table": "stg_sise__enrolment", "outcome": "pass", "severity": "critical", **_SAID, **_SECRET},
            {"id": "b", "table": "stg_sise__enrolment", "outcome": "fail", "severity": "warning", **_SAID, **_SECRET},
        ],
    }
)


def write_tables(project: Project, observed_only: bool) -> None:
    """Write every protected table."""
    project.protected.mkdir(parents=True, exist_ok=True)

    def write(name: str, rows: list[dict[str, Any]], keep: bool = True) -> None:
        frame = pl.DataFrame(rows if keep else rows[:1], infer_schema_length=None)
        (frame if keep else frame.clear()).write_parquet(project.protected / f"{name}.parquet")

    values = value_rows(project, observed_only)
    write("pub_values", values)
    write("pub_status", status_rows(project, {row["indicator_code"] for row in values}))
    write("pub_states", state_rows(observed_only))
    write("pub_paths", path_rows(), keep=not observed_only)
    write("pub_history", history_rows(), keep=not observed_only)
    write("pub_badges", badge_rows(), keep=not observed_only)
    write(
        "pub_enrolment__establishment",
        [
            row(
                year=year,
                establishment_code=code,
                diploma_code="BUT" if year > 2020 and diploma == "DUT" else diploma,
                sector_label="Sciences",
                sex_code=sex,
                level_code="01",
                students_count=base + 10 * (year - 2012),
                enrolments_count=base,
            )
            for code, base in (("ut3", 2600), ("ut2j", 800), ("ut1", 400))
            for year in range(2012, 2025)
            for diploma in ("DUT", "LP")
            for sex in "FM"
        ],
    )
    write(
        "pub_enrolment__site_open",
        [
            row(year=2014, site_code=site, diploma_code="_T", students_count=400 + 100 * index, is_whole=True)
            for index, site in enumerate(SITES_WITH_DUT)
        ],
    )
    write(
        "pub_scholarship__entrants",
        [
            row(
                year=year,
                site_code=site,
                diploma_code="DUT" if year < 2021 else "BUT",
                speciality_code=speciality,
                admitted_count=50 + 3 * index + year - 2016,
                admitted_women_count=20,
                admitted_scholarship_count=10 if year < 2018 else None,
                new_bachelors_count=None if year < 2018 else 45,
                new_bachelors_scholarship_count=None if year < 2018 else 11,
                new_bachelors_general_count=20,
                new_bachelors_technological_count=15,
                new_bachelors_professional_count=10,
                capacity_count=60,
                applicants_count=400,
            )
            for year in (2016, 2017, 2018, 2019, 2023)
            for index, site in enumerate(SITES_WITH_DUT)
            for speciality in ("INFO", "GEA", "TC", "GMP", "GCCD")[: 2 + index % 4]
        ],
    )
    write(
        "pub_offer__formation",
        [
            row(
                year=2023,
                uai=f"031000{index}X",
                diploma_code=diploma,
                speciality_code="INFO",
                formation_label=f"Formation {index}",
                establishment_label="Lycée",
                commune_label=town,
                departement_code="31",
                latitude=43.2 + 0.1 * index,
                longitude=0.4 + 0.2 * index,
                capacity_count=30,
                admitted_count=28,
            )
            for index, (town, diploma) in enumerate(
                (
                    ("Toulouse  1er  Arrondissement", "BUT"),
                    ("Toulouse  3e  Arrondissement", "BTS"),
                    ("Cahors", "BTS"),
                    ("Rodez", "BUT"),
                    ("Mazamet", "BTS"),
                )
            )
        ],
    )
    write(
        "pub_employment__lp",
        [
            row(
                year=2016,
                establishment_code="ut3",
                discipline_code="disc01",
                months_after=30,
                discipline_label="Ensemble",
                responses_count=60,
                response_pct=70.0,
                employment_pct=90.0,
                stable_pct=80.0,
                intermediate_pct=70.0,
                outside_region_pct=30.0,
                missing_code=None,
            )
        ],
    )
    write(
        "pub_employment__dut",
        [
            row(
                year=2016,
                speciality_code=code,
                months_after=30,
                responses_count=500,
                employment_pct=value,
                stable_pct=80.0,
                intermediate_pct=60.0,
                full_time_pct=95.0,
                missing_code=None,
            )
            for code, value in (("_T", 89.0), ("INFO", 95.0), ("GEA", 88.0), ("TC", 86.0))
        ],
    )
    write(
        "pub_apprenticeship__territory",
        [
            row(
                year=year,
                territory_level="departement",
                territory_code=code,
                territory_label=code,
                contracts_count=base + 200 * (year - 2017),
                months_covered=10 if year == 2022 else 12,
            )
            for code, base in (("31", 5000), ("12", 900), ("65", 500))
            for year in range(2017, 2023)
        ],
    )
    write(
        "pub_apprenticeship__cfa",
        [
            row(
                year=year,
                uai=f"03{index:05d}X",
                cfa_label=f"CFA {index}",
                continuing_pct=30.0,
                employment_pct=45.0 + 6 * index,
                expected_employment_pct=60.0,
                value_added_points=1.0,
                missing_code=None,
            )
            for year in (2019, 2020, 2021)
            for index in range(7)
        ],
    )
    write(
        "pub_mobility__erasmus",
        [
            row(year=2013, establishment_code="ut3", receiving_country_code=code, students_count=count)
            for code, count in (("ES", 90), ("UK", 70), ("DE", 40), ("XX", 6))
        ],
    )
    write(
        "pub_mobility__incoming",
        [
            row(
                year=year,
                establishment_code=code,
                diploma_code="DUT",
                students_count=base * 10,
                foreign_system_students_count=base + year - 2012,
            )
            for code, base in (("ut3", 200), ("ut2j", 60))
            for year in range(2012, 2025)
        ],
    )
    for name, measures in REGISTER_TABLES.items():
        write(
            name,
            [
                {
                    "year": year,
                    "site_code": site,
                    "diploma_code": "LP" if site == "albi" else "DUT",
                    "speciality_code": "GEA",
                    **{measure: (None if (site, measure) == ("albi", measures[0]) else 200) for measure in measures},
                    "origin": "simulated",
                    "flag": "c" if site == "albi" else "S",
                }
                for year in range(2010, 2025)
                for site in SITES
            ],
            keep=not observed_only,
        )


REGISTER_TABLES = {
    "pub_enrolment__register": ["students_count"],
    "pub_scholarship__register": ["scholarship_holders_count", "students_count"],
    "pub_apprenticeship__register": ["apprentices_count", "students_count"],
    "pub_mobility__register": ["mobile_students_count", "students_count"],
    "pub_employment__register": ["employed_count", "answers_count"],
    "pub_success__register": ["promoted_count", "entrants_count"],
}

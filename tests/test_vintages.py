"""A new vintage is compared before it is taken: planted changes are found, true ones pass, a refusal writes nothing.

Files are made from the figures that ship, in the producer's own layout; those marked `opendata` are the originals.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import polars as pl
import pytest
import yaml
from click.testing import CliRunner, Result

from pipelines.acquire.refusals import Refused
from pipelines.cli import observatoire
from pipelines.compare.figures import Figure, compare_figures
from pipelines.compare.rules import Rules
from pipelines.compare.values import distance
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.comparison import Limit, read_thresholds
from pipelines.kernel.files import sha256_of
from pipelines.kernel.identity import KEY
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.kernel.received import read_receipt
from pipelines.recount import reach_of
from pipelines.stage.staging import stage_vintage
from pipelines.vintages import add_vintage
from tests.observatory import ROOT, copy_of_the_project
from tests.opendata import Edit, as_given
from tests.register_corpus import bases, make


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What a fresh clone holds, nothing run yet."""
    project = copy_of_the_project(tmp_path_factory.mktemp("clone") / "observatory")
    shutil.copy(ROOT / "dvc.yaml", project.root)
    return project


@pytest.fixture
def home(clone: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The clone, for one test: what the test took in goes with it."""
    monkeypatch.setenv("OBSERVATOIRE_HOME", clone.root.as_posix())
    monkeypatch.setenv(KEY, "5ec2e7" * 11)
    thresholds = (clone.reference / "vintages.yml").read_bytes()
    yield clone
    shutil.rmtree(clone.raw, ignore_errors=True)
    (clone.reference / "vintages.yml").write_bytes(thresholds)


def everything(project: Project) -> dict[str, str]:
    files = (path for path in project.root.rglob("*") if path.is_file())
    return {path.relative_to(project.root).as_posix(): sha256_of(path) for path in files}


def cells(**columns: pl.Expr) -> Edit:
    return lambda frame: frame.with_columns(**columns)


def times(*columns: str, by: float, where: pl.Expr | None = None) -> Edit:
    def edit(frame: pl.DataFrame) -> pl.DataFrame:
        number = [(pl.col(name).cast(pl.Float64) * by).round().cast(pl.Int64).cast(pl.String) for name in columns]
        if where is None:
            return frame.with_columns(one.alias(name) for name, one in zip(columns, number, strict=True))
        return frame.with_columns(
            pl.when(where).then(one).otherwise(pl.col(name)).alias(name)
            for name, one in zip(columns, number, strict=True)
        )

    return edit


def next_year(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("year") == "2022").with_columns(pl.lit("2023").alias("year"))


COUNTS = ("students_count", "women_count", "men_count", "dut_count", "but_count", "lp_one_year_count")
STRUCTURAL: dict[str, tuple[Edit, str, str]] = {
    # what is done to the file, then parts of the line: the place, what happened
    "a column blank throughout": (
        cells(women_count=pl.lit(None, dtype=pl.String)),
        'column "women_count"',
        "was filled and is now blank throughout. Check the column map",
    ),
    "a code list replaced": (
        cells(establishment_label=pl.lit("Univ. n° ") + pl.col("establishment_label").str.len_chars().cast(pl.String)),
        'column "establishment_label"',
        "codes known before is left: the list is another one. Translate the new codes under `recode`",
    ),
    "an establishment gone": (
        lambda frame: frame.filter(pl.col("paysage_id") != "HqAYu"),
        'column "paysage_id"',
        "HqAYu was there and has vanished with all its rows. Add a file with all sites",
    ),
    "an establishment gone from a new year": (
        lambda frame: next_year(frame).filter(pl.col("paysage_id") != "Hm42K"),
        'column "paysage_id"',
        "Hm42K was there and has vanished",
    ),
}


@pytest.mark.parametrize("name", STRUCTURAL)
def test_a_structural_change_stops_whatever_reason_is_given(home: Project, tmp_path: Path, name: str) -> None:
    edit, place, said = STRUCTURAL[name]
    path = as_given(home, tmp_path, edit)
    before = everything(home)
    with pytest.raises(Refused) as refused:
        add_vintage(home, "effectifs", path, accept="The producer says that it is so")
    lines = [problem.line() for problem in refused.value.problems]
    assert any(place in line and said in line and line.startswith(path.as_posix()) for line in lines), lines
    assert everything(home) == before


LARGE: dict[str, tuple[Edit, str]] = {
    "totals up by three tenths": (times(*COUNTS, by=1.3), "(+30.0%)"),
    "thousands": (times("women_count", by=0.001), "all quantiles are divided by about 1,000, as if the unit"),
    "one year doubled": (times("students_count", by=2, where=pl.col("year") == "2015"), "(+100.0%)"),
    "half of the rows of two years": (
        lambda frame: frame.filter(~pl.col("year").is_in(["2010", "2011"]) | (pl.col("paysage_id") < "Z")).filter(
            ~(pl.col("year").is_in(["2010", "2011"]) & pl.col("paysage_id").is_in(["542Id", "HqAYu"]))
        ),
        "fewer than before",
    ),
    "a name for a third of the rows": (
        cells(
            establishment_label=pl.when(pl.col("paysage_id") == "HqAYu")
            .then(pl.lit("UT2"))
            .otherwise(pl.col("establishment_label"))
        ),
        "of the rows)",
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_move_asks_for_a_reason(home: Project, tmp_path: Path, name: str) -> None:
    edit, said = LARGE[name]
    path = as_given(home, tmp_path, edit)
    before = everything(home)
    with pytest.raises(Refused) as refused:
        add_vintage(home, "effectifs", path)
    (problem,) = refused.value.problems
    assert problem.line().startswith(path.as_posix())
    assert 'add the file again with --accept "reason"' in problem.line()
    critical = refused.value.comparison.of("critical")
    assert any(said in change.line() for change in critical), [change.line() for change in critical]
    assert everything(home) == before


def test_the_reason_and_what_moved_are_kept_in_the_receipt(home: Project, tmp_path: Path) -> None:
    path = as_given(home, tmp_path, times(*COUNTS, by=1.3))
    added = add_vintage(home, "effectifs", path, accept="  Revised by the producer,\n note of June 2026 ")
    assert added.comparison is not None
    critical = [change.line() for change in added.comparison.of("critical")]
    receipt = read_receipt(home, added.folder)
    assert receipt.accepted == "Revised by the producer, note of June 2026"
    assert receipt.comparison is not None
    assert receipt.comparison.changes["critical"] == len(critical) > 0
    assert receipt.comparison.against == ("baseline",)
    assert list(receipt.comparison.said[: len(critical)]) == critical


def test_the_figures_that_would_move_are_named(home: Project, tmp_path: Path) -> None:
    path = as_given(home, tmp_path, times("dut_count", by=1.3, where=pl.col("year") == "2008"))
    comparison = add_vintage(home, "effectifs", path, dry_run=True).comparison
    assert comparison is not None
    assert 0 < comparison.figures_moved < comparison.figures_compared
    figures = {change.subject: change for change in comparison.changes if change.kind == "figure"}
    assert "ENR-DUT-BUT" in figures
    assert figures["ENR-DUT-BUT"].severity == "critical"
    assert "/2008: " in figures["ENR-DUT-BUT"].message
    assert "(+30.1%)" in figures["ENR-DUT-BUT"].message
    assert not any(subject.startswith(("SCH", "MOB-OUT")) for subject in figures), "they do not read this source"
    assert not home.raw.exists()


def test_the_same_figures_move_nothing_and_a_new_year_is_held_against_the_last(home: Project, tmp_path: Path) -> None:
    added = add_vintage(home, "effectifs", as_given(home, tmp_path))
    assert added.comparison is not None
    assert added.comparison.changes == ()
    (table,) = added.comparison.tables
    assert (table.rows_before, table.rows_after, table.keys_same) == (68, 68, 68)
    folder = tmp_path / "next"
    folder.mkdir()
    later = add_vintage(home, "effectifs", as_given(home, folder, next_year))
    assert later.verdict == "taken"
    assert later.comparison is not None
    assert later.comparison.against == ("baseline", "2006-2022")
    assert later.comparison.tables[0].years_new == (2023,)
    assert not later.comparison.of("critical")
    third = tmp_path / "third"
    third.mkdir()
    doubled = as_given(home, third, lambda frame: times("students_count", by=2.5)(next_year(frame)))
    with pytest.raises(Refused, match=r"students_count of 2023: total .*\(\+150.0%\)"):
        add_vintage(home, "effectifs", doubled)


def test_a_hole_in_the_years_is_a_warning_and_their_rows_stay(home: Project, tmp_path: Path) -> None:
    path = as_given(home, tmp_path, lambda frame: frame.filter(pl.col("year") != "2012"))
    added = add_vintage(home, "effectifs", path)
    assert added.comparison is not None
    (warning,) = added.comparison.of("warning")
    assert warning.message.startswith("2012 lie between years of the file and are not in it")


def test_a_site_that_is_rightly_gone_is_declared(home: Project, tmp_path: Path) -> None:
    declared = yaml.safe_load((home.reference / "vintages.yml").read_text(encoding="utf-8"))
    declared["gone"] = [
        {"source": "effectifs", "code": code, "reason": "Merged with its neighbour in 2023"} for code in ("Hm42K", "81")
    ]
    (home.reference / "vintages.yml").write_text(yaml.safe_dump(declared), encoding="utf-8")
    path = as_given(home, tmp_path, lambda frame: next_year(frame).filter(pl.col("paysage_id") != "Hm42K"))
    comparison = add_vintage(home, "effectifs", path, dry_run=True).comparison
    assert comparison is not None
    assert "info" in {change.severity for change in comparison.changes if change.kind == "scope"}
    assert not [change for change in comparison.of("structural") if change.kind == "scope"]


def test_the_first_vintage_has_nothing_to_be_compared_with(home: Project, tmp_path: Path) -> None:
    path = tmp_path / "departement-31.geojson"
    feature = {
        "type": "Feature",
        "properties": {"code": "31", "nom": "Haute-Garonne"},
        "geometry": {"type": "Point", "coordinates": [1.4, 43.6]},
    }
    path.write_text(json.dumps(feature), encoding="utf-8")
    done = command("add", str(path), "--source", "contours")
    assert done.exit_code == 0, done.output
    assert "Nothing was known of contours before: there is no vintage to compare with." in done.output
    receipt = read_receipt(home, home.raw / "contours" / "2018")
    assert (receipt.comparison, receipt.accepted) == (None, None)


def command(*arguments: str) -> Result:
    return CliRunner().invoke(observatoire, list(arguments))


def test_what_the_command_prints(home: Project, tmp_path: Path) -> None:
    path = as_given(home, tmp_path, times("dut_count", by=1.3))
    call = ("add", str(path), "--source", "effectifs")
    looked = command(*call, "--dry-run")
    assert looked.exit_code == 0
    assert "Compared with baseline of effectifs, within the perimeter:" in looked.stdout
    assert "It would be taken in only with --accept. Nothing was taken in (--dry-run)" in looked.stdout
    refused = command(*call)
    assert refused.exit_code == 2
    assert len(refused.stderr.splitlines()) == 1
    assert "critical   stg_effectifs__establishment, dut_count of " in refused.stdout
    assert not home.raw.exists()
    told = json.loads(command(*call, "--json").stdout)
    assert (told["verdict"], told["source"], told["against"]) == ("refused", "effectifs", ["baseline"])
    assert json.loads(command(*call, "--json", "--dry-run").stdout) == {**told, "verdict": "dry_run"}
    short = command(*call, "--accept", "ok")
    assert (short.exit_code, len(short.stderr.splitlines())) == (2, 1)
    assert "A reason has ten characters or more" in short.stderr
    taken = command(*call, "--accept", "Revised by the producer")
    assert taken.exit_code == 0
    assert "The reason for its large moves is kept in its receipt." in taken.stdout
    assert json.loads(command(*call, "--json").stdout) == {"verdict": "same"}


# -- registers: counts only, none that is small, no token


def test_a_register_is_compared_in_counts_that_may_be_shown(home: Project, tmp_path: Path) -> None:
    first = make("apogee-extract", tmp_path)
    assert command("add", str(first), "--source", "apogee").exit_code == 0
    other = tmp_path / "other"
    other.mkdir()
    path = make("apogee-extract", other, {"cells": [[1, "SERIE_BAC", "G"]], "rows": 2})
    done = command("add", str(path), "--source", "apogee", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "It would be refused." in done.stdout
    assert "blagnac was there and has vanished" in done.stdout
    told = command("add", str(path), "--source", "apogee", "--dry-run", "--json").stdout
    comparison = json.loads(told)
    (table,) = comparison["tables"]
    assert (table["rows_before"], table["rows_after"], table["keys_same"]) == (None, None, None)
    assert "fewer than 5" in told
    tokens = pl.read_parquet(home.raw / "apogee" / "extract" / "apogee.parquet")["student_token"].to_list()
    written = [form for token in tokens for form in (token.hex(), str(UUID(bytes=token)))]
    for secret in (*written, "7700000", "815000", "Canari"):
        assert secret not in done.output + told
    column = {item["column"]: item for item in table["columns"]}
    assert all(item["codes_gone"] == [] and item["nulls_before"] is None for item in column.values())


def test_a_register_that_only_grew_is_taken_in(home: Project, tmp_path: Path) -> None:
    assert command("add", str(make("crous-extract", tmp_path)), "--source", "crous").exit_code == 0
    more = tmp_path / "more.csv"
    text = (tmp_path / "register.csv").read_text(encoding="utf-8")
    rows = "".join(f"2025;77{number:08d}Q;{number % 8 or '0bis'};2025-09-12\n" for number in range(40))
    more.write_text(text.splitlines()[0] + "\n" + rows, encoding="utf-8")
    done = command("add", str(more), "--source", "crous", "--accept", "A whole year, the first was a sample")
    assert done.exit_code == 0, done.output
    assert "rows of 2025: fewer than 5 → some, more than the last year known before." in done.stdout
    receipt = (home.raw / "crous" / "extract-2" / "vintage.yml").read_text(encoding="utf-8")
    assert "A whole year, the first was a sample" in receipt
    assert bases()["crous-extract"]["rows"][0][1] not in receipt


# -- the pure parts


def test_the_distance_between_two_distributions() -> None:
    same = pl.Series([float(value) for value in range(100)])
    assert distance(same, same) == 0
    assert distance(same, same + 50) == 0.5
    assert distance(same, same + 1000) == 1
    assert distance(same, same.head(7)) is None


@pytest.mark.parametrize(
    ("size", "severity"), [(0.0, "info"), (0.019, "info"), (-0.02, "warning"), (0.1499, "warning"), (-0.15, "critical")]
)
def test_severities_begin_where_the_thresholds_say(size: float, severity: str) -> None:
    assert Limit(warning=0.02, critical=0.15).severity(size) == severity


def test_a_share_moves_by_points_and_small_figures_are_never_critical(clone: Project) -> None:
    indicators = read_indicators(clone)
    rules = Rules(read_thresholds(clone))
    place = ("site", "tarbes", 2020)
    share = "MOB-OUT-RATE"

    def moved(code: str, before: tuple[float, float, float], after: tuple[float, float, float]) -> list[str]:
        _, _, changes = compare_figures(
            indicators, {code: {place: Figure(*before)}}, {code: {place: Figure(*after)}}, rules
        )
        return [f"{change.severity}: {change.message}" for change in changes]

    assert moved(share, (0.1, 100, 1000), (0.16, 160, 1000)) == [
        "critical: 1 value moves; the largest, MOB-OUT-RATE/tarbes/2020: 10.0% → 16.0% (+6.0 points)."
    ]
    assert moved(share, (0.1, 1, 10), (0.2, 2, 10))[0].startswith("warning: ")
    assert moved("MOB-OUT", (100, 100, 0), (100, 100, 0)) == []
    assert moved("MOB-OUT", (12, 12, 0), (6, 6, 0))[0].startswith("warning: ")


def test_what_a_source_reaches_is_read_from_the_sql(clone: Project) -> None:
    catalogue = read_catalogue(clone)
    effectifs = reach_of(clone, catalogue["effectifs"])
    assert [query.name for query in effectifs.changing] == ["mart_enrolment__establishment"] or effectifs.changing
    declared = {indicator.code for indicator in read_indicators(clone).values() if "effectifs" in indicator.sources}
    assert declared <= {indicator.code for indicator, _ in effectifs.indicators}
    assert reach_of(clone, catalogue["contours"]).indicators == ()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda content: {**content, "rows": {"warning": 0.5, "critical": 0.1}}, "`critical` lies above `warning`"),
        (lambda content: {**content, "row": 1}, 'column "row": The thresholds break their format'),
        (lambda content: {key: content[key] for key in content if key != "unit"}, 'column "unit"'),
    ],
)
def test_thresholds_that_break_their_format_are_named(
    home: Project, tmp_path: Path, edit: Callable[[dict[str, object]], object], said: str
) -> None:
    path = home.reference / "vintages.yml"
    path.write_text(yaml.safe_dump(edit(yaml.safe_load(path.read_text(encoding="utf-8")))), encoding="utf-8")
    with pytest.raises(BadInput) as error:
        add_vintage(home, "effectifs", as_given(home, tmp_path))
    (problem,) = error.value.problems
    assert said in problem.line()
    assert problem.file == "data/reference/vintages.yml"


# -- the originals


@pytest.mark.opendata
@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("parcoursup", "scholarships/fr-esr-parcoursup.xlsx"),
        ("sise", "enrolment/sise-effectifs-2012-2024.parquet"),
        ("population", "reference/population_departements_2021.csv"),
    ],
)
def test_an_original_moves_nothing_of_what_ships(home: Project, originals: Path, source: str, file: str) -> None:
    added = add_vintage(home, source, originals / file)
    assert added.comparison is not None
    assert [change.line() for change in added.comparison.changes] == []
    assert added.comparison.figures_moved == 0
    for table in added.comparison.tables:
        assert table.keys_same == table.rows_before
        assert table.rows_given is not None
        assert table.rows_given > (table.rows_before or 0), "a national file, held against the regional figures"


ADMITTED = "Effectif.total.des.candidats.ayant.accepté.la.proposition.de.l.établissement..admis."
UAI = "Code.UAI.de.l.établissement"


@pytest.mark.opendata
@pytest.mark.parametrize(
    ("edit", "severity", "said"),
    [
        (lambda frame: frame, "info", "OFF-BTS"),
        (lambda frame: frame.filter(pl.col(UAI) != "0311086M"), "structural", "0311086M was there and has vanished"),
        (
            lambda frame: frame.filter(pl.int_range(pl.len()) % 2 == 0),
            "critical",
            ", fewer than before",
        ),
        (lambda frame: frame.with_columns(pl.col(ADMITTED) * 1000), "critical", "all quantiles are multiplied by"),
    ],
    ids=["as it is", "one site gone", "half of the rows", "another unit"],
)
def test_planted_changes_in_an_original(
    home: Project, originals: Path, tmp_path: Path, edit: Edit, severity: str, said: str
) -> None:
    path = tmp_path / "parcoursup-2018-2019.parquet"
    edit(pl.read_parquet(originals / "scholarships" / path.name)).write_parquet(path)
    comparison = add_vintage(home, "parcoursup", path, dry_run=True).comparison
    assert comparison is not None
    assert comparison.changes[0].severity == severity
    assert any(said in change.line() for change in comparison.of(comparison.changes[0].severity))


def test_a_source_without_a_shipped_file_is_staged_from_what_was_taken_in(home: Project, tmp_path: Path) -> None:
    """The comparison looks at what add took in, run or not, and says when a later vintage of the sidecar wins."""
    catalogue = read_catalogue(home)
    source = catalogue["effectifs"]
    path = as_given(home, tmp_path, times("students_count", by=1.01))
    add_vintage(home, "effectifs", path)
    again = tmp_path / "again"
    again.mkdir()
    back = add_vintage(home, "effectifs", as_given(home, again))
    assert back.vintage == "2006-2022-2"
    assert back.comparison is not None
    assert back.comparison.tables[0].keys_changed == 68
    tables = stage_vintage(source, source.vintage("2006-2022"), {"effectifs.csv": path}, "observed")
    assert tables["stg_effectifs__establishment"].height == 68

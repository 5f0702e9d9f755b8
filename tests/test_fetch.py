"""`observatoire fetch`: what the portal has goes through the door of `add`, waits for a decision, or is left there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from pipelines.cli import observatoire
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.files import sha256_of
from pipelines.kernel.project import Project
from pipelines.kernel.received import read_receipt
from pipelines.portal.client import Client
from pipelines.portal.dataset import Address
from pipelines.portal.memory import Memory, folder_of, remember
from pipelines.portal.shown import fetch_answer
from tests.observatory import ROOT, copy_of_the_project
from tests.portal import DATASET, Dataset, Portal, as_exported, serving


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What a fresh clone holds, nothing run yet."""
    project = copy_of_the_project(tmp_path_factory.mktemp("clone") / "observatory")
    shutil.copy(ROOT / "dvc.yaml", project.root)
    return project


@pytest.fixture
def home(clone: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The clone, for one test: what the test brought goes with it."""
    monkeypatch.setenv("OBSERVATOIRE_HOME", clone.root.as_posix())
    kept = {path: path.read_bytes() for path in clone.sources.glob("*.yml")}
    yield clone
    for folder in (clone.raw, clone.data / "fetched"):
        shutil.rmtree(folder, ignore_errors=True)
    for path, content in kept.items():
        path.write_bytes(content)


@pytest.fixture
def portal() -> Iterator[Portal]:
    with serving() as site:
        yield site


def fetch(project: Project, portal: Portal, capsys: pytest.CaptureFixture[str], **more: object) -> tuple[int, str, str]:
    """Return the exit status of `fetch effectifs`, then what it printed and what it complained of."""
    slept: list[float] = []
    client = Client(sleep=slept.append)
    names = more.pop("names", ("effectifs",))
    status = fetch_answer(project, names, every=not names, base_url=portal.base, client=client, **more)  # type: ignore[arg-type]
    said = capsys.readouterr()
    return status, said.out, said.err


def wait_already(project: Project, portal: Portal) -> None:
    """Put a file there that was brought before and waits for a decision."""
    folder = folder_of(project, "effectifs")
    folder.mkdir(parents=True)
    (folder / f"{DATASET}.csv").write_bytes(b"waits")
    url = Address(portal.base, DATASET).url
    known = {"address": url, "changed": "2025-12-01", "records": 1, "file": f"{DATASET}.csv", "bytes": 5}
    sha256 = sha256_of(folder / f"{DATASET}.csv")
    remember(project, "effectifs", Memory(**known, sha256=sha256, day=date(2025, 12, 2)))  # type: ignore[arg-type]


def held(project: Project) -> dict[str, str]:
    files = (path for path in project.root.rglob("*") if path.is_file())
    return {path.relative_to(project.root).as_posix(): sha256_of(path) for path in files}


def test_a_dataset_is_brought_once(
    home: Project, portal: Portal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.datasets[DATASET] = as_exported(home, tmp_path)
    status, said, _ = fetch(home, portal, capsys)
    assert status == 0
    assert "effectifs: Taken in as effectifs, vintage 2006-2022 (laid out as 2006-2022)" in said
    receipt = read_receipt(home, home.raw / "effectifs" / "2006-2022")
    assert receipt.fetched is not None
    assert (receipt.fetched.etag, receipt.fetched.changed) == (
        portal.datasets[DATASET].etag,
        "2026-01-10T08:00:00+00:00",
    )
    assert [path.name for path in (home.data / "fetched" / "effectifs").iterdir()] == ["fetched.json"]

    portal.log.clear()
    status, said, _ = fetch(home, portal, capsys)
    assert (status, portal.kinds()) == (0, ["dataset"])  # the export is not even asked for
    assert "effectifs: unchanged since 2026-01-10T08:00:00+00:00; held as 2006-2022, and not downloaded again." in said

    portal.datasets[DATASET].changed = "2026-02-01T08:00:00+00:00"  # published again, the same to the byte
    status, said, _ = fetch(home, portal, capsys)
    assert (status, portal.kinds()[-1]) == (0, "export")
    assert "unchanged since 2026-02-01" in said

    shutil.rmtree(home.raw / "effectifs")  # removed by hand: what is remembered is not what is held
    status, said, _ = fetch(home, portal, capsys)
    assert (status, "Taken in as effectifs" in said) == (0, True)


def test_a_large_move_waits_for_a_reason(
    home: Project, portal: Portal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.datasets[DATASET] = as_exported(home, tmp_path, growth=2)
    status, said, complained = fetch(home, portal, capsys)
    assert (status, said) == (2, "")
    assert "A large move" in complained
    assert f"waits for a decision in data/fetched/effectifs/{DATASET}.csv; nothing was taken in" in complained
    assert 'To take it in: `observatoire fetch effectifs --accept "reason"`' in complained
    assert not home.raw.exists()

    listed = CliRunner().invoke(observatoire, ["fetch"])
    assert listed.exit_code == 0
    assert "effectifs: brought on" in listed.output
    refused = CliRunner().invoke(observatoire, ["fetch", "effectifs", "--accept", "ok"])
    assert (refused.exit_code, "A reason has ten characters" in refused.stderr) == (2, True)
    portal.log.clear()
    accepted = CliRunner().invoke(
        observatoire, ["fetch", "effectifs", "--accept", "Two campuses joined, says the SIES"]
    )
    assert (accepted.exit_code, portal.log) == (0, [])  # it is the file that was seen, not another one
    receipt = read_receipt(home, home.raw / "effectifs" / "2006-2022")
    assert receipt.accepted == "Two campuses joined, says the SIES"
    assert receipt.fetched is not None
    again = CliRunner().invoke(observatoire, ["fetch", "effectifs", "--accept", "Two campuses joined, says the SIES"])
    assert (again.exit_code, "No file of this source waits" in again.stderr) == (2, True)


def test_a_file_that_waits_may_be_given_to_add(
    home: Project, portal: Portal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.datasets[DATASET] = as_exported(home, tmp_path, growth=2)
    fetch(home, portal, capsys)
    file = home.data / "fetched" / "effectifs" / f"{DATASET}.csv"
    (file.parent / "coming").mkdir(exist_ok=True)
    (file.parent / "coming" / "another-id.csv.part").write_bytes(b"x")
    why = ["--accept", "Two campuses joined, says the SIES"]
    given = CliRunner().invoke(observatoire, ["add", file.as_posix(), "--source", "effectifs", *why])
    assert given.exit_code == 0
    status, said, _ = fetch(home, portal, capsys)
    assert (status, "held as 2006-2022" in said, file.exists()) == (0, True, False)
    portal.datasets[DATASET] = as_exported(home, tmp_path, growth=2.001)
    portal.datasets[DATASET].changed = "2026-02-01"
    status, said, _ = fetch(home, portal, capsys)
    assert (status, "vintage 2006-2022-2" in said) == (0, True)
    assert [path.name for path in file.parent.iterdir()] == ["fetched.json"]


def test_a_changed_schema_waits_until_the_sidecar_knows_it(
    home: Project, portal: Portal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = portal.datasets[DATASET] = as_exported(home, tmp_path)
    dataset.content = dataset.content.replace(b"Sexe : Femmes", b"Genre : Femmes", 1)
    dataset.labels = [label.replace("Sexe : Femmes", "Genre : Femmes") for label in dataset.labels]

    status, said, _ = fetch(home, portal, capsys, dry_run=True)
    assert (status, "it would wait for a decision" in said) == (0, True)
    assert "stands there: Genre : Femmes" in said
    assert not (home.data / "fetched").exists()

    status, _, complained = fetch(home, portal, capsys)
    assert status == 2
    assert 'column "Sexe : Femmes": A column that the sidecar maps is missing' in complained
    assert "waits for a decision" in complained
    assert "Once mended: `observatoire fetch effectifs`." in complained
    assert not home.raw.exists()

    sidecar = home.sources / "effectifs.yml"
    sidecar.write_text(sidecar.read_text(encoding="utf-8").replace("Sexe : Femmes", "Genre : Femmes"), encoding="utf-8")
    portal.log.clear()
    status, said, _ = fetch(home, portal, capsys)
    assert (status, portal.kinds()) == (0, ["dataset"])  # what waits is taken in, not downloaded again
    assert "Taken in as effectifs" in said


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("wrong encoding", "is not in UTF-8"),
        ("wrong types", 'found "beaucoup"'),
        ("another licence", "The portal gives it under another licence than the sidecar"),
    ],
)
def test_what_cannot_be_taken_in_as_it_is_waits(
    home: Project, portal: Portal, tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: str, said: str
) -> None:
    dataset = portal.datasets[DATASET] = as_exported(home, tmp_path)
    if fault == "wrong encoding":
        dataset.content = dataset.content.decode("utf-8-sig").encode("latin-1", "replace")
    elif fault == "wrong types":
        head, first, rest = dataset.content.split(b"\r\n", 2)
        place = dataset.labels.index("Sexe : Femmes")
        cells = first.split(b";")
        cells[place] = b"beaucoup"
        dataset.content = b"\r\n".join([head, b";".join(cells), rest])
    else:
        dataset.licence = "Open Database License (ODbL)"
    status, printed, complained = fetch(home, portal, capsys)
    assert (status, printed) == (2, "")
    assert said in complained
    assert "waits for a decision in data/fetched/effectifs" in complained
    assert not home.raw.exists()
    assert (home.data / "fetched" / "effectifs" / f"{DATASET}.csv").read_bytes() == dataset.content


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"export": ["truncated", "truncated"]}, "rows and the catalogue counts 68, twice in a row"),
        ({"export": ["html"]}, "sends a web page"),
        ({"export": ["empty"]}, "sends an empty file"),
        ({"dataset": ["html"]}, "should answer with JSON"),
        ({"export": [(500, {})] * 6}, "answers 500"),
        ({"dataset": [(429, {"Retry-After": "9999"})]}, "asks to wait 9999 s"),
        ({"dataset": ["no rows"]}, "the dataset holds no row"),
    ],
)
def test_a_fault_is_one_line_and_loses_nothing(
    home: Project,
    portal: Portal,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    faults: dict[str, list[object]],
    said: str,
) -> None:
    wait_already(home, portal)  # it must outlive the fault
    before = {name: digest for name, digest in held(home).items() if "coming" not in name}
    portal.datasets[DATASET] = as_exported(home, tmp_path, growth=3)
    portal.datasets[DATASET].changed = "2026-03-01T08:00:00+00:00"
    if faults == {"dataset": ["no rows"]}:
        portal.datasets[DATASET].records = 0
    else:
        portal.faults.update({kind: list(items) for kind, items in faults.items()})
    status, printed, complained = fetch(home, portal, capsys)
    assert (status, printed) == (2, "")
    lines = complained.splitlines()
    assert said in lines[0]
    assert lines[1:] == ["effectifs: not brought; nothing was changed."]
    assert {name: digest for name, digest in held(home).items() if "coming" not in name} == before


def test_what_passes_is_only_told(
    home: Project, portal: Portal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.datasets[DATASET] = as_exported(home, tmp_path)
    portal.faults["dataset"] = [(429, {"Retry-After": "2"})]
    portal.faults["export"] = ["cut", "truncated", "drop", (503, {})]
    status, said, _ = fetch(home, portal, capsys)
    assert (status, "Taken in as effectifs" in said) == (0, True)


def test_a_portal_without_exports_gives_rows(
    home: Project, portal: Portal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = portal.datasets[DATASET] = as_exported(home, tmp_path)
    dataset.has_export = False
    lines = dataset.content.decode("utf-8-sig").splitlines()[1:]
    dataset.rows = [{f"c{n}": cell or None for n, cell in enumerate(line.split(";"))} for line in lines]
    status, said, _ = fetch(home, portal, capsys)
    assert (status, "Taken in as effectifs" in said) == (0, True)


def test_without_a_network_one_line_and_nothing_lost(home: Project) -> None:
    before = held(home)
    result = CliRunner().invoke(observatoire, ["fetch", "--all", "--base-url", "http://127.0.0.1:9"])
    assert result.exit_code == 2
    assert result.stderr.count("cannot be reached") == 1
    assert "Nothing was lost and no other command needs the network" in result.stderr
    assert len(result.stderr.splitlines()) == 3
    assert "Not asked for, since the portal does not answer: effectifs, etablissements" in result.stderr
    assert held(home) == before


def test_what_no_portal_gives_says_where_it_is(home: Project) -> None:
    result = CliRunner().invoke(observatoire, ["fetch", "erasmus", "apogee"])
    assert result.exit_code == 2
    assert "erasmus: no API gives it; download it by hand from https://data.europa.eu/" in result.output
    assert "apogee: a register about persons, on no portal" in result.output
    unknown = CliRunner().invoke(observatoire, ["fetch", "erasmuss"])
    assert (unknown.exit_code, "No dataset has this id" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("url", ["data.example.org", "https://data.example.org/explore?x=1", "ftp://example.org"])
def test_another_portal_has_an_address(home: Project, url: str) -> None:
    result = CliRunner().invoke(observatoire, ["fetch", "effectifs", "--base-url", url])
    assert (result.exit_code, "This is no address of a portal" in result.stderr) == (2, True)


def test_scripts_get_json(home: Project, portal: Portal, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    portal.datasets[DATASET] = as_exported(home, tmp_path)
    status, said, complained = fetch(home, portal, capsys, names=("effectifs", "sise", "erasmus"), as_json=True)
    assert status == 2
    told = {item["source"]: item for item in json.loads(said)["sources"]}
    assert {name: item["verdict"] for name, item in told.items()} == {
        "effectifs": "taken", "sise": "failed", "erasmus": "by_hand"
    }  # fmt: skip
    assert told["effectifs"]["records"] == 68
    assert told["effectifs"]["bytes"] == len(portal.datasets[DATASET].content)
    assert "no dataset of this id" in told["sise"]["lines"][0]
    assert complained == ""


@pytest.mark.opendata
@pytest.mark.parametrize(
    ("source", "file"),
    [("insertion_dut", "employment/fr-esr-insertion_professionnelle-dut_donnees_nationales.csv"),
     ("etablissements", "reference/fr-esr-principaux-etablissements-enseignement-superieur.csv"),
     ("sise", "enrolment/sise-effectifs-2012-2024.parquet")],
)  # fmt: skip
def test_the_producers_own_files_come_through(
    home: Project, portal: Portal, originals: Path, capsys: pytest.CaptureFixture[str], source: str, file: str
) -> None:
    path = originals / file
    form = path.suffix[1:]
    frame = pl.read_csv(path, separator=";", infer_schema=False) if form == "csv" else pl.read_parquet(path)
    known = read_catalogue(home)[source]
    assert known.api is not None
    portal.datasets[known.api.rsplit("/", 1)[1]] = Dataset(path.read_bytes(), frame.height, frame.columns, form)
    portal.faults["export"] = ["cut"]
    status, said, complained = fetch(home, portal, capsys, names=(source,))
    assert (status, complained) == (0, "")
    assert f"{source}: Taken in as {source}" in said

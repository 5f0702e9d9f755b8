"""What is brought from a portal arrives whole or not at all, whatever it and the line do. Nobody really waits."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.kernel.problems import BadInput
from pipelines.portal.client import Client, Manners, Refusal, Unreachable
from pipelines.portal.dataset import Address, describe, pages, same_licence
from pipelines.portal.download import PIECE, Marks, count_rows, download
from pipelines.portal.rows import write_rows
from tests.portal import Dataset, Portal, serving

HEADER = "Année;Établissement"
CSV = "\r\n".join([HEADER, *(f"{2000 + n % 20};Université n° {n}" for n in range(4_000))]).encode("utf-8-sig")
HALF = len(CSV) // 2 // PIECE * PIECE
"""What is kept of a download that is cut in its middle: whole pieces."""


@dataclass
class Waits:
    """A clock that only moves when somebody sleeps."""

    now: float = 0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def server() -> Iterator[Portal]:
    with serving() as portal:
        yield portal


@pytest.fixture
def portal(server: Portal) -> Portal:
    """The portal with one dataset and no fault."""
    server.datasets = {"fr-esr-essai": Dataset(CSV, 4_000, HEADER.split(";"))}
    server.faults.clear()
    server.log.clear()
    server.ranges = True
    return server


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def client(waits: Waits) -> Client:
    return Client(sleep=waits.sleep, clock=waits.clock)


def bring(client: Client, portal: Portal, folder: Path, known: Marks | None = None, form: str = "csv") -> Marks | None:
    url = f"{Address(portal.base, 'fr-esr-essai').url}/exports/{form}"
    return download(client, url, {}, folder / "essai.csv", "csv", known or Marks(), lambda *_: None)


def test_a_file_comes_whole_and_is_not_brought_twice(portal: Portal, client: Client, tmp_path: Path) -> None:
    marks = bring(client, portal, tmp_path)
    assert (tmp_path / "essai.csv").read_bytes() == CSV
    assert marks is not None
    assert marks.etag
    assert [path.name for path in tmp_path.iterdir()] == ["essai.csv"]
    assert bring(client, portal, tmp_path, marks) is None
    assert count_rows(tmp_path / "essai.csv", "csv", ";") == 4_000


def test_requests_keep_their_distance(portal: Portal, client: Client, waits: Waits) -> None:
    for _ in range(4):
        describe(client, Address(portal.base, "fr-esr-essai"))
    assert waits.slept == [0.5] * 3


@pytest.mark.parametrize("asked", ["7", "Sat, 10 Jan 2026 08:00:00 GMT"])
def test_too_many_requests_are_asked_again_as_late_as_the_portal_says(
    portal: Portal, client: Client, waits: Waits, tmp_path: Path, asked: str
) -> None:
    portal.faults["export"] = [(429, {"Retry-After": asked})]
    bring(client, portal, tmp_path)
    assert (tmp_path / "essai.csv").read_bytes() == CSV
    assert max(waits.slept) == (7 if asked == "7" else 0.5)  # a day that is past asks for nothing


def test_a_portal_that_asks_for_an_hour_is_left_alone(portal: Portal, client: Client, waits: Waits) -> None:
    portal.faults["dataset"] = [(429, {"Retry-After": "3600"})]
    with pytest.raises(Refusal, match=r"answers 429 and asks to wait 3600 s. Call again later"):
        describe(client, Address(portal.base, "fr-esr-essai"))
    assert not waits.slept


def test_faults_of_the_server_pass_or_are_told_once(
    portal: Portal, client: Client, waits: Waits, tmp_path: Path
) -> None:
    portal.faults["export"] = [(500, {}), (503, {}), (502, {})]
    bring(client, portal, tmp_path)
    assert (tmp_path / "essai.csv").read_bytes() == CSV
    assert [wait for wait in waits.slept if wait > 0.5] == [2, 4]  # twice as long each time
    portal.faults["export"] = [(500, {})] * 9
    with pytest.raises(Refusal, match=r"answers 500 .*, 6 times in a row. Call again later") as caught:
        bring(client, portal, tmp_path)
    assert len(caught.value.problems) == 1
    assert (tmp_path / "essai.csv").read_bytes() == CSV


@pytest.mark.parametrize("has_marks", [True, False])
@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_download_goes_on_or_starts_again(
    portal: Portal, client: Client, tmp_path: Path, has_marks: bool, ranges: bool
) -> None:
    portal.ranges, portal.datasets["fr-esr-essai"].has_marks = ranges, has_marks
    portal.faults["export"] = ["cut", "drop", "cut"]
    bring(client, portal, tmp_path)
    assert (tmp_path / "essai.csv").read_bytes() == CSV
    ranged = [int(headers["Range"][6:-1]) for _, _, headers in portal.log if "Range" in headers]
    assert bool(ranged) == has_marks  # without a mark nobody knows that the rest is the rest of the same file
    if ranges and has_marks:
        assert ranged[0] == ranged[1] == HALF  # the second request was dropped before a byte came
        assert ranged[2] > HALF


def test_another_call_goes_on_where_the_last_one_was_cut(portal: Portal, tmp_path: Path) -> None:
    waits = Waits()
    portal.faults["export"] = ["cut"]
    with pytest.raises(Unreachable, match=r"the connection was cut.*Nothing was lost"):
        bring(Client(manners=Manners(attempts=0), sleep=waits.sleep, clock=waits.clock), portal, tmp_path)
    part = tmp_path / "essai.csv.part"
    assert part.read_bytes() == CSV[:HALF]
    portal.faults["export"] = ["html"]  # maintenance in between does not cost what is there
    client = Client(sleep=waits.sleep, clock=waits.clock)
    with pytest.raises(BadInput, match="sends a web page"):
        bring(client, portal, tmp_path)
    assert part.read_bytes() == CSV[:HALF]
    bring(client, portal, tmp_path)
    assert (tmp_path / "essai.csv").read_bytes() == CSV
    assert portal.log[-1][2]["Range"] == f"bytes={HALF}-"


def test_a_range_that_is_answered_in_part_goes_on_too(portal: Portal, client: Client, tmp_path: Path) -> None:
    portal.faults["export"] = ["cut", "slice"]
    bring(client, portal, tmp_path)
    assert (tmp_path / "essai.csv").read_bytes() == CSV
    assert len(portal.log) == 3


def test_a_part_that_is_whole_already_is_the_file(portal: Portal, client: Client, tmp_path: Path) -> None:
    portal.faults["export"] = ["cut"]
    with pytest.raises(Unreachable):
        bring(Client(manners=Manners(attempts=0), sleep=lambda _: None), portal, tmp_path)
    part = tmp_path / "essai.csv.part"  # as if the command had been killed just before the last rename
    part.write_bytes(CSV)
    marks = bring(client, portal, tmp_path)
    assert marks is not None
    assert marks.etag == portal.datasets["fr-esr-essai"].etag
    assert (tmp_path / "essai.csv").read_bytes() == CSV
    assert len(portal.log) == 2


def test_a_part_longer_than_the_file_is_dropped(portal: Portal, client: Client, tmp_path: Path) -> None:
    portal.faults["export"] = ["cut"]
    with pytest.raises(Unreachable):
        bring(Client(manners=Manners(attempts=0), sleep=lambda _: None), portal, tmp_path)
    (tmp_path / "essai.csv.part").write_bytes(CSV + b"more")
    bring(client, portal, tmp_path)
    assert (tmp_path / "essai.csv").read_bytes() == CSV


def test_the_bytes_are_told_as_they_come(portal: Portal, client: Client, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    url = f"{Address(portal.base, 'fr-esr-essai').url}/exports/csv"
    download(client, url, {}, tmp_path / "essai.csv", "csv", Marks(), lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (len(CSV), len(CSV))
    assert len(told) == -(-len(CSV) // PIECE)


def test_a_part_of_what_has_changed_since_is_not_continued(portal: Portal, client: Client, tmp_path: Path) -> None:
    waits = Waits()
    portal.faults["export"] = ["cut"]
    with pytest.raises(Unreachable):
        bring(Client(manners=Manners(attempts=0), sleep=waits.sleep, clock=waits.clock), portal, tmp_path)
    portal.datasets["fr-esr-essai"].content = other = CSV.replace("Université".encode(), b"Institut, site")
    bring(client, portal, tmp_path)
    assert (tmp_path / "essai.csv").read_bytes() == other


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(st.sampled_from(["cut", "drop", (500, {}), (429, {"Retry-After": "1"})]), max_size=4))
def test_whatever_befalls_it_the_file_is_the_portals(
    portal: Portal, tmp_path_factory: pytest.TempPathFactory, faults: list[object]
) -> None:
    """Whatever faults come, in whatever order, the bytes are the portal's and nothing else is left behind."""
    waits = Waits()
    folder = tmp_path_factory.mktemp("brought")
    portal.faults["export"] = list(faults)
    bring(Client(sleep=waits.sleep, clock=waits.clock), portal, folder)
    assert (folder / "essai.csv").read_bytes() == CSV
    assert [path.name for path in folder.iterdir()] == ["essai.csv"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [("html", "should send the export as csv and sends a web page"), ("empty", "sends an empty file")],
)
def test_what_is_not_the_file_is_told_and_not_kept(
    portal: Portal, client: Client, tmp_path: Path, fault: str, said: str
) -> None:
    portal.faults["export"] = [fault]
    with pytest.raises(BadInput, match=said):
        bring(client, portal, tmp_path)
    assert not list(tmp_path.iterdir())


def test_nobody_there_is_told_at_once(client: Client, waits: Waits) -> None:
    with pytest.raises(Unreachable, match=r"cannot be reached: no connection could be made. Nothing was lost"):
        describe(client, Address("http://127.0.0.1:9", "fr-esr-essai"))
    assert sum(waits.slept) <= 1


def test_a_dataset_that_is_not_there_is_told_with_those_like_it(portal: Portal, client: Client) -> None:
    portal.datasets |= {f"autre-{n}": Dataset(b"", 0, []) for n in range(250)}
    with pytest.raises(BadInput, match=r"no dataset of this id .*under `api` in the sidecar: fr-esr-essai"):
        describe(client, Address(portal.base, "fr-esr-essais"))
    assert portal.kinds() == ["dataset", "catalogue", "catalogue", "catalogue"]  # pages of a hundred


@pytest.mark.parametrize(
    ("fault", "said"),
    [("html", "should answer with JSON and sends a web page"), ((200, {}), "describes no dataset"),
     ((403, {}), "does not give this dataset to everybody")],
)  # fmt: skip
def test_a_catalogue_that_is_none_is_told(portal: Portal, client: Client, fault: object, said: str) -> None:
    portal.faults["dataset"] = [fault]
    with pytest.raises(BadInput, match=said) as caught:
        describe(client, Address(portal.base, "fr-esr-essai"))
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_pages_give_every_row_once(portal: Portal, client: Client, count: int) -> None:
    dataset = portal.datasets["fr-esr-essai"]
    dataset.rows = [{"c0": n} for n in range(count)]
    url = f"{Address(portal.base, 'fr-esr-essai').url}/records"
    assert [row["c0"] for row in pages(client, url)] == list(range(count))
    assert len(portal.log) == max(1, -(-count // 100))


def test_rows_are_written_as_the_export_writes_them(portal: Portal, client: Client, tmp_path: Path) -> None:
    address = Address(portal.base, "fr-esr-essai")
    dataset = portal.datasets["fr-esr-essai"]
    dataset.records = 3
    dataset.rows = [{"c0": 2020, "c1": "a;b"}, {"c0": None, "c1": ["x", "y"]}, {"c1": {"lon": 1.5, "lat": 43.6}}]
    assert write_rows(client, address, describe(client, address), tmp_path / "rows.csv", ";") == 3
    with (tmp_path / "rows.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream, delimiter=";")) == [
            HEADER.split(";"), ["2020", "a;b"], ["", "x,y"], ["", "43.6, 1.5"]
        ]  # fmt: skip
    dataset.records = 10_001
    with pytest.raises(BadInput, match="pages reach only 10,000 of its 10,001 rows"):
        write_rows(client, address, describe(client, address), tmp_path / "more.csv", ";")


def test_licences_are_compared_by_what_they_mean() -> None:
    ours = "Licence Ouverte 2.0 (Etalab)"
    assert same_licence("Licence Ouverte v2.0 (Etalab)", ours)
    assert same_licence("Licence ouverte / Open Licence version 2.0", ours)
    assert not same_licence("Licence Ouverte v1.0 (Etalab)", ours)
    assert not same_licence("Open Database License (ODbL)", ours)
    assert not same_licence("CC BY 4.0", ours)

"""The canary: persons planted in five registers that look real, then every byte written is searched for them.

The registers go in through `observatoire add` and through every stage, DVC included, to the pages and the PDF.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import logging
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pikepdf
import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from pipelines import audit, indicators, protect, publish, render, seal, targets
from pipelines.check import results
from pipelines.cli import observatoire
from pipelines.editions.sealing import seal as seal_edition
from pipelines.kernel.identity import KEY
from pipelines.kernel.ledger import record
from pipelines.kernel.problems import CheckFailed
from pipelines.kernel.project import Project
from pipelines.run import reproduce
from tests.byte_search import held
from tests.observatory import ROOT, copy_of_the_project
from tests.publish_project import few_drawn
from tests.register_tables import REGISTERS, sidecar

SECRET = "9c" * 32
YEARS = (2018, 2019)


@dataclass(frozen=True)
class Person:
    """Somebody who must not be found again. Values that no file holds by chance."""

    ine: str
    number: str
    name: str
    first_name: str
    email: str
    born: str
    address: str

    def traces(self) -> list[str]:
        """Every way in which a file might write one of these."""
        day, month, year = self.born.split("/")
        return [self.ine, self.number, self.name, self.first_name, self.email, self.email.split("@")[0], self.address,
                self.born, f"{year}-{month}-{day}", f"{year}/{month}/{day}"]  # fmt: skip


PLANTED = (
    Person("0987654321Z", "90817263541", "Zédoulavérac", "Éléonorix", "e.zedoulaverac@canari.example", "17/03/1987",
           "12 impasse du Serin-Caché"),
    # An INE that has not its shape: the student number takes its place.
    Person("PQ9X-7KZW", "90817263542", "Quaquinfleur", "Wenceslasse", "w.quaquinfleur@canari.example", "29/02/1988",
           "3 quai du Pinson-Perdu"),
    # Neither: the row can only be counted.
    Person("INE-PERDU-7", "", "Tartempiaud", "Gwendolinotte", "g.tartempiaud@canari.example", "30/11/1986",
           "1 cour du Loriot-Muet"),
)  # fmt: skip


def persons() -> list[Person]:
    """The planted ones, among forty others nobody looks for."""
    others = [
        Person(f"1{number:09d}K", f"7{number:010d}", "Martin", "Jeanne", "j@x.example", "01/01/2000", "1 rue Haute")
        for number in range(40)
    ]
    return [*PLANTED, *others]


def cells(source: str, year: int, person: Person, place: int) -> dict[str, str]:
    """One row of a register, by our own column names."""
    following = str(year + 1)
    site = ("toulouse", "tarbes")[place % 2]
    common = {"year": str(year), "ine": person.ine, "student_number": person.number, "establishment_code": "0311384L"}
    rows = {
        "apogee": {"site_code": site, "diploma_code": "DUT", "speciality_code": "TC", "level_code": "1",
                   "regime_code": "FI", "bac_code": "G", "sex_code": "F", "is_principal": "P",
                   "enrolled_on": f"10/07/{year}", "left_on": ""},
        "crous": {"echelon_code": "3", "decided_on": f"01/09/{year}"},
        "cfa": {"start_date": f"07/09/{year}", "end_date": f"31/08/{following}", "breach_date": "",
                "contract_months": "12", "employer_commune_code": "31555"},
        "relint": {"country_code": "ES", "start_date": f"04/04/{following}", "end_date": f"20/06/{following}",
                   "kind_code": "stage", "programme_code": "erasmus"},
        "survey": {"year": following, "months_after": "30", "has_answered": "oui", "weight": "1", "is_employed": "oui",
                   "is_stable": "oui", "is_intermediate": "non", "is_in_region": "oui", "continues_studies": "non"},
    }  # fmt: skip
    return {**common, **rows[source]}


def office_file(source: str, path: Path, spoil: bool = False) -> Path:
    """Write a register as an office would, with the columns that should not have been sent."""
    headers = sidecar(source).vintage("extract").columns
    private = ("NOM", "PRENOM", "DATE_NAISSANCE", "COURRIEL", "ADRESSE")
    lines = [";".join([*headers.values(), *private])]
    for year in YEARS:
        for place, person in enumerate(persons()):
            row = cells(source, year, person, place)
            # Columns that have slipped: an identifier stands where a year should.
            values = [person.ine if spoil and column == "year" else row[column] for column in headers]
            own = (person.name, person.first_name, person.born, person.email, person.address)
            lines.append(";".join([*values, *own]))
    path.write_text("\n".join(lines) + "\n", encoding="latin-1" if source == "apogee" else "utf-8")
    return path


def needles(text: str) -> Iterator[bytes]:
    """Every form in which a text may lie in a file: letter cases, encodings, hexadecimal, base64, plain hashes."""
    for form in {text, text.lower(), text.upper()}:
        plain = form.encode()
        yield from (plain, form.encode("utf-16-le"), form.encode("utf-16-be"), form.encode("latin-1"))
        yield from (json.dumps(form)[1:-1].encode(), plain.hex().encode(), plain.hex().upper().encode())
        # Inside a longer text, base64 depends on what comes before: three ways, less the letters that neighbours touch.
        for shift in range(3):
            coded = base64.b64encode(b"\0" * shift + plain)
            yield coded[(0, 2, 3)[shift] : len(coded) - (0 if (shift + len(plain)) % 3 == 0 else 4)]
        # A hash without the key can be undone by trying all identifiers.
        for name in ("md5", "sha1", "sha256"):
            digest = hashlib.new(name, plain)
            yield from (digest.digest()[:16], digest.hexdigest()[:32].encode())  # half of one would do


def found(folder: Path, traces: list[str]) -> list[tuple[str, str]]:
    """Return (file, trace) for each trace that some file below the folder holds, in any form, or bears in its name.

    Files of one kind with the same bytes (`build/`, an edition, what they were made from) are read once.
    """
    forms = {trace: sorted(set(needles(trace))) for trace in traces}

    def told(content: bytes) -> set[str]:
        return {trace for trace, looked_for in forms.items() if any(form in content for form in looked_for)}

    known: dict[tuple[str, bytes], set[str]] = {}
    hits = []
    for path in sorted(folder.rglob("*")):
        borne = told(str(path.relative_to(folder)).encode())
        if path.is_file():
            alike = (path.suffix, hashlib.sha256(path.read_bytes()).digest())
            if alike not in known:
                known[alike] = told(held(path))
            borne |= known[alike]
        hits += [(path.name, trace) for trace in traces if trace in borne]
    return hits


TRACES = [trace for person in PLANTED for trace in person.traces() if trace]
STAGES = ("acquire", "stage", "consolidate")
"""Stages run by DVC, each in a process of its own; those after it run here."""


SUITES = ("mart_student__year", "mart_linkage__register", "mart_reconciliation__register")
"""Suites of marts that are run, besides those of the five registers: they see tokens, orphans, establishments."""


def pipeline() -> str:
    """The pipeline file with the first stages and their data: code is not copied, results of checks are not there."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    kept = {name: stages[name] for name in STAGES}
    absent = ("pipelines", "data/quality", "data/quarantine", "data/sim")
    for stage in kept.values():
        stage["deps"] = [dep for dep in stage["deps"] if not dep.startswith(absent)]
    return yaml.safe_dump({"stages": kept}, sort_keys=False)


def sealed(root: Path) -> None:
    """Put the project under version control, as sealing asks for; what a run writes stays out of it."""
    shutil.copy(ROOT / ".gitignore", root)
    with (root / ".gitignore").open("a", encoding="utf-8") as stream:
        stream.write("/data/disclosure/\n/data/targets/\n")
    someone = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "start"]):
        subprocess.run(["git", *someone, *command], cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project through which the planted registers have gone, with all that was said kept in `said.txt`."""
    root, office = tmp_path_factory.mktemp("canary"), tmp_path_factory.mktemp("office")
    project = copy_of_the_project(root)
    shutil.copytree(ROOT / ".dvc", root / ".dvc", ignore=shutil.ignore_patterns("tmp", "cache"))
    (root / "dvc.yaml").write_text(pipeline(), encoding="utf-8")
    (root / "data" / "quality").mkdir()
    for lang in ("fr", "en"):
        made = shutil.ignore_patterns("_generated", "_variables.yml", "sites", "fields", "_theme")
        shutil.copytree(ROOT / "reports" / lang, root / "reports" / lang, ignore=made)
    for layer in ("staging", "marts"):  # others see open figures only, or what these see
        (root / "expectations" / layer).mkdir(parents=True)
        for path in (ROOT / "expectations" / layer).glob("*.yml"):
            if path.stem.split("_")[1] in REGISTERS or path.stem in SUITES:
                shutil.copy(path, root / "expectations" / layer)
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger().addHandler(handler)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OBSERVATOIRE_HOME", str(root))
        patch.setenv(KEY, SECRET)
        for source in REGISTERS:
            for spoil, status in ((True, 2), (False, 0)):
                file = office_file(source, office / f"{source}.csv", spoil)
                result = CliRunner().invoke(observatoire, ["add", str(file), "--source", source])
                said.write(result.output)
                assert result.exit_code == status, result.output
        settings = project.choose(edition=2022)
        reproduce(project, lambda line: said.write(line) and None)
        for layer in ("staging", "marts"):
            said.write(json.dumps(results(project, settings, layer), ensure_ascii=False))
            # Forty students are too few for a real region, which the checks say; the test goes on all the same.
            path = project.quality / f"{layer}.json"
            path.write_text(json.dumps({**json.loads(path.read_text()), "critical_failures": 0}, ensure_ascii=False))
        for module in (indicators, targets, protect, audit, publish, render, seal):
            try:
                with few_drawn():  # one figure of each kind; what each is drawn from is written beside it in any case
                    said.write(repr(module.run(project, settings)))
            except CheckFailed as error:
                # Everybody is in every register here: one count gives the others, and the auditor says so.
                assert module is audit
                said.write(str(error))
        sealed(root)
        seal_edition(project, date(2026, 11, 23))
        for verb in (["editions", "--json"], ["verify", "2022.1"], ["check", "--list"], ["diff", "2022.1", "build"]):
            said.write(CliRunner().invoke(observatoire, verb).output)
        record(project, "2022")
        said.write(CliRunner().invoke(observatoire, ["audit", "--json"]).output)
    logging.getLogger().removeHandler(handler)
    (root / "said.txt").write_text(said.getvalue(), encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def hits(written: Project) -> list[tuple[str, str]]:
    """Where the planted persons and the key are found, in all that was written."""
    return found(written.root, [*TRACES, SECRET])


def test_no_byte_written_holds_a_person(written: Project, hits: list[tuple[str, str]]) -> None:
    # Something was written, of these registers, in each place that is searched.
    assert pl.read_parquet(written.staging / "stg_apogee__enrolment.parquet")["origin"].unique().to_list() == [
        "observed"
    ]
    assert pl.read_parquet(written.marts / "mart_scholarship__register.parquet")["scholarship_holders_count"].sum() > 0
    for place in (
        "data/raw",
        "data/quality",
        "data/protected",
        "data/disclosure",
        "data/.fingerprints",
        "build/data",
        "build/quality",
        "build/site",
        "editions/2022.1/data",
        "reports/fr",
        ".dvc/tmp",
    ):
        assert any(path.is_file() for path in (written.root / place).rglob("*")), place
    for file in ("data/quality/liste.xlsx", "editions/2022.1/data/observatoire.duckdb",
                 "editions/2022.1/ro-crate-metadata.json"):  # fmt: skip
        assert (written.root / file).stat().st_size > 0
    assert sum("<path" in path.read_text() for path in (written.reports / "fr/_generated").glob("*.svg")) >= 8
    assert "row" in (written.root / "said.txt").read_text(encoding="utf-8")
    assert [hit for hit in hits if hit[1] != SECRET] == []


def test_no_byte_written_holds_the_key(written: Project, hits: list[tuple[str, str]]) -> None:
    assert [hit for hit in hits if hit[1] == SECRET] == []
    assert not any(bytes.fromhex(SECRET) in path.read_bytes() for path in written.root.rglob("*") if path.is_file())


def _parquet(path: Path, text: str) -> None:
    pl.DataFrame({"x": [text]}).write_parquet(path, compression="zstd")


def _packed(folder: Path, text: str) -> set[str]:
    """Write the text into a workbook, a database and a PDF, compressed."""
    with zipfile.ZipFile(folder / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", f"<c>{text}</c>")
    with duckdb.connect(str(folder / "data.duckdb")) as connection:
        connection.execute("create table x as select ? as name, i from range(9000) as r(i)", [text])
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.pages[0].contents_add(f"% {text}".encode())
        pdf.save(folder / "page.pdf", compress_streams=True)
    (folder / "log.gz").write_bytes(gzip.compress(text.encode()))
    return {"book.xlsx", "data.duckdb", "page.pdf", "log.gz"}


@pytest.mark.parametrize("trace", [TRACES[0], "Zédoulavérac", "1987-03-17"])
def test_the_search_finds_what_is_planted_in_every_form(trace: str, tmp_path: Path) -> None:
    forms: dict[str, Any] = {
        "plain.txt": trace.encode(),
        "lower.log": trace.lower().encode(),
        "wide.bin": trace.encode("utf-16-le"),
        "wide.big": trace.encode("utf-16-be"),
        "old.csv": trace.encode("latin-1"),
        "escaped.json": json.dumps({"x": trace}).encode(),
        "hex.db": trace.encode().hex().encode(),
        "hash.txt": hashlib.sha256(trace.encode()).hexdigest().encode(),
        **{f"base64.{shift}": base64.b64encode(b"x" * shift + trace.encode() + b"yz") for shift in range(3)},
    }
    for name, content in forms.items():
        (tmp_path / name).write_bytes(b"before " + content + b" after")
    _parquet(tmp_path / "table.parquet", trace)
    packed = _packed(tmp_path, trace)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / f"{trace}.txt").touch()
    (tmp_path / "clean.txt").write_text("nobody", encoding="utf-8")
    shutil.copytree(tmp_path / "folder", tmp_path / "again")
    shutil.copy(tmp_path / "hash.txt", tmp_path / "again" / "copy.txt")  # the same bytes under another name
    assert {name for name, _ in found(tmp_path, [trace])} == {
        *forms, *packed, "table.parquet", f"{trace}.txt", "copy.txt"
    }  # fmt: skip
    assert found(tmp_path, ["nobody else"]) == []


def test_a_date_as_a_number_of_days_is_found_too(tmp_path: Path) -> None:
    # Parquet keeps a date as days since 1970: only the text of the table shows it.
    pl.DataFrame({"x": ["1987-03-17"]}).select(pl.col("x").str.to_date()).write_parquet(tmp_path / "table.parquet")
    assert found(tmp_path, ["1987-03-17"]) == [("table.parquet", "1987-03-17")]

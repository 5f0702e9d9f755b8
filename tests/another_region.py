"""A fictional region of three sites, Val-d'Aurore, written over a copy of the project: its files, none of its code.

What an owner would write by hand is made here from the files that ship: rows of other places are left out, codes and
names become its own, the words of `region.yml` and `ref_region.csv` are given. `pipelines/` and `sql/` are not touched.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from pipelines.kernel.files import sha256_of
from pipelines.kernel.project import Project

Row = dict[str, str]

FIXTURES = Path(__file__).parent / "fixtures"

SITES = ("toulouse", "rodez", "blagnac")
DEPARTEMENTS = ("31", "12")
CODES = {"ut3": "uva", "ut1": "uro", "ut2j": "ubr"}
"""Establishment → its code in the fictional region; whole words only, since `but3` is none."""

GONE = {"auch": "blagnac", "castres": "rodez", "albi": "blagnac", "tarbes": "rodez", "figeac": "blagnac"}
"""Site that the region does not have → one of its own, where prose or a key spoke of it."""

NAMES = {
    "midi-pyrenees": "val-d-aurore",
    "Midi-Pyrénées": "Val-d'Aurore",
    "Midi Pyrénées": "Val-d'Aurore",
    "Midi-Pyrenées": "Val-d'Aurore",
    "Midi-Pyrenees": "Val-d'Aurore",
    "MIDI-PYRENEES": "VAL-D'AURORE",
    "MIDI PYRENEES": "VAL-D'AURORE",
    "MIDI-PYRÉNÉES": "VAL-D'AURORE",
    "toulouse": "valmont",
    "Toulouse": "Valmont",
    "toulousain": "valmontois",
    "TOULOUSE": "VALMONT",
    "TOULOUS": "VALMONT",
    "rodez": "rocheclaire",
    "Rodez": "Rocheclaire",
    "RODEZ": "ROCHECLAIRE",
    "blagnac": "brumelac",
    "Blagnac": "Brumelac",
    "BLAGNAC": "BRUMELAC",
    "d'Occitanie": "de Levantine",
    "occitanie": "levantine",
    "Occitanie": "Levantine",
    "OCCITANIE": "LEVANTINE",
    "Haute-Garonne": "Haute-Aurore",
    "Aveyron": "Basse-Aurore",
    "huit sites": "trois sites",
    "eight sites": "three sites",
    "ariut": "aurore",
    "ARIUT": "ARORE",
}
"""What the files that ship call things → what the fictional region calls them, in this order."""

OLD = re.compile(r"midi.?pyr|toulous|huit sites|eight sites|occitanie|ariut\b", re.IGNORECASE)
"""What no page and no table of the fictional region may say."""


def write_over(project: Project) -> None:
    """Turn a copy of the project into the observatory of Val-d'Aurore."""
    reference(project)
    baseline(project)
    suites(project)
    prose(project)
    brand(project)
    for path in files(project):
        said = renamed(path.read_text(encoding="utf-8"))
        path.write_text(said, encoding="utf-8")
    settings = project.root / "params.yaml"
    said = re.sub(r"(?m)^students: \d+", "students: 3000", settings.read_text(encoding="utf-8"))
    settings.write_text(re.sub(r"(?m)^simulate_from: \d+", "simulate_from: 2018", said), encoding="utf-8")
    for sidecar in project.baseline.glob("*__*.yml"):
        table = sidecar.with_suffix(".csv")
        content = yaml.safe_load(sidecar.read_text(encoding="utf-8"))
        content |= {"rows": len(rows_of(table)), "sha256": sha256_of(table)}
        sidecar.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def files(project: Project) -> Iterator[Path]:
    """Yield every file of the region that names a place: data, suites, pages."""
    for folder in (project.sources, project.reference, project.baseline, project.expectations, project.reports):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in (".csv", ".yml", ".md", ".qmd"):
                yield path


def renamed(text: str) -> str:
    """Return a text in which the fictional region's names stand for those of the region that ships."""
    for old, new in GONE.items():
        text = re.sub(rf"\b{old}\b", new, text)
        text = re.sub(rf"\b{old.capitalize()}\b", new.capitalize(), text)
    for old, new in CODES.items():
        text = re.sub(rf"\b{old}\b", new, text)
    for old, new in NAMES.items():
        text = text.replace(old, new)
    return text


def rows_of(path: Path) -> list[Row]:
    """Return a CSV file row by row, as text."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def keep(path: Path, wanted: Callable[[Row], bool]) -> list[Row]:
    """Leave the wanted rows in a CSV file, and return them."""
    kept = [row for row in rows_of(path) if wanted(row)]
    write(path, kept)
    return kept


def write(path: Path, rows: list[Row]) -> None:
    """Write a CSV file; its columns are those of its first row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")


def reference(project: Project) -> None:
    """Write the lists of `data/reference`: three sites, three establishments, two départements."""
    folder = project.reference
    for name in ("ref_site", "ref_site_uai"):
        keep(folder / f"{name}.csv", lambda row: row["site_code"] in SITES)
    keep(folder / "ref_perimeter.csv", lambda row: row["site_code"] in SITES)
    for name in ("ref_establishment", "ref_establishment_label", "ref_identity"):
        keep(folder / f"{name}.csv", lambda row: row["establishment_code"] in CODES)
    differences = folder / "ref_explained_difference.csv"
    widened = rows_of(differences)
    for (
        row
    ) in widened:  # its premises differ from those of the region that ships: so do its registers from open figures
        row |= {"year_from": "2012", "lowest_share": "0", "highest_share": "10"}
    write(differences, widened)
    keep(folder / "ref_break.csv", lambda row: "uttop" not in row["scope_codes"])
    keep(folder / "ref_territory.csv", lambda row: row["territory_code"] in (*DEPARTEMENTS, "48"))

    def declared(name: str, change: Callable[[object], object]) -> None:
        path = folder / f"{name}.yml"
        content = change(yaml.safe_load(path.read_text(encoding="utf-8")))
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def own_sites(content: object) -> object:
        """Leave the region's sites in every mapping or list that names sites."""
        if isinstance(content, dict):
            return {own_sites(key): own_sites(value) for key, value in content.items() if key not in GONE}
        if isinstance(content, list):
            kept = [item for item in content if not (isinstance(item, str) and item in GONE)]
            return [own_sites(item) for item in kept if not (isinstance(item, dict) and item.get("site_code") in GONE)]
        return renamed(content) if isinstance(content, str) else content  # before YAML puts it between quotes

    for name in ("simulation", "platforms", "site_priorities"):
        declared(name, own_sites)


def baseline(project: Project) -> None:
    """Leave the rows of the region's départements and establishments in the open figures that ship."""
    identifiers = {row["identifier"] for row in rows_of(project.reference / "ref_identity.csv")}
    uais = {row["uai"] for row in rows_of(project.reference / "ref_site_uai.csv")}

    def wanted(column: str, values: object) -> Callable[[Row], bool]:
        return lambda row: row[column] in values  # type: ignore[operator]

    choices: dict[str, Callable[[Row], bool]] = {
        "apb__entrants": wanted("departement_code", DEPARTEMENTS),
        "parcoursup__entrants": wanted("departement_code", DEPARTEMENTS),
        "barometre__contracts": wanted("territory_code", (*DEPARTEMENTS, "76", "FR")),
        "effectifs__establishment": wanted("paysage_id", identifiers),
        "erasmus__flows": wanted("sending_code", identifiers),
        "etablissements__identity": wanted("paysage_id", identifiers),
        "implantations__site": wanted("uai", uais),
        "inserjeunes__cfa": lambda row: row["uai"].startswith(("031", "012")),
        "insertion_lp__outcomes": wanted("uai", {*identifiers, "UNIV"}),
        "population__departement": wanted("departement_code", (*DEPARTEMENTS, "48")),
        "sise__enrolment": wanted("paysage_id", identifiers),
        "sise__international": wanted("paysage_id", identifiers),
    }
    for name, choice in choices.items():
        assert keep(project.baseline / f"{name}.csv", choice), name


def suites(project: Project) -> None:
    """Take the figures of one region out of the suites: golden figures, least numbers of rows."""
    for path in project.expectations.glob("*/*.yml"):
        head, *checks = re.split(r"(?m)^(?=  - id: )", path.read_text(encoding="utf-8"))
        kept = [check for check in checks if "family: golden" not in check]
        text = re.sub(r"(?m)^min_rows: .*$", "min_rows: 1", head) + "".join(kept)
        path.write_text(text, encoding="utf-8")


LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60" width="60" height="60">'
    '<circle cx="30" cy="30" r="26" fill="#12908f"/></svg>'
)
BRANDED = '\nlogo:\n  images:\n    house: {path: logo.svg, alt: "Val-d\'Aurore"}\n  medium: house\n'


def brand(project: Project) -> None:
    """Give it colours of its own, as few as may be given, and a logo."""
    folder = project.reports / "brand"
    colours = (FIXTURES / "render" / "reports" / "brand" / "brand.yml").read_text(encoding="utf-8")
    (folder / "brand.yml").write_text(colours + BRANDED, encoding="utf-8")
    (folder / "logo.svg").write_text(LOGO, encoding="utf-8")


def prose(project: Project) -> None:
    """Take the sheets of sites that the region does not have out of the menus and the report."""
    for lang in ("fr", "en"):
        folder = project.reports / lang
        menu, report = folder / "_quarto.yml", folder / "rapport.qmd"
        lines = menu.read_text(encoding="utf-8").splitlines(keepends=True)
        menu.write_text(
            "".join(line for line in lines if not any(f"sites/{g}." in line for g in GONE)), encoding="utf-8"
        )
        text = report.read_text(encoding="utf-8")
        for site in GONE:
            text = re.sub(
                rf"# Site *: \w+ {{#page-sites-{site}}}\n\n{{{{<.*?>}}}}\n\n({{{{< pagebreak >}}}}\n\n)?", "", text
            )
        report.write_text(text, encoding="utf-8")

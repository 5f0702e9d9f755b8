"""A slip in the reference is named: file, row, column, value, rule, what to do; all slips at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.kernel.reference import read_reference

Edit = Callable[[bytes], bytes]


def swap(old: str, new: str) -> Edit:
    """Replace the first occurrence; the fault must be plantable."""

    def edit(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode(), 1)

    return edit


def add(line: str) -> Edit:
    return lambda content: content + f"{line}\n".encode()


@pytest.fixture
def copy(project: Project, empty_project: Project) -> Project:
    """A project with the reference and nothing else, to plant faults in."""
    shutil.copytree(project.reference, empty_project.reference)
    return empty_project


FAULTS = {
    # name: file, edit, then what the message must hold
    "empty file": ("ref_site.csv", lambda _: b"", "ref_site.csv: The reference file is empty"),
    "header alone": ("ref_diploma.csv", lambda c: c.split(b"\n")[0] + b"\n", "ref_diploma.csv: The table has no row"),
    "Latin-1": ("ref_site.csv", lambda c: c.decode().encode("latin-1", "replace"), "not in UTF-8"),
    "cut row": ("ref_break.csv", lambda c: c[:-60], "row 27: A row has 10 cells"),
    "open quote": ("ref_break.csv", lambda c: c[:-1] + b',"x\n', "The row cannot be read"),
    "renamed column": (
        "ref_site.csv",
        swap("commune_code", "commune"),
        'row 1, column "commune_code": A column is missing, and one that the table does not have stands there: commune',
    ),
    "missing column": (
        "ref_site.csv",
        lambda c: b"\n".join(b",".join(line.split(b",")[1:]) for line in c.split(b"\n") if line) + b"\n",
        'row 1, column "site_code": A column is missing',
    ),
    "doubled column": ("ref_diploma.csv", swap("diploma_label_en", "diploma_label_fr"), "A column appears twice"),
    "one cell too many": ("ref_diploma.csv", add("X,a,b,,,,"), 'row 6: A row has 5 cells (found "7 cells")'),
    "empty required cell": (
        "ref_site.csv",
        swap("auch,Auch,", "auch,,"),
        'row 4, column "site_label": A text is expected',
    ),
    "text in a number": (
        "ref_site.csv",
        swap("43.621097947", "43°37"),
        'row 5, column "latitude": The value is no number (found "43°37")',
    ),
    "latitude elsewhere": (
        "ref_site.csv",
        swap("44.3599", "4.3599"),
        'row 8, column "latitude": The value is out of bounds',
    ),
    "neither true nor false": (
        "ref_site.csv",
        swap(",true,true,", ",yes,true,"),
        'row 2, column "is_hub": write true or false (found "yes")',
    ),
    "misspelt UAI": ("ref_site.csv", swap("0311086M", "311086M"), 'row 2, column "uai": The code has not the form'),
    "UAI of another site": ("ref_site.csv", swap("0311086M", "0311086N"), "A site's UAI is that of its main row"),
    "site twice": (
        "ref_site.csv",
        lambda c: c + c.split(b"\n")[1] + b"\n",
        'row 10, column "site_code": The key site_code already stands on row 2 (found "toulouse")',
    ),
    "unknown establishment": (
        "ref_site.csv",
        swap(",ut2j,", ",ut9,"),
        'row 3, column "establishment_code": The code does not stand in data/reference/ref_establishment.csv',
    ),
    "unknown site": (
        "ref_perimeter.csv",
        swap("ut3,auch,", "ut3,auche,"),
        'column "site_code": The code does not stand in data/reference/ref_site.csv (found "auche")',
    ),
    "unknown diploma": (
        "ref_diploma_label.csv",
        swap(",BUT\n", ",BACHELOR\n"),
        'column "diploma_code": The code does not stand in',
    ),
    "unknown speciality": (
        "ref_speciality_label.csv",
        swap(",GEA,", ",GEAA,"),
        'column "speciality_code": The code does not stand in',
    ),
    "no regular expression": (
        "ref_speciality_label.csv",
        swap("mesures physiques", "mesures (physiques"),
        "this is no regular expression",
    ),
    "capital in a pattern": ("ref_speciality_label.csv", swap("mesures", "Mesures"), "write them in lower case"),
    "rank twice": (
        "ref_speciality_label.csv",
        swap(",RT,10,", ",RT,20,"),
        "The key source_id, rank already stands on row",
    ),
    "successor of a successor": (
        "ref_speciality.csv",
        swap("informatique,MMI", "informatique,STID"),
        'row 4, column "successor_code": A successor is the name borne today (found "STID")',
    ),
    "absurd year": (
        "ref_break.csv",
        swap("but-2021,2021", "but-2021,20211"),
        'column "year": The value is out of bounds (limit 2100) (found "20211")',
    ),
    "text for a year": (
        "ref_break.csv",
        swap("but-2021,2021", "but-2021,deux mille"),
        'column "year": The value is no whole number (found "deux mille")',
    ),
    "unknown kind of break": (
        "ref_break.csv",
        swap(",pulse,", ",shock,"),
        'column "kind": The value is not one of the list (found "shock"). Write one of: ',
    ),
    "unknown scope": (
        "ref_break.csv",
        swap("ut3|uttop", "ut3|utopia"),
        'column "scope_codes": No scope is called utopia',
    ),
    "no date": (
        "ref_identity.csv",
        swap("2017-01-01", "rentrée 2017"),
        'row 3, column "valid_from": The value is no date (found "rentrée 2017")',
    ),
    "date far away": ("ref_identity.csv", swap("2017-01-01", "0217-01-01"), "a date lies between 1800 and 2100"),
    "window backwards": (
        "ref_establishment_label.csv",
        swap("ut3,Université de Toulouse,2024-01-01,", "ut3,Université de Toulouse,2024-01-01,2023-01-01"),
        "valid_to comes before valid_from",
    ),
    "windows overlap": (
        "ref_perimeter.csv",
        swap("ut3,tarbes,LP,,2022-12-31", "ut3,tarbes,LP,,2023-06-30"),
        "One establishment at a time carries a diploma on a site, and the row holds on days on which row",
    ),
    "identity overlap": (
        "ref_identity.csv",
        add("ut1,paysage,m7K6T,2020-01-01,,"),
        'row 21, column "valid_from": An identifier names one establishment at a time',
    ),
    "no YAML": ("actions.yml", add("- id: [A1"), "The file is not valid YAML"),
    "no list": ("actions.yml", lambda _: b"a: 1\n", "The file is a list of entries"),
    "unknown key": (
        "actions.yml",
        swap("  owners: [REGION]", "  owner: [REGION]"),
        'column "owner": No entry has a key of this name',
    ),
    "key twice": (
        "actions.yml",
        swap("  objective: 1\n", "  objective: 1\n  objective: 1\n"),
        'row 5, column "objective": A key stands twice in an entry',
    ),
    "unknown owner": (
        "actions.yml",
        swap("[PRES, REGION]", "[PRES, ETAT]"),
        'column "owners": The code does not stand in data/reference/owners.yml (found "ETAT")',
    ),
    "state without evidence": (
        "actions.yml",
        swap("state: not_reported", "state: done"),
        "a state done needs evidence, updated and updated_by",
    ),
    "unknown state": (
        "actions.yml",
        swap("state: not_reported", "state: finished"),
        'column "state": The value is not one of the list (found "finished")',
    ),
    "action under another objective": (
        "actions.yml",
        swap("id: A2-03\n  objective: 2", "id: A2-03\n  objective: 3"),
        "An action's id begins with its objective",
    ),
    "parent elsewhere": (
        "actions.yml",
        swap("parent: A5-01", "parent: A4-01"),
        "An action's parent is another action of the same objective",
    ),
    "share above one": ("seed_figures.yml", swap("value: 0.36", "value: 36"), "a share lies between 0 and 1"),
    "figure without a quotation": (
        "seed_figures.yml",
        swap('  quotation: "36%', '  words: "36%'),
        'column "quotation": A value is missing',
    ),
    "platform on an unknown site": ("platforms.yml", swap("[auch, tarbes,", "[auch, lourdes,"), '(found "lourdes")'),
    "one language only": (
        "objectives.yml",
        swap('    en: "Develop technology transfer"\n', ""),
        'column "title.en": A value is missing',
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(copy: Project, fault: str) -> None:
    file, edit, expected = FAULTS[fault]
    path = copy.reference / file
    path.write_bytes(edit(path.read_bytes()))
    with pytest.raises(BadInput) as caught:
        read_reference(copy)
    lines = [problem.line() for problem in caught.value.problems]
    assert any(expected in line and f"data/reference/{file}" in line for line in lines), lines
    assert all(problem.mend for problem in caught.value.problems)


def test_a_missing_file_is_named_and_restored_by_one_command(copy: Project) -> None:
    (copy.reference / "ref_site.csv").unlink()
    with pytest.raises(BadInput) as caught:
        read_reference(copy)
    assert [problem.line() for problem in caught.value.problems] == [
        "data/reference/ref_site.csv: The reference file is missing. "
        "Restore it with `git checkout -- data/reference/ref_site.csv`."
    ]


def test_all_faults_are_said_at_once(copy: Project) -> None:
    for file in ("ref_site.csv", "actions.yml"):
        (copy.reference / file).write_bytes(b"")
    (copy.reference / "ref_break.csv").unlink()
    with pytest.raises(BadInput) as caught:
        read_reference(copy)
    assert len(caught.value.problems) == 3

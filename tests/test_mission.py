"""What the text commits to is in the reference, word for word, and nothing of it is dropped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from pipelines.kernel.project import Project
from pipelines.kernel.reference import Reference, read_reference

TEXT = "contribution-iut-midi-pyrenees-sresr.txt"
HEADING = "Propositions d'actions à mettre en œuvre dans le cadre du SRESR :"
TARGETS = {"MOB-X2", "APP-LAB", "REC-THESE", "REC-COM", "CDC-POSTE", "VOIE-INST", "LIC-50", "MOB-EURO"}


def flat(text: str) -> str:
    """The words alone: emphasis marks out, every run of spaces one space."""
    return " ".join(text.replace("**", "").split())


@pytest.fixture(scope="module")
def reference(project: Project) -> Reference:
    return read_reference(project)


@pytest.fixture(scope="module")
def text(project: Project) -> str:
    path: Path = project.root.parent / "shared" / "seed" / TEXT
    if not path.is_file():
        pytest.skip("the text does not stand beside the project (../shared/seed)")
    return path.read_text(encoding="utf-8")


def proposed(text: str) -> list[tuple[int, str]]:
    """Every bullet and sentence under a "Propositions d'actions" heading: objective, words."""
    found = []
    for objective, block in enumerate(text.split(HEADING)[1:], start=1):
        lines = re.split(r"Objectif \d|Annexe :", block)[0].splitlines()
        found += [(objective, flat(line).removeprefix("- ")) for line in lines if len(flat(line)) > 2]
    return found


def test_the_text_has_six_blocks_of_actions(text: str) -> None:
    assert [sum(1 for number, _ in proposed(text) if number == n) for n in range(1, 7)] == [3, 4, 3, 8, 7, 3]


def test_no_action_of_the_text_is_dropped_and_none_is_added(text: str, reference: Reference) -> None:
    """Bullets of the text, their owners put aside, are the actions, in the same order."""
    headings = {action.heading for action in reference.actions.values() if action.heading}
    notes = {action.note.fr for action in reference.actions.values() if action.note}
    bullets = [(number, words) for number, words in proposed(text) if words not in headings | notes]
    assert len(bullets) == len(reference.actions) == 26
    for (number, words), action in zip(bullets, reference.actions.values(), strict=True):
        assert action.objective == number
        _, colon, after = words.partition(" : ")
        has_owners = colon and action.parent is None and action.heading is None
        assert action.text.fr == (after if has_owners else words), action.id


def test_the_owners_are_those_the_text_names(text: str, reference: Reference) -> None:
    wording = {word: owner.code for owner in reference.owners.values() for word in owner.wording}
    by_words = {words: number for number, words in proposed(text)}
    for action in reference.actions.values():
        if action.parent:
            assert action.owners == reference.actions[action.parent].owners
            continue
        named = action.heading or next(words for words in by_words if words.endswith(f" : {action.text.fr}"))
        before = named.removesuffix(action.text.fr).rstrip(" :")
        assert tuple(wording[word.strip()] for word in re.split(r"[/+]", before)) == action.owners, action.id


def test_actions_name_the_targets_that_state_them(reference: Reference) -> None:
    named = {action.target for action in reference.actions.values() if action.target}
    assert named == TARGETS - {"MOB-X2", "LIC-50"}  # these two stand in the prose, under no list of actions


def test_nobody_has_reported_yet(reference: Reference) -> None:
    """The register ships as the text left it; a state is a steward's word."""
    declared = [*reference.actions.values()]
    declared += [
        part for row in reference.platforms.values() for part in (row.steering_committee, row.road_map, row.convention)
    ]
    assert {item.state for item in declared} == {"not_reported"}
    assert all(item.updated is None and item.evidence is None for item in declared)


def test_every_quotation_is_found_in_the_text(text: str, reference: Reference) -> None:
    words = flat(text)
    quoted = [figure.quotation for figure in reference.figures.values()]
    quoted += [platform.quotation for platform in reference.platforms.values()]
    quoted += [objective.title.fr for objective in reference.objectives.values()]
    quoted += [action.text.fr for action in reference.actions.values()]
    quoted += [action.heading for action in reference.actions.values() if action.heading]
    quoted += [
        f"Site de {reference.sites[code].site_label} : {row.text.fr}"
        for code, row in reference.priorities.items()
        if code != "auch"
    ]
    quoted += [f"Site d'Auch : {reference.priorities['auch'].text.fr}"]
    quoted += [f"{theme.number}. {theme.title.fr}" for theme in reference.themes]
    quoted += [point.fr for theme in reference.themes for point in theme.points]
    assert [quotation for quotation in quoted if flat(quotation) not in words] == []


def test_each_figure_stands_in_its_own_quotation(reference: Reference) -> None:
    """The number as printed is in the words quoted: 0.36 as 36%, half as "moitié"; the count of names is ours."""
    ours = {"SITES-NAMED"}
    for figure in reference.figures.values():
        shown = f"{figure.value * 100:g}%" if figure.unit == "share" else f"{figure.value:g}"
        assert figure.code in ours or shown.replace("50%", "moitié") in figure.quotation, figure.code


def test_qualifiers_are_those_of_the_text(reference: Reference) -> None:
    words = {"more_than": "plus de {}", "nearly": "près de {}", "about": "environ {}"}
    for figure in reference.figures.values():
        shown = f"{figure.value * 100:g}%" if figure.unit == "share" else f"{figure.value:g}"
        for qualifier, form in words.items():
            said = re.search(rf"{form.format(shown)}(?!\d)", figure.quotation) is not None
            assert said == (figure.qualifier == qualifier), figure.code


BASELINE = {
    "STUDENTS": 8000, "STUDENTS-OUT-TLS": 0.5, "TECHBAC": 0.36, "SCHOLARSHIP": 0.47, "DUT-SPECIALITIES": 19,
    "DUT-SPECIALITIES-OUT-TLS": 16, "LP": 47, "LP-OUT-TLS": 30, "TEACHER-RESEARCHERS": 337,
    "TEACHER-RESEARCHERS-OUT-TLS": 137, "PROFESSIONALS": 1000, "PLACEMENTS": 5000, "APPRENTICES": 276,
    "CONTINUING": 425, "MOBILITY": 400, "MOBILITY-RATE": 0.1, "IUTS": 5, "PATHWAY-SITES": 8,
    "PATHWAY-ESTABLISHMENTS": 85, "PATHWAY-LYCEES": 0.8, "PATHWAY-TOWNS": 40, "SITES": 8, "SITES-NAMED": 7,
}  # fmt: skip


def test_the_baseline_figures_are_all_there(reference: Reference) -> None:
    assert {code: figure.value for code, figure in reference.figures.items()} == BASELINE


def test_shares_without_a_stated_denominator_measure_no_indicator(reference: Reference) -> None:
    """47 % of scholarship holders is never laid beside the entrants' share: nobody knows of whom it is."""
    for code in ("SCHOLARSHIP", "TECHBAC", "MOBILITY-RATE"):
        figure = reference.figures[code]
        assert figure.indicator is None
        assert figure.caveat is not None


def test_eight_sites_of_which_the_text_names_seven(reference: Reference) -> None:
    assert len(reference.sites) == 8
    assert [code for code, site in reference.sites.items() if not site.is_named_in_seed_list] == ["figeac"]
    quotation = reference.figures["SITES-NAMED"].quotation
    assert all((site.site_label in quotation) == site.is_named_in_seed_list for site in reference.sites.values())


def test_a_platform_names_the_departments_of_its_field(reference: Reference) -> None:
    for code, platform in reference.platforms.items():
        field = {row.speciality_code for row in reference.speciality_rows if row.field_code == code}
        assert set(platform.specialities) == field
        assert all(name in platform.quotation for name in platform.departments)


def test_the_indicators_named_beside_a_figure_exist(project: Project, reference: Reference) -> None:
    path = project.reference / "indicators.yml"
    if not path.is_file():
        pytest.skip("the indicators are not registered yet")
    codes = {entry["code"] for entry in yaml.safe_load(path.read_text(encoding="utf-8"))}
    assert {figure.indicator for figure in reference.figures.values() if figure.indicator} <= codes

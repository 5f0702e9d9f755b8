"""The register of targets: it holds together, quotes the seed word for word, and refuses what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.kernel.targets import read_targets

ROOT = Path(__file__).resolve().parent.parent
SEED = next(
    (found for folder in ROOT.parents for found in folder.glob("shared/seed/contribution-iut-midi-pyrenees-sresr.txt")),
    None,
)


def plain(text: str) -> str:
    """The words only: emphasis marks out, white space folded."""
    return " ".join(text.replace("**", "").split())


def test_the_eight_commitments_are_there():
    targets = read_targets(Project(ROOT))
    assert [target.id for target in targets] == [
        "MOB-X2", "APP-LAB", "REC-THESE", "REC-COM", "CDC-POSTE", "VOIE-INST", "LIC-50", "MOB-EURO",
    ]  # fmt: skip


def test_doubling_is_stated_in_full():
    target = read_targets(Project(ROOT))[0]
    assert (target.base.year, target.base.value, target.base.origin, target.base.qualifier) == (
        2010, 400, "seed", "more_than",
    )  # fmt: skip
    assert (target.ratio, target.deadline, target.path, target.base_kind) == (2.0, 2015, "geometric", "fixed")
    assert (target.adopted, target.adopted_qualifier) == (2011, "about")


@pytest.mark.skipif(SEED is None, reason="the seed is not beside the project")
def test_quotations_are_the_words_of_the_seed():
    seed = plain(SEED.read_text(encoding="utf-8"))
    for target in read_targets(Project(ROOT)):
        assert plain(target.quotation) in seed, target.id
        if target.base is not None and target.base.quotation is not None:
            assert plain(target.base.quotation) in seed, target.id


def test_targets_adopted_after_the_edition_are_left_out():
    assert read_targets(Project(ROOT), 2010) == ()
    assert len(read_targets(Project(ROOT), 2011)) == 8


def contract(**changes):
    good = yaml.safe_load((ROOT / "data/reference/targets.yml").read_text(encoding="utf-8"))[0]
    return {**good, **changes}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([contract(form="ratio", ratio=None)], "a ratio needs"),
        ([contract(deadline=2009)], "after the base year"),
        ([contract(deadline=None)], "a path leads from a base to a deadline"),
        ([contract(form="level")], "needs `level`"),
        ([contract(form="sometimes")], "the value is not one of the list"),
        ([contract(colour="red")], "no entry has a key of this name"),
        ([contract(owners=[])], "the list is empty"),
        ([contract(base={"year": 2010, "origin": "seed"})], "has a value and a quotation"),
        ([contract(every_year=True)], "go with the form each_site"),
        ([contract(), contract()], "A target stands once"),
        ({"MOB-X2": 1}, "a list of contracts"),
        ([3], "should be a valid dictionary"),
    ],
)
def test_a_bad_contract_is_one_clear_line(tmp_path, entries, words):
    (tmp_path / "data/reference").mkdir(parents=True)
    (tmp_path / "data/reference/targets.yml").write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_targets(Project(tmp_path))
    line = caught.value.problems[0].line()
    assert line.startswith("data/reference/targets.yml")
    assert words in line


def test_missing_or_broken_register(tmp_path):
    with pytest.raises(BadInput, match="missing"):
        read_targets(Project(tmp_path))
    (tmp_path / "data/reference").mkdir(parents=True)
    (tmp_path / "data/reference/targets.yml").write_text("- id: a: b\n", encoding="utf-8")
    with pytest.raises(BadInput, match="not valid YAML"):
        read_targets(Project(tmp_path))

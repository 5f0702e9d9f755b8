"""Settings, problems and freshness: what a user types wrong is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.kernel.files import write_text
from pipelines.kernel.flags import Flag, dominant
from pipelines.kernel.freshness import Freshness
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project, find_project


def test_a_problem_is_one_line_that_says_where_what_and_what_to_do() -> None:
    problem = Problem(
        file="apogee_2023.csv",
        row=12,
        column="site",
        value="Toulousse",
        rule="The site is not one of the eight",
        mend="Use a code of data/reference/ref_site.csv.",
    )
    assert problem.line() == (
        'apogee_2023.csv, row 12, column "site": The site is not one of the eight (found "Toulousse"). '
        "Use a code of data/reference/ref_site.csv."
    )


def test_a_long_value_with_line_breaks_stays_on_one_line() -> None:
    line = Problem(file="f", rule="Too long", mend="Shorten it.", value="a\nb " * 100).line()
    assert "\n" not in line
    assert len(line) < 120


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("edition: 1066\n", 'column "edition"'),
        ("edition: twenty\n", "no whole number"),
        ("edition: 2024\ncolour: red\n", 'column "colour"'),
        ("edition: [\n", "not valid YAML"),
        ("", "holds no"),
        ("edition: 2024\nlang: de\n", 'column "lang"'),
    ],
)
def test_wrong_settings_are_said_in_one_line(empty_project: Project, text: str, said: str) -> None:
    write_text(empty_project.root / "params.yaml", text)
    with pytest.raises(BadInput) as caught:
        empty_project.settings()
    assert said in str(caught.value)
    assert str(caught.value).startswith("params.yaml")


def test_missing_settings_are_said(empty_project: Project) -> None:
    (empty_project.root / "params.yaml").unlink()
    with pytest.raises(BadInput, match="The settings file is missing"):
        empty_project.settings()


def test_options_win_over_the_settings_file_and_an_unchanged_choice_touches_nothing(empty_project: Project) -> None:
    assert empty_project.choose(edition=2012).edition == 2012
    chosen = empty_project.data / "run.yaml"
    before = chosen.stat().st_mtime_ns
    assert empty_project.choose(edition=2012, lang=None).edition == 2012
    assert chosen.stat().st_mtime_ns == before
    assert empty_project.settings().edition == 2012


def test_an_absurd_option_changes_nothing(empty_project: Project) -> None:
    with pytest.raises(BadInput, match="the command's options"):
        empty_project.choose(edition=3000)
    assert not (empty_project.data / "run.yaml").exists()


def test_the_project_is_found_from_a_folder_below(empty_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OBSERVATOIRE_HOME", raising=False)
    below = empty_project.root / "sql" / "marts"
    below.mkdir(parents=True)
    assert find_project(below).root == empty_project.root.resolve()


def test_a_folder_outside_any_project_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSERVATOIRE_HOME", str(tmp_path))
    with pytest.raises(BadInput, match="not inside an observatory"):
        find_project()


def test_an_item_is_fresh_until_an_input_or_an_output_changes(empty_project: Project) -> None:
    source, output = empty_project.data / "in.csv", empty_project.data / "out.csv"
    write_text(source, "1")

    def is_fresh() -> bool:
        freshness = Freshness(empty_project, "stage")
        fingerprint = freshness.fingerprint([source], {"edition": 2024})
        fresh = freshness.is_fresh("in", fingerprint, [output])
        if not fresh:
            write_text(output, source.read_text(encoding="utf-8"))
            freshness.remember("in", fingerprint)
        return fresh

    assert not is_fresh()
    assert is_fresh()
    write_text(source, "2")
    assert not is_fresh()
    assert is_fresh()
    output.unlink()
    assert not is_fresh()


def test_items_that_are_gone_are_named_once(empty_project: Project) -> None:
    freshness = Freshness(empty_project, "stage")
    freshness.remember("sise", "x")
    freshness.remember("apb", "y")
    assert freshness.forget_others(["sise"]) == ["apb"]
    assert Freshness(empty_project, "stage").forget_others(["sise"]) == []


def test_what_hides_a_value_is_shown_before_what_makes_it_less_than_real() -> None:
    assert dominant({Flag.SIMULATED, Flag.CONFIDENTIAL, Flag.BREAK}) is Flag.CONFIDENTIAL
    assert dominant({Flag.BREAK, Flag.SIMULATED}) is Flag.SIMULATED
    assert dominant(set()) is Flag.NORMAL

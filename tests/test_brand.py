"""The house's colours and logo: read, completed, refused in one line where they could not be read or told apart."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.kernel.brand import read_brand
from pipelines.kernel.colours import clearest, contrast, distance, head_of_a_sheet, legible, luminance, mixed
from pipelines.kernel.palette import PALETTE, grounds
from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.publish.colour_words import colour_words
from pipelines.render.pandoc import THEME, pandoc_binary
from tests.brands import LOOK

ROOT = Path(__file__).resolve().parent.parent
SHORT = (ROOT / "tests/fixtures/render/reports/brand/brand.yml").read_text(encoding="utf-8")
COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
LIGHT = COLOURS.map(lambda colour: mixed(colour, "#ffffff", 0.8))
"""Grounds as a brand may have them."""
LOGO = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z" fill="#5a1846"/></svg>'
WITH_LOGO = SHORT + "logo:\n  images:\n    house: {path: logo.svg, alt: Aurore}\n  medium: house\n"


def house(root: Path, text: str) -> Project:
    folder = root / "reports" / "brand"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "brand.yml").write_text(text, encoding="utf-8")
    return Project(root)


def lines(root: Path, text: str) -> list[str]:
    with pytest.raises(BadInput) as refused:
        read_brand(house(root, text))
    return [problem.line() for problem in refused.value.problems]


def test_the_brand_that_ships_gives_every_colour_and_a_short_one_is_completed(tmp_path: Path) -> None:
    shipped = yaml.safe_load((ROOT / "reports/brand/brand.yml").read_text(encoding="utf-8"))
    assert set(shipped["color"]["palette"]) == set(PALETTE)
    short = read_brand(house(tmp_path, SHORT)).colours
    assert {colour for colour in LOOK.named().values() if colour.lower() in short.named().values()} == set()
    assert short.link == short.brand == "#5a1846"
    assert short.lines[-1] == short.ink


def test_what_readme_tells_an_author_to_change_is_there_and_changes_what_it_says(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [path, key] = re.findall(r"stand in `(reports/brand/[\w.]+)`: change\s+`(\w+)`", readme)[0]
    text, other = (ROOT / path).read_text(encoding="utf-8"), "#5a1846"
    changed = re.sub(rf'(?m)^(  {key}: )"#\w{{6}}"', rf'\1"{other}"', text)
    assert changed != text
    colours = read_brand(house(tmp_path, changed)).colours
    assert colours.brand == other
    assert f"--brand: {other};" in colours.css()
    assert f'#let brand = rgb("{other}")' in colours.typst()
    assert head_of_a_sheet(colours)["bg_color"] == other


def test_a_colour_may_be_another_ones_name(tmp_path: Path) -> None:
    colours = read_brand(house(tmp_path, SHORT.replace('"#7b2a8b"', "primary") + "    focus: series-3\n")).colours
    assert colours.series[0] == colours.brand
    assert colours.focus == colours.series[2]


def changed(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


REFUSED = {
    "no file": (lambda _: "", "reports/brand/brand.yml: The brand holds no keys"),
    "no YAML": (lambda text: text + "  x: [\n", "reports/brand/brand.yml, row 19: The brand is not valid YAML"),
    "twice": (lambda text: text + '    series-8: "#00707f"\n', 'row 18, column "series-8": The brand gives a key'),
    "a slip": (changed("primary", "primry"), 'row 5, column "color.primry": Nothing is drawn with a key of this'),
    "missing": (changed('  danger: "#a01b2e"\n', ""), 'row 2, column "color.danger": A colour is missing'),
    "no series": (changed('    series-4: "#3b5ba5"\n', ""), 'column "color.palette.series-4": A colour is missing'),
    "a word": (changed('"#5a1846"', "purple"), 'row 5, column "color.primary": This is no colour (found "purple")'),
    "unquoted": (changed('"#5a1846"', "#5a1846"), 'row 5, column "color.primary": This is no colour. Write it'),
    "itself": (changed('"#5a1846"', "primary"), 'row 5, column "color.primary": This is no colour'),
    "pale text": (changed("#2b1a12", "#c9b8b0"), "on color.background #fffdf8: its contrast is 1.9, 4.5 at least"),
    "dark ground": (changed("#fffdf8", "#101010"), 'row 4, column "color.background": The background is dark'),
    "pale line": (changed("#c0392b", "#f5c6c0"), 'series-2": The mark cannot be seen on color.background'),
    "alike": (changed("#c0392b", "#7d2b8a"), "Readers cannot tell this colour from color.palette.series-1 #7b2a8b"),
    "a list": (changed("  palette:", "  palette: [a]\n  x:"), '"color.palette": Keys are expected below this'),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_brand_is_one_line_that_helps(tmp_path: Path, case: str) -> None:
    spoil, line = REFUSED[case]
    told = lines(tmp_path, spoil(SHORT))
    assert any(line in one for one in told), told
    assert all(one.startswith("reports/brand/brand.yml") for one in told)


def test_a_brand_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"reports/brand/brand.yml: The brand is missing. Restore it with `git checkout"):
        read_brand(Project(tmp_path))


def test_a_logo_is_read_with_the_words_that_stand_for_it(tmp_path: Path) -> None:
    project = house(tmp_path, WITH_LOGO)
    (tmp_path / "reports/brand/logo.svg").write_text(LOGO, encoding="utf-8")
    brand = read_brand(project)
    assert brand.logo is not None
    assert brand.mark("../") == '<img class="site-logo" src="../_theme/logo.svg" alt="Aurore"> '


LOGOS = {
    "absent": (WITH_LOGO, None, "The logo's file does not exist"),
    "a script": (WITH_LOGO, LOGO.replace("<path", "<script>1</script><path"), "holds a script or loads something"),
    "loads": (WITH_LOGO, LOGO.replace("<path", '<image href="https://x.org/a"/><path'), "a script or loads something"),
    "large": (WITH_LOGO, LOGO + " " * 200_000, "The logo takes 200 kB, 200 at most"),
    "no SVG": (WITH_LOGO, "GIF89a", "The logo is not what its name says"),
    "outside": (WITH_LOGO.replace("logo.svg", "../logo.svg"), LOGO, "outside the brand's folder"),
    "a GIF": (WITH_LOGO.replace("logo.svg", "logo.gif"), LOGO, "neither SVG nor PNG"),
    "no words": (WITH_LOGO.replace(", alt: Aurore", ""), LOGO, "no words that stand for it"),
    "unnamed": (WITH_LOGO.replace("medium: house", "medium: hous"), LOGO, "The logo is none of logo.images"),
}  # fmt: skip


@pytest.mark.parametrize("case", LOGOS)
def test_a_logo_that_cannot_be_shown_is_refused(tmp_path: Path, case: str) -> None:
    text, content, rule = LOGOS[case]
    house(tmp_path, text)
    if content is not None:
        (tmp_path / "reports/brand/logo.svg").write_text(content, encoding="utf-8")
    told = lines(tmp_path, text)
    assert len(told) == 1
    assert re.match(r'reports/brand/brand\.yml, row \d+, column "logo', told[0])
    assert rule in told[0]


def test_every_pair_that_is_held_against_one_another_has_a_colour() -> None:
    assert all(seen in LOOK.named() and ground in LOOK.named() for seen, ground, _ in grounds(LOOK))


@given(COLOURS, COLOURS, st.floats(0, 1))
def test_contrast_and_distance_go_both_ways_and_a_mix_lies_between(one: str, other: str, share: float) -> None:
    assert contrast(one, other) == contrast(other, one) >= 1
    assert distance(one, other) == pytest.approx(distance(other, one))
    assert (distance(one, other) == 0) == (one == other)
    assert mixed(one, other, 0) == one
    assert mixed(one, other, 1) == other
    between = mixed(one, other, share)
    for low, at, high in zip(*(bytes.fromhex(colour[1:]) for colour in (one, between, other)), strict=True):
        assert min(low, high) <= at <= max(low, high)


@given(COLOURS, LIGHT)
def test_words_in_the_colour_of_a_line_can_be_read(colour: str, ground: str) -> None:
    """On any ground that a brand may have, and unchanged where they can be read as they are."""
    assert luminance(ground) >= 0.5
    word = legible(colour, ground)
    assert contrast(word, ground) >= 4.5
    assert (word == colour) == (contrast(colour, ground) >= 4.5)
    assert contrast(clearest(colour, ground, "#000000"), colour) >= contrast(ground, colour)


def test_known_contrasts() -> None:
    """The largest there is, and the lightest grey that WCAG lets stand on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert distance("#000000", "#ffffff") == pytest.approx(1, abs=1e-6)


def test_captions_name_the_colours_of_the_house() -> None:
    assert colour_words(LOOK.series[0], LOOK.series[4], "fr") == ("bleu", "brun")
    assert colour_words(LOOK.series[0], LOOK.figure_grey, "en") == ("blue", "grey")
    assert colour_words("#5a1846", "#a8578f", "fr") == ("violet foncé", "violet clair")
    assert colour_words("#a8578f", "#5a1846", "en") == ("light purple", "dark purple")


@given(COLOURS, COLOURS, st.sampled_from(["fr", "en"]))
def test_two_colours_never_have_the_same_words(one: str, other: str, lang: str) -> None:
    first, second = colour_words(one, other, lang)
    assert first != second


def test_a_word_in_the_place_of_a_key_figure_is_set_smaller() -> None:
    """Twelve letters in the type of a number would break in a tile of a telephone."""
    done = subprocess.run(
        [pandoc_binary(), "-t", "html", "--lua-filter", str(THEME / "shared.lua")],
        input="[confidentiel]{.kpi-value} [8 278]{.kpi-value}",
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.findall(r'class="(kpi[\w -]*)"', done.stdout) == ["kpi-value kpi-word", "kpi-value"]


def test_nothing_else_names_a_colour() -> None:
    """Every colour but black comes from the brand; the box of `preview`, no page of the report, has its own."""
    named = {}
    for path in (ROOT / "pipelines").rglob("*"):
        if path.suffix in (".py", ".css", ".js", ".typ", ".html", ".lua") and path.name not in (
            "preview.py",
            "brand.py",
        ):
            text = path.read_text(encoding="utf-8")
            if found := re.findall(r"#(?!000000)[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b(?=[;\s\"')])|rgba?\(\d", text):
                named[path.relative_to(ROOT).as_posix()] = found
    assert named == {}

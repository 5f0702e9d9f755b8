"""The PDF as a document: readable by a screen reader, in parts, with its lists, and nothing meant for the screen."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Dictionary, Name

from pipelines.kernel.problems import BadInput
from pipelines.kernel.project import Project
from pipelines.render.manuscript import read_manuscript
from pipelines.render.pandoc import pandoc_binary
from pipelines.render.pdf import pdf_job, report_pdf, report_typst
from tests.paper import bookmarks, elements, faults, fonts, pages_of_chapters

FIXTURE = Path(__file__).parent / "fixtures" / "render"
THEME = Path(__file__).parent.parent / "pipelines" / "render" / "theme"


def typst_and_pdf(folder: Path) -> tuple[str, bytes]:
    manuscript = read_manuscript(Project(folder), "fr")
    job = pdf_job(manuscript.report, manuscript.plan, manuscript.frame, manuscript.bibliography, manuscript.brand)
    source = report_typst(manuscript.report, job)
    return source, report_pdf(manuscript.report, source, manuscript.folder, folder)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("paper") / "report.pdf"
    source, content = typst_and_pdf(FIXTURE)
    path.write_bytes(content)
    path.with_suffix(".typ").write_text(source, encoding="utf-8")
    return path


def test_the_pdf_can_be_read_aloud(printed: Path) -> None:
    assert faults(printed, "fr") == []


def drop_alternative_text(pdf: pikepdf.Pdf) -> None:
    del next(element for element in elements(pdf) if Name.Figure == element.S).Alt


def drop_marks(pdf: pikepdf.Pdf) -> None:
    pdf.Root.MarkInfo.Marked = False


def drop_font(pdf: pikepdf.Pdf) -> None:
    font = next(font for font in fonts(pdf) if font.get("/Subtype") == Name.Type0)
    descriptor = font.DescendantFonts[0].FontDescriptor
    for key in ("/FontFile", "/FontFile2", "/FontFile3"):
        if key in descriptor:
            del descriptor[key]


def drop_bookmarks(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Outlines


def drop_language(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Lang = "en"


def drop_identifier(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata() as meta:
        del meta["{http://www.aiim.org/pdfua/ns/id/}part"]


def drop_structure(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.StructTreeRoot


def drop_title(pdf: pikepdf.Pdf) -> None:
    pdf.Root.ViewerPreferences = Dictionary()


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (drop_alternative_text, "a figure without alternative text"),
        (drop_marks, "not marked as tagged"),
        (drop_font, "font not embedded"),
        (drop_bookmarks, "no bookmarks"),
        (drop_language, "language is not fr"),
        (drop_identifier, "does not say that it is PDF/UA-1"),
        (drop_structure, "no structure"),
        (drop_title, "the window would show the file's name"),
    ],
)
def test_a_planted_fault_is_found(
    printed: Path, tmp_path: Path, plant: Callable[[pikepdf.Pdf], None], said: str
) -> None:
    spoilt = tmp_path / "spoilt.pdf"
    with pikepdf.open(printed) as pdf:
        plant(pdf)
        pdf.save(spoilt)
    assert any(fault.startswith(said) for fault in faults(spoilt, "fr"))


def test_the_same_report_gives_the_same_bytes(printed: Path, tmp_path: Path) -> None:
    shutil.copytree(FIXTURE, tmp_path / "elsewhere")
    assert typst_and_pdf(tmp_path / "elsewhere")[1] == printed.read_bytes()


def test_parts_hold_chapters_and_chapters_keep_their_numbers(printed: Path) -> None:
    with pikepdf.open(printed) as pdf:
        found = bookmarks(pdf)
    assert found[:4] == [(0, "L’ensemble"), (1, "1 L’essentiel"), (2, "1.1 Effectifs"), (3, "1.1.1 Comment lire")]
    assert (0, "Fiches de site") in found
    assert (1, "3 Site de Tarbes") in found
    assert [title for depth, title in found if depth == 0][-3:] == [
        "Liste des figures",
        "Liste des tableaux",
        "Références",
    ]


def test_what_is_for_the_screen_does_not_print(printed: Path) -> None:
    source = printed.with_suffix(".typ").read_text(encoding="utf-8")
    assert "Deux drapeaux" in source
    for words in ("Outils de la table", "Outils de la figure", "Un bouton pour l’écran", "Données de la figure"):
        assert words not in source


def test_pages_are_counted_from_one_chapter_to_the_next(printed: Path) -> None:
    found = pages_of_chapters(printed)
    with pikepdf.open(printed) as pdf:
        assert sum(found.values()) == len(pdf.pages) - 2, "all but the cover and the contents"
    assert found["Fiches de site"] == 0, "a part is on the page of its first chapter"
    assert found["2 Cibles"] >= 1


def test_a_figure_floats_in_running_text_and_stays_in_a_pair_or_in_small_type(tmp_path: Path) -> None:
    printed = typst_of(
        tmp_path,
        "![Libre.](/_generated/fig-effectifs.svg){#fig-libre fig-alt='Une courbe'}\n\n"
        "::: {.compact}\n![Fixe.](/_generated/fig-effectifs.svg){#fig-fixe fig-alt='Une courbe'}\n:::\n",
    )
    free, fixed = printed.split("<fig-libre>")
    assert "#floating[" in free[free.rindex("#figure(") - 20 :]
    assert "#floating[" not in fixed.split("<fig-fixe>")[0]


def typst_of(folder: Path, text: str) -> str:
    """Return the fixture's report as Typst, with a text at the end of its chapter on targets."""
    shutil.copytree(FIXTURE, folder / "render")
    chapter = folder / "render" / "reports" / "fr" / "_chapters" / "cibles.md"
    chapter.write_text(chapter.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")
    return typst_and_pdf(folder / "render")[0]


def columns_of(table: str) -> list[float]:
    """Return the widths that the PDF gives to a table's columns, in percent; nothing when they follow the text."""
    done = subprocess.run(
        [pandoc_binary(), "-f", "markdown", "-t", "typst", "--columns=10000", f"--lua-filter={THEME / 'shared.lua'}"],
        input=table.encode(),
        capture_output=True,
        check=True,
    )
    line = next(line for line in done.stdout.decode().splitlines() if "columns:" in line)
    return [float(width.strip(" %()")) for width in line.split("columns:")[1].strip(" ,").split(",") if "%" in width]


def test_columns_follow_what_they_hold() -> None:
    small = "| a | b |\n|---|--:|\n| x | 12 |\n"
    assert columns_of(small) == []
    long = "Une définition qui demande plusieurs lignes, " * 6
    code, label, text = columns_of(
        f"| Code | Nom | Texte |\n|---|---|---|\n| `MOB-OUT` | Séjours à l'étranger | {long} |\n"
    )
    assert code < label < text
    assert code + label + text == pytest.approx(100, abs=0.1)
    assert text > 60


def test_a_table_in_small_type_has_a_longer_line() -> None:
    row = "| " + "m" * 18 + " n" * 36 + " | " + "p" * 14 + " | 12 |"
    table = f"| Nom | Lieu | Nombre |\n|---|---|--:|\n{row}\n"
    assert columns_of(table) != []
    assert columns_of(f"::: {{.compact}}\n{table}:::\n") == []


def test_a_word_is_not_cut_by_a_column_too_narrow_for_it() -> None:
    long = "des mots et encore des mots " * 40
    first, _ = columns_of(f"| Établissement | Note |\n|---|---|\n| Gestionnaires | {long} |\n")
    assert first >= 13


def test_a_formula_without_words_is_refused() -> None:
    """The compiler itself holds the rest of PDF/UA-1: what it refuses reaches the author as one line."""
    manuscript = read_manuscript(Project(FIXTURE), "fr")
    source = '#set document(title: "x")\n#set text(lang: "fr")\n$ x^2 $\n'
    with pytest.raises(BadInput, match=r"rapport\.qmd: The PDF could not be made: .*alt text"):
        report_pdf(manuscript.report, source, manuscript.folder, FIXTURE)

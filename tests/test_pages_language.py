"""The prose of the English pages is English: no line of it stands in the French ones too."""

from __future__ import annotations

import re

from test_pages import REPORTS, sources


def sentences(lang: str) -> dict[str, str]:
    """Return every line of prose of a language's pages, keys and includes taken off, with the page it stands in."""
    found = {}
    noise = r"```.*?```|\$\w+|\{\{<.*?>\}\}|\{[^}]*\}|\]\([^)]*\)|`[^`]*`|[@:][\w-]+|[\w/-]+\.(?:csv|parquet)"
    pages = [path for path in (REPORTS / lang).glob("[a-z]*.qmd") if path.name != "rapport.qmd"]
    for path in [*sources(lang), *pages]:
        text = re.sub(noise, " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for line in text.splitlines():
            words = re.findall(r"[A-Za-zÀ-ÿ]{3,}", line)
            if len(words) >= 3:
                found[" ".join(words)] = f"{path.name}: {line.strip()}"
    return found


def left_in_french(french: dict[str, str], english: dict[str, str]) -> list[str]:
    """Return the lines of the English pages that stand in the French ones too."""
    return [where for line, where in english.items() if line in french]


def test_no_line_of_prose_is_the_same_in_both_languages() -> None:
    french, english = sentences("fr"), sentences("en")
    assert len(english) > 100
    assert left_in_french(french, english) == []
    planted = next(iter(french))
    assert left_in_french(french, {**english, planted: "planted"}) == ["planted"]

"""The few words of the frame around the pages, in both languages."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "skip": "Aller au contenu",
        "edition": "Édition",
        "pdf": "Rapport en PDF",
        "menu": "Pages du rapport",
        "toc": "Sur cette page",
        "neighbours": "Page précédente et page suivante",
        "previous": "Précédent",
        "next": "Suivant",
        "cite": "Citer\u00a0:",
        "licence": "Licence\u00a0:",
        "contents": "Sommaire",
        "page": "Page",
        "references": "Références",
    },
    "en": {
        "skip": "Skip to content",
        "edition": "Edition",
        "pdf": "Report as PDF",
        "menu": "Pages of the report",
        "toc": "On this page",
        "neighbours": "Previous and next page",
        "previous": "Previous",
        "next": "Next",
        "cite": "Cite as:",
        "licence": "Licence:",
        "contents": "Contents",
        "page": "Page",
        "references": "References",
    },
}


def words(lang: str) -> dict[str, str]:
    """Return the frame's words for a language tag (`fr`, `fr-FR`); English when we do not speak it."""
    return WORDS.get(lang[:2], WORDS["en"])

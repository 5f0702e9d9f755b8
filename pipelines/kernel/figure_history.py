"""What a figure was in past editions, as small scripts that a page opened from a disk may load.

A sealed page cannot know the future, so three things stand beside it, never in the site itself:

- `citation.js` beside the site says which edition this is (or that it is none yet, in `build/`);
- `historique/<indicator>.js` in an edition says what its figures were up to it: sealed with it, never changed;
- `editions/maintenant/<indicator>.js` says the same up to the last edition: each sealing brings it up to date.
"""

from __future__ import annotations

import json
from typing import Any

IDENTITY = "citation.js"
PAST = "historique"
NOW = "maintenant"


def identity_script(content: dict[str, Any]) -> str:
    """Return the script that says which edition a site is: `edition`, and `day` and `sha256` once it is sealed.

    In `build/` it says `shelf` instead: whether any edition was sealed, so that pages ask for nothing in vain.
    """
    return f"window.observatoireEdition={_json(content)};\n"


def history_script(indicator: str, editions: list[tuple[str, str]], figures: dict[str, list[Any]]) -> str:
    """Return the script with the history of one indicator.

    `editions` are (name, day), oldest first; `figures` are `scope/year` → changes, each [place in that list, value,
    flag, causes].
    """
    content = _json({"editions": editions, "figures": figures})
    return f"(window.observatoireHistory=window.observatoireHistory||{{}})[{_json(indicator)}]={content};\n"


def _json(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")

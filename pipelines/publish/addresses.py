"""The list of what the report shows, by address: what `observatoire explain fig-mob-target@2024` reads.

`_generated/addresses.json`: name → title, kind, what it is drawn from, its data file, whether it is simulated; for a
figure that could not be drawn, the reason. Keys that sentences quote stand there too, with their words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from pipelines.publish.picture import Absent, Picture
from pipelines.publish.tables.provenance import is_simulated, provenance
from pipelines.publish.tables.shape import Table

FILE = "addresses.json"


def addresses(
    edition: str,
    lang: str,
    shown: Iterable[Picture | Absent],
    listed: Iterable[Table],
    keys: Mapping[str, dict[str, object]] | None = None,
) -> str:
    """Return the list as JSON, in the order of names; `keys` are those of sentences (`pipelines.publish.resolved`)."""
    items: dict[str, dict[str, object]] = dict(keys or {})
    for picture in shown:
        name = f"fig-{picture.name}"
        if isinstance(picture, Absent):
            items[name] = {"title": picture.title, "reason": picture.reason, "of": [], "data": None, "simulated": False}
        else:
            items[name] = {
                "title": picture.title,
                "measure": picture.subtitle,
                "note": picture.caption,
                "of": list(picture.of),
                "data": f"{name}.csv",
                "rows": len(next(iter(picture.data.values()), [])),
                "simulated": picture.simulated,
            }
    for table in listed:
        name = f"tbl-{table.name}"
        items[name] = {
            "title": table.caption,
            "note": provenance(table.name).source[lang == "en"],
            "of": list(provenance(table.name).of),
            "data": f"{name}.csv",
            "rows": len(table.rows),
            "simulated": is_simulated(table),
        }
    content = {"edition": edition, "lang": lang, "items": dict(sorted(items.items()))}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

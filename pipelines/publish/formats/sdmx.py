"""The values of the indicators as SDMX: `sdmx/values.csv` (SDMX-CSV 2.0) and its structure, written by pysdmx.

Our flags are a code list of our own: SDMX's `CL_OBS_STATUS` has no letter for simulated data, and gives `S` another
sense.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

from pysdmx.io.json.sdmxjson2.writer.v2_0 import structure
from pysdmx.model import Code, Codelist, Component, Components, Concept, ConceptScheme, DataStructureDefinition, Role
from pysdmx.model import DataType as Kind
from pysdmx.model.message import Header

from pipelines.kernel.flags import LABELS
from pipelines.kernel.region import Region

AGENCY = "SRESR"
STRUCTURE_ID = f"{AGENCY}:DSD_INDICATORS(1.0)"

COLUMNS = {
    "INDICATOR": "indicator_code",
    "AREA_LEVEL": "scope_level",
    "REF_AREA": "scope_code",
    "TIME_PERIOD": "year",
    "OBS_VALUE": "value",
    "OBS_FLAG": "flag",
    "ORIGIN": "origin",
    "NUMERATOR": "numerator",
    "DENOMINATOR": "denominator",
}
"""SDMX component → column of `pub_values`, in the order of the file."""

CODED = {name: f"CL_{name}" for name in ("INDICATOR", "AREA_LEVEL", "REF_AREA", "OBS_FLAG", "ORIGIN")}
"""SDMX component → its code list."""
LEVELS = {"site": "site", "region": "region", "establishment": "establishment", "departement": "département",
          "country": "country", "cfa": "apprentice training centre"}  # fmt: skip
ORIGINS = {"observed": "observed", "declared": "declared", "simulated": "simulated: describes nobody"}
DIMENSIONS = ("INDICATOR", "AREA_LEVEL", "REF_AREA", "TIME_PERIOD")


def sdmx_csv(rows: list[dict[str, Any]]) -> str:
    """Return SDMX-CSV 2.0 of the rows of `pub_values`; an empty field is a value that is not published."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["STRUCTURE", "STRUCTURE_ID", "ACTION", *COLUMNS])
    for row in rows:
        cells = [row[column] for column in COLUMNS.values()]
        writer.writerow(["datastructure", STRUCTURE_ID, "I", *("" if cell is None else cell for cell in cells)])
    return out.getvalue()


def sdmx_structure(
    rows: list[dict[str, Any]], indicators: dict[str, str], places: dict[str, str], edition: str, region: Region
) -> str:
    """Return the structure as SDMX-JSON 2.0: code lists, concepts, data structure.

    `indicators` and `places` give the label of each code; a code without one bears itself.
    """

    def codes(component: str, labels: dict[str, str]) -> Codelist:
        found = sorted({str(row[COLUMNS[component]]) for row in rows})
        items = [Code(id=code, name=labels.get(code, code)) for code in found]
        return Codelist(id=CODED[component], name=component, agency=AGENCY, urn=_urn(component), items=items)

    lists = {
        "INDICATOR": codes("INDICATOR", indicators),
        "AREA_LEVEL": codes("AREA_LEVEL", LEVELS),
        "REF_AREA": codes("REF_AREA", places),
        "OBS_FLAG": Codelist(
            id=CODED["OBS_FLAG"],
            name="OBS_FLAG",
            agency=AGENCY,
            urn=_urn("OBS_FLAG"),
            items=[Code(id=flag.value, name=labels[1]) for flag, labels in LABELS.items()],
        ),
        "ORIGIN": codes("ORIGIN", ORIGINS),
    }
    kinds = {"TIME_PERIOD": Kind.YEAR, "OBS_VALUE": Kind.DOUBLE, "NUMERATOR": Kind.DOUBLE, "DENOMINATOR": Kind.DOUBLE}
    scheme = f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={AGENCY}:CS_SRESR(1.0)"
    concepts = {
        name: Concept(id=name, name=name, urn=f"{scheme}.{name}", dtype=kinds.get(name, Kind.STRING))
        for name in COLUMNS
    }
    components = [
        Component(
            id=name,
            required=name in DIMENSIONS,
            role=Role.DIMENSION if name in DIMENSIONS else Role.MEASURE if name == "OBS_VALUE" else Role.ATTRIBUTE,
            concept=concepts[name],
            local_dtype=kinds.get(name),
            local_codes=lists.get(name),
            local_enum_ref=lists[name].urn if name in lists else None,
            attachment_level=None if name in (*DIMENSIONS, "OBS_VALUE") else "O",
        )
        for name in COLUMNS
    ]
    definition = DataStructureDefinition(
        id="DSD_INDICATORS", name=region.observatory.en, agency=AGENCY, components=Components(components)
    )
    header = Header(id=f"observatoire-sresr-{edition}", prepared=datetime(2020, 1, 1, tzinfo=UTC), sender=_sender())
    scheme_of_all = ConceptScheme(
        id="CS_SRESR", name=region.observatory.en, agency=AGENCY, items=list(concepts.values())
    )
    written = structure.write([*lists.values(), scheme_of_all, definition], prettyprint=True, header=header)
    if written is None:
        raise TypeError("pysdmx wrote the structure to a file instead of returning it")
    message = json.loads(written)
    for described in message["data"]["dataStructures"]:  # an empty list of groups is written, which the schema refuses
        described["dataStructureComponents"] = {
            name: part for name, part in described["dataStructureComponents"].items() if part != []
        }
    return json.dumps(message, ensure_ascii=False, indent=1) + "\n"


def _urn(component: str) -> str:
    return f"urn:sdmx:org.sdmx.infomodel.codelist.Codelist={AGENCY}:{CODED[component]}(1.0)"


def _sender() -> Any:
    from pysdmx.model import Organisation

    return Organisation(id=AGENCY)

"""Every figure of the report, by name, in the order of the pages."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.publish.figures import (
    apprenticeship,
    employment,
    enrolment,
    mobility,
    offer,
    overview,
    quality,
    scholarship,
    sheets,
)
from pipelines.publish.figures.common import two
from pipelines.publish.figures.series import one_line
from pipelines.publish.picture import Absent, Picture
from pipelines.publish.shelf import Shelf

Maker = Callable[[Shelf], Picture | Absent]


def continuing(shelf: Shelf) -> Picture | Absent:
    """Students in continuing education, from the registers."""
    return one_line(
        shelf,
        "lll-fc",
        "LLL-FC",
        shelf.whole,
        short=two(shelf, "Étudiants en formation continue", "Students in continuing education"),
        subtitle=two(
            shelf,
            "Inscrits sous le régime de la formation continue (personnes)",
            "Students enrolled under continuing education (persons)",
        ),
        perimeter=shelf.all_sites,
    )


def figures(shelf: Shelf) -> dict[str, Maker]:
    """Return the maker of every figure this run must have, sheets of sites and fields included."""
    makers: dict[str, Maker] = {
        "targets": overview.glance,
        "map-sites": enrolment.site_map,
        "coverage": overview.coverage,
        "coverage-sites": quality.site_coverage,
        "enr-dut-but": enrolment.dut_but,
        "enr-lp": enrolment.lp,
        "enr-techbac": enrolment.techbac,
        "enr-promo": enrolment.promotion,
        "sch-entrants": scholarship.entrants,
        "sch-apb": scholarship.apb,
        "sch-parcoursup": scholarship.parcoursup,
        "sch-register": scholarship.register,
        "sch-specialities": scholarship.specialities,
        "off-map": offer.town_map,
        "off-towns": offer.towns,
        "emp-lp": employment.lp,
        "emp-dut": employment.dut,
        "emp-register": employment.register,
        "app-territory": apprenticeship.territory,
        "app-cfa": apprenticeship.cfa,
        "app-count": apprenticeship.count,
        "app-sites": apprenticeship.sites,
        "lll-fc": continuing,
        "mob-target": mobility.target,
        "mob-sites": mobility.sites,
        "mob-incoming": mobility.incoming,
        "mob-erasmus": mobility.erasmus,
    }
    for site in shelf.sites:
        makers[f"site-{site}"] = _site(site)
    for field in field_codes(shelf):
        makers[f"field-{field}"] = _field(field)
    return makers


def field_codes(shelf: Shelf) -> list[str]:
    """Return the six fields of the competence platforms, in the order of the reference."""
    declared = shelf.declared("platforms")
    entries = declared.get("platforms", []) if isinstance(declared, dict) else declared
    codes = [str(entry["field_code"]) for entry in entries]
    return codes or list(
        dict.fromkeys(row["field_code"] for row in shelf.specialities.values() if row.get("field_code"))
    )


def _site(code: str) -> Maker:
    return lambda shelf: sheets.site(shelf, code)


def _field(code: str) -> Maker:
    return lambda shelf: sheets.field(shelf, code)

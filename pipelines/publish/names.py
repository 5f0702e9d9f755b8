"""Names of bodies, licences and roles that sidecars and waivers give in French, as the English report writes them.

Those of the whole country stand here; those of the region in its own words, `bodies` in `data/reference/region.yml`.
"""

from __future__ import annotations

from pipelines.kernel.region import Region

MINISTRY = "Ministry of higher education and research"

IN_ENGLISH = {
    "Ministère chargé de l'enseignement supérieur et de la recherche (SIES)": f"{MINISTRY} (SIES)",
    "Ministère chargé de l'éducation nationale (DEPP) et ministère chargé du travail (Dares)": (
        "Ministry of national education (DEPP) and ministry of labour (Dares)"
    ),
    "Direction interministérielle de la transformation publique ; ministère chargé du travail (Dares)": (
        "Interministerial directorate for public transformation; ministry of labour (Dares)"
    ),
    "Commission européenne, direction générale de l'éducation et de la culture": (
        "European Commission, directorate-general for education and culture"
    ),
    "IGN (Admin Express)": "IGN (Admin Express)",
    "Insee": "Insee",
    "Licence Ouverte 2.0 (Etalab)": "Licence Ouverte 2.0 (Etalab)",
    "Conditions de réutilisation de la Commission européenne (CC BY 4.0)": (
        "Reuse conditions of the European Commission (CC BY 4.0)"
    ),
    "Registre interne, non publié (données personnelles)": "Internal register, not published (personal data)",
    "Gestionnaire des données d'insertion": "Steward of employment data",
    "Gestionnaire des données d'effectifs": "Steward of enrolment data",
}
"""French → English; a name that both languages write alike stands for itself."""


IN_SMALL_PRINT = {
    "Ministère chargé de l'enseignement supérieur et de la recherche (SIES)": (
        "ministère de l'enseignement supérieur (SIES)",
        "ministry of higher education (SIES)",
    ),
    "Ministère chargé de l'éducation nationale (DEPP) et ministère chargé du travail (Dares)": (
        "ministères de l'éducation nationale (DEPP) et du travail (Dares)",
        "ministries of education (DEPP) and of labour (Dares)",
    ),
    "Direction interministérielle de la transformation publique ; ministère chargé du travail (Dares)": (
        "DITP et ministère du travail (Dares)",
        "DITP and ministry of labour (Dares)",
    ),
}
"""Bodies whose full name would take a line of a figure's small print → French, English; the list of sources has it."""


def in_small_print(name: str, lang: str, region: Region) -> str:
    """Return a body as the small print of a figure names it."""
    body = next((body for body in region.bodies if body.name == name), None)
    if body and body.short:
        return body.short.in_(lang)
    short = IN_SMALL_PRINT.get(name)
    return short[lang == "en"] if short else in_language(name, lang, region)


def in_language(name: str, lang: str, region: Region) -> str:
    """Return a body, licence or role as the report names it; a name that no one translated keeps its own language."""
    if lang != "en":
        return name
    return next((body.en for body in region.bodies if body.name == name), IN_ENGLISH.get(name, name))

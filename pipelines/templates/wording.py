"""What templates say, in French: they are for the offices' own hands. Rules follow the forms, word for word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pipelines.kernel.register_layouts import EXAMPLE

Example = str | int | float | date

MEANINGS: Mapping[str, str] = {
    "year": "Année de la rentrée : 2024 pour l'année universitaire 2024-2025.",
    "year_survey": "Année d'obtention du diplôme : 2024 pour un diplôme obtenu à la fin de 2023-2024.",
    "ine": "Identifiant national étudiant, onze chiffres et lettres. Remplacé par un jeton dès la lecture du fichier.",
    "student_number": "Numéro d'étudiant dans l'établissement. Sert quand l'INE manque ; remplacé par un jeton aussi.",
    "establishment_code": "UAI de l'université qui inscrit l'étudiant.",
    "site_code": "Site où l'étudiant suit sa formation.",
    "diploma_code": "Diplôme préparé.",
    "speciality_code": "Spécialité ; pour une licence professionnelle, celle du département d'IUT le plus proche.",
    "level_code": "Année d'études dans le diplôme.",
    "months_after": "Mois écoulés depuis le diplôme : vague à 18 mois ou à 30 mois.",
    "has_answered": "Une ligne par diplômé interrogé : « non » pour qui n'a pas répondu.",
    "weight": "Poids de redressement de la réponse ; 0 pour qui n'a pas répondu, 1 sans redressement.",
}
"""Where the dictionary's own sentence does not say what to write in the cell."""

CHOICES: Mapping[str, Mapping[str, str]] = {
    "level_code": {"1": "première année", "2": "deuxième année", "3": "troisième année"},
    "regime_code": {
        "FI": "formation initiale",
        "FA": "formation par apprentissage",
        "FC": "formation continue",
        "CP": "contrat de professionnalisation",
    },
    "bac_code": {"G": "général", "T": "technologique", "P": "professionnel", "X": "autre, étranger ou inconnu"},
    "sex_code": {"F": "femme", "M": "homme"},
    "kind_code": {"études": "séjour d'études", "stage": "stage"},
    "programme_code": {
        "erasmus": "Erasmus+",
        "bilateral": "accord bilatéral",
        "euroregion": "Eurorégion Pyrénées-Méditerranée",
        "other": "autre programme",
        "none": "hors programme",
    },
    "months_after": {"18": "18 mois", "30": "30 mois"},
}
YES_NO: Mapping[str, str] = {"oui": "oui", "non": "non"}

TITLES: Mapping[str, str] = {
    "apogee": "Inscriptions : une ligne par inscription",
    "crous": "Bourses sur critères sociaux : une ligne par décision",
    "cfa": "Contrats d'apprentissage : une ligne par contrat et par année où il court",
    "relint": "Séjours à l'étranger : une ligne par séjour",
    "survey": "Enquête d'insertion : une ligne par diplômé et par vague, réponse ou non",
}

EXAMPLES: Mapping[str, Mapping[str, Example]] = {
    "apogee": {
        "year": 2024,
        "ine": EXAMPLE,
        "student_number": EXAMPLE,
        "diploma_code": "BUT",
        "speciality_code": "GMP",
        "level_code": "1",
        "regime_code": "FI",
        "bac_code": "T",
        "sex_code": "F",
        "is_principal": "oui",
        "enrolled_on": date(2024, 7, 10),
    },
    "crous": {"year": 2024, "ine": EXAMPLE, "echelon_code": "3", "decided_on": date(2024, 9, 2)},
    "cfa": {
        "year": 2024,
        "ine": EXAMPLE,
        "start_date": date(2024, 9, 2),
        "end_date": date(2025, 8, 31),
    },
    "relint": {
        "year": 2024,
        "ine": EXAMPLE,
        "student_number": EXAMPLE,
        "country_code": "Espagne",
        "start_date": date(2025, 4, 7),
        "end_date": date(2025, 6, 27),
        "kind_code": "stage",
        "programme_code": "erasmus",
    },
    "survey": {
        "year": 2023,
        "ine": EXAMPLE,
        "months_after": "18",
        "has_answered": "oui",
        "weight": 1.25,
        "is_employed": "oui",
        "is_stable": "oui",
        "is_intermediate": "non",
        "is_in_region": "oui",
        "continues_studies": "non",
    },
}

READ_ME = (
    "Remplir la feuille « Saisie » à partir de la ligne 3. La ligne 2 est un exemple fictif : elle porte EXEMPLE à la "
    "place d'un identifiant et n'est jamais lue ; elle peut rester.",
    "Ne pas changer les en-têtes, ne pas ajouter de colonne, ne pas fusionner de cellules. Une ligne vide est passée.",
    "N'écrire nulle part un nom, un prénom, une date de naissance, une adresse ou un courriel : un fichier qui porte "
    "une colonne inconnue est refusé en entier.",
    "Chaque ligne a un INE ou un numéro d'étudiant. L'identifiant est remplacé par un jeton pendant la lecture ; le "
    "fichier lui-même n'est jamais recopié.",
    "Rendre le classeur à la personne qui tient l'observatoire ; elle le fait lire par :",
)

ONLY_INE = (
    "Chaque ligne a un INE. L'identifiant est remplacé par un jeton pendant la lecture ; le fichier lui-même n'est "
    "jamais recopié."
)


def rule(kind: str, required: bool, bounds: tuple[int, int] | None, is_listed: bool, shape: str | None) -> str:
    """Return the rule of a cell as a sentence or two."""
    if is_listed:
        said = "Une valeur de la liste."
    elif kind == "date":
        said = "Une date, comme 31/01/2024."
    elif kind in ("year", "whole"):
        said = "Un nombre entier."
    elif kind == "number":
        said = "Un nombre, décimales comprises."
    else:
        said = "Code Insee à cinq caractères, non le code postal." if shape else "Un texte."
    if bounds and not is_listed:
        said += f" {'Année de' if kind == 'date' else 'De'} {bounds[0]} à {bounds[1]}."
    return f"{'Obligatoire.' if required else 'Peut rester vide.'} {said}"


IDENTIFIER_RULE = "Un texte. Sans espace ni ponctuation ; garder les zéros de tête."

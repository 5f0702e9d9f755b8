"""What a check says, in French and in English: the rule in words, then what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.check.outcome import Finding
from pipelines.check.suites import SQL, Expectation
from pipelines.check.values import listed, told

Both = tuple[str, str]


def message_of(item: Expectation, arguments: Mapping[str, Any], finding: Finding) -> Both:
    """Return one sentence or two in each language; they name values, never a person's."""
    fr, en = rule_of(item, arguments)
    found_fr, found_en = found(finding)
    return f"{fr} {found_fr}", f"{en} {found_en}"


def rule_of(item: Expectation, arguments: Mapping[str, Any]) -> Both:
    """Return the rule as a sentence. For SQL the reason given by the steward is the rule."""
    if item.type == SQL:
        return item.why.fr, item.why.en
    column = ", ".join(item.columns)
    mostly = arguments.get("mostly")
    share = (
        ("", "")
        if mostly is None
        else (f" (au moins {_percent(mostly)} % des lignes)", f" (at least {_percent(mostly)} % of rows)")
    )
    sentence = _sentence(item.type, column, arguments)
    if sentence is None:
        given = ", ".join(f"{key} {value}" for key, value in arguments.items() if not key.startswith("column"))
        where = f"{column} : " if column else ""
        return f"{where}{item.type}{share[0]} ({given}).", f"{where.replace(' :', ':')}{item.type}{share[1]} ({given})."
    return f"{sentence[0]}{share[0]}.", f"{sentence[1]}{share[1]}."


def _sentence(kind: str, column: str, arguments: Mapping[str, Any]) -> Both | None:
    between = _bounds(arguments)
    values = arguments.get("value_set")
    codes = (listed(values, "fr"), listed(values, "en")) if isinstance(values, list) else ("", "")
    match kind:
        case "expect_table_columns_to_match_set":
            return "Les colonnes sont exactement celles attendues", "The columns are exactly those expected"
        case "expect_table_row_count_to_be_between":
            return f"Le nombre de lignes est {between[0]}", f"The number of rows is {between[1]}"
        case "expect_column_values_to_not_be_null":
            return f"{column} est toujours rempli", f"{column} is always filled"
        case "expect_column_values_to_be_unique":
            return f"{column} nomme une seule ligne", f"{column} names one row only"
        case "expect_compound_columns_to_be_unique":
            return f"{column} nomment ensemble une seule ligne", f"{column} together name one row only"
        case "expect_column_values_to_be_in_set":
            return f"{column} prend ses valeurs parmi {codes[0]}", f"{column} takes its values among {codes[1]}"
        case "expect_column_distinct_values_to_contain_set":
            return f"{column} contient au moins {codes[0]}", f"{column} holds at least {codes[1]}"
        case "expect_column_distinct_values_to_equal_set":
            return f"{column} contient exactement {codes[0]}", f"{column} holds exactly {codes[1]}"
        case "expect_column_values_to_be_between":
            return f"{column} est {between[0]}", f"{column} is {between[1]}"
        case "expect_column_max_to_be_between":
            return f"Le maximum de {column} est {between[0]}", f"The maximum of {column} is {between[1]}"
        case "expect_column_min_to_be_between":
            return f"Le minimum de {column} est {between[0]}", f"The minimum of {column} is {between[1]}"
        case "expect_column_sum_to_be_between":
            return f"La somme de {column} est {between[0]}", f"The sum of {column} is {between[1]}"
        case "expect_column_mean_to_be_between":
            return f"La moyenne de {column} est {between[0]}", f"The mean of {column} is {between[1]}"
        case "expect_column_proportion_of_non_null_values_to_be_between":
            return f"La part remplie de {column} est {between[0]}", f"The filled share of {column} is {between[1]}"
        case "expect_column_unique_value_count_to_be_between":
            return (
                f"Le nombre de valeurs de {column} est {between[0]}",
                f"The number of values of {column} is {between[1]}",
            )
        case "expect_column_values_to_match_regex":
            form = arguments.get("regex")
            return f"{column} a la forme {form}", f"{column} has the form {form}"
        case "expect_column_pair_values_a_to_be_greater_than_b":
            equal = bool(arguments.get("or_equal"))
            first, second = str(arguments.get("column_A")), str(arguments.get("column_B"))
            return (
                f"{first} {'n’est pas inférieur' if equal else 'est supérieur'} à {second}",
                f"{first} is {'not less' if equal else 'greater'} than {second}",
            )
        case "expect_multicolumn_sum_to_equal":
            total = arguments.get("sum_total")
            return f"La somme de {column} vaut {told(total, 'fr')}", f"The sum of {column} is {told(total, 'en')}"
    return None


def found(finding: Finding) -> Both:
    """Return what was found, as a sentence."""
    if finding.outcome == "error":
        return f"Pas de réponse : {finding.reason[0]}.", f"No answer: {finding.reason[1]}."
    n, seen = finding.unexpected, finding.seen
    if finding.outcome == "pass" and not n:
        many = "" if seen == 1 else "s"
        return f"Vérifié sur {_number(seen, 'fr')} ligne{many}.", f"Checked on {_number(seen, 'en')} row{many}."
    if isinstance(finding.observed, dict):  # columns: {"missing": […], "unexpected": […]}
        lacks, extra = finding.observed.get("missing") or [], finding.observed.get("unexpected") or []
        fr = [f"manque {', '.join(lacks)}"] * bool(lacks) + [f"en trop {', '.join(extra)}"] * bool(extra)
        en = [f"missing {', '.join(lacks)}"] * bool(lacks) + [f"in excess {', '.join(extra)}"] * bool(extra)
        return f"Constaté : {' ; '.join(fr)}.", f"Found: {'; '.join(en)}."
    if isinstance(finding.observed, list):  # code lists
        return f"Manque : {listed(finding.observed, 'fr')}.", f"Missing: {listed(finding.observed, 'en')}."
    if not n:
        return f"Constaté : {told(finding.observed, 'fr')}.", f"Found: {told(finding.observed, 'en')}."
    shown = finding.examples
    like = (f", par exemple {listed(shown, 'fr')}", f", for example {listed(shown, 'en')}") if shown else ("", "")
    allowed = (" (toléré)", " (tolerated)") if finding.outcome == "pass" else ("", "")
    aside = (
        (" Mises en quarantaine, hors des calculs.", " Put in quarantine, left out.")
        if finding.quarantined
        else ("", "")
    )
    return (
        f"Constaté : {_number(n, 'fr')} sur {_number(seen, 'fr')} hors règle{allowed[0]}{like[0]}.{aside[0]}",
        f"Found: {_number(n, 'en')} of {_number(seen, 'en')} break the rule{allowed[1]}{like[1]}.{aside[1]}",
    )


def _bounds(arguments: Mapping[str, Any]) -> Both:
    low, high = arguments.get("min_value"), arguments.get("max_value")
    if low is not None and high is not None:
        if low == high:
            return told(low, "fr"), told(low, "en")
        return f"entre {told(low, 'fr')} et {told(high, 'fr')}", f"between {told(low, 'en')} and {told(high, 'en')}"
    if low is not None:
        return f"d'au moins {told(low, 'fr')}", f"at least {told(low, 'en')}"
    return f"d'au plus {told(high, 'fr')}", f"at most {told(high, 'en')}"


def _percent(share: float) -> str:
    return f"{100 * share:g}"


def _number(value: int, lang: str) -> str:
    """Thousands apart: a narrow no-break space in French, a comma in English."""
    return f"{value:,}".replace(",", "\u202f" if lang == "fr" else ",")

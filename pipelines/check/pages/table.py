"""The page of one table: what did not pass, every check with its figures and its reason, what was left, its history."""

from __future__ import annotations

from html import escape

from pipelines.check.families import LABELS
from pipelines.check.history import key_of
from pipelines.check.outcome import Check
from pipelines.check.pages.frame import outcome, page, slug, table
from pipelines.check.pages.index import runs
from pipelines.check.pages.told import Told, number, outcome_of

SEVERITIES = {
    "critical": ("critique", "critical"),
    "warning": ("avertissement", "warning"),
    "info": ("information", "information"),
}


def table_page(told: Told, name: str) -> str:
    """Return the page of a table."""
    say = told.say
    checks = told.checks.get(name, [])
    body = [_facts(told, name)]
    open_checks = [check for check in checks if check.outcome != "pass"]
    if open_checks:
        body.append(f"<h2>{say('Ce qui n’a pas réussi', 'What did not pass')}</h2>")
        body += [_open(told, check) for check in open_checks]
    if checks:
        body += [f"<h2>{say('Tous les contrôles', 'All checks')}</h2>", _all(told, checks)]
    if name in told.left:
        body.append(f"<h2>{say('Ce qui n’a pas été vérifié', 'What was not checked')}</h2>")
        heading = [say("Contrôle", "Check"), say("Pourquoi", "Why")]
        rows = [[f"<code>{escape(row['id'])}</code>", escape(told.text(row["reason"]))] for row in told.left[name]]
        body.append(table(told, say("Laissé à bon droit", "Rightly left"), heading, rows))
    body += [f"<h2>{say('D’une exécution à l’autre', 'From run to run')}</h2>", runs(told, told.history, name)]
    return page(told, slug(name), name, body)


def _facts(told: Told, name: str) -> str:
    suite = told.suites.get(name)
    count = told.rows.get(name)
    facts = [(told.say("Lignes", "Rows"), "–" if count is None else told.count(count, name))]
    if suite is not None:
        facts.append((told.say("Une ligne par", "One row per"), f"<code>{escape(', '.join(suite.grain))}</code>"))
        if suite.owner:
            facts.append((told.say("Responsable", "Steward"), escape(suite.owner)))
        file = f"expectations/{suite.layer}/{name}.yml"
        facts.append((told.say("Suite", "Suite"), f"<code>{escape(file)}</code>"))
        if suite.confidential:
            said = told.say(
                "Table faite de registres : ni exemple, ni valeur, ni petit effectif.",
                "A table made of registers: no example, no value, no small count.",
            )
            facts.append((told.say("Confidentialité", "Confidentiality"), said))
    return f'<dl class="facts">{"".join(f"<dt>{term}</dt><dd>{value}</dd>" for term, value in facts)}</dl>'


def _open(told: Told, check: Check) -> str:
    state = outcome_of(check)
    facts = [
        (told.say("Constat", "Found"), escape(_bare(told.found(check)))),
        *(
            [(told.say("Pourquoi ce contrôle", "Why this check"), escape(told.text(check.why)))]
            if told.text(check.why) != told.rule(check)
            else []
        ),
        (told.say("Que faire", "What to do"), escape(told.text(check.mend))),
        (told.say("Responsable", "Owner"), escape(check.owner)),
        (told.say("Depuis", "Since"), _since(told, check)),
    ]
    if check.waiver is not None:
        said = told.say(
            f"{check.waiver['waived_by']}, jusqu'au {_day(told, check.waiver['until'])} : ",
            f"{check.waiver['waived_by']}, until {_day(told, check.waiver['until'])}: ",
        )
        facts.append((told.say("Dérogation", "Waiver"), escape(said + told.text(check.waiver["why"]))))
    listed = "".join(f"<dt>{term}</dt><dd>{value}</dd>" for term, value in facts)
    return (
        f'<section class="open-check open-{state}" aria-labelledby="open-{check.id}-{slug(str(check.observed))[:12]}">'
        f'<h3 id="open-{check.id}-{slug(str(check.observed))[:12]}">{escape(check.id)} {outcome(told, state)}</h3>'
        f"<p>{escape(told.rule(check))}</p><dl>{listed}</dl></section>"
    )


def _all(told: Told, checks: list[Check]) -> str:
    heading = [
        told.say("Contrôle", "Check"),
        told.say("Résultat", "Outcome"),
        told.say("Ce qui est attendu", "What is expected"),
        told.say("Lignes vues", "Rows seen"),
        told.say("Hors règle", "Break it"),
    ]
    rows = []
    for check in checks:
        family = LABELS[check.family][told.lang == "en"]
        severity = SEVERITIES[check.severity][told.lang == "en"]
        rows.append(
            [
                f'<code>{escape(check.id)}</code><br><span class="source-note">{escape(family)}, {severity}</span>',
                outcome(told, outcome_of(check)),
                escape(told.rule(check)) + _more(told, check),
                told.count(check.seen, check.table),
                told.broken(check),
            ]
        )
    caption = told.say(
        f"{number(len(checks), told.lang)} contrôles, dans l'ordre de la suite",
        f"{number(len(checks), told.lang)} checks, in the order of the suite",
    )
    return table(told, caption, heading, rows, right=(3, 4))


def _more(told: Told, check: Check) -> str:
    why = told.text(check.why)
    lines = [] if why == told.rule(check) else [f"<p>{escape(why)}</p>"]
    lines.append(f"<p>{told.say('Constat', 'Found')} : {escape(_bare(told.found(check)))}</p>")
    lines.append(f"<p>{told.say('Que faire', 'What to do')} : {escape(told.text(check.mend))}</p>")
    written = told.say("Écrit le", "Written on")
    lines.append(f"<p>{escape(check.owner)}. {written} {_day(told, check.since)}.</p>")
    text = "".join(lines) if told.lang == "fr" else "".join(lines).replace(" : ", ": ")
    summary = told.say("Pourquoi, et que faire", "Why, and what to do")
    return f"<details><summary>{summary}</summary>{text}</details>"


def _bare(found: str) -> str:
    """Return what was found without the word that says that it was: the heading says it."""
    text = found.removeprefix("Constaté : ").removeprefix("Found: ")
    return text[:1].upper() + text[1:]


def _since(told: Told, check: Check) -> str:
    opened = told.opened.get(key_of(check))
    if opened is None:
        return "–"
    day = _day(told, opened.day.isoformat())
    return told.say(f"{day}, édition {opened.edition}", f"{day}, edition {opened.edition}")


def _day(told: Told, iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{day}/{month}/{year}" if told.lang == "fr" else iso

"""The first page: how many checks, what waits for a steward, every table with its state, the runs before this one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from pipelines.check.agenda import WORDS, Line
from pipelines.check.families import FAMILIES, LABELS
from pipelines.check.history import Run
from pipelines.check.outcome import Check
from pipelines.check.pages.frame import link, outcome, page, table
from pipelines.check.pages.told import Outcome, Told, number, outcome_of

_SHAPES: dict[str, Outcome] = {
    "blocks": "blocks",
    "no_answer": "error",
    "to_mend": "fail",
    "waits": "left",
    "waived": "waived",
    "noted": "left",
}
"""State of a line of the list → the outcome whose shape it bears."""

_WORST: tuple[Outcome, ...] = ("blocks", "error", "fail", "waived", "pass", "left")


def index_page(told: Told) -> str:
    """Return `index.html`."""
    say = told.say
    body = [
        f'<p class="page-intro">{_intro(told)}</p>',
        _figures(told),
        f"<h2>{say('Ce qui attend quelqu’un', 'What waits for somebody')}</h2>",
        f"<p>{_about_list(told)}</p>",
        _list(told),
        f"<h2>{say('Ce que les contrôles cherchent', 'What the checks look for')}</h2>",
        _families(told),
    ]
    for prefix, title in (("stg_", say("Tables des sources", "Tables of the sources")), ("mart_", "Marts")):
        names = [name for name in told.tables if name.startswith(prefix)]
        if names:
            body += [f"<h2>{title}</h2>", _tables(told, names, title)]
    body += [f"<h2>{say('D’une exécution à l’autre', 'From run to run')}</h2>", runs(told, told.history)]
    return page(told, "index", say("Contrôles de qualité", "Quality checks"), body)


def runs(told: Told, history: Sequence[Run], of: str | None = None) -> str:
    """Return the runs that gave something new, the latest first; of one table when `of` is given."""
    rows = []
    for run in reversed(history):
        if of is None:
            counts = (run.checks, run.passed, run.failed, run.waived, run.unanswered)
        elif of in run.tables:
            passed, failed, waived, unanswered = run.tables[of]
            counts = (passed + failed + unanswered, passed, failed, waived, unanswered)
        else:
            continue
        day = f"{run.day:%d/%m/%Y}" if told.lang == "fr" else run.day.isoformat()
        mark = told.say(" (arrêtée)", " (stopped)") if run.stopped else ""
        rows.append([f"{run.run}{mark}", day, *(number(count, told.lang) for count in counts)])
    caption = told.say(
        "Exécutions de cette édition dont les résultats diffèrent de la précédente",
        "Runs of this edition whose results differ from the run before",
    )
    heading = [told.say("Exécution", "Run"), told.say("Jour", "Day"), *_counted(told)]
    return table(told, caption, heading, rows, right=range(2, 7))


def _counted(told: Told) -> list[str]:
    return [
        told.say("Contrôles", "Checks"),
        told.say("Réussis", "Passed"),
        told.say("Échoués", "Failed"),
        told.say("dont dérogations", "of them waived"),
        told.say("Sans réponse", "No answer"),
    ]


def _intro(told: Told) -> str:
    checks = [check for found in told.checks.values() for check in found]
    blocking = sum(check.stops for check in checks)
    if told.stopped:
        return told.say(
            "La production s'est arrêtée aux tables des sources : rien n'a été publié, et les marts n'ont pas été "
            "vérifiés. Ce qui bloque vient en premier.",
            "The run has stopped at the tables of the sources: nothing was published, and marts were not checked. "
            "What blocks comes first.",
        )
    if blocking:
        return told.say(
            "Des contrôles critiques ont échoué : rien n'a été publié. Ce qui bloque vient en premier.",
            "Critical checks have failed: nothing was published. What blocks comes first.",
        )
    return told.say(
        "Aucun contrôle critique n'a échoué : l'édition peut être publiée. Le reste attend le responsable de la "
        "source.",
        "No critical check has failed: the edition may be published. The rest waits for the steward of the source.",
    )


def _figures(told: Told) -> str:
    checks = [check for found in told.checks.values() for check in found]
    counts = Counter(outcome_of(check) for check in checks)
    left = sum(map(len, told.left.values()))
    figures = [
        (len(checks), told.say("contrôles joués", "checks run"), ""),
        (counts["pass"], outcome(told, "pass"), ""),
        (
            counts["fail"] + counts["blocks"] + counts["waived"],
            outcome(told, "fail"),
            told.say(
                f"dont {counts['blocks']} qui bloquent et {counts['waived']} sous dérogation",
                f"of them {counts['blocks']} that block and {counts['waived']} waived",
            ),
        ),
        (counts["error"], outcome(told, "error"), ""),
        (left, outcome(told, "left"), told.say("à bon droit, la raison est dite", "rightly, the reason is told")),
    ]
    tiles = "".join(
        f'<div class="kpi"><p><span class="kpi-value">{number(value, told.lang)}</span>'
        f'<span class="kpi-label">{label}</span>{f"<span class=kpi-note>{note}</span>" if note else ""}</p></div>'
        for value, label, note in figures
    )
    return f'<div class="kpi-grid">{tiles}</div>'


def _about_list(told: Told) -> str:
    return told.say(
        "Une ligne par problème, ce qui bloque d'abord. La même liste, avec ses filtres et ses effectifs exacts, est "
        "dans <code>data/quality/liste.xlsx</code> ; dans le terminal, <code>observatoire check --list</code>.",
        "One line a problem, what blocks first. The same list, with its filters and its exact counts, is in "
        "<code>data/quality/liste.xlsx</code>; in the terminal, <code>observatoire check --list</code>.",
    )


def _list(told: Told) -> str:
    heading = [
        told.say("Où", "Where"),
        told.say("État", "State"),
        told.say("Constat", "Found"),
        told.say("Depuis", "Since"),
        told.say("Qui", "Who"),
        told.say("Que faire", "What to do"),
    ]
    rows = [
        [
            _where(told, line),
            f'<span class="status outcome-{_SHAPES[line.state]}">{WORDS[line.state][told.lang == "en"]}</span>',
            escape(told.found_in(line)) + _waived(told, line),
            _since(told, line),
            escape(line.who),
            escape(line.how.in_(told.lang)),
        ]
        for line in told.lines
    ]
    return table(told, told.say("La liste du responsable", "The steward's list"), heading, rows, stacks=True)


def _where(told: Told, line: Line) -> str:
    name = link(line.table) if line.table in told.checks else f"<code>{escape(line.table)}</code>"
    return " ".join(part for part in (name, escape(line.check), escape(line.years)) if part)


def _waived(told: Told, line: Line) -> str:
    if line.waived_by is None or line.until is None:
        return ""
    said = told.say(
        f"Dérogation de {line.waived_by}, jusqu'au {line.until:%d/%m/%Y}.",
        f"Waived by {line.waived_by} until {line.until.isoformat()}.",
    )
    return f" {escape(said)}"


def _since(told: Told, line: Line) -> str:
    if line.since is None:
        return "–"
    day = f"{line.since:%d/%m/%Y}" if told.lang == "fr" else line.since.isoformat()
    return told.say(f"{day}, édition {line.since_edition}", f"{day}, edition {line.since_edition}")


def _families(told: Told) -> str:
    found: dict[str, list[Check]] = {}
    for checks in told.checks.values():
        for check in checks:
            found.setdefault(check.family, []).append(check)
    rows = [
        [LABELS[family][told.lang == "en"].capitalize(), *_counts(told, found[family])]
        for family in FAMILIES
        if family in found
    ]
    caption = told.say("Les contrôles par famille", "Checks by family")
    return table(told, caption, [told.say("Famille", "Family"), *_counted(told)], rows, right=range(1, 6))


def _tables(told: Told, names: Sequence[str], title: str) -> str:
    heading = ["Table", told.say("État", "State"), told.say("Lignes", "Rows"), *_counted(told)]
    rows = []
    for name in names:
        checks = told.checks.get(name, [])
        states = {outcome_of(check) for check in checks} or {"left"}
        worst = next(state for state in _WORST if state in states)
        count = told.rows.get(name)
        rows.append(
            [
                link(name),
                outcome(told, worst),
                "–" if count is None else told.count(count, name),
                *_counts(told, checks),
            ]
        )
    return table(told, title, heading, rows, right=range(2, 8))


def _counts(told: Told, checks: Sequence[Check]) -> list[str]:
    counts = (
        len(checks),
        sum(check.outcome == "pass" for check in checks),
        sum(check.outcome == "fail" for check in checks),
        sum(check.waived for check in checks),
        sum(check.outcome == "error" for check in checks),
    )
    return [number(count, told.lang) for count in counts]

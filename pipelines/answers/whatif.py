"""What `observatoire targets ID --assume … --deadline … --level …` prints: from published values, never written."""

from __future__ import annotations

import json
import re
from typing import Any

import polars as pl

from pipelines.kernel.flags import Flag
from pipelines.kernel.indicators import read_indicators
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.reference import read_reference
from pipelines.kernel.store import read_protected, table_path
from pipelines.kernel.targets import Target, read_targets
from pipelines.targets.family import Family
from pipelines.targets.reading import series_of
from pipelines.targets.what_if import Answer, Question, ask, supposed

ASSUMPTION = re.compile(r"^growth\s*=\s*([+-]?\d+(?:[.,]\d+)?)\s*(%?)$")
FORMS = ("ratio", "level", "count", "share")
"""Forms of a target whose goal is one figure of a series: what can be asked of them."""


def question_of(assume: str | None, deadline: int | None, level: float | None) -> Question:
    """Return the question of the options. Raises `BadInput` on an assumption of another form than `growth=12%`."""
    growth = None
    if assume is not None:
        found = ASSUMPTION.match(assume)
        if found is None:
            mend = 'Write it as --assume "growth=12%" (or growth=0.12): growth a year from the latest value on.'
            raise BadInput(Problem("--assume", "An assumption is a growth a year", mend, value=assume))
        growth = float(found[1].replace(",", ".")) / (100 if found[2] else 1)
        if not found[2] and abs(growth) >= 1:
            mend = f"Write growth={found[1]}% for so many per cent."
            raise BadInput(Problem("--assume", "A growth of one and more a year needs its sign %", mend, value=assume))
        if growth <= -1:
            raise BadInput(Problem("--assume", "A growth is above -100 % a year", "Use a larger one.", value=assume))
    return Question(growth, deadline, level)


def what_if(project: Project, target_id: str, scope: str | None, question: Question, *, as_json: bool) -> str:
    """Return the answer for one target in one scope (its own by default), from the published values.

    Raises `BadInput` when nothing was published, the target or the scope is unknown, or the question cannot be asked
    of this form of target.
    """
    edition = project.settings().edition
    target = _target(project, target_id, edition)
    if target.form not in FORMS or (question.growth is not None and target.form == "share"):
        mend = "Ask it of a target that is one figure of a series, as MOB-X2; a growth, of one that is no share."
        raise BadInput(Problem("the command", "This question cannot be asked of this form of target", mend,
                               value=f"{target_id} ({target.form})"))  # fmt: skip
    if target.base is not None and question.deadline is not None and question.deadline <= target.base.year:
        raise BadInput(
            Problem("--deadline", "A deadline comes after the base year", f"Use a year after {target.base.year}.",
                    value=str(question.deadline))
        )  # fmt: skip
    family, hidden = _family(project, target)
    members = {family.whole.scope_code: family.whole, **family.open}
    wanted = scope or family.whole.scope_code
    if wanted in hidden:
        mend = "Ask it of the region, or of a site whose values are all public."
        raise BadInput(Problem("--scope", "A value of this scope is confidential", mend, value=wanted))
    if wanted not in members:
        raise BadInput(
            Problem("--scope", "No value was published for this scope", f"Use one of: {', '.join(members)}.",
                    value=wanted)
        )  # fmt: skip
    answer = ask(target, family, members[wanted], edition, question)
    contract = supposed(target, question)
    if as_json:
        return json.dumps(_as_dict(contract, wanted, question, answer), ensure_ascii=False, indent=1, sort_keys=True)
    return "\n".join(_lines(contract, wanted, question, answer))


def _target(project: Project, target_id: str, edition: int) -> Target:
    targets = {target.id: target for target in read_targets(project, edition)}
    if target_id not in targets:
        raise BadInput(
            Problem("the command", "No target has this name", f"Use one of: {', '.join(targets)}.", value=target_id)
        )
    return targets[target_id]


def _family(project: Project, target: Target) -> tuple[Family, set[str]]:
    path = table_path(project, "pub_values")
    if not path.exists():
        raise BadInput(Problem(project.shown(path), "Nothing was published yet", "Run `observatoire run`."))
    values = read_protected(project, "pub_values").filter(pl.col("indicator_code") == target.indicator)
    hidden = set(values.filter(pl.col("flag") == Flag.CONFIDENTIAL.value)["scope_code"].to_list())
    reference, indicator = read_reference(project), read_indicators(project)[target.indicator]
    perimeter = target.perimeter
    whole = series_of(indicator, perimeter.scope_level, perimeter.scope_code, values, reference)
    sites = list(reference.sites) if perimeter.by_site else []
    parts = {site: series_of(indicator, "site", site, values, reference) for site in sites}
    return Family(whole, parts, hidden), hidden


def _as_dict(target: Target, scope: str, question: Question, answer: Answer) -> dict[str, Any]:
    outcome = answer.outcome
    last = max(outcome.series.values, default=None)
    return {
        "target_id": target.id,
        "scope_code": scope,
        "assumed_growth": question.growth,
        "deadline_year": target.deadline,
        "target_value": outcome.aim.goal if outcome.aim else None,
        "last_year": last,
        "last_value": outcome.series.values[last] if last is not None else None,
        "origin": outcome.series.origin,
        "pace_needed": outcome.pace_needed,
        "pace_observed": outcome.pace_observed,
        "probability": outcome.probability,
        "no_probability": outcome.no_probability.en if outcome.no_probability else None,
        "interval_80": outcome.at_deadline.get(80),
        "assumed_probability": answer.assumed_probability,
        "assumed_interval_80": answer.assumed_interval,
        "assumed_reached_year": answer.reached_in,
    }


def _lines(target: Target, scope: str, question: Question, answer: Answer) -> list[str]:
    told = _as_dict(target, scope, question, answer)
    asked = [f"deadline {question.deadline}"] if question.deadline is not None else []
    asked += [f"level {question.level:g}"] if question.level is not None else []
    asked += [f"growth {question.growth:+.1%} a year"] if question.growth is not None else []
    lines = [f"{target.id} ({scope}), what if: {', '.join(asked)}"]
    if told["last_value"] is None or told["target_value"] is None:
        reason = answer.outcome.reason
        return [*lines, reason.en if reason else "Nothing is known of it."]
    simulated = ", simulated" if told["origin"] == "simulated" else ""
    lines.append(
        f"{told['last_value']:g} in {told['last_year']}{simulated}; target {told['target_value']:g}"
        + (f" by {told['deadline_year']}" if told["deadline_year"] else "")
    )
    if told["pace_needed"] is not None:
        seen = (
            "" if told["pace_observed"] is None else f"; observed since the base {_pace(target, told['pace_observed'])}"
        )
        lines.append(f"Pace needed from now on {_pace(target, told['pace_needed'])}{seen}")
    if told["probability"] is None:
        lines.append(told["no_probability"] or "No probability.")
        if told["deadline_year"] and told["deadline_year"] <= told["last_year"]:
            lines.append("Ask it of a later year: --deadline YEAR.")
    else:
        low, high = told["interval_80"]
        lines.append(
            f"If the coming years resemble the past: probability {told['probability']:.0%}, "
            f"four chances in five between {low:g} and {high:g}"
        )
    if told["assumed_probability"] is not None:
        low, high = told["assumed_interval_80"]
        lines.append(
            f"If it grows by {question.growth:+.1%} a year, no surer than the past: probability "
            f"{told['assumed_probability']:.0%}, four chances in five between {low:.4g} and {high:.4g}"
        )
        reached = told["assumed_reached_year"]
        lines.append(
            f"At that pace the target is reached in {reached}." if reached else "At that pace it is never reached."
        )
    lines.append("Computed on the published values; nothing was written.")
    return lines


def _pace(target: Target, pace: float) -> str:
    return f"{pace:+.1%} a year" if target.path == "geometric" else f"{pace:+.4g} a year"

"""What `observatoire audit` prints: what was attacked, what was found, what an attacker could say at worst."""

from __future__ import annotations

import json

from pipelines.audit.stage import at_worst, attack, content
from pipelines.kernel.project import Project


def audit_answer(project: Project, *, as_json: bool) -> tuple[list[str], int]:
    """Attack the public tables as they stand; return the lines to print and how many leaks there are."""
    result = attack(project)
    said = content(project, result)
    worst = at_worst(result.laid)
    if as_json:
        text = json.dumps(
            {**said, "at_worst": worst, "seconds": round(result.seconds, 1)}, ensure_ascii=False, indent=1
        )
        return [text], len(result.findings)
    lines = [finding.line() for finding in result.findings]
    lines.append(
        f"{said['attacked_count']} hidden cells attacked through {said['relations_count']} relations, "
        f"{said['small_count']} of them about too few people; {len(result.findings)} leak."
    )
    if said["bounded_by_insiders_count"]:
        lines.append(
            f"{said['bounded_by_insiders_count']} cells can be proved to be under the threshold by somebody who is "
            "alone in another cell and knows it; none of them can be computed."
        )
    if result.editions:
        lines.append(f"With what was published before: {', '.join(result.editions)}.")
    lines.append("What an attacker could say at worst of a small cell, by how many whole numbers the interval spans:")
    lines += [
        f"  {row['table']:<34} {row['small_count']:>5} small cells, narrowest {_said(row['narrowest'])}, "
        f"median {_said(row['median'])}, widest {_said(row['widest'])}"
        for row in worst
    ]
    return lines, len(result.findings)


def _said(width: object) -> str:
    return "no bound" if width is None else str(width)

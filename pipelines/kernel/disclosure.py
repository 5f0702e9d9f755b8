"""The disclosure policy, `data/reference/disclosure.yml`: from how many persons on a count may be shown, and why.

Policy is data: the agreement of each register decides, the code only follows. A source that the file does not name
falls under the default rule, so a new register is never public by omission.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.kernel.catalogue import Bilingual
from pipelines.kernel.declared import read_declared
from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.register_forms import FORMS
from pipelines.kernel.validation import said
from pipelines.kernel.yaml_files import row_of

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Rule(BaseModel):
    """How the counts of one source are shown.

    `threshold`: counts from 1 to `threshold - 1` are hidden. `producer`: the figures are public already, as their
    producer chose to publish them, and nothing more is hidden.
    """

    model_config = _STRICT

    rule: Literal["threshold", "producer"]
    threshold: int = Field(default=0, ge=0)
    why: Bilingual

    @model_validator(mode="after")
    def _says_how_many(self) -> Self:
        if self.rule == "producer" and self.threshold:
            raise ValueError("the producer's rule has no threshold of ours")
        if self.rule == "threshold" and self.threshold < 2:
            raise ValueError("a threshold is 2 or more: below, it would hide nothing")
        return self


class Policy(BaseModel):
    """The whole policy.

    `mode`: `suppression` hides small cells, and as many others as it takes for sums not to give them back;
    `controlled_rounding` shows every count of a register as a multiple of `rounding_base`, so that sums hold, and hides
    weighted rates and targets. `limits` is to be written for the mode. A published edition settles mode and base.
    """

    model_config = _STRICT

    mode: Literal["suppression", "controlled_rounding"]
    search_rounds: int = Field(default=0, ge=0, le=100, description="Of suppression: how long to look for the optimum.")
    rounding_base: Literal[3, 5] = Field(default=5, description="Of controlled rounding alone.")
    sensitive: dict[str, Bilingual] = Field(
        default_factory=dict, description="Populations whose zeros and wholes are protected too, and why."
    )
    symbol: Literal["c"] = Field(description="One symbol for every hidden cell: a second one would tell why.")
    limits: Bilingual = Field(description="What this mode does not prevent, said to the reader.")
    default: Rule
    sources: dict[str, Rule]

    def threshold(self, source_ids: Iterable[str]) -> int:
        """Return the threshold of a figure drawn from these sources: the strictest; the default when none is named."""
        return max(
            (self.sources.get(source, self.default).threshold for source in source_ids), default=self.default.threshold
        )


def read_policy(project: Project) -> Policy:
    """Read the policy. Raises `BadInput` when it cannot be read or breaks its format: then nothing is public."""
    name, content = read_declared(
        project, "disclosure.yml", "The disclosure policy", "; nothing is published without it"
    )
    try:
        policy = Policy.model_validate(content)
    except ValidationError as error:
        more = "pipelines/kernel/disclosure.py explains the keys."
        raise BadInput(
            Problem(
                name,
                f"The policy breaks its format: {said(item)[0]}",
                f"{said(item)[1]} {more}",
                row=row_of(project.reference / "disclosure.yml", *item["loc"]),
                column=".".join(map(str, item["loc"])) or None,
                value=said(item)[2],
            )
            for item in error.errors()
        ) from error
    problems = list(_faults(project, policy, name))
    if problems:
        raise BadInput(problems)
    return policy


def _faults(project: Project, policy: Policy, name: str) -> Iterator[Problem]:
    """Name a rule that would hide nothing of a register, and one that no source would ever follow."""
    known = {path.stem for path in project.sources.glob("*.yml")}
    for source, rule in policy.sources.items():
        if source in FORMS and rule.rule == "producer":
            yield Problem(
                name,
                "A register holds persons: its counts are shown from a threshold on, never as they are",
                "Write `rule: threshold`, with the number of its agreement.",
                column=f"sources.{source}.rule",
                value=rule.rule,
            )
        if known and source not in known:
            yield Problem(
                name,
                "No dataset has this id, so its rule would never be followed",
                f"Use one of {', '.join(sorted(known))}.",
                column="sources",
                value=source,
            )

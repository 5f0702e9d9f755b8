"""The coefficients of the engine: read once from the file that holds them, with what they were fitted on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.targets.engine.network import Committee, Layers
from pipelines.targets.engine.reference import ReferenceTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SHIPPED = Path(__file__).with_name("coefficients.json")

LEAST_OWN = 0.05
"""Weight the members keep at least: the distribution stays one, from 0 to 1."""


@dataclass(frozen=True)
class Stacking:
    """How the parts are put together, by the number n of observed years; every pair (a, b) stands for a + b / n.

    `shares` of the members, cut off at zero and divided by their sum; `own`, the weight of the odds of what the
    members say together; `lent`, the weight of those of the reference class; `shift`, what is added to both, above
    zero where less growth comes than the members say.
    """

    shares: Mapping[str, tuple[float, float]]
    own: tuple[float, float]
    lent: tuple[float, float]
    shift: tuple[float, float] = (0.0, 0.0)

    def shares_of(self, names: Sequence[str], points: Array) -> Array:
        """Return the shares (S, members) of the members called `names` in series of `points` (S,) years."""
        raw = np.stack([_at(self.shares[name], points) for name in names], axis=1)
        return np.asarray(raw / raw.sum(axis=1, keepdims=True))

    def weights(self, points: Array) -> tuple[Array, Array, Array]:
        """Return the weights of the members' and of the reference class's odds, and the shift, each (S,)."""
        shift = self.shift[0] + self.shift[1] / points
        return np.maximum(_at(self.own, points), LEAST_OWN), _at(self.lent, points), shift


def _at(pair: tuple[float, float], points: Array) -> Array:
    return np.maximum(pair[0] + pair[1] / points, 0.0)


@dataclass(frozen=True)
class Coefficients:
    """`about` says what was fitted on what; `committees` by view; `stacking` by kind of series (`size`, `free`)."""

    about: Mapping[str, Any]
    committees: Mapping[str, Committee]
    reference: ReferenceTable
    stacking: Mapping[str, Stacking]


@cache
def shipped() -> Coefficients:
    """Return the coefficients that come with the engine."""
    return read(SHIPPED)


def read(path: Path) -> Coefficients:
    """Read coefficients written by `text_of`."""
    content = json.loads(path.read_text(encoding="utf-8"))
    reference = content["reference"]
    return Coefficients(
        content["about"],
        {view: _committee(one) for view, one in content["committees"].items()},
        ReferenceTable(np.array(reference["growths"]), np.array(reference["counts"], dtype=float)),
        {kind: _stacking(one) for kind, one in content["stacking"].items()},
    )


def text_of(known: Coefficients) -> str:
    """Return coefficients as JSON, five significant digits, one line a row of numbers so that a change can be read."""
    content = {
        "about": dict(known.about),
        "stacking": {
            kind: {
                "shares": {name: _short(pair) for name, pair in one.shares.items()},
                "own": _short(one.own),
                "lent": _short(one.lent),
                "shift": _short(one.shift),
            }
            for kind, one in known.stacking.items()
        },
        "reference": {"growths": _short(known.reference.growths), "counts": _short(known.reference.counts)},
        "committees": {
            view: {
                "means": _short(one.means),
                "deviations": _short(one.deviations),
                "networks": [
                    {"weights": [_short(w) for w in net.weights], "biases": [_short(b) for b in net.biases]}
                    for net in one.networks
                ],
            }
            for view, one in known.committees.items()
        },
    }
    return _rows(content) + "\n"


def _short(numbers: Any) -> Any:
    if np.ndim(numbers):
        return [_short(one) for one in numbers]
    return float(f"{float(numbers):.5g}")


def _rows(content: Any, depth: int = 0) -> str:
    """JSON with lists of numbers on one line and everything else indented."""
    pad, end = " " * (depth + 1), " " * depth
    if isinstance(content, dict):
        inner = ",\n".join(f"{pad}{json.dumps(key)}: {_rows(value, depth + 1)}" for key, value in content.items())
        return f"{{\n{inner}\n{end}}}"
    if isinstance(content, list) and content and isinstance(content[0], (list, dict)):
        inner = ",\n".join(pad + _rows(value, depth + 1) for value in content)
        return f"[\n{inner}\n{end}]"
    return json.dumps(content, ensure_ascii=False)


def _stacking(content: dict[str, Any]) -> Stacking:
    def pair(numbers: list[float]) -> tuple[float, float]:
        return numbers[0], numbers[1]

    shares = {name: pair(one) for name, one in content["shares"].items()}
    return Stacking(shares, pair(content["own"]), pair(content["lent"]), pair(content["shift"]))


def _committee(content: dict[str, Any]) -> Committee:
    networks = []
    for one in content["networks"]:
        weights = tuple(np.array(layer, dtype=float) for layer in one["weights"])
        networks.append(Layers(weights, tuple(np.array(layer, dtype=float) for layer in one["biases"])))
    return Committee(np.array(content["means"]), np.array(content["deviations"]), tuple(networks))

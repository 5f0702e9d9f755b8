"""One year's cells and relations, as they are found: who asks for a cell gets the same one when it counts the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse

from pipelines.kernel.populations import Relation, Value
from pipelines.kernel.problems import BadInput, Problem
from pipelines.protect.counted import FILE, Counted
from pipelines.protect.standing import with_floors
from pipelines.protect.system import Cell, Place, System

Name = tuple[str, frozenset[int]]
"""A cell while the system is built: a population, and the atoms of it that are counted."""


@dataclass
class Draft:
    """A cell in the making."""

    key: str
    value: int
    population: str
    places: list[Place] = field(default_factory=list)
    weight: int = 0
    threshold: int = 0
    persons: bool = True
    sensitive: bool = False
    known: bool = False
    floor: int = 0
    unsure: bool = False
    """Nobody can say that it is none, when it is."""


class Year:
    """The cells of one year, asked for one by one, and the relations between them."""

    def __init__(self, year: int, counted: Mapping[str, Counted], sensitive: Iterable[str] = ()) -> None:
        self.year = year
        self.counted = counted
        self._sensitive = set(sensitive)
        self.drafts: dict[Name, Draft] = {}
        self._rows: list[tuple[dict[str, int], str]] = []
        self._others: dict[str, Draft] = {}
        self._related: set[tuple[int, frozenset[object]]] = set()

    def ask(self, population: str, atoms: frozenset[int], said: str) -> Draft:
        """Return the cell that counts these atoms; `said` names it when it is new."""
        name = (population, atoms)
        if name not in self.drafts:
            self.drafts[name] = Draft(
                f"{self.year} {population} {said}".rstrip(), self.counted[population].total(atoms), population,
                sensitive=population in self._sensitive,
            )  # fmt: skip
        return self.drafts[name]

    def show(
        self, population: str, where: Mapping[str, Value], place: Place, threshold: int, worth: int, floor: int = 0
    ) -> Draft:
        """Return the cell at these coordinates, shown at `place`; `worth` is what its sight is worth to the reader.

        `floor`: what its row says by standing there (see `Cell`).
        """
        atoms = self.counted[population].atoms(where)
        draft = self.ask(population, atoms, _words(where))
        draft.places.append(place)
        draft.weight += worth * (1 + min(len(atoms), 40))
        draft.threshold = max(draft.threshold, threshold)
        draft.floor = max(draft.floor, floor)
        return draft

    def other(self, key: str, value: int, *, threshold: int = 0, persons: bool = False, known: bool = False) -> Draft:
        """Return a latent cell that is no sum of atoms: a rest, or a figure computed otherwise."""
        if key not in self._others:
            self._others[key] = Draft(key, value, "", threshold=threshold, persons=persons, known=known)
        return self._others[key]

    def state(self, signs: Mapping[str, int], words: str) -> None:
        """Note that the signed sum of these cells (by key) is zero."""
        self._rows.append((dict(signs), words))

    def relate(self, relation: Relation, number: int) -> bool:
        """State a relation wherever a part is counted (or the whole, when there is no rest); say whether any is new."""
        of = [self.counted.get(code) for code in (relation.whole, *relation.parts)]
        if any(one is None for one in of):
            return False
        whole, *parts = [one for one in of if one is not None]
        names = tuple(name for name in parts[0].dims if all(name in one.dims for one in (whole, *parts)))
        wholes, found = whole.groups(names), [part.groups(names) for part in parts]
        triggers = {*relation.parts, *((relation.whole,) if relation.rest == "none" else ())}
        new = False
        for population, atoms in [name for name in self.drafts if name[0] in triggers]:
            where = self.counted[population].made_of(names, atoms)
            if not where:
                continue  # this cell is finer than what the relation speaks of
            if (number, where) in self._related:
                continue
            self._related.add((number, where))
            said = self.drafts[population, atoms].key.split(" ", 2)[2:]
            self._state_one(relation, [wholes, *found], where, said[0] if said else "")
            new = True
        return new

    def _state_one(
        self,
        relation: Relation,
        found: list[dict[tuple[Value, ...], frozenset[int]]],
        where: frozenset[object],
        at: str,
    ) -> None:
        cells = []
        for code, groups in zip((relation.whole, *relation.parts), found, strict=True):
            atoms = frozenset(number for key in where for number in groups.get(key, ()))  # type: ignore[call-overload]
            cells.append(self.ask(code, atoms, at))
        whole, *parts = cells
        self.rest(whole, parts, relation.rest)

    def rest(self, whole: Draft, parts: list[Draft], kind: str) -> None:
        """State that the whole is its parts and a rest, which is a cell of its own unless `kind` is `none`.

        Where the numbers break what is merely `supposed`, nothing is stated.
        """
        value = whole.value - sum(part.value for part in parts)
        if kind == "supposed" and value < 0:
            return
        if value < 0 or (kind == "none" and value):
            mend = f"Here {whole.value} against {[part.value for part in parts]}: mend `relations`, or the query."
            names = ", ".join(part.population for part in parts)
            raise BadInput(Problem(FILE, f"{whole.population} is not {names} and what is left ({whole.key})", mend))
        signs = {whole.key: 1}
        for part in parts:
            signs[part.key] = signs.get(part.key, 0) - 1
        if kind != "none":
            threshold = max(whole.threshold, *(part.threshold for part in parts))
            key = f"{whole.key} less {' and '.join(part.key.split(' ', 2)[1] for part in parts)}"
            left = self.other(key, value, threshold=threshold, persons=kind == "persons")
            left.unsure = kind == "supposed"
            left.sensitive = kind == "persons" and any(part.sensitive for part in parts) and whole.value > 0
            signs[left.key] = -1
            self.state(signs, f"{whole.key} = {' + '.join(part.key for part in parts)} + rest")
        elif whole.key not in {part.key for part in parts}:
            self.state(signs, f"{whole.key} = {' + '.join(part.key for part in parts)}")

    def sum_up(self) -> None:
        """State each cell as the sum of cells inside it: others that are known, then atoms that no cell tells apart."""
        for population, counted in self.counted.items():
            cells = [atoms for code, atoms in self.drafts if code == population and atoms]
            for atoms in _classes(cells):
                first = counted.coordinates[min(atoms)]
                more = f" and {len(atoms) - 1} more" if len(atoms) > 1 else ""
                self.ask(population, atoms, _words(dict(zip(counted.dims, first, strict=True))) + more)
            cells = sorted({atoms for code, atoms in self.drafts if code == population and atoms},
                           key=lambda atoms: (-len(atoms), min(atoms)))  # fmt: skip
            beginning: dict[int, list[int]] = {}
            for place, atoms in enumerate(cells):
                beginning.setdefault(min(atoms), []).append(place)
            for place, atoms in enumerate(cells):
                left, inside = atoms, []
                for other in sorted(other for atom in atoms for other in beginning.get(atom, ()) if other > place):
                    smaller = cells[other]
                    if len(smaller) < len(atoms) and smaller <= left:
                        inside.append(smaller)
                        left -= smaller
                if inside:
                    key = self.drafts[population, atoms].key
                    parts = {self.drafts[population, smaller].key: -1 for smaller in inside}
                    self.state({key: 1, **parts}, f"{key} = {' + '.join(parts)}")

    def system(self, default: int) -> System:
        """Return the system, latent zeros and empty relations left out. `default` is the threshold of latent cells."""
        drafts = [*self.drafts.values(), *self._others.values()]
        cells = [made for draft in drafts if (made := _cell(draft, default)) is not None]
        places = {cell.key: place for place, cell in enumerate(cells)}
        free = {cell.key for cell in cells if not cell.public_elsewhere}
        entries: tuple[list[int], list[int], list[int]] = ([], [], [])
        words: list[str] = []
        for signs, said in self._rows:
            kept = {key: sign for key, sign in signs.items() if key in places and sign}
            if not kept.keys() & free:
                continue
            for key, sign in kept.items():
                entries[0].append(len(words))
                entries[1].append(places[key])
                entries[2].append(sign)
            words.append(said)
        matrix = scipy.sparse.csr_array((np.array(entries[2], dtype=np.int64), (entries[0], entries[1])),
                                        shape=(len(words), len(cells)))  # fmt: skip
        return System(self.year, with_floors(cells, matrix), matrix, tuple(words))


def _cell(draft: Draft, default: int) -> Cell | None:
    threshold = draft.threshold or (default if draft.persons else 0)
    small = 0 < draft.value < threshold and draft.persons and not draft.known
    bare = draft.value == 0 and draft.sensitive and not draft.known
    if draft.value == 0 and not bare and not draft.places and not draft.unsure:
        return None
    first = draft.places[0] if draft.places else None
    return Cell(
        key=draft.key,
        table=first.table if first else "",
        measure=first.column if first else draft.population,
        value=draft.value,
        public_elsewhere=draft.known,
        primary=small or bare,
        weight=draft.weight if draft.places else 0,
        published=bool(draft.places),
        threshold=threshold,
        places=tuple(draft.places),
        floor=draft.floor,
    )


def _classes(cells: list[frozenset[int]]) -> list[frozenset[int]]:
    """Return the atoms that lie in exactly the same cells, brought together."""
    member: dict[int, list[int]] = {}
    for number, atoms in enumerate(cells):
        for atom in atoms:
            member.setdefault(atom, []).append(number)
    classes: dict[tuple[int, ...], list[int]] = {}
    for atom in sorted(member):
        classes.setdefault(tuple(member[atom]), []).append(atom)
    return [frozenset(atoms) for atoms in classes.values()]


def _words(where: Mapping[str, Value]) -> str:
    return "|".join(f"{name}={where[name]}" for name in sorted(where)) or "all"

"""YAML that people write by hand: read strictly, so that a key given twice is an error and not a silent choice.

What `observatoire new` left to be filled in is refused too, where it stands, in any file that people write.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipelines.kernel.problems import Problem

LOADER: type[yaml.CSafeLoader | yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader written in C where libyaml is at hand: for files that are read at every run, changed or not."""


DUMPER: type[yaml.CSafeDumper | yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""The same for writing; both write the same bytes."""


FILL_IN = "TO FILL IN"
"""What stands in a new file where only a person knows what to write."""


class Unfilled(yaml.YAMLError):
    """A place was left as `observatoire new` wrote it; `line` (from 1) says which."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"line {line} is still to be filled in")


class KeyTwice(yaml.YAMLError):
    """A key stands twice in a mapping; `key` and `line` (from 1) say which and where."""

    def __init__(self, key: str, line: int) -> None:
        self.key = key
        self.line = line
        super().__init__(f"the key {key} stands twice")


def load_yaml(text: str) -> Any:
    """Return the content of a YAML text.

    Raises `KeyTwice` when a key is repeated, since YAML would keep the last unsaid, and `Unfilled` when a value is
    still to be filled in.
    """
    refuse_unfilled(text)
    loader = LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_double_keys(node, set())  # while it still shows them: a mapping that is built keeps the last
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_double_keys(node: yaml.Node, seen: set[int]) -> None:
    if id(node) in seen:  # an anchor that is used again
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if key.value in keys and key.tag != "tag:yaml.org,2002:merge":
                raise KeyTwice(str(key.value), key.start_mark.line + 1)
            if isinstance(key, yaml.ScalarNode):
                keys.add(key.value)
            _refuse_double_keys(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_double_keys(item, seen)


def refuse_unfilled(text: str) -> None:
    """Raise `Unfilled` at the first line of a text that is still to be filled in."""
    for number, line in enumerate(text.splitlines(), start=1):
        if FILL_IN in line:
            raise Unfilled(number)


def fill_in_problem(name: str, line: int) -> Problem:
    """Return what to say of a place that is still to be filled in."""
    return Problem(name, f"{FILL_IN} stands here", "Write what is asked, or take out what is not needed.", row=line)


def row_of(path: Path, *location: int | str) -> int | None:
    """Return the line (from 1) of a place in a YAML file: keys and positions (from 0) from the top down.

    A part that the file does not have is passed over: a missing key is said at the entry that lacks it, and what a
    validator adds to a place (the name of a type, say) is no place. `None` when the file cannot be read: for messages.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    if node is None:
        return None
    row: int = node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
            node = node.value[part]
            row = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    node, row = value, key.start_mark.line + 1
                    break
    return row


def yaml_problem(error: yaml.YAMLError, name: str, what: str) -> Problem:
    """Return what is wrong with a YAML file as one problem, with its line."""
    if isinstance(error, Unfilled):
        return fill_in_problem(name, error.line)
    if isinstance(error, KeyTwice):
        rule = f"{what} gives a key twice, and only the last would count"
        return Problem(name, rule, "Keep the one that is meant.", row=error.line, column=error.key)
    mark = getattr(error, "problem_mark", None)
    mend = "Mend the line; a value that holds a colon needs quotes."
    return Problem(name, f"{what} is not valid YAML", mend, row=mark.line + 1 if mark else None)

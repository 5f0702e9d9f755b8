"""YAML that people write by hand: read strictly, so that a key given twice is an error and not a silent choice."""

from __future__ import annotations

from typing import Any

import yaml

from pipelines.kernel.problems import Problem

LOADER: type[yaml.CSafeLoader | yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader written in C where libyaml is at hand: for files that are read at every run, changed or not."""


DUMPER: type[yaml.CSafeDumper | yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""The same for writing; both write the same bytes."""


class KeyTwice(yaml.YAMLError):
    """A key stands twice in a mapping; `key` and `line` (from 1) say which and where."""

    def __init__(self, key: str, line: int) -> None:
        self.key = key
        self.line = line
        super().__init__(f"the key {key} stands twice")


def load_yaml(text: str) -> Any:
    """Return the content of a YAML text. Raises `KeyTwice` when a key is repeated: YAML would keep the last unsaid."""
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


def yaml_problem(error: yaml.YAMLError, name: str, what: str) -> Problem:
    """Return what is wrong with a YAML file as one problem, with its line."""
    if isinstance(error, KeyTwice):
        rule = f"{what} gives a key twice, and only the last would count"
        return Problem(name, rule, "Keep the one that is meant.", row=error.line, column=error.key)
    mark = getattr(error, "problem_mark", None)
    mend = "Mend the line; a value that holds a colon needs quotes."
    return Problem(name, f"{what} is not valid YAML", mend, row=mark.line + 1 if mark else None)

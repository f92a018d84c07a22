"""What the commands that problems offer do to a configuration, without the Pulumi CLI."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

from stacks.settings import ConfigurationError, Problem, read
from tests.support.configurations import KEY, small

_STEP: Final = re.compile(r'\.?([^.\[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]')
_NUMBER: Final = re.compile(r"0|-?[1-9]\d*")
_ROUNDS: Final = 4
"""A fixed value may be wrong for another reason, as when it is outside a window."""


def left_after_fixing(change: Mapping[str, Any]) -> list[Problem]:
    """The problems of the small configuration with a ``change``, after the commands offered."""
    values, secret_keys = small(change)
    problems: list[Problem] = []
    for _ in range(_ROUNDS):
        try:
            read("test", values, secret_keys)
        except ConfigurationError as error:
            problems = list(error.problems)
        else:
            return []
        for problem in problems:
            for command in problem.fix.split(" && "):
                _run(command, values, secret_keys)
    return problems


def _run(command: str, values: dict[str, str], secret_keys: set[str]) -> None:
    words = shlex.split(command)
    assert words[:2] == ["pulumi", "config"]
    action, *words = words[2:]
    options = {word for word in words if word.startswith("--")}
    words = [word for word in words if word not in options]
    is_text = "--type" in options and words.pop(0) == "string"
    key, *given = words
    assert ("--path" in options) == (re.search(r"[.\[]", key.partition(":")[2]) is not None)
    section, steps = _path(key)
    if action == "rm":
        _remove(values, section, steps)
        return
    assert action == "set"
    assert bool(given) != ("--secret" in options)
    text = given[0] if given else KEY
    secret_keys |= set() if given else {section}
    if not steps:
        values[section] = text
        return
    document: Any = json.loads(values.get(section, "{}" if isinstance(steps[0], str) else "[]"))
    parent: Any = document
    for step, following in itertools.pairwise(steps):
        parent = parent.setdefault(step, {} if isinstance(following, str) else [])
    value: object = text
    if not is_text and (text in {"true", "false"} or _NUMBER.fullmatch(text)):
        value = json.loads(text)
    if steps[-1] == len(parent):  # an item behind the last
        parent.append(value)
    else:
        parent[steps[-1]] = value
    values[section] = json.dumps(document)


def _path(key: str) -> tuple[str, list[int | str]]:
    """The section, and the way from there."""
    namespace, _, path = key.partition(":")
    steps: list[int | str] = []
    for name, index, quoted in _STEP.findall(path):
        steps.append(int(index) if index else name or quoted.replace('\\"', '"'))
    return f"{namespace}:{steps[0]}", steps[1:]


def _remove(values: dict[str, str], section: str, steps: list[int | str]) -> None:
    if not steps:
        values.pop(section, None)
        return
    document = json.loads(values[section])
    parent = document
    for step in steps[:-1]:
        parent = parent[step]
    del parent[steps[-1]]
    values[section] = json.dumps(document)

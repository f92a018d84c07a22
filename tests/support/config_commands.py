"""What the commands that problems offer do to a configuration, without the Pulumi CLI."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from stacks.settings import ConfigurationError, Problem, read
from tests.support.configurations import KEY

_STEP: Final = re.compile(r'\.?([^.\[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]')
_NUMBER: Final = re.compile(r"0|-?[1-9]\d*")
_ROUNDS: Final = 4
"""A fixed value may be wrong for another reason, as when it is outside a window."""

PLACEHOLDERS: Final[Mapping[str, str]] = {
    "ACCOUNT": "123456789012",
    "EKS_NAME": "platform-prod",
    "EMAIL": "admin@example.com",
    "ENGINE": "statefulSet",
    "HOST": "langfuse.example.com",
    "HOSTED_ZONE": "example.com",
    "NAMESPACE": "ai-agents",
    "NETWORK": "203.0.113.0/24",
    "REGION": "ap-northeast-2",
    "REPOSITORY": "acme/tracing",
    "RUNBOOKS": "https://git.example.com/docs",
}
"""What a reader puts in the place of each word."""


@dataclass(frozen=True)
class Fixed:
    """A configuration after the commands that were offered, round by round."""

    values: Mapping[str, str]
    """By full key, as the engine passes them."""
    commands: Sequence[str]
    left: Sequence[Problem]
    """The problems that no command solved."""


def fixed(values: Mapping[str, str], secret_keys: Iterable[str], *, fill: bool = True) -> Fixed:
    """Carry out the commands offered for a configuration; ``fill``: with its placeholders."""
    given, secret, done = dict(values), set(secret_keys), list[str]()
    problems: list[Problem] = []
    for _ in range(_ROUNDS):
        try:
            read("test", given, secret)
        except ConfigurationError as error:
            problems = list(error.problems)
        else:
            return Fixed(given, done, [])
        commands = [c for p in problems if p.fix for c in p.fix.split(" && ")]
        for command in commands:
            run_command(command, given, secret, PLACEHOLDERS if fill else {})
        done += commands
        if not commands or not fill:
            break
    return Fixed(given, done, problems)


def run_command(
    command: str,
    values: dict[str, str],
    secret_keys: set[str],
    filled: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Carry out one command on values and secret keys; ``filled`` is in place of placeholders."""
    words = shlex.split(command)
    assert words[:2] == ["pulumi", "config"]
    action, *words = words[2:]
    options = {word for word in words if word.startswith("--")}
    words = [word for word in words if word not in options]
    kind = words.pop(0) if "--type" in options else ""
    key, *given = words
    is_path = re.search(r"[.\[]", key.partition(":")[2]) is not None
    if action == "rm" and is_path and "--path" not in options:  # the key itself has a dot
        del values[key]
        return
    assert ("--path" in options) == is_path
    section, steps = _path(key)
    if action == "rm":
        _remove(values, section, steps)
        return
    assert action == "set"
    assert bool(given) != ("--secret" in options)
    text = filled.get(given[0], given[0]) if given else KEY
    secret_keys |= set() if given else {section}
    if not steps:
        values[section] = text
        return
    document: Any = json.loads(values.get(section, "{}" if isinstance(steps[0], str) else "[]"))
    parent: Any = document
    for step, following in itertools.pairwise(steps):
        if isinstance(step, str):
            parent.setdefault(step, {} if isinstance(following, str) else [])
        parent = parent[step]
    value: object = text
    if kind == "float":
        value = float(text)
    elif kind != "string" and (text in {"true", "false"} or _NUMBER.fullmatch(text)):
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

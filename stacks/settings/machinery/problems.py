"""A configuration mistake, and the one message that lists them all."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi

from components.project import PROJECT

"""The project's configuration namespace: the name in ``Pulumi.yaml``."""


@dataclass(frozen=True)
class Problem:
    """One mistake: full key, value as found, the rule it breaks, and the command that fixes it.

    The fix does what was meant: it loses no setting, moves the stack to no other cluster, region,
    engine or version, and takes no safeguard away. ``fix`` is empty where no command does."""

    key: str
    found: str
    rule: str
    fix: str

    def __str__(self) -> str:
        fix = f"\n    fix:  {self.fix}" if self.fix else ""
        return f"  {self.key} = {self.found}\n    rule: {self.rule}{fix}"


def show(value: object) -> str:
    """A configuration value as it would be written in YAML, on one line and at most 80 wide."""
    text = "(nothing)" if value is None else json.dumps(value, ensure_ascii=False)
    text = text.encode(errors="replace").decode()  # a lone surrogate cannot be printed
    return text if len(text) <= 80 else f"{text[:77]}..."


# `pulumi config set --path` stores what looks like these as a number or a boolean.
_NOT_KEPT_AS_TEXT = re.compile(r"true|false|0|[+-]\d+|[1-9]\d*")

# `pulumi config set` refuses to store a text of some entropy in clear under such a key.
_GUARDED_KEY = re.compile(r"pass|pwd|secret|token", re.IGNORECASE)


def set_command(key: str, value: object, *, secret: bool = False) -> str:
    """The ``pulumi config`` command that gives ``key`` (with its namespace) the value."""
    nested = is_path(key)
    text = value if isinstance(value, str) else json.dumps(value)
    words = ["pulumi", "config", "set"]
    if secret:
        words.append("--secret")
    elif len(text) > 16 and _GUARDED_KEY.search(key):
        words.append("--plaintext")
    if nested:
        words.append("--path")
    if nested and isinstance(value, str) and not secret and _NOT_KEPT_AS_TEXT.fullmatch(text):
        words += ["--type", "string"]
    if nested and isinstance(value, float):
        words += ["--type", "float"]  # it would be stored as text
    words.append(key)
    if not secret:  # a secret is typed at the prompt: never in the shell's history or in argv
        words += ["--", text] if text.startswith("-") else [text]
    return shlex.join(words)


def remove_command(key: str, *, path: bool = True) -> str:
    """The ``pulumi config`` command that removes ``key``.

    ``path=False``: the stack file has the key literally, dots and brackets included.
    """
    options = ["--path"] if path and is_path(key) else []
    return shlex.join(["pulumi", "config", "rm", *options, key])


def placeholder(key: str) -> str:
    """The word for a value of ``key`` that only the reader knows, which is no value itself."""
    name = re.split(r"[:.]", re.sub(r"s?\[\d+\]$", "", key))[-1]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def is_path(key: str) -> bool:
    """Whether a full key leads inside of a value, which ``pulumi config`` takes with ``--path``."""
    return top_level(key) != key


def top_level(key: str) -> str:
    """The full key of the value that a full key leads into."""
    return re.split(r"[.\[]", key, maxsplit=1)[0]


def full_key(path: str) -> str:
    """The key with its namespace: the project's, unless the path begins with another one."""
    return path if ":" in top_level(path) else f"{PROJECT}:{path}"


def to_change(path: str, found: object, rule: str, value: object) -> Problem:
    """A problem that another value solves."""
    return Problem(full_key(path), show(found), rule, set_command(full_key(path), value))


def to_decide(path: str, found: object, rule: str) -> Problem:
    """A problem that no command solves without a decision of the reader."""
    return Problem(full_key(path), show(found), rule, "")


def to_give(path: str, rule: str, word: str = "") -> Problem:
    """A problem that a value solves that only the reader knows; ``word`` is its placeholder."""
    key = full_key(path)
    return Problem(key, show(None), rule, set_command(key, word or placeholder(key)))


def to_remove(path: str, found: object, rule: str) -> Problem:
    """A problem that the removal of the key solves."""
    return Problem(full_key(path), show(found), rule, remove_command(full_key(path)))


def join(key: str, path: Sequence[int | str]) -> str:
    """The full key of a value inside the value of ``key``, as ``--path`` reads it.

    ``key`` may be a namespace with its colon: the first part is then a key of the namespace.
    """
    for part in path:
        if isinstance(part, int):
            key += f"[{part}]"
        elif part and not re.search(r"[.\[\]\"\s]", part):
            key += part if key.endswith(":") else f".{part}"
        else:
            quoted = part.replace('"', '\\"')
            key += f'["{quoted}"]'
    return key


def in_folder(problem: Problem, folder: str) -> Problem:
    """With commands for the project in a folder, run in that of the whole program."""
    fix = re.sub("(^|&& )pulumi config", rf"\1pulumi -C {folder} config", problem.fix)
    return replace(problem, fix=fix)


class ConfigurationError(pulumi.RunError):
    """Every problem of a stack's configuration; Pulumi prints it without a traceback.

    ``folder``: where the program is whose keys they are, if it is not the whole program's folder.
    """

    def __init__(self, stack: str, problems: Sequence[Problem], folder: str = "") -> None:
        self.problems = tuple(problems)
        count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
        listing = "\n\n".join(str(problem) for problem in problems)
        select = f"`pulumi stack select {stack}`"
        if folder:
            select += f", and in {folder}/ `pulumi -C {folder} stack select {stack}`"
        about = f"\nThe commands change the stack that is selected: {select}.\n"
        super().__init__(
            f"The configuration of stack '{stack}' has {count}; nothing was changed.\n\n"
            f"{listing}\n{about if any(problem.fix for problem in problems) else ''}"
        )

"""The workflows as data, and their steps as they would run."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from stacks.stack_files import ROOT

FOLDER: Final = ROOT / ".github"
FILES: Final = sorted([*FOLDER.glob("workflows/*.yml"), *FOLDER.glob("actions/*/action.yml")])
WORKFLOWS: Final = sorted(FOLDER.glob("workflows/*.yml"))
_EXPRESSION: Final = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_TRUTH: Final = "on"


@dataclass(frozen=True)
class Step:
    """One step of a job, or of a composite action."""

    file: str
    job: str
    content: Mapping[str, Any]

    @property
    def script(self) -> str:
        """The shell text; empty for a step that uses an action."""
        return self.content.get("run", "")

    def __str__(self) -> str:
        return f"{self.file} {self.job} {self.content.get('name', self.content.get('uses'))}"


@functools.cache
def load(path: Path) -> Mapping[str, Any]:
    """A workflow. YAML 1.1 reads the key `on` as true."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {_TRUTH if key is True else key: value for key, value in document.items()}


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """File, name and content of every job."""
    for path in WORKFLOWS:
        for name, job in load(path)["jobs"].items():
            yield path.name, name, job


def steps() -> Iterator[Step]:
    """Every step there is."""
    for file, name, job in jobs():
        for step in job["steps"]:
            yield Step(file, name, step)
    for path in FOLDER.glob("actions/*/action.yml"):
        for step in load(path)["runs"]["steps"]:
            yield Step(path.parent.name, "action", step)


def step(file: str, job: str, name: str) -> Step:
    """The one step of a job with a name."""
    (found,) = (s for s in steps() if (s.file, s.job, s.content.get("name")) == (file, job, name))
    return found


def expressions(text: str) -> list[str]:
    """What GitHub replaces in a text."""
    return _EXPRESSION.findall(text)

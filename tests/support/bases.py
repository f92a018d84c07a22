"""The stack files that tests start from, by a name that says what each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from stacks import settings, stack_files
from stacks.settings import Settings
from stacks.stack_files import StackConfiguration
from tests.support import examples, run_folder
from tooling.engineless import offline
from tooling.engineless.recording import Recording

_ROOT: Final = stack_files.ROOT
"""The repository, also where a test has stack files of its own in its place."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """A stack file, and the name of the stack that it is the file of."""

    stack: str
    example: str | None = None
    """Its name in ``examples/``; None is the stack's own file."""
    comments: bool = False
    """With all that stands in the file as a comment."""

    @property
    def path(self) -> Path:
        if self.example is None:
            return _ROOT / f"Pulumi.{self.stack}.yaml"
        return examples.files()[self.example]


BASES: Final[Mapping[str, Base]] = {
    "dev": Base(stack="dev"),
    "prod": Base(stack="prod"),
    "dev with its comments": Base(stack="dev", comments=True),
    "prod with its comments": Base(stack="prod", comments=True),
    "version 2 dev": Base(stack="dev", example="v2-dev"),
    "version 2 prod": Base(stack="prod", example="v2-prod"),
    "version 4 with ClickHouse Cloud": Base(stack="prod", example="v4-clickhouse-cloud"),
    "version 4 small": Base(stack="prod", example="v4-small"),
}
"""``dev`` and ``prod`` are the files of the project's folder; most exact tests are of version 2."""


def configuration(base: str, *, secrets: bool = True) -> dict[str, Any]:
    """The configuration of a base by full key; ``secrets``: with those that its file asks for."""
    found = BASES[base]
    text = found.path.read_text(encoding="utf-8")
    if not found.comments:
        # The secrets of comments belong to the comments.
        wanted = examples.secrets(text) if found.example else []
        return _given(found.path, wanted if secrets else [])
    file = run_folder.folder() / f"Pulumi.{found.stack}-with-comments.yaml"
    file.write_text(examples.uncommented(text), encoding="utf-8")
    return _given(file, examples.secrets(text) if secrets else [])


def read(base: str, overrides: Mapping[str, Any] | None = None) -> StackConfiguration:
    """The configuration of a base with ``overrides`` by full key."""
    return stack_files.assemble(configuration(base), overrides)


def read_settings(base: str, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings of a base with ``overrides`` by full key."""
    found = read(base, overrides)
    return settings.read(BASES[base].stack, found.values, set(found.secret_keys))


def record(
    base: str,
    overrides: Mapping[str, Any] | None = None,
    *,
    preview: bool = False,
    auto_mode: bool = False,
) -> Recording:
    """What the program registers for a base with ``overrides`` by full key."""
    return offline.record_configuration(
        BASES[base].stack, read(base, overrides), preview=preview, auto_mode=auto_mode
    )


def _given(file: Path, places: list[str]) -> dict[str, Any]:
    return examples.with_secrets(stack_files.configuration(file), places)

"""The demo with a pulumi CLI: a real `pulumi up` in a separate project and backend.

The project is a folder of links to the repository with its own stack file, so that the one in the
repository stays as it is; backend, passphrase and stack file go with the cluster.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import secrets
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from pulumi import automation
from pulumi.automation import PulumiCommand

from components.secrets.masking import MASK, masked, masked_tree
from stacks.stack_files import ROOT, document, merge, placeholder
from tooling.cluster.state import Say
from tooling.demo.cli import Providers, has_language_host, pulumi_home
from tooling.engineless.live import LiveError
from tooling.kit.private import private_folder, write_private

_PROGRESS: Final = re.compile(r"ing( replacement| original)? \(\d+s\)")
"""Ends a line of `pulumi up` about an operation in progress; another line reports its end."""

_OF_PROJECT: Final = ("Pulumi.yaml", "__main__.py")
_SHARED: Final = ("components", "stacks", "requirements.txt")


@dataclass(frozen=True)
class EngineResult:
    """What `pulumi up` did."""

    changes: Mapping[str, int]
    """Number of resources by operation."""
    outputs: Mapping[str, Any]
    """The stack's outputs; secret ones are masked."""

    @property
    def changed(self) -> bool:
        return any(kind != "same" for kind in self.changes)


@dataclass(frozen=True)
class Engine:
    """One stack of the program in a folder of its own."""

    command: PulumiCommand
    folder: Path
    stack: str
    providers: Providers = field(default_factory=Providers)
    configuration: Mapping[str, Any] | None = None
    """The stack's configuration by full key; else that of the repository's stack file."""
    source: Path = ROOT
    """Folder of the project."""

    def deploy(self, overrides: Mapping[str, Any], say: Say) -> EngineResult:
        """`pulumi up` of the stack file with ``overrides``; raises ``LiveError``."""
        stack = self.select(overrides)
        try:
            result = stack.up(
                on_output=without_progress(say),
                color="never",
                suppress_progress=True,
                suppress_outputs=True,  # the demo shows them
            )
        except automation.CommandError as error:
            raise LiveError("`pulumi up` failed; the lines above say why") from error
        outputs = {
            name: MASK if output.secret else masked_tree(output.value, name)
            for name, output in result.outputs.items()
        }
        return EngineResult(_counts(result.summary.resource_changes or {}), outputs)

    def preview(self, overrides: Mapping[str, Any], say: Say) -> Mapping[str, int]:
        """`pulumi preview`: the number of resources by operation; raises ``LiveError``."""
        stack = self.select(overrides)
        try:
            result = stack.preview(
                on_output=without_progress(say), color="never", suppress_progress=True
            )
        except automation.CommandError as error:
            raise LiveError("`pulumi preview` failed; the lines above say why") from error
        return _counts(result.change_summary)

    def destroy(self, overrides: Mapping[str, Any], say: Say) -> None:
        """`pulumi destroy`; raises ``LiveError``."""
        stack = self.select(overrides)
        try:
            stack.destroy(on_output=without_progress(say), color="never", suppress_progress=True)
        except automation.CommandError as error:
            raise LiveError("`pulumi destroy` failed; the lines above say why") from error

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def programs(self) -> Path:
        """What the engine has to find on PATH."""
        return self.folder / "bin"

    def environment(self) -> dict[str, str]:
        """The variables with which the user's own `pulumi` finds this stack."""
        return {
            "PATH": f"{self.programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PULUMI_HOME": str(pulumi_home()),
            "PULUMI_BACKEND_URL": (self.folder / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.folder / "passphrase"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def shell(self, command: str) -> str:
        """A line that runs a pulumi command on this stack."""
        own = {k: shlex.quote(v) for k, v in self.environment().items() if k != "PATH"}
        variables = " ".join(f"{k}={v}" for k, v in own.items())
        variables = f'PATH={shlex.quote(str(self.programs))}:"$PATH" {variables}'
        return f"cd {shlex.quote(str(self.project))} && {variables} {command}"

    def select(self, overrides: Mapping[str, Any]) -> automation.Stack:
        """The stack with its configuration; raises ``LiveError``."""
        self.prepare()
        workspace = automation.LocalWorkspace(
            work_dir=str(self.project),
            pulumi_home=str(pulumi_home()),
            env_vars=self.environment(),
            pulumi_command=self.command,
            # The engine alone runs the program of whoever calls it.
            program=None if has_language_host(self.command) else self._program,
        )
        try:
            stack = automation.Stack.create_or_select(self.stack, workspace)
        except automation.CommandError as error:
            raise LiveError(f"the stack {self.stack} cannot be made: {error}") from error
        self._configure(stack, overrides)
        return stack

    def prepare(self) -> None:
        """Make the stack's folder, or bring it up to date."""
        for folder in (self.folder, self.project, self.folder / "backend", self.programs):
            private_folder(folder)
        for name, program in self.providers.on_path.items():
            _link(self.programs / name, program)
        if Path(self.command.command).is_absolute():
            _link(self.programs / "pulumi", Path(self.command.command))
        for name in self.providers.stand_ins:
            write_program(self.programs / f"pulumi-resource-{name}", name)
        for name in _OF_PROJECT:
            _link(self.project / name, self.source / name)
        for name in _SHARED:
            _link(self.project / name, ROOT / name)
        # The interpreter's own environment, so that the CLI makes no other.
        _link(self.project / ".venv", Path(sys.prefix))
        passphrase = self.folder / "passphrase"
        if not passphrase.exists():
            write_private(passphrase, secrets.token_urlsafe(32))

    def _program(self) -> None:
        runpy.run_path(str(self.source / "__main__.py"), run_name="__main__")

    def _configure(self, stack: automation.Stack, overrides: Mapping[str, Any]) -> None:
        """Write the stack file: the repository's configuration, and this stack's own salt.

        Values that are encrypted for the repository's stack cannot be read; encrypted
        placeholders replace them.
        """
        own = self.project / f"Pulumi.{self.stack}.yaml"
        base: Mapping[str, Any] | None = self.configuration
        if base is None:
            base = document(self.source / own.name).get("config")
        config = merge(base or {}, overrides)
        encrypted = list(_take_encrypted(config))
        whole = {**(document(own) if own.exists() else {}), "config": config}
        # JSON is YAML in which text cannot be taken for a number.
        own.write_text(json.dumps(whole, ensure_ascii=False, indent=2), encoding="utf-8")
        for path in encrypted:
            value = automation.ConfigValue(placeholder(path.rpartition(".")[2]), secret=True)
            stack.set_config(path, value, path=True)


def _take_encrypted(config: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Take the encrypted values out of ``config``; their paths."""
    for key, value in list(config.items()):
        nested = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if set(nested) == {"secure"}:
            del config[key]
            yield f"{prefix}{key}"
        else:
            yield from _take_encrypted(nested, f"{prefix}{key}.")


def _counts(changes: Mapping[Any, int]) -> dict[str, int]:
    """By the operation's name, which is there as text or as an enumeration's value."""
    return {str(getattr(kind, "value", kind)): count for kind, count in changes.items()}


def without_progress(say: Say) -> Say:
    def filtered(line: str) -> None:
        if not _PROGRESS.search(line):
            say(masked(line))

    return filtered


def write_program(path: Path, stand_in: str) -> None:
    """A program that serves one of `standins/`."""
    module = f"tooling.demo.standins.{stand_in}"
    lines = ["#!/bin/sh", f"cd {shlex.quote(str(ROOT))} &&"]
    lines.append(f"exec {shlex.quote(sys.executable)} -m {module}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o700)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink():
        link.unlink()
    link.symlink_to(target)

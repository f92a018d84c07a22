"""The demo with a pulumi CLI: a real `pulumi up` in a separate project and backend.

The project is a folder of links to the repository with its own stack file, so that the one in the
repository stays as it is; backend, passphrase and stack file go with the cluster.
"""

from __future__ import annotations

import json
import re
import secrets
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from pulumi import automation
from pulumi.automation import PulumiCommand

from components.secrets.masking import MASK, masked, masked_tree
from stacks.stack_files import ROOT, document, merge, placeholder
from tooling.cluster.state import Say
from tooling.demo.cli import pulumi_home
from tooling.engineless.live import LiveError
from tooling.kit.private import private_folder, write_private

_PROGRESS: Final = re.compile(r"ing( replacement| original)? \(\d+s\)")
"""Ends a line of `pulumi up` about an operation in progress; another line reports its end."""

_LINKED: Final = ("Pulumi.yaml", "__main__.py", "components", "stacks", "requirements.txt")


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

    def deploy(self, overrides: Mapping[str, Any], say: Say) -> EngineResult:
        """`pulumi up` of the stack file with ``overrides``; raises ``LiveError``."""
        stack = self._select(overrides)
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
        stack = self._select(overrides)
        try:
            result = stack.preview(
                on_output=without_progress(say), color="never", suppress_progress=True
            )
        except automation.CommandError as error:
            raise LiveError("`pulumi preview` failed; the lines above say why") from error
        return _counts(result.change_summary)

    def destroy(self, overrides: Mapping[str, Any], say: Say) -> None:
        """`pulumi destroy`; raises ``LiveError``."""
        stack = self._select(overrides)
        try:
            stack.destroy(on_output=without_progress(say), color="never", suppress_progress=True)
        except automation.CommandError as error:
            raise LiveError("`pulumi destroy` failed; the lines above say why") from error

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def environment(self) -> dict[str, str]:
        """The variables with which the user's own `pulumi` finds this stack."""
        return {
            "PULUMI_HOME": str(pulumi_home()),
            "PULUMI_BACKEND_URL": (self.folder / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.folder / "passphrase"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def shell(self, command: str) -> str:
        """A line that runs a pulumi command on this stack."""
        variables = " ".join(f"{k}={shlex.quote(v)}" for k, v in self.environment().items())
        return f"cd {shlex.quote(str(self.project))} && {variables} {command}"

    def _select(self, overrides: Mapping[str, Any]) -> automation.Stack:
        self._prepare()
        workspace = automation.LocalWorkspace(
            work_dir=str(self.project),
            pulumi_home=str(pulumi_home()),
            env_vars=self.environment(),
            pulumi_command=self.command,
        )
        try:
            stack = automation.Stack.create_or_select(self.stack, workspace)
        except automation.CommandError as error:
            raise LiveError(f"the stack {self.stack} cannot be made: {error}") from error
        self._configure(stack, overrides)
        return stack

    def _prepare(self) -> None:
        for folder in (self.folder, self.project, self.folder / "backend"):
            private_folder(folder)
        for name in _LINKED:
            _link(self.project / name, ROOT / name)
        # The interpreter's own environment, so that the CLI makes no other.
        _link(self.project / ".venv", Path(sys.prefix))
        passphrase = self.folder / "passphrase"
        if not passphrase.exists():
            write_private(passphrase, secrets.token_urlsafe(32))

    def _configure(self, stack: automation.Stack, overrides: Mapping[str, Any]) -> None:
        """Write the stack file: the repository's configuration, and this stack's own salt.

        Values that are encrypted for the repository's stack cannot be read; encrypted
        placeholders replace them.
        """
        own = self.project / f"Pulumi.{self.stack}.yaml"
        config = merge(document(ROOT / own.name).get("config") or {}, overrides)
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


def _link(link: Path, target: Path) -> None:
    if link.is_symlink():
        link.unlink()
    link.symlink_to(target)

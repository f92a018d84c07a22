"""Whether a kubeconfig's context can be used, before a server is asked."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import yaml

from tooling.kubernetes.api import LiveError

UNUSABLE: Final = "context-unusable"


class AccessError(LiveError):
    """Why a tool cannot use the cluster, with the next command and a link to the guide."""

    def __init__(self, text: str, *, section: str, command: str) -> None:
        super().__init__(text)
        self.section = section
        self.command = command


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where contexts are looked for."""

    paths: Sequence[Path]
    """In kubectl's order: what a file has first counts."""
    named: bool
    """Whether ``paths`` is one file that was asked for."""
    command: str = field(init=False)
    """Lists the contexts that are there."""

    def __post_init__(self) -> None:
        option = [f"--kubeconfig={self.paths[0]}"] if self.named else []
        command = shlex.join(["kubectl", "config", "get-contexts", *option])
        object.__setattr__(self, "command", command)

    def __str__(self) -> str:
        return os.pathsep.join(map(str, self.paths))


def files(named: str | None) -> Files:
    """``named``, else all files that kubectl itself would read."""
    if named is not None:
        return Files(paths=[Path(named).expanduser()], named=True)
    found = os.environ.get("KUBECONFIG") or "~/.kube/config"
    paths = [Path(path).expanduser() for path in found.split(os.pathsep) if path]
    return Files(paths=paths, named=False)


def check(where: Files, context: str) -> None:
    """Raises ``AccessError`` for a context that cannot be used, whatever a server would say."""
    read = [(path, _read(path, where)) for path in where.paths if path.exists()]
    if not read:
        raise _unusable(f"there is no kubeconfig {where}", where)
    contexts: dict[str, dict[str, Any]] = {}
    users: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path, document in read:
        for name, entry in _entries(document, "contexts").items():
            contexts.setdefault(name, entry)
        for name, entry in _entries(document, "users").items():
            users.setdefault(name, (path, entry))
    if context not in contexts:
        names = ", ".join(sorted(contexts)) or "none"
        raise _unusable(f"there is no context {context} in {where}; contexts are {names}", where)
    path, user = users.get(str(contexts[context].get("user")), (where.paths[0], {}))
    plugin = user.get("exec")
    command = cast("dict[str, Any]", plugin).get("command") if isinstance(plugin, dict) else None
    if isinstance(command, str) and not _runnable(command, path.parent):
        raise AccessError(
            f"context {context} takes its credentials from the command {command}, which is not "
            "there",
            section="aws-cli-missing" if Path(command).name == "aws" else UNUSABLE,
            command=shlex.join(["command", "-v", command]),
        )


def _read(path: Path, where: Files) -> dict[str, Any]:
    try:
        document: object = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise _unusable(f"kubeconfig {path} cannot be read: {error.strerror}", where) from None
    except (yaml.YAMLError, ValueError):
        raise _unusable(f"{path} is no kubeconfig: it is no YAML", where) from None
    if not isinstance(document, dict):
        raise _unusable(f"{path} is no kubeconfig", where)
    return cast("dict[str, Any]", document)


def _entries(document: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The named entries of a kind; what has another form is none."""
    listed: object = document.get(kind)
    found: dict[str, dict[str, Any]] = {}
    for item in cast("list[Any]", listed) if isinstance(listed, list) else []:
        if isinstance(item, dict):
            entry = cast("dict[str, Any]", item)
            content: object = entry.get(kind.removesuffix("s"))
            if isinstance(content, dict):
                found.setdefault(str(entry.get("name")), cast("dict[str, Any]", content))
    return found


def _runnable(command: str, folder: Path) -> bool:
    """Whether the client can start it: a path is relative to the kubeconfig that has it."""
    wanted = str(folder / command) if os.sep in command else command
    return shutil.which(wanted) is not None


def _unusable(text: str, where: Files) -> AccessError:
    return AccessError(text, section=UNUSABLE, command=where.command)

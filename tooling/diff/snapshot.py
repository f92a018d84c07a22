"""Writes what a program of the tree in the current folder registers, as JSON without secrets.

A script and not a module: it is run once in each of the two trees that are compared, with that
tree's own code, so that a stack is recorded by the code that belongs to it. ``_OF_THE_TREE`` says
where commits keep the modules that it uses.

``python -P snapshot.py access dev prod < key``: the project's folder (``.`` for the program
itself), then stacks. The key, 32 bytes or more, makes the fingerprints that stand for secret
values; both sides get the same one, and it is thrown away.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import hmac
import inspect
import json
import os
import runpy
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

SECRET = "$secret"  # noqa: S105 - the key of a fingerprint
UNKNOWN = "$unknown"

_OF_THE_TREE: Final[Mapping[str, tuple[str, ...]]] = {
    "offline": ("tooling.engineless.offline", "tooling.offline"),
    "recording": ("tooling.engineless.recording", "tooling.recording"),
    "stack_files": ("stacks.stack_files", "tooling.stack_files"),
}
"""Modules of the tree that is recorded, newest place first."""


def main(project: str, *stacks: str) -> int:
    """Record each stack; 0 also if one cannot be recorded: its message is in the answer."""
    # A process of seconds, and most of what it makes are modules: there is nothing to collect.
    gc.disable()
    key = sys.stdin.buffer.read()
    # The program's own output must not mix with the answer.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path.insert(0, str(Path.cwd()))
    with answer:
        folder = Path.cwd() / project
        json.dump({stack: _stack(folder, stack, key) for stack in stacks}, answer)
    # At its end, Python collects even so.
    gc.freeze()
    return 0


def _stack(folder: Path, stack: str, key: bytes) -> dict[str, Any]:
    if not (folder / f"Pulumi.{stack}.yaml").is_file():
        return {"missing": True}
    try:
        offline, stack_files = _of_the_tree("offline"), _of_the_tree("stack_files")
    except ImportError as error:
        return {"error": f"it has no code that records a stack without an engine ({error})"}
    try:
        if "project" not in inspect.signature(offline.record).parameters:
            return written(*_put_together(folder, stack), key)
        values = stack_files.read(stack, project=folder).values
        return written(offline.record(stack, project=folder), values, key)
    except Exception as error:
        # Any error of this tree's code: the other process reports it.
        return {"error": str(error) or type(error).__name__}


def _put_together(folder: Path, stack: str) -> tuple[Any, Mapping[str, str]]:
    """A recording and its configuration, by a tree that can record its root folder alone."""
    recording, stack_files = _of_the_tree("recording"), _of_the_tree("stack_files")
    root, stack_files.ROOT = stack_files.ROOT, folder
    configuration, project = stack_files.read(stack), stack_files.project_name()
    stack_files.ROOT = root  # the project's program may read the files of the root folder
    if folder == Path.cwd():
        return _of_the_tree("offline").record(stack), configuration.values

    def body() -> None:
        runpy.run_path(str(folder / "__main__.py"), run_name="__main__")

    recording.project_name = lambda: project
    backend = _of_the_tree("offline").OfflineBackend()
    return recording.run(stack, configuration, backend, body), configuration.values


def _of_the_tree(name: str) -> Any:  # noqa: ANN401 - a module, whose types differ between trees
    """A module of the current tree; raises ``ImportError`` if it is in none of its places."""
    for place in _OF_THE_TREE[name]:
        with contextlib.suppress(ModuleNotFoundError):
            return import_module(place)
    raise ImportError(f"none of {', '.join(_OF_THE_TREE[name])}")


def written(run: Any, values: Mapping[str, str], key: bytes) -> dict[str, Any]:  # noqa: ANN401
    """A recording and its configuration as JSON; ``key`` makes the secrets' fingerprints."""
    offline, recording = _of_the_tree("offline"), _of_the_tree("recording")

    def plain(value: object) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, recording.Secret):
            text = json.dumps(plain(cast("Any", value).value), sort_keys=True)
            return {SECRET: hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}
        if isinstance(value, Mapping):
            items = cast("Mapping[str, Any]", value)
            return {str(name): plain(item) for name, item in items.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in cast("list[Any]", value)]
        if value == recording.UNKNOWN:
            return {UNKNOWN: True}
        scalar = value is None or isinstance(value, str | bool | int | float)
        return value if scalar else str(getattr(value, "path", type(value).__name__))

    def resource(item: Any) -> dict[str, Any]:  # noqa: ANN401 - a Resource of this tree
        invented = offline.is_kubernetes(item) and not recording.reveal(
            item.inputs.get("metadata", {})
        ).get("name")
        return {
            "type": item.type,
            "name": item.name,
            "inputs": plain(item.inputs),
            "protect": item.protect,
            "provider": item.provider.rpartition("::")[0],
            "ignored": list(item.ignore_changes),
            "replaceOnChanges": list(item.request.replaceOnChanges),
            "uses": {name: list(urns) for name, urns in item.property_dependencies.items()},
            "inventedName": offline.kubernetes_name(item) if invented else None,
        }

    return {
        "resources": {
            urn: resource(item) for urn, item in sorted(run.resources.items()) if item.custom
        },
        "outputs": plain(run.exports),
        "acknowledged": json.loads(values.get("agent-observability:acknowledge") or "[]"),
    }


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

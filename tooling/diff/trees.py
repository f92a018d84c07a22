"""The two trees of a comparison, and what each of them registers."""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from stacks.stack_files import stacks as known_stacks
from tooling.diff.model import DiffError, Snapshot, stack_file
from tooling.kit.masking import clean

_SCRIPT: Final = Path(__file__).with_name("snapshot.py")
_SECONDS: Final = 120
"""How long one side may take; it takes three."""
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", re.MULTILINE)

Sides = Mapping[str, tuple[Snapshot | None, Snapshot | None]]


def commit(root: Path, ref: str) -> str:
    """The commit that ``ref`` names; raises ``DiffError`` if it names none."""
    if not ref:
        raise DiffError("BASE names no commit. Say which: make diff BASE=origin/main STACK=prod")
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if found.returncode:
        reason = found.stderr.decode(errors="replace").strip()
        raise DiffError(
            f"BASE={ref} is no commit of this repository. Name a branch, a tag or a hash that "
            f"`git log` shows, and fetch it first in a shallow clone."
            + (f" (git: {reason})" if reason else "")
        )
    return found.stdout.decode().strip()


@contextmanager
def extracted(root: Path, sha: str) -> Generator[Path]:
    """The files of a commit in a folder of their own."""
    archive = _git(root, "archive", "--format=tar", sha)
    if archive.returncode:
        raise DiffError(f"git cannot read {sha}: {archive.stderr.decode(errors='replace').strip()}")
    with tempfile.TemporaryDirectory(prefix="agent-observability-diff-") as folder:
        try:
            with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
                files.extractall(folder, filter="data")
        except tarfile.TarError as error:
            # For example a link that leads out of the tree: it is refused.
            raise DiffError(f"The files of {sha[:7]} cannot be taken: {error}") from error
        yield Path(folder)


def record(base: Path, head: Path, project: str, stacks: Sequence[str], *, name: str) -> Sides:
    """What both trees register for each stack of a project, recorded side by side.

    ``project`` is its folder, ``name`` how the base is called in a message. Raises ``DiffError``.
    """
    if not any((tree / project / "Pulumi.yaml").is_file() for tree in (base, head)):
        raise DiffError(
            f"PROJECT={project} is no project on either side: there is no "
            f"{project}/Pulumi.yaml. Leave PROJECT out for the program itself."
        )
    # Secrets leave neither process: their fingerprints cannot be compared after this run.
    key = secrets.token_bytes(32)
    with ThreadPoolExecutor(2) as pool:
        sides = list(
            pool.map(partial(_recorded, project=project, stacks=stacks, key=key), (base, head))
        )
    for stack in stacks:
        if all(side[stack].get("missing") for side in sides):
            raise DiffError(
                f"STACK={stack} has no stack file {stack_file(project, stack)} on either side; "
                f"stacks are {', '.join(known_stacks(head / project)) or 'none'}."
            )
    return {
        stack: (_side(sides[0][stack], name), _side(sides[1][stack], "this tree"))
        for stack in stacks
    }


def packages(base: Path, head: Path) -> list[str]:
    """Pinned packages of the program whose version differs: ``name before → after``."""
    old, new = _pins(base), _pins(head)
    return [
        f"{name} {old.get(name, 'none')} → {new.get(name, 'none')}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _side(raw: Mapping[str, Any], name: str) -> Snapshot | None:
    if raw.get("missing"):
        return None
    if "error" in raw:
        # The words of another commit's code, which may not have masked them.
        raise DiffError(f"The stack cannot be recorded in {name}: {clean(raw['error'])}")
    return Snapshot.read(raw)


def _recorded(
    tree: Path, project: str, stacks: Sequence[str], key: bytes
) -> dict[str, dict[str, Any]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PULUMI_"))}
    try:
        done = subprocess.run(  # noqa: S603 - our own script, with stack names
            [sys.executable, "-P", "-B", str(_SCRIPT), project, *stacks],
            cwd=tree,
            env=environment,
            input=key,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DiffError(f"The program did not end within {_SECONDS} s.") from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise DiffError(f"A stack could not be recorded: {clean(lines[-1])}")
    return json.loads(done.stdout)


def _pins(tree: Path) -> dict[str, str]:
    file = tree / "requirements.txt"
    return dict(_PIN.findall(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603
            ["git", "-C", str(root), *arguments],  # noqa: S607 - the one on PATH
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise DiffError("There is no git command on PATH.") from error

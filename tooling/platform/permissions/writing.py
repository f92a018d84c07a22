"""Writes the policies as files, and says how a role gets them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from access.policies import LARGEST_POLICY, size
from components.aws.iam_documents import PolicyDocument
from stacks.cluster_platform.settings import PlatformSettings
from stacks.stack_files import ROOT
from tooling.kit.private import private_folder
from tooling.platform.permissions.policies import documents


def write(settings: PlatformSettings, root: Path = ROOT) -> str:
    """Write one file for each policy; returns what to tell about them."""
    folder = private_folder(root / ".local" / "platform" / settings.stack / "permissions")
    for old in folder.glob("*.json"):
        old.unlink()
    lines: list[str] = []
    commands: list[str] = []
    for number, document in enumerate(documents(settings), start=1):
        path = folder / f"{number}.json"
        path.write_text(f"{json.dumps(document, indent=2)}\n", encoding="utf-8")
        shown = path.relative_to(root).as_posix()
        lines.append(f"  {shown}: {_size(document)}")
        commands.append(f"  {_create(settings.stack, number, shown)}")
    return "\n".join(
        [
            "The policies of a role that deploys this platform and nothing else:",
            *lines,
            "Make them, attach them to the role (docs/platform.md), and make them again after the",
            "configuration or the program has changed:",
            *commands,
        ]
    )


def _size(document: PolicyDocument) -> str:
    return f"{size(document['Statement']):,} of {LARGEST_POLICY:,} characters"


def _create(stack: str, number: int, path: str) -> str:
    name = f"agent-observability-platform-{stack}-{number}"
    words = ("--policy-name", name, "--policy-document", f"file://{path}")
    return shlex.join(["aws", "iam", "create-policy", *words])

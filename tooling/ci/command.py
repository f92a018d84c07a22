"""`lint` checks the workflows; the others write what the workflows say to people, as Markdown."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from components.secrets.masking import masked_lines
from tooling.ci import sections
from tooling.ci.lint import lint
from tooling.cluster.state import say
from tooling.kit.exit_codes import FINE, FOUND
from tooling.kit.options import add_stack


def options(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("lint", help="actionlint, shellcheck and zizmor")
    for name in ("preview", "drift"):
        command = commands.add_parser(name, help=f"the result of a {name} as Markdown")
        add_stack(command)
        command.add_argument("--status", required=True, type=int, help="exit code of pulumi")
        command.add_argument("--text", required=True, type=Path, help="what it printed")
    commands.add_parser("mask", help="standard input, without secrets")
    command = commands.add_parser("offline", help="diff and policies as one Markdown text")
    add_stack(command)
    for part in ("diff", "policy"):
        command.add_argument(f"--{part}", required=True, type=Path, help="Markdown; may be absent")
        command.add_argument(f"--{part}-log", required=True, type=Path, help="shown in its place")


def run(given: argparse.Namespace) -> int:
    """Run one of the commands. Raises ``ClusterError`` if a linter cannot be had."""
    if given.command == "lint":
        return FINE if lint(say) else FOUND
    if given.command == "mask":
        lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
        for line in masked_lines(lines):
            print(line, end="", flush=True)
        return FINE
    if given.command == "offline":
        text = sections.offline(
            given.stack,
            _markdown("diff", given.diff, given.diff_log),
            _markdown("policy", given.policy, given.policy_log),
        )
    else:
        section = {"preview": sections.preview, "drift": sections.drift}[given.command]
        text = section(given.stack, given.status, _read(given.text))
    print(text, end="")
    return FINE


def _markdown(name: str, file: Path, log: Path) -> str:
    """What a command wrote; where it did not get there, what it printed."""
    if file.exists():
        return _read(file)
    return f"`make {name}` failed:\n\n" + sections.fenced(_read(log), sections.LONGEST // 3)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")

"""`python -m tooling.ci lint` checks the workflows; the others write what they say to people.

Exit code 0, or for `lint` 1 with a finding and 2 if a linter cannot be had.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from components.secrets.masking import masked_lines
from tooling.ci import sections
from tooling.ci.lint import lint
from tooling.cluster.state import ClusterError, say
from tooling.kit.masking import clean


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(prog="python -m tooling.ci", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("lint", help="actionlint, shellcheck and zizmor")
    for name in ("preview", "drift"):
        command = commands.add_parser(name, help=f"the result of a {name} as Markdown")
        command.add_argument("--stack", required=True)
        command.add_argument("--status", required=True, type=int, help="exit code of pulumi")
        command.add_argument("--text", required=True, type=Path, help="what it printed")
    commands.add_parser("mask", help="standard input, without secrets")
    command = commands.add_parser("offline", help="diff and policies as one Markdown text")
    command.add_argument("--stack", required=True)
    for part in ("diff", "policy"):
        command.add_argument(f"--{part}", required=True, type=Path, help="Markdown; may be absent")
        command.add_argument(f"--{part}-log", required=True, type=Path, help="shown in its place")
    given = parser.parse_args(arguments)
    if given.command == "lint":
        return _lint()
    if given.command == "mask":
        text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
        for line in masked_lines(text):
            print(line, end="", flush=True)
        return 0
    if given.command == "offline":
        print(
            sections.offline(
                given.stack,
                _markdown("diff", given.diff, given.diff_log),
                _markdown("policy", given.policy, given.policy_log),
            ),
            end="",
        )
        return 0
    section = {"preview": sections.preview, "drift": sections.drift}[given.command]
    print(section(given.stack, given.status, _read(given.text)), end="")
    return 0


def _lint() -> int:
    try:
        return lint(say)
    except ClusterError as error:
        print(f"error: {clean(str(error))}", file=sys.stderr)
        return 2


def _markdown(name: str, file: Path, log: Path) -> str:
    """What a command wrote; where it did not get there, what it printed."""
    if file.exists():
        return _read(file)
    return f"`make {name}` failed:\n\n" + sections.fenced(_read(log), sections.LONGEST // 3)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())

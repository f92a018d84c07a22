"""`python -m tooling.doctor --stack S [--before]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pulumi

from stacks.stack_files import StackFileError
from tooling.cluster import ClusterError
from tooling.doctor import examination, report
from tooling.doctor.place import Place
from tooling.kit.masking import clean
from tooling.kit.stack_settings import read_settings
from tooling.kit.usage import UsageError, require_writable
from tooling.kubernetes.target import add_options, target

LONGEST_LOG = 1_000_000
"""Bytes of a failed run's text that are read, its last."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine one stack; 0 without errors, 1 with, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m tooling.doctor",
        description="Say what keeps a stack from working, and the next command.",
    )
    add_options(parser)
    parser.add_argument(
        "--before", action="store_true", help="ask only for what `up` needs, and change nothing"
    )
    parser.add_argument(
        "--log", metavar="FILE", help="text of a failed `pulumi up`, to be explained; - for stdin"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there too")
    given = parser.parse_args(arguments)
    try:
        if given.json is not None:
            require_writable("--json", given.json)
        log = _log(given.log)
        checked = read_settings(given.stack)
        found = examination.examine(
            checked, target(given, checked, Place), before_up=given.before, log=log
        )
        print(report.text(found))
        if given.json:
            given.json.write_text(report.as_json(found), encoding="utf-8")
    except UsageError as error:
        parser.error(str(error))
    except (pulumi.RunError, StackFileError, ClusterError, OSError) as error:
        print(f"error: {clean(str(error))}", file=sys.stderr)
        return 1
    return 1 if found.failed else 0


def _log(file: str | None) -> str:
    """The text of a failed run; one that cannot be read, or says nothing, is wrong usage."""
    try:
        text = _read(file)
    except OSError as error:
        raise UsageError(f"--log {file} cannot be read: {error.strerror}") from None
    if file is not None and not text.strip():
        raise UsageError(f"--log {file} is empty: keep the text with `pulumi up 2>&1 | tee up.log`")
    return text


def _read(file: str | None) -> str:
    if file is None:
        return ""
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    # The error is at the end; before the cut a secret could be without its beginning.
    _, cut, end = content[-LONGEST_LOG:].partition(b"\n")
    return (end if cut and len(content) > LONGEST_LOG else content).decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main())

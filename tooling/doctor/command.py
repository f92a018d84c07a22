"""Say what keeps a stack from working, and the next command."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tooling.doctor import examination, report
from tooling.doctor.place import Place
from tooling.kit.errors import UsageError
from tooling.kit.exit_codes import FINE, FOUND
from tooling.kit.options import add_json
from tooling.kit.stack_settings import read_settings
from tooling.kubernetes.target import add_options, target

LONGEST_LOG = 1_000_000
"""Bytes of a failed run's text that are read, its last."""


def options(parser: argparse.ArgumentParser) -> None:
    add_options(parser)
    parser.add_argument(
        "--before", action="store_true", help="ask only for what `up` needs, and change nothing"
    )
    parser.add_argument(
        "--log", metavar="FILE", help="text of a failed `pulumi up`, to be explained; - for stdin"
    )
    parser.add_argument(
        "--without-databases",
        action="store_true",
        help="run no command in a pod, by which databases are asked",
    )
    add_json(parser)


def run(given: argparse.Namespace) -> int:
    """Examine one stack; an error in it is a finding, a warning is none."""
    log = _log(given.log)
    checked = read_settings(given.stack)
    place = target(given, checked, Place)
    found = examination.examine(
        checked,
        place,
        before_up=given.before,
        databases=not given.without_databases,
        log=log,
    )
    print(report.text(found))
    if given.json:
        given.json.write_text(report.as_json(found), encoding="utf-8")
    return FOUND if found.failed else FINE


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

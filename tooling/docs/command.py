"""Write the generated files, or check that they are as they would be written."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tooling.docs import files
from tooling.kit.exit_codes import FINE, FOUND


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing, name stale files")


def run(given: argparse.Namespace) -> int:
    """Write the files, or name the stale ones."""
    stale = files.stale()
    if given.check:
        for path in stale:
            sys.stderr.write(f"{_name(path)} is stale: run `make docs` and commit the result\n")
        return FOUND if stale else FINE
    for path, text in files.generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{'wrote' if path in stale else 'unchanged'} {_name(path)}\n")
    return FINE


def _name(path: Path) -> str:
    return path.relative_to(files.ROOT).as_posix()

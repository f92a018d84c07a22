"""What the working tree changes in stacks, against a commit.

Each side is recorded by its own code, offline: no CLI, no cluster, no credentials. A difference is
no finding: the exit code is 0, or 2 if the two cannot be compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from stacks.stack_files import ROOT
from tooling.diff import trees
from tooling.diff.compare import compare
from tooling.diff.markdown import to_markdown
from tooling.kit.exit_codes import FINE
from tooling.kit.options import add_markdown, add_project, add_stacks


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", required=True, metavar="REF", help="branch, tag or commit")
    add_stacks(parser)
    add_project(parser)
    add_markdown(parser)


def run(given: argparse.Namespace) -> int:
    """Compare. Raises ``DiffError`` if that is not possible."""
    document = difference(ROOT, given.base, given.project, given.stack)
    if given.markdown:
        given.markdown.write_text(document, encoding="utf-8")
    print(document, end="")
    return FINE


def difference(root: Path, ref: str, project: str, stacks: Sequence[str]) -> str:
    """What differs between a commit and the working tree in ``root``, as Markdown."""
    sha = trees.commit(root, ref)
    short = sha[:7]
    with trees.extracted(root, sha) as base:
        sides = trees.record(base, root, project, stacks, name=f"{ref} ({short})")
        packages = trees.packages(base, root)
    return "\n".join(
        to_markdown(compare(stack, *sides[stack], project=project), short, packages)
        for stack in stacks
    )

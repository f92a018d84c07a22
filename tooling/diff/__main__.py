"""`python -m tooling.diff --base origin/main --stack prod`: what a change does to a stack.

Compares this working tree with a commit, offline: no CLI, no cluster, no credentials. Exit code 0
whether or not anything differs, 2 if the two cannot be compared.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from stacks.stack_files import ROOT
from tooling.diff import trees
from tooling.diff.compare import compare
from tooling.diff.markdown import to_markdown
from tooling.diff.model import DiffError
from tooling.kit.masking import clean


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Compare; 0 if that was possible."""
    parser = argparse.ArgumentParser(prog="python -m tooling.diff", description=__doc__)
    parser.add_argument("--base", required=True, metavar="REF", help="branch, tag or commit")
    parser.add_argument(
        "--stack", required=True, action="append", help="as in Pulumi.<stack>.yaml; may be repeated"
    )
    parser.add_argument("--project", default=".", help="its folder; default: the program itself")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write it there too")
    given = parser.parse_args(arguments)
    try:
        document = difference(root, given.base, given.project, given.stack)
        if given.markdown:
            given.markdown.write_text(document, encoding="utf-8")
    except (DiffError, OSError) as error:
        print(f"error: {clean(str(error))}", file=sys.stderr)
        return 2
    print(document, end="")
    return 0


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


if __name__ == "__main__":
    sys.exit(main())

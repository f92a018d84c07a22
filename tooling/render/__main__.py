"""`python -m tooling.render --stack dev`: what a stack consists of, as files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from stacks.stack_files import ROOT
from tooling.engineless import offline
from tooling.kit.masking import clean
from tooling.render import RenderedStack, RenderError, collect, summary, to_files, write


def main(arguments: Sequence[str] | None = None) -> int:
    """Render one stack; 0 if it was written."""
    parser = argparse.ArgumentParser(prog="python -m tooling.render", description=__doc__)
    parser.add_argument("--stack", required=True, help="as in Pulumi.<stack>.yaml")
    parser.add_argument("--project", default=".", help="its folder; default: the program itself")
    parser.add_argument("--out", type=Path, help="default: .local/render/<project>/<stack>")
    parser.add_argument(
        "--preview",
        action="store_true",
        help="as in a first preview, where generated values are not known yet",
    )
    given = parser.parse_args(arguments)
    rendered = ROOT / ".local" / "render" / given.project / given.stack
    folder = (given.out or rendered).absolute()
    try:
        recording = offline.record(given.stack, preview=given.preview, project=ROOT / given.project)
        stack = collect(recording, allow_unknown=given.preview)
        write(to_files(stack), folder)
    except (RenderError, *offline.EXPLAINED) as error:
        print(f"error: {clean(str(error))}", file=sys.stderr)
        return 1
    _print(stack, folder)
    return 0


def _print(stack: RenderedStack, folder: Path) -> None:
    print(f"stack    {stack.stack}: {summary.counts(stack)}")
    print(f"chain    {' > '.join(summary.chain(stack))}")
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    print(f"written  {shown}")


if __name__ == "__main__":
    sys.exit(main())

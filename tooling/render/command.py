"""What a stack consists of, as files: every object and resource, the graph, a summary."""

from __future__ import annotations

import argparse
from pathlib import Path

from stacks.stack_files import ROOT
from tooling.engineless import offline
from tooling.kit.exit_codes import FINE
from tooling.kit.options import add_project, add_stack
from tooling.render import RenderedStack, collect, summary, to_files, write


def options(parser: argparse.ArgumentParser) -> None:
    add_stack(parser)
    add_project(parser)
    parser.add_argument("--out", type=Path, help="default: .local/render/<project>/<stack>")
    parser.add_argument(
        "--preview",
        action="store_true",
        help="as in a first preview, where generated values are not known yet",
    )
    parser.add_argument(
        "--auto-mode",
        action="store_true",
        help="as on a cluster in EKS Auto Mode, which a deployment recognises by itself",
    )


def run(given: argparse.Namespace) -> int:
    """Render one stack."""
    rendered = ROOT / ".local" / "render" / given.project / given.stack
    folder = (given.out or rendered).absolute()
    recording = offline.record(
        given.stack,
        preview=given.preview,
        auto_mode=given.auto_mode,
        project=ROOT / given.project,
    )
    stack = collect(recording, allow_unknown=given.preview)
    write(to_files(stack), folder)
    _print(stack, folder)
    return FINE


def _print(stack: RenderedStack, folder: Path) -> None:
    print(f"stack    {stack.stack}: {summary.counts(stack)}")
    print(f"chain    {' > '.join(summary.chain(stack))}")
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    print(f"written  {shown}")

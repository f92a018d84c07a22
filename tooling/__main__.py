"""The tools beside Pulumi: `python -m tooling VERB --help` describes each.

All end with 0 if they did what they say and found nothing wrong, 1 if they found something, 2 if
they could not find out (wrong usage, a broken or missing file) and 130 if they were interrupted.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from tooling.kit.errors import is_explained
from tooling.kit.exit_codes import INTERRUPTED, UNASKED
from tooling.kit.masking import clean
from tooling.kit.options import Parser

VERBS: Final[Mapping[str, tuple[str, str]]] = {
    "render": ("tooling.render.command", "write every object of a stack, as files"),
    "diff": ("tooling.diff.command", "what the working tree changes in stacks, against a commit"),
    "policy": ("tooling.policy", "check stacks against the policy pack"),
    "demo": ("tooling.demo.command", "put the dev stack on a local cluster, or remove it"),
    "cluster": ("tooling.cluster.command", "start, stop or list local clusters"),
    "doctor": ("tooling.doctor.command", "what keeps a stack from working, and the next command"),
    "platform": (
        "tooling.platform.command",
        "the doctor of platform/, and its removal's first step",
    ),
    "smoke": ("tooling.smoke.command", "whether the Langfuse of a stack works"),
    "docs": ("tooling.docs.command", "write the generated files, or check them"),
    "bench": ("tooling.bench", "time and memory of the program"),
    "ci": ("tooling.ci.command", "lint the workflows; reports of their runs"),
}
"""The module of each verb, and its line in the list. A module has ``options(parser)`` and
``run(given)``, which returns an exit code; it is imported only where its verb is given."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    try:
        given = _parsed(sys.argv[1:] if arguments is None else arguments)
        return given.run(given)
    except KeyboardInterrupt as interruption:
        print("; ".join(["interrupted", *map(str, interruption.args)]), file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if not is_explained(error):
            raise
        print(f"error: {clean(str(error))}", file=sys.stderr)
        return UNASKED


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    as_written = argparse.RawDescriptionHelpFormatter
    parser = Parser(prog="python -m tooling", description=__doc__, formatter_class=as_written)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, (module, line) in VERBS.items():
        verb = verbs.add_parser(name, help=line, formatter_class=as_written)
        if [name] == list(arguments[:1]):
            command = importlib.import_module(module)
            verb.description = command.__doc__
            command.options(verb)
            verb.set_defaults(run=command.run)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    # A verb is one short run, in which the collector would walk through the SDKs again and again.
    gc.disable()
    code = main()
    # At its end, Python collects even so.
    gc.freeze()
    sys.exit(code)

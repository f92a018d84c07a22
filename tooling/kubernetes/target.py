"""The command-line options that name a stack and its cluster."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from stacks.settings import Settings
from tooling.cluster import demo
from tooling.kit.commands import Commands
from tooling.kit.errors import UsageError
from tooling.kit.options import add_stack

C = TypeVar("C", bound=Commands)


def add_options(parser: argparse.ArgumentParser) -> None:
    """``--stack``, and what takes the place of its cluster."""
    add_stack(parser)
    parser.add_argument("--kubeconfig", type=Path, metavar="FILE", help="default: the stack's own")
    parser.add_argument("--context", metavar="NAME", help="default: the stack's own")
    parser.add_argument("--demo", action="store_true", help="the cluster of `make demo`")


def target(given: argparse.Namespace, settings: Settings, kind: type[C]) -> C:
    """The stack's commands, for the cluster that the options name. Raises ``UsageError``, and
    ``ClusterError`` for a demo that is not there."""
    file, context = given.kubeconfig, given.context
    if given.demo:
        if file or context:
            raise UsageError(
                "--demo names the cluster already: leave --kubeconfig and --context out"
            )
        cluster = demo()
        file, context = cluster.kubeconfig, cluster.context
    elif file and not context and settings.cluster.eks_name:
        raise UsageError("--kubeconfig needs --context for a stack with cluster.eksName")
    commands = kind.of(settings, kubeconfig=file, context=context, demo=given.demo)
    return replace(commands, stack=given.qualified_stack)

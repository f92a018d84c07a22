"""Start, stop or list the local clusters."""

from __future__ import annotations

import argparse
import shlex

from tooling.kit.exit_codes import FINE

from . import api
from .state import PROVIDERS, Cluster


def options(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the local cluster, if it is not up yet")
    down = commands.add_parser("down", help="stop it and remove everything about it")
    for command in (up, down):
        command.add_argument("--name", default=api.DEMO)
    add_provider(up)
    commands.add_parser("status", help="list the local clusters")


def add_provider(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--provider", choices=PROVIDERS, default="kwok", help="default: kwok")


def run(given: argparse.Namespace) -> int:
    """Run one command. Raises ``ClusterError``."""
    if given.command == "up":
        _print_usage(_start(given.name, given.provider))
    elif given.command == "down":
        removed = api.stop(given.name)
        print(f"cluster {given.name} is removed" if removed else f"no cluster {given.name}")
    else:
        _print_status()
    return FINE


def _start(name: str, provider: str) -> Cluster:
    try:
        return api.start(name, provider)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("nothing is left of this start") from None


def _print_usage(cluster: Cluster) -> None:
    option = "" if cluster.name == api.DEMO else f" --name {cluster.name}"
    down = f"python -m tooling cluster down{option}" if option else "make cluster-down"
    print(f"kubeconfig  {cluster.kubeconfig}")
    print(f"context     {cluster.context}")
    print(f"use it      export KUBECONFIG={shlex.quote(str(cluster.kubeconfig))}")
    print(f"remove it   {down}")


def _print_status() -> None:
    found = api.clusters()
    if not found:
        print("no local cluster; start one with `make cluster-up`")
    for cluster in found:
        state = "up" if api.healthy(cluster) else "damaged"
        print(f"{cluster.name}  {cluster.provider}  {state}  {cluster.kubeconfig}")

"""`python -m tooling.cluster up|down|status`."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence

from . import api
from .state import PROVIDERS, Cluster, ClusterError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 if it did what it says."""
    parser = argparse.ArgumentParser(prog="python -m tooling.cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the local cluster, if it is not up yet")
    down = commands.add_parser("down", help="stop it and remove everything about it")
    for command in (up, down):
        command.add_argument("--name", default="demo")
    up.add_argument("--provider", choices=PROVIDERS, default="kwok")
    commands.add_parser("status", help="list the local clusters")
    given = parser.parse_args(arguments)
    try:
        if given.command == "up":
            _print_usage(api.start(given.name, given.provider))
        elif given.command == "down":
            removed = api.stop(given.name)
            print(f"cluster {given.name} is removed" if removed else f"no cluster {given.name}")
        else:
            _print_status()
    except (ClusterError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        left = "; nothing is left of this start" if given.command == "up" else ""
        print(f"interrupted{left}", file=sys.stderr)
        return INTERRUPTED
    return 0


def _print_usage(cluster: Cluster) -> None:
    option = "" if cluster.name == "demo" else f" --name {cluster.name}"
    down = f"python -m tooling.cluster down{option}" if option else "make cluster-down"
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


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tooling.demo up|down`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi.automation import PulumiCommand

from stacks import stack_files
from stacks.stack_files import StackFileError
from tooling.cluster import ClusterError, start, stop
from tooling.cluster.state import PROVIDERS, Stopwatch
from tooling.demo import cli, report
from tooling.demo.engine import Engine
from tooling.engineless import live
from tooling.kit.masking import clean
from tooling.kit.stack_settings import read_settings
from tooling.kubernetes.api import Api

STACK: Final = "dev"
NAME: Final = "demo"
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 if it did what it says."""
    parser = argparse.ArgumentParser(prog="python -m tooling.demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="put the dev stack on a local cluster")
    up.add_argument("--cluster", choices=PROVIDERS, default="kwok")
    commands.add_parser("down", help="remove the cluster and everything that was generated")
    given = parser.parse_args(arguments)
    try:
        if given.command == "up":
            _up(given.cluster)
        else:
            removed = stop(NAME)
            print("the demo is removed" if removed else "there is no demo to remove")
    except (ClusterError, live.LiveError, pulumi.RunError, StackFileError, OSError) as error:
        print(f"error: {clean(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "interrupted; run `make demo` to continue, `make demo-down` to remove what is there",
            file=sys.stderr,
        )
        return INTERRUPTED
    return 0


def _up(provider: str) -> None:
    # A mistake in the configuration shows before a cluster is started for it.
    read_settings(STACK)
    cluster = start(NAME, provider)
    overrides = {
        f"{stack_files.project_name()}:cluster": {
            "context": cluster.context,
            "kubeconfig": str(cluster.kubeconfig),
        }
    }
    folder = cluster.folder / "demo"
    outputs, mode = _deploy(folder, overrides)
    with Api(cluster.kubeconfig, cluster.context) as api:
        print(f"\n{report.text(cluster, api, outputs, mode)}")


def _deploy(folder: Path, overrides: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The outputs, and how the stack was deployed: as in the run before, if there was one."""
    state_file = folder / "live.json"
    engine_folder = folder / "pulumi"
    watch = Stopwatch()
    if state_file.exists():
        command = cli.Missing("the run before had none; `make demo-down` starts over")
    else:
        command = _command(first=not engine_folder.exists())
    if isinstance(command, cli.Missing):
        reason = command.reason
        print(f"deploying the {STACK} stack without a pulumi CLI: {reason}", flush=True)
        deployed = live.deploy(STACK, stack_files.read(STACK, overrides), state_file)
        _print_changes(deployed.summary)
        mode = f"Deployed in {watch} without a pulumi CLI: {reason}.\n{_WITHOUT}"
        return deployed.outputs, mode
    print(f"deploying the {STACK} stack with `pulumi up`", flush=True)
    engine = Engine(command, engine_folder, STACK)
    result = engine.deploy(overrides, print)
    if not result.changed:
        print("nothing changed")
    mode = f"Deployed in {watch} with `pulumi up`, on a backend of its own. To look into it:"
    return result.outputs, f"{mode}\n  {engine.shell('pulumi stack --stack ' + STACK)}"


_WITHOUT: Final = """\
The program ran in Pulumi's own runtime; each object was applied to the API server and waited for
as the Kubernetes provider would. Pulumi's engine and state are not proven by this."""


def _command(*, first: bool) -> PulumiCommand | cli.Missing:
    """The CLI, complete with its providers, or why there is none."""
    command = cli.find(_say)
    if not isinstance(command, cli.Missing):
        problem = cli.install_plugins(command, _say)
        if problem is None:
            return command
        command = cli.Missing(problem)
    if not first:
        raise live.LiveError(
            f"the demo was deployed with pulumi, which cannot be had now: {command.reason}. "
            "Give it back, or start over with `make demo-down`."
        )
    return command


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print_changes(summary: live.Summary) -> None:
    if not summary.changed:
        print(f"nothing changed ({len(summary.unchanged)} resources)")
        return
    for action in ("created", "updated", "replaced", "deleted"):
        names: list[str] = sorted(getattr(summary, action))
        print(*(f"  {action:8}  {name}" for name in names), sep="\n", end="\n" if names else "")
    print(f"  unchanged {len(summary.unchanged)} resources")


if __name__ == "__main__":
    sys.exit(main())

"""Put the dev stack on a local cluster, or remove it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from stacks import stack_files
from tooling.cluster.api import DEMO, start, stop
from tooling.cluster.command import add_provider
from tooling.cluster.state import Stopwatch, say
from tooling.demo import cli, report
from tooling.demo.engine import Engine
from tooling.engineless import live
from tooling.kit.exit_codes import FINE
from tooling.kit.stack_settings import read_settings
from tooling.kubernetes.api import Api

STACK: Final = "dev"


def options(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="put the dev stack on a local cluster")
    add_provider(up)
    commands.add_parser("down", help="remove the cluster and everything that was generated")


def run(given: argparse.Namespace) -> int:
    """Run one command. Raises ``ClusterError``, ``LiveError``, or what the program raises."""
    try:
        if given.command == "up":
            _up(given.provider)
        else:
            removed = stop(DEMO)
            print("the demo is removed" if removed else "there is no demo to remove")
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "run `make demo` to continue, `make demo-down` to remove what is there"
        ) from None
    return FINE


def _up(provider: str) -> None:
    # A mistake in the configuration shows before a cluster is started for it.
    read_settings(STACK)
    cluster = start(DEMO, provider)
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
        engine = cli.Missing("the run before had none; `make demo-down` starts over")
    else:
        engine = _engine(engine_folder)
    if isinstance(engine, cli.Missing):
        reason = engine.reason
        print(f"deploying the {STACK} stack without a pulumi CLI: {reason}", flush=True)
        deployed = live.deploy(STACK, stack_files.read(STACK, overrides), state_file)
        _print_changes(deployed.summary)
        mode = f"Deployed in {watch} without a pulumi CLI: {reason}.\n{_WITHOUT}"
        return deployed.outputs, mode
    print(f"deploying the {STACK} stack with `pulumi up`", flush=True)
    result = engine.deploy(overrides, print)
    if not result.changed:
        print("nothing changed")
    mode = f"Deployed in {watch} with `pulumi up`, on a backend of its own. To look into it:"
    mode += f"\n  {engine.shell('pulumi stack --stack ' + STACK)}"
    for name in engine.providers.stand_ins:
        mode += (
            f"\nPulumi's {name} provider cannot be had: a stand-in of this repository played it."
        )
    return result.outputs, mode


_WITHOUT: Final = """\
The program ran in Pulumi's own runtime; each object was applied to the API server and waited for
as the Kubernetes provider would. Pulumi's engine and state are not proven by this."""


def _engine(folder: Path) -> Engine | cli.Missing:
    """The engine with its providers, or why there is none."""
    found = cli.find(say)
    if not isinstance(found, cli.Missing):
        providers = cli.get_providers(found, say)
        if not isinstance(providers, cli.Missing):
            return Engine(found, folder, STACK, providers)
        found = providers
    if folder.exists():
        raise live.LiveError(
            f"the demo was deployed with pulumi, which cannot be had now: {found.reason}. "
            "Give it back, or start over with `make demo-down`."
        )
    return found


def _print_changes(summary: live.Summary) -> None:
    if not summary.changed:
        print(f"nothing changed ({len(summary.unchanged)} resources)")
        return
    for action in ("created", "updated", "replaced", "deleted"):
        names: list[str] = sorted(getattr(summary, action))
        print(*(f"  {action:8}  {name}" for name in names), sep="\n", end="\n" if names else "")
    print(f"  unchanged {len(summary.unchanged)} resources")

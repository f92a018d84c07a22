"""The same cluster with real containers, for people who have Docker and kind.

Not exercised by this repository's tests: it needs a Docker daemon.
"""

from __future__ import annotations

import shutil
import subprocess

from .reaper import Reaper
from .state import Cluster, ClusterError, clean_environment

CREATE_SECONDS = 600
ERROR_LINES = 15


def create(cluster: Cluster) -> None:
    """Start the kind cluster; the caller watches over it."""
    command = ["kind", "create", "cluster", "--name", cluster.name]
    command += ["--kubeconfig", str(cluster.kubeconfig), "--wait", "120s"]
    try:
        answer = _run(command, CREATE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"kind did not finish in {CREATE_SECONDS} s") from error
    if answer.returncode != 0:
        tail = "\n".join(answer.stderr.strip().splitlines()[-ERROR_LINES:])
        raise ClusterError(f"kind could not create the cluster {cluster.name}. It says:\n{tail}")


def healthy(cluster: Cluster) -> bool:
    """Whether kind still knows the cluster and its API server answers."""
    if not cluster.kubeconfig.exists():
        return False
    try:
        known = _run(["kind", "get", "clusters"], 20).stdout.split()
        nodes = _run(["kind", "get", "nodes", "--name", cluster.name], 20).stdout.split()
        states = _run(["docker", "inspect", "-f", "{{.State.Running}}", *nodes], 20).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return False
    return cluster.name in known and bool(states) and set(states) == {"true"}


def require() -> None:
    """Say what is missing before anything is started."""
    for program, url in (
        ("docker", "https://docs.docker.com/engine/install/"),
        ("kind", "https://kind.sigs.k8s.io/docs/user/quick-start/#installation"),
    ):
        if not shutil.which(program):
            raise ClusterError(
                f"provider kind needs `{program}` on PATH, and there is none. Install it from "
                f"{url}, or leave out --provider kind for the simulated cluster."
            )
    try:
        answer = _run(["docker", "info", "--format", "{{.ID}}"], 20)
        problem = (answer.stderr.strip() or "no reason given") if answer.returncode else ""
    except subprocess.TimeoutExpired:
        problem = "no answer in 20 s"
    if problem:
        raise ClusterError(
            f"provider kind needs a running Docker daemon: {problem}. Start Docker, or leave "
            "out --provider kind for the simulated cluster."
        )


def watch(cluster: Cluster, lock: int | None) -> Reaper:
    """Delete the cluster if this process does not finish what it starts."""
    return Reaper(
        cluster.folder,
        lock=lock,
        delete=delete_command(cluster),
        environment=clean_environment(),
    )


def delete_command(cluster: Cluster) -> list[str]:
    """The command that removes the containers."""
    kubeconfig = str(cluster.kubeconfig)
    return [
        "kind",
        "delete",
        "cluster",
        "--name",
        cluster.name,
        "--kubeconfig",
        kubeconfig,
    ]


def _run(command: list[str], seconds: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - constants and a checked name, no shell
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=seconds,
    )

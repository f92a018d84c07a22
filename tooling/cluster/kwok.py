"""The simulated cluster: a real control plane, run by kwokctl, with simulated nodes."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tooling.kit.private import write_private

from . import simulated
from .reaper import SERVERS, Reaper, cluster_processes
from .state import Cluster, ClusterError, Say, cache_folder, clean_environment, locked

CONFIGURATION = Path(__file__).with_name("kwokctl.yaml")
LOG = "kwokctl.log"
CREATE_SECONDS = 180
READY_SECONDS = 60
LOG_LINES = 12


def create(cluster: Cluster, programs: Mapping[str, Path], say: Say) -> None:
    """Start the control plane in the cluster's folder and fill it; the caller watches over it."""

    def waiting() -> None:
        say("waiting for another cluster to finish starting …")

    # One at a time: kwokctl looks for free ports, and two at once would find the same ones.
    with locked(cache_folder() / "creating.lock", waiting):
        _kwokctl_create(cluster, programs)
    kubectl = programs["kubectl"]
    # Embeds the certificates, so that the one file is enough to reach the cluster.
    config = run_kubectl(kubectl, cluster, "config", "view", "--raw", "--flatten")
    write_private(cluster.kubeconfig, config)
    run_kubectl(
        kubectl,
        cluster,
        "apply",
        "--server-side",
        "-f",
        "-",
        stdin=simulated.manifest(),
    )
    wait = ("wait", f"--timeout={READY_SECONDS}s")
    run_kubectl(kubectl, cluster, *wait, "--for=condition=Ready", "node", "--all")
    # Pods are refused until their namespace's service account exists.
    run_kubectl(
        kubectl,
        cluster,
        *wait,
        "--for=create",
        "serviceaccount/default",
        "-n",
        "default",
    )


def healthy(cluster: Cluster, kubectl: Path) -> bool:
    """Whether every process is there and the API server says it is ready."""
    running = {program for _, program in cluster_processes(cluster.folder)}
    if not running >= SERVERS or not cluster.kubeconfig.exists():
        return False
    try:
        run_kubectl(kubectl, cluster, "get", "--raw", "/readyz", "--request-timeout=3s")
    except ClusterError:
        return False
    return True


def run_kubectl(kubectl: Path, cluster: Cluster, *arguments: str, stdin: str = "") -> str:
    """Run kubectl against this cluster only, and return what it prints."""
    try:
        answer = subprocess.run(  # noqa: S603 - our own kubectl, no shell
            [kubectl, "--kubeconfig", cluster.kubeconfig, *arguments],
            check=False,
            capture_output=True,
            text=True,
            input=stdin,
            env=_environment(cluster, kubectl),
            timeout=READY_SECONDS + 30,
        )
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"kubectl {arguments[0]} did not finish: {error}") from error
    if answer.returncode != 0:
        raise ClusterError(
            f"kubectl {' '.join(arguments[:2])} failed on cluster {cluster.name}: "
            f"{answer.stderr.strip()}"
        )
    return answer.stdout


def watch(cluster: Cluster, lock: int | None) -> Reaper:
    """Clean up the cluster if this process does not finish what it starts."""
    return Reaper(cluster.folder, lock=lock)


def _kwokctl_create(cluster: Cluster, programs: Mapping[str, Path]) -> None:
    flags = {
        "--etcd-binary": "etcd",
        "--kube-apiserver-binary": "kube-apiserver",
        "--kube-controller-manager-binary": "kube-controller-manager",
        "--kube-scheduler-binary": "kube-scheduler",
        "--kwok-controller-binary": "kwok",
    }
    command = [
        *(programs["kwokctl"], "--config", CONFIGURATION, "--name", cluster.name),
        *("create", "cluster", "--wait", f"{READY_SECONDS}s"),
        *("--kubeconfig", cluster.kubeconfig),
        *(f"{flag}={programs[name]}" for flag, name in flags.items()),
    ]
    log = cluster.folder / LOG
    with log.open("w", encoding="utf-8") as output:
        try:
            code = subprocess.run(  # noqa: S603 - our own kwokctl, no shell
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(cluster, programs["kubectl"]),
                timeout=CREATE_SECONDS,
            ).returncode
        except subprocess.TimeoutExpired:
            code = None
    if code != 0:
        what = f"ended with code {code}" if code else f"did not finish in {CREATE_SECONDS} s"
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise ClusterError(
            f"the local cluster {cluster.name} did not start: kwokctl {what}. It says:\n"
            + "\n".join(lines[-LOG_LINES:])
        )


def _environment(cluster: Cluster, kubectl: Path) -> dict[str, str]:
    # A home in the folder keeps the user's ~/.kube and ~/.kwok untouched. (KWOK_WORKDIR
    # would be cut off at the first space.) Our kubectl comes first on PATH, where kwokctl
    # looks for it.
    environment = clean_environment(HOME=str(cluster.folder / "home"))
    environment["PATH"] = f"{kubectl.parent}:{environment.get('PATH', '')}"
    return environment

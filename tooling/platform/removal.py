"""What goes before the removal of a platform: nobody uses the cluster, and it has no nodes.

Pulumi deletes the cluster and the network, and knows nothing of what controllers made in AWS for
objects in the cluster: load balancers, volumes, machines. Those would stay, cost money, and keep
the network from being deleted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from components.platform.charts import PROMETHEUS_NAMESPACE
from stacks.cluster_platform.settings import PlatformSettings
from tooling.kit.errors import ExplainedError
from tooling.kubernetes.api import Object, Reference
from tooling.kubernetes.objects import part, subject
from tooling.platform.account import PlatformAccount

MINUTES: Final = 15
"""For nodes to go: pods get their grace periods, and a NodePool its nodes one after the other."""

_BETWEEN: Final = 10.0
_NODE_POOLS: Final = ("karpenter.sh/v1", "NodePool")
_NODE_CLAIMS: Final = ("karpenter.sh/v1", "NodeClaim")


class Cluster(Protocol):
    """A cluster, as ``Api`` is one."""

    def list(self, api_version: str, kind: str) -> list[Object]: ...

    def knows(self, api_version: str, kind: str) -> bool: ...

    def delete(self, reference: Reference) -> None: ...


class InUseError(ExplainedError):
    """Something in the cluster has to go first."""


def protected(settings: PlatformSettings, account: PlatformAccount) -> None:
    """Raises ``InUseError`` for a cluster with deletion protection."""
    if settings.cluster.deletion_protection:
        off = [account.config_set("platform:cluster.deletionProtection", value=False)]
        if settings.services.prometheus:  # whose volume goes in the same step
            off.append(_without_prometheus(account))
        raise InUseError(
            f"The cluster {settings.cluster.name} has deletion protection, in AWS and in Pulumi. "
            f"To take it away:\n{_lines([*off, account.make('platform')])}\n"
            f"then again: {account.make('platform-destroy')}"
        )


def _without_prometheus(account: PlatformAccount) -> str:
    return account.config_set("platform:services.prometheus", value=False)


def users(cluster: Cluster) -> list[str]:
    """Names of the objects for which controllers have made something in AWS."""
    ingresses = cluster.list("networking.k8s.io/v1", "Ingress")
    services = [
        service
        for service in cluster.list("v1", "Service")
        if part(service, "spec").get("type") == "LoadBalancer"
    ]
    claims = cluster.list("v1", "PersistentVolumeClaim")
    return [subject(found) for found in (*ingresses, *services, *claims)]


def unused(cluster: Cluster, account: PlatformAccount) -> None:
    """Raises ``InUseError`` while Ingresses, load balancers or volume claims are there."""
    found = users(cluster)
    if not found:
        return
    raise InUseError(
        "The cluster is in use. Each of these has something in AWS that the removal of the "
        f"cluster would leave:\n{_lines(found)}\n"
        "Remove the workloads first (`make destroy STACK=…` for each stack), then the volume "
        f"claims that they leave on purpose. Nothing was changed.{_of_prometheus(found, account)}"
    )


def _of_prometheus(found: Sequence[str], account: PlatformAccount) -> str:
    """What removes the platform's own claim, where there is one."""
    claim = f"PersistentVolumeClaim {PROMETHEUS_NAMESPACE}/"
    if not any(text.startswith(claim) for text in found):
        return ""
    return (
        f"\nA claim in {PROMETHEUS_NAMESPACE} is of the platform's Prometheus, and goes with it:\n"
        + _lines([_without_prometheus(account), account.make("platform")])
    )


def drain(
    cluster: Cluster,
    account: PlatformAccount,
    *,
    seconds: float = MINUTES * 60,
    say: Callable[[str], None] = print,
    wait: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Empties all node pools, and waits until the last node is gone.

    Raises ``InUseError`` with the names of what is left when the time is over.
    """
    if not cluster.knows(*_NODE_POOLS):
        return
    end = clock() + seconds
    # Else EKS makes its own pools again.
    account.aws.ask(
        "eks",
        "UpdateClusterConfig",
        name=account.settings.cluster.name,
        computeConfig={"enabled": True, "nodePools": []},
        kubernetesNetworkConfig={"elasticLoadBalancing": {"enabled": True}},
        storageConfig={"blockStorage": {"enabled": True}},
    )
    for pool in cluster.list(*_NODE_POOLS):
        cluster.delete(Reference.of(pool))
        say(f"removing {subject(pool)} and its nodes")
    told: Sequence[str] = ()
    while left := [subject(claim) for claim in cluster.list(*_NODE_CLAIMS)]:
        if clock() >= end:
            raise InUseError(
                f"These nodes are still there after {seconds / 60:.0f} minutes:\n{_lines(left)}\n"
                "A PodDisruptionBudget that allows no disruption keeps a node "
                "(`kubectl get poddisruptionbudgets -A`), and so does a finalizer. Go on with "
                f"{account.make('platform-destroy')}"
            )
        if left != told:
            say(f"waiting for {len(left)} node{'s' * (len(left) > 1)}: {', '.join(left)}")
            told = left
        wait(_BETWEEN)
    # EKS deletes no cluster that it is changing.
    while clock() < end and _status(account) == "UPDATING":
        wait(_BETWEEN)
    say("no node is left")


def _status(account: PlatformAccount) -> str:
    answer = account.aws.ask("eks", "DescribeCluster", name=account.settings.cluster.name)
    return answer["cluster"].get("status", "")


def _lines(found: Sequence[str]) -> str:
    return "\n".join(f"  {text}" for text in found)

"""Whether the cluster's network enforces NetworkPolicies. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from components.kubernetes.cluster_mode import ClusterMode
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.json_values import as_list
from tooling.kubernetes.objects import Object, items, name, part

SYSTEM: Final = "kube-system"
VPC_CNI: Final = "amazon-vpc-cni"
"""ConfigMap of the VPC CNI, and of the network of EKS Auto Mode."""

_SWITCH: Final = "enable-network-policy-controller"
"""https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html"""

_ENFORCING: Final = frozenset(
    {
        "anetd",  # GKE Dataplane V2
        "antrea-agent",
        "azure-npm",
        "calico-node",
        "canal",
        "cilium",
        "kube-router",
        "ovnkube-node",
        "weave-net",
    }
)
"""DaemonSets of what enforces policies, alone or beside another network."""

_AWS: Final = "aws-node"
_AGENT: Final = "aws-eks-nodeagent"
_ENABLED: Final = "--enable-network-policy=true"
"""https://github.com/aws/aws-network-policy-agent"""

_FLANNEL: Final = ("kube-flannel-ds", "kube-flannel")


def network_policies(
    daemon_sets: Sequence[Object], config: Object | None, mode: ClusterMode, place: Place
) -> Iterator[Finding]:
    """``daemon_sets``: all of the cluster; ``config``: the ConfigMap ``VPC_CNI``.

    A network that is not known is passed over.
    """
    by_name = {name(item): item for item in daemon_sets}
    if _ENFORCING & by_name.keys():
        return
    if mode.auto:
        if part(config or {}, "data").get(_SWITCH) != "true":
            manifest = f"--from-literal={_SWITCH}=true"
            command = (
                ("patch", "configmap", VPC_CNI, "--type=merge", "-p", _patch())
                if config
                else ("create", "configmap", VPC_CNI, manifest)
            )
            yield _finding(
                f"EKS Auto Mode enforces none until the ConfigMap {SYSTEM}/{VPC_CNI} says "
                f'{_SWITCH}: "true"',
                place.kubectl(*command, namespace=SYSTEM),
            )
    elif _AWS in by_name:
        if not _agent_runs(by_name[_AWS]):
            yield _finding(
                f"The VPC CNI enforces none: its network policy agent is off (container {_AGENT} "
                f"of the DaemonSet {SYSTEM}/{_AWS} without {_ENABLED}). The add-on's setting "
                "is enableNetworkPolicy",
                place.kubectl("get", "daemonset", _AWS, "-o", "yaml", namespace=SYSTEM),
            )
    elif any(flannel in by_name for flannel in _FLANNEL):
        yield _finding("Flannel enforces none", place.kubectl("get", "daemonsets", "-A"))


def _patch() -> str:
    return f'{{"data":{{"{_SWITCH}":"true"}}}}'


def _agent_runs(daemon_set: Object) -> bool:
    pod = part(part(part(daemon_set, "spec"), "template"), "spec")
    return any(
        container.get("name") == _AGENT and _ENABLED in (as_list(container.get("args")) or [])
        for container in items(pod, "containers")
    )


def _finding(cause: str, command: str) -> Finding:
    return Finding.warning(
        "network-policy-unenforced",
        "NetworkPolicies",
        f"{cause}: every pod of the cluster can connect to the database and to Langfuse",
        command,
    )

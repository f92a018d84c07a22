"""Whether a cluster is of a kind that the stack's pods run on. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from components.aws import cluster_support
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kubernetes.objects import Object, items, labels, part

_COMPUTE: Final = "eks.amazonaws.com/compute-type"
_FARGATE: Final = "fargate"

_ARCHITECTURES: Final = ("amd64", "arm64")
"""Those of Langfuse's and PostgreSQL's images. Langfuse's are for both since 2.58.0
(https://github.com/langfuse/langfuse/issues/1954)."""


def unsupported(nodes: Sequence[Object], service: Object | None, place: Place) -> Iterator[Finding]:
    """``service``: the API server's own, whose address is of the cluster's first family.

    A cluster without nodes says nothing about them: an autoscaler makes the first for a pod.
    """
    families = items(part(service or {}, "spec"), "ipFamilies")
    if families and str(families[0]) == "IPv6":
        yield _finding(
            f"It {cluster_support.IPV6}.",
            place.kubectl(
                *("get", "service", "kubernetes", "-o", "jsonpath={.spec.ipFamilies}"),
                namespace="default",
            ),
        )
    machines = [node for node in nodes if labels(node).get(_COMPUTE) != _FARGATE]
    if nodes and not machines:
        yield _finding(
            "It has Fargate nodes alone, where NetworkPolicies are not enforced and no volume of "
            "EBS can be attached: add a node group, or use EKS Auto Mode.",
            place.kubectl("get", "nodes", "-L", _COMPUTE),
        )
    elif machines and not any(_runs_images(node) for node in machines):
        kinds = sorted({"/".join(_platform(node)) for node in machines})
        yield _finding(
            f"Its nodes are {', '.join(kinds)}, and the images are for linux/"
            f"{' and linux/'.join(_ARCHITECTURES)}: every pod would fail with "
            '"exec format error".',
            place.kubectl("get", "nodes", "-L", "kubernetes.io/os,kubernetes.io/arch"),
        )


def _platform(node: Object) -> tuple[str, str]:
    # Labels that the kubelet sets, and the scheduler goes by.
    return str(labels(node).get("kubernetes.io/os")), str(labels(node).get("kubernetes.io/arch"))


def _runs_images(node: Object) -> bool:
    system, architecture = _platform(node)
    return system == "linux" and architecture in _ARCHITECTURES


def _finding(cause: str, command: str) -> Finding:
    return Finding.error("cluster-unsupported", "The cluster", cause, command)

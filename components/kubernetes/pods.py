"""The parts of a pod that all pods of the stack share; ``restricted`` Pod Security Standard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NotRequired, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pulumi_kubernetes.core.v1 import (
        LocalObjectReferenceArgsDict,
        PodSecurityContextArgsDict,
        ResourceRequirementsArgsDict,
        SecurityContextArgsDict,
        TolerationArgsDict,
    )

    from components.kubernetes.placement import ContainerResources, Placement

# The proxy of a service mesh does not end by itself, and a Job would not either. Istio and Kuma
# read a label, Linkerd, Consul and AWS App Mesh an annotation.
NO_SIDECAR_LABELS: Final = {
    "kuma.io/sidecar-injection": "disabled",
    "sidecar.istio.io/inject": "false",
}
NO_SIDECAR_ANNOTATIONS: Final = {
    "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled",
    "consul.hashicorp.com/connect-inject": "false",
    "linkerd.io/inject": "disabled",
}


class Placed(TypedDict):
    """The part of a pod specification that ``Placement`` decides."""

    image_pull_secrets: NotRequired[Sequence[LocalObjectReferenceArgsDict]]
    node_selector: NotRequired[Mapping[str, str]]
    tolerations: NotRequired[Sequence[TolerationArgsDict]]


def placed(placement: Placement) -> Placed:
    """Where a pod may run and how its images are pulled; settings without a value are left out."""
    part: Placed = {}
    if placement.image_pull_secrets:
        part["image_pull_secrets"] = [{"name": name} for name in placement.image_pull_secrets]
    if placement.node_selector:
        part["node_selector"] = placement.node_selector
    if placement.tolerations:
        part["tolerations"] = placement.tolerations
    return part


def pod_security(user: int) -> PodSecurityContextArgsDict:
    """Security context of a pod that runs as the numeric ``user``, and group of the same number.

    Numeric, because the kubelet cannot tell whether a named image user is root.
    """
    return {
        "run_as_non_root": True,
        "run_as_user": user,
        "run_as_group": user,
        "seccomp_profile": {"type": "RuntimeDefault"},
    }


def container_security(*, read_only: bool) -> SecurityContextArgsDict:
    """Security context of a container; ``read_only`` mounts its root file system read-only."""
    context: SecurityContextArgsDict = {
        "allow_privilege_escalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    if read_only:
        context["read_only_root_filesystem"] = True
    return context


def resource_requirements(resources: ContainerResources) -> ResourceRequirementsArgsDict:
    """Requests and limits. No CPU limit: throttling makes probes time out."""
    return {
        "requests": {"cpu": resources.cpu, "memory": resources.memory},
        "limits": {"memory": resources.memory_limit},
    }

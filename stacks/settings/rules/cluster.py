"""Rules of the cluster and its namespace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    join,
    to_change,
    to_decide,
)
from stacks.settings.rules.lists import distinct
from stacks.settings.sections.cluster import Cluster


def one_cluster(cluster: Cluster) -> Iterator[Problem]:
    if cluster.eks_name is None and cluster.context is None:
        rule = "needs the cluster: 'eksName' for an EKS cluster or 'context' of a kubeconfig"
        yield to_decide("cluster.context", None, rule)
    if cluster.eks_name is not None and cluster.context is not None:
        rule = "give either 'eksName' or 'context': they name two different clusters"
        yield to_decide("cluster.context", cluster.context, rule)
    if cluster.eks_name is not None and cluster.kubeconfig is not None:
        rule = "belongs to 'context'; the access to an EKS cluster is discovered"
        yield to_decide("cluster.kubeconfig", cluster.kubeconfig, rule)
    boundary = cluster.permissions_boundary_arn
    if cluster.eks_name is None and boundary is not None:
        rule = "belongs to 'eksName': a stack on another cluster makes no IAM role"
        yield to_decide("cluster.permissionsBoundaryArn", boundary, rule)


def tolerations_complete(cluster: Cluster) -> Iterator[Problem]:
    """What every schema accepts and the API server refuses."""
    for index, toleration in enumerate(cluster.tolerations):
        path = f"cluster.tolerations[{index}]"
        if toleration.key is None and toleration.operator == "Equal":
            rule = "must be Exists for a toleration without a key"
            if toleration.model_fields_set & {"operator", "value"}:
                yield to_decide(f"{path}.operator", toleration.operator, rule)
            else:
                yield to_change(f"{path}.operator", toleration.operator, rule, "Exists")
        if toleration.value is not None and toleration.operator == "Exists":
            rule = "has no meaning with operator Exists, which compares nothing"
            yield to_decide(f"{path}.value", toleration.value, rule)


def namespace_not_reserved(cluster: Cluster) -> Iterator[Problem]:
    made = cluster.create_namespace
    adopt = "with createNamespace false the stack adopts it"
    yield from not_reserved("cluster.namespace", cluster.namespace, adopt if made else None)


def not_reserved(path: str, namespace: str, adopt: str | None) -> Iterator[Problem]:
    """The problem of a namespace of Kubernetes' own; ``adopt``: how not to make one that exists."""
    if namespace.startswith("kube-"):
        rule = "is of Kubernetes itself, as every namespace is that begins with 'kube-'"
        yield to_decide(path, namespace, rule)
    elif namespace == "default" and adopt is not None:
        rule = f"exists in every cluster and cannot be created; {adopt}"
        yield to_decide(path, namespace, rule)


def pull_secrets_once(cluster: Cluster) -> Iterator[Problem]:
    """The API server refuses to apply a pod that names one twice."""
    yield from distinct("cluster.imagePullSecrets", cluster.image_pull_secrets)


_OWN_DOMAINS: Final = {
    f"{domain}.kubernetes.io" for domain in ("app", "apps", "batch", "statefulset")
}
_OWN_NAMES: Final = {"controller-revision-hash", "controller-uid", "job-name", "pod-template-hash"}


def pod_labels_not_owned(cluster: Cluster) -> Iterator[Problem]:
    """The stack selects its pods by labels, and so do the controllers of Kubernetes."""
    for name, value in cluster.pod_labels.items():
        domain, slash, _ = name.partition("/")
        if (slash and domain in _OWN_DOMAINS) or name in _OWN_NAMES:
            rule = "is set by the stack or by Kubernetes, which find pods by it"
            yield to_decide(join("cluster.podLabels", [name]), value, rule)


CHECKS: Final[tuple[Check, ...]] = (
    one_cluster,
    tolerations_complete,
    pod_labels_not_owned,
    namespace_not_reserved,
    pull_secrets_once,
)

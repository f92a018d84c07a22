"""Section ``cluster``: the Kubernetes cluster and the namespace of the stack."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.settings.machinery.fields.aws import ClusterName, PolicyArn
from stacks.settings.machinery.fields.kubernetes import (
    DnsLabel,
    DnsSubdomain,
    LabelName,
    LabelValue,
)
from stacks.settings.machinery.section import Section


class Toleration(Section):
    """A Kubernetes toleration."""

    key: LabelName | None = None
    """Taint key; none tolerates every key."""
    operator: Literal["Equal", "Exists"] = "Equal"
    """How `value` is compared."""
    value: LabelValue | None = None
    """Taint value, with operator `Equal`."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Taint effect; none tolerates every effect."""


class Cluster(Section):
    """The Kubernetes cluster and the namespace that the stack owns. Give `eksName` or `context`."""

    eks_name: ClusterName | None = None
    """Name of an existing EKS cluster in `aws:region`, which is then required."""
    context: Annotated[str, Field(examples=["kind-langfuse"], min_length=1)] | None = None
    """Context of a kubeconfig, for any other cluster. Never taken from the current context. To the
    program a renamed context is another cluster: every object is created again."""
    kubeconfig: Annotated[str, Field(min_length=1)] | None = None
    """Path of the kubeconfig that has `context`; default `$KUBECONFIG`, else `~/.kube/config`."""
    namespace: DnsLabel = "observability"
    """Namespace for Langfuse and what belongs to it. Another name moves everything to a new
    namespace, where a database in the cluster starts empty."""
    create_namespace: bool = True
    """Create `namespace`; false adopts one that exists and leaves its labels alone."""
    protect: bool = False
    """Refuse deletion and replacement of the namespaces that this stack creates, its own and the
    agents': whatever else runs there would go with them."""
    node_selector: dict[LabelName, LabelValue] = {}
    """Node labels that every pod of the stack requires."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints that every pod of the stack tolerates."""
    image_pull_secrets: tuple[DnsSubdomain, ...] = ()
    """Image pull Secrets for every pod of the stack, which exist in the namespace before the first
    `up`: create both, and set `createNamespace` to false."""
    pod_labels: dict[LabelName, LabelValue] = {}
    """Further labels of every pod of the stack, such as `sidecar.istio.io/inject`. The pod of a
    migration never gets a sidecar of a service mesh, which would keep its Job from ending."""
    pod_annotations: dict[LabelName, str] = {}
    """Further annotations of every pod of the stack."""
    permissions_boundary_arn: PolicyArn | None = None
    """Permissions boundary of every IAM role that the stack makes; on EKS. A deployment with a
    role of the `access` project needs the one that it makes (docs/access.md)."""

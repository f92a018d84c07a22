"""What components hand to one another: a database, a delivered secret, a cluster, a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import pulumi

if TYPE_CHECKING:
    from pulumi_kubernetes.core.v1 import TolerationArgsDict


@dataclass(frozen=True, kw_only=True)
class DatabaseConnection:
    """A database that is ready when ``url`` resolves, wherever it runs."""

    url: pulumi.Output[str]
    """PostgreSQL URL for Prisma; secret."""
    address: pulumi.Output[str]
    """Host and port, to show to people."""
    port: int
    """TCP port."""
    pods: Mapping[str, str] | None = None
    """Labels of the database's pods, when it runs in Langfuse's namespace."""
    networks: pulumi.Input[Sequence[str]] | None = None
    """Networks that its addresses are in, when they are known; CIDR notation."""
    ca_certificate: str | None = None
    """Root certificate (PEM) that the URL verifies the server against, when it names one. Clients
    find it at ``postgres_url.CA_FILE``."""


@dataclass(frozen=True, kw_only=True)
class DeliveredSecret:
    """A Kubernetes Secret whose values are in place when ``name`` resolves.

    A change of the values changes the name, so that pods which name it are rolled, and none
    starts on old values under the new name.
    """

    name: pulumi.Output[str]


class Deliver(Protocol):
    """Delivers secret values into one namespace."""

    def __call__(
        self,
        name: str,
        role: str,
        values: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions,
        *,
        fixed_name: str | None = None,
    ) -> DeliveredSecret:
        """A Secret with ``values``; ``name`` is the component's, ``role`` says what it is for.

        ``fixed_name``: the name that people write into their own manifests. Such a Secret changes
        in place; without it, changed values have a new name.
        """
        ...


class Delivery(Protocol):
    """A way of delivering secrets: the same shape, whatever stands behind it."""

    def into(
        self,
        name: str,
        namespace: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
        *,
        path: tuple[str, ...] = (),
    ) -> Deliver:
        """Prepare a namespace once; ``path`` tells its secrets from those of others."""
        ...


@dataclass(frozen=True, kw_only=True)
class EksCluster:
    """An EKS cluster that exists, as far as other resources in AWS refer to it."""

    name: str
    """Name of the cluster."""
    region: str
    """Region of the cluster, and of everything beside it."""
    partition: pulumi.Output[str]
    """``aws``, ``aws-cn``, ``aws-us-gov``."""
    account_id: pulumi.Output[str]
    """Account that owns the cluster."""
    endpoint: pulumi.Output[str]
    """URL of the API server."""
    certificate_authority: pulumi.Output[str]
    """Certificate authority of the API server, base64."""
    vpc_id: pulumi.Output[str]
    """VPC of the nodes."""
    vpc_cidrs: pulumi.Output[Sequence[str]]
    """Networks of the VPC: addresses of nodes, pods and load balancers."""
    security_group_id: pulumi.Output[str]
    """Security group that EKS puts on managed nodes; others may carry one of their own."""
    subnet_ids: pulumi.Output[Sequence[str]]
    """Subnets of the cluster, in at least two zones."""
    oidc_issuer: pulumi.Output[str]
    """URL of the OIDC issuer that signs tokens of service accounts."""
    permissions_boundary_arn: str | None = None
    """Permissions boundary of every role that is made beside the cluster."""


@dataclass(frozen=True, kw_only=True)
class OidcProvider:
    """The IAM identity provider of a cluster: roles trust service accounts through it."""

    arn: pulumi.Output[str]
    issuer_host: pulumi.Output[str]
    """The issuer without ``https://``, as policies name it."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where pods may run, and how their images are pulled."""

    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])
    tolerations: Sequence[TolerationArgsDict] = ()
    image_pull_secrets: Sequence[str] = ()
    """Names of Secrets in the namespace."""


ANYWHERE: Final = Placement()


@dataclass(frozen=True, kw_only=True)
class ContainerResources:
    """Requests and limits of a container, as Kubernetes quantities. CPU has no limit."""

    cpu: str
    memory: str
    memory_limit: str

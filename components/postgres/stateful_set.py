"""PostgreSQL in the cluster: one pod, no backup. For development."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_random as random
from pulumi_kubernetes.core.v1 import Secret

from components.kubernetes.backing import Backing
from components.kubernetes.cluster_mode import SELF_MANAGED, ClusterMode
from components.kubernetes.labels import labels, selector
from components.kubernetes.placement import ANYWHERE, ContainerResources, Placement
from components.kubernetes.single_server import SingleServer, admit, pods_with, serve
from components.kubernetes.volumes import encrypted_gp3
from components.postgres.backing import database
from components.postgres.pod import PORT, PORT_NAME, pod_spec
from components.postgres.url import urls

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPE = "agent-observability:index:PostgresStatefulSet"

_USER: Final = "langfuse"
_DATABASE: Final = "langfuse"


@dataclass(frozen=True, kw_only=True)
class PostgresStatefulSetArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    image: str
    """PostgreSQL image (Alpine variant)."""
    storage_gib: int
    """Size of the volume in GiB. Used only when the volume is created."""
    clients: Mapping[str, Mapping[str, str]]
    """Labels of the pods that may connect, by role."""
    connection_limit: int
    """Connections that each client pod may hold."""
    max_connections: int
    """PostgreSQL's ``max_connections``."""
    resources: ContainerResources
    """Requests and limits."""
    storage_class: str | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    create_storage_class: bool = False
    """Create an encrypted gp3 class for EBS and use it."""
    mode: ClusterMode = SELF_MANAGED
    """Whose volumes a created class makes."""
    placement: Placement = ANYWHERE
    """Where the pod may run."""


class PostgresStatefulSet(pulumi.ComponentResource):
    """PostgreSQL in one pod with a persistent volume. Only its clients can connect."""

    backing: Backing
    """The database; its URL resolves when the server accepts connections."""

    def __init__(
        self, name: str, args: PostgresStatefulSetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        object_labels = labels(name, "database", name="postgresql")
        pods = selector(name, "database")

        password = random.RandomPassword(
            f"{name}-password", length=32, special=False, opts=child
        ).result
        secret = Secret(
            f"{name}-credentials",
            metadata={"namespace": args.namespace, "labels": object_labels},
            type="Opaque",
            immutable=True,
            string_data={
                "POSTGRES_USER": _USER,
                "POSTGRES_DB": _DATABASE,
                "POSTGRES_PASSWORD": password,
            },
            opts=child,
        )
        storage_class: pulumi.Input[str] | None = args.storage_class
        if args.create_storage_class:
            storage_class = encrypted_gp3(f"{name}-gp3", object_labels, args.mode, child)
        server = SingleServer(
            namespace=args.namespace,
            labels=object_labels,
            selector=pods,
            ports={PORT_NAME: PORT},
            ingress=[admit(pods_with(args.clients.values()), PORT_NAME)],
            pod=pod_spec(
                image=args.image,
                max_connections=args.max_connections,
                resources=args.resources,
                placement=args.placement,
                credentials=secret.metadata.apply(lambda m: m.name or ""),
            ),
            placement=args.placement,
            storage_gib=args.storage_gib,
            storage_class=storage_class,
        )
        service, stateful_set = serve(name, server, child)
        ready = stateful_set.metadata.apply(lambda m: m.name or "")
        host = pulumi.Output.format("{0}.{1}.svc", ready, args.namespace)
        self.backing = database(
            urls=pulumi.Output.all(host=host, password=password).apply(
                lambda known: urls(
                    **known,
                    user=_USER,
                    port=PORT,
                    database=_DATABASE,
                    tls={"sslmode": "disable"},  # explicit: the server has no certificate
                    connection_limit=args.connection_limit,
                )
            ),
            address=pulumi.Output.format("{0}:{1}", host, PORT),
            port=PORT,
            pods=pods,
        )
        self.register_outputs({"address": self.backing.address, "service": service.id})

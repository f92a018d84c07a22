"""ClickHouse in the cluster: one server, no replica. For development and little data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_random as random
from pulumi_kubernetes.core.v1 import ConfigMap, Secret

from components.clickhouse import backups, configuration
from components.clickhouse.backing import clickhouse
from components.clickhouse.backups import Backups
from components.clickhouse.connection import HTTP_PORT, NATIVE_PORT, Server
from components.clickhouse.pod import (
    CONFIG_FILE,
    HTTP,
    METRICS,
    NATIVE,
    USERS_FILE,
    pod_spec,
)
from components.kubernetes import quantities
from components.kubernetes.backing import Backing
from components.kubernetes.cluster_mode import SELF_MANAGED, ClusterMode
from components.kubernetes.labels import labels, selector
from components.kubernetes.placement import ANYWHERE, ContainerResources, Placement
from components.kubernetes.resolvers import to_resolvers
from components.kubernetes.single_server import (
    SingleServer,
    admit,
    pods_of,
    pods_with,
    serve,
)
from components.kubernetes.volumes import encrypted_gp3

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPE = "agent-observability:index:ClickHouseStatefulSet"


@dataclass(frozen=True, kw_only=True)
class ClickHouseStatefulSetArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    image: str
    """ClickHouse image (see ``releases``)."""
    storage_gib: int
    """Size of the volume in GiB. Used only when the volume is created."""
    clients: Mapping[str, Mapping[str, str]]
    """Labels of the pods that may send queries, by role."""
    migrations: Mapping[str, str]
    """Labels of the pods that may use the native protocol too."""
    resources: ContainerResources
    """Requests and limits. The server's own limits follow from the memory limit."""
    storage_class: str | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    create_storage_class: bool = False
    """Create an encrypted gp3 class for EBS and use it."""
    mode: ClusterMode = SELF_MANAGED
    """Whose volumes a created class makes."""
    placement: Placement = ANYWHERE
    """Where the pod may run."""
    metrics_namespace: str | None = None
    """Namespace whose pods may read metrics; none lets nobody."""
    backups: Backups | None = None
    """When and where to; none makes no backup."""


class ClickHouseStatefulSet(pulumi.ComponentResource):
    """ClickHouse in one pod with a persistent volume. Only its clients can connect."""

    backing: Backing
    """The server; its password resolves when the server accepts connections."""

    def __init__(
        self, name: str, args: ClickHouseStatefulSetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        object_labels = labels(name, "clickhouse", name="clickhouse")
        pods = selector(name, "clickhouse")

        # Letters and digits: Langfuse's migration script does not encode it.
        password = random.RandomPassword(
            f"{name}-password", length=32, special=False, opts=child
        ).result
        # The server needs the hash only. The password is in Langfuse's Secret alone.
        secret = Secret(
            f"{name}-credentials",
            metadata={"namespace": args.namespace, "labels": object_labels},
            type="Opaque",
            immutable=True,
            string_data={configuration.PASSWORD_HASH: password.apply(_sha256)},
            opts=child,
        )
        backed_up = [backups.selector(name)] if args.backups else []
        grants = (*configuration.GRANTS, *(configuration.BACKUP_GRANTS if args.backups else ()))
        config = ConfigMap(
            f"{name}-config",
            metadata={"namespace": args.namespace, "labels": object_labels},
            immutable=True,
            data={CONFIG_FILE: configuration.SERVER, USERS_FILE: configuration.users(grants)},
            opts=child,
        )
        storage_class: pulumi.Input[str] | None = args.storage_class
        if args.create_storage_class:
            storage_class = encrypted_gp3(f"{name}-gp3", object_labels, args.mode, child)
        server = SingleServer(
            namespace=args.namespace,
            labels=object_labels,
            selector=pods,
            ports={HTTP: HTTP_PORT, NATIVE: NATIVE_PORT},
            ingress=[
                admit(pods_with(args.clients.values()), HTTP),
                admit(pods_with([args.migrations, *backed_up]), NATIVE),
                *(
                    [admit(pods_of([args.metrics_namespace]), METRICS)]
                    if args.metrics_namespace
                    else []
                ),
            ],
            egress=[to_resolvers(), backups.EGRESS] if args.backups else [],
            pod=pod_spec(
                image=args.image,
                resources=args.resources,
                placement=args.placement,
                configuration=config.metadata.apply(lambda m: m.name or ""),
                credentials=secret.metadata.apply(lambda m: m.name or ""),
                service_account=args.backups
                and backups.server_account(
                    name, args.namespace, object_labels, args.backups, child
                ),
            ),
            placement=args.placement,
            storage_gib=args.storage_gib,
            storage_class=storage_class,
        )
        service, stateful_set = serve(name, server, child)
        if args.backups:
            backups.schedule(
                name,
                args.backups,
                backups.Target(
                    namespace=args.namespace,
                    host=pulumi.Output.format("{0}.{1}.svc", name, args.namespace),
                    pods=pods,
                    user=configuration.USER,
                    password=password,
                    image=args.image,
                    placement=args.placement,
                ),
                child,
            )
        self.backing = clickhouse(
            Server(
                user=configuration.USER,
                memory_bytes=quantities.parse(args.resources.memory_limit),
            ),
            host=pulumi.Output.format("{0}.{1}.svc", name, args.namespace),
            # Known when the pod is ready.
            password=pulumi.Output.all(password, stateful_set.metadata).apply(
                lambda known: known[0]
            ),
            pods=pods,
        )
        self.register_outputs({"address": self.backing.address, "service": service.id})


def _sha256(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()

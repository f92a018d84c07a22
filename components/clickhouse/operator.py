"""ClickHouse by its own operator: three replicas of one shard, and three Keepers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_random as random
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import Secret, Service
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.clickhouse import backups, configuration
from components.clickhouse import operator_resources as resources
from components.clickhouse.backing import clickhouse
from components.clickhouse.backups import Backups
from components.clickhouse.connection import HTTP_PORT, NATIVE_PORT, Server
from components.clickhouse.operator_network import keeper_policy, server_policy
from components.kubernetes import quantities
from components.kubernetes.backing import Backing
from components.kubernetes.cluster_mode import SELF_MANAGED, ClusterMode
from components.kubernetes.labels import labels
from components.kubernetes.placement import ANYWHERE, ContainerResources, Placement
from components.kubernetes.volumes import encrypted_gp3

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TYPE = "agent-observability:index:OperatedClickHouse"

_USER = "default"


@dataclass(frozen=True, kw_only=True)
class OperatedClickHouseArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    image: str
    """ClickHouse image (see ``releases``)."""
    keeper_image: str
    """ClickHouse Keeper image."""
    storage_gib: int
    """Size of each replica's volume in GiB."""
    keeper_storage_gib: int
    """Size of each Keeper's volume in GiB."""
    resources: ContainerResources
    """Requests and limits of each replica."""
    keeper_resources: ContainerResources
    """Requests and limits of each Keeper."""
    clients: Mapping[str, Mapping[str, str]]
    """Labels of the pods that may send queries, by role."""
    migrations: Mapping[str, str]
    """Labels of the pods that may use the native protocol too."""
    operator_namespace: str
    """Namespace of the operator's pods."""
    storage_class: str | None = None
    """StorageClass of all volumes; none takes the cluster's default."""
    create_storage_class: bool = False
    """Create an encrypted gp3 class for EBS and use it."""
    mode: ClusterMode = SELF_MANAGED
    """Whose volumes a created class makes."""
    placement: Placement = ANYWHERE
    """Where the pods may run, beside one replica a node and spread over zones."""
    protect: bool = True
    """Refuse deletion and replacement of servers and Keepers."""
    metrics_namespace: str | None = None
    """Namespace whose pods may read metrics; none lets nobody."""
    backups: Backups | None = None
    """When and where to; none makes no backup."""
    after: Sequence[pulumi.Resource] = ()
    """What has to exist before the custom resources, such as their operator."""


class OperatedClickHouse(pulumi.ComponentResource):
    """ClickHouse whose operator exists. Volumes outlive their servers.

    Servers and Keepers have the component's name, which is that of the Service for queries too.
    """

    backing: Backing
    """The servers; the password resolves when all of them are in sync."""

    def __init__(
        self, name: str, args: OperatedClickHouseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        object_labels = labels(name, "clickhouse", name="clickhouse")
        keeper_labels = labels(name, "clickhouse-keeper", name="clickhouse")

        # Letters and digits: Langfuse's migration script does not encode it.
        password = random.RandomPassword(
            f"{name}-password", length=32, special=False, opts=child
        ).result
        secret = Secret(
            f"{name}-credentials",
            metadata={"namespace": args.namespace, "labels": object_labels},
            type="Opaque",
            immutable=True,
            string_data={
                configuration.PASSWORD_HASH: password.apply(
                    lambda text: hashlib.sha256(text.encode()).hexdigest()
                )
            },
            opts=child,
        )
        policies = [
            NetworkPolicy(
                f"{name}-network-policy",
                metadata={"namespace": args.namespace, "name": name, "labels": object_labels},
                spec=server_policy(
                    name,
                    args.clients.values(),
                    [args.migrations, *([backups.selector(name)] if args.backups else [])],
                    args.operator_namespace,
                    args.metrics_namespace,
                    egress=[backups.EGRESS] if args.backups else [],
                ),
                opts=child,
            ),
            NetworkPolicy(
                f"{name}-keeper-network-policy",
                metadata={
                    "namespace": args.namespace,
                    "name": f"{name}-keeper",
                    "labels": keeper_labels,
                },
                spec=keeper_policy(name, args.operator_namespace, args.metrics_namespace),
                opts=child,
            ),
        ]
        for role, host, selector, port in (
            ("service", name, resources.server_selector(name), HTTP_PORT),
            ("migration-service", f"{name}-0", resources.replica_selector(name), NATIVE_PORT),
        ):
            Service(
                f"{name}-{role}",
                metadata={"namespace": args.namespace, "name": host, "labels": object_labels},
                spec={
                    "selector": selector,
                    "ports": [{"name": "clickhouse", "port": port, "target_port": port}],
                },
                opts=child,
            )
        storage_class: pulumi.Input[str] | None = args.storage_class
        if args.create_storage_class:
            storage_class = encrypted_gp3(f"{name}-gp3", object_labels, args.mode, child)
        minutes = f"{resources.READY_MINUTES}m"

        def kept(*before: pulumi.Resource) -> pulumi.ResourceOptions:
            return pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                # The policies exist before any connection is possible.
                depends_on=[*policies, *args.after, *before],
                custom_timeouts=pulumi.CustomTimeouts(create=minutes, update=minutes),
            )

        keeper = CustomResource(
            f"{name}-keeper",
            api_version=resources.API_VERSION,
            kind="KeeperCluster",
            metadata={
                "namespace": args.namespace,
                "name": name,
                "labels": keeper_labels,
                "annotations": resources.UNTIL_READY,
            },
            spec=resources.keeper_spec(
                image=args.keeper_image,
                resources=args.keeper_resources,
                placement=args.placement,
                claim=resources.claim(args.keeper_storage_gib, storage_class),
            ),
            opts=kept(),
        )
        servers = CustomResource(
            f"{name}-servers",
            api_version=resources.API_VERSION,
            kind="ClickHouseCluster",
            metadata={
                "namespace": args.namespace,
                "name": name,
                "labels": object_labels,
                "annotations": resources.UNTIL_IN_SYNC,
            },
            spec=resources.cluster_spec(
                keeper=name,
                image=args.image,
                resources=args.resources,
                placement=args.placement,
                claim=resources.claim(args.storage_gib, storage_class),
                credentials=secret.metadata.apply(lambda m: m.name or ""),
                service_account=args.backups
                and backups.server_account(
                    name, args.namespace, object_labels, args.backups, child
                ),
            ),
            opts=kept(keeper),
        )
        migration_host = pulumi.Output.format("{0}-0.{1}.svc", name, args.namespace)
        if args.backups:
            backups.schedule(
                name,
                args.backups,
                backups.Target(
                    namespace=args.namespace,
                    # One replica, and always the same: each has all data.
                    host=migration_host,
                    pods=resources.server_selector(name),
                    user=_USER,
                    password=password,
                    image=args.image,
                    placement=args.placement,
                ),
                child,
            )
        self.backing = clickhouse(
            Server(
                user=_USER,
                clustered=True,
                memory_bytes=quantities.parse(args.resources.memory_limit),
            ),
            host=pulumi.Output.format("{0}.{1}.svc", name, args.namespace),
            migration_host=migration_host,
            # The URN makes it wait for the conditions.
            password=pulumi.Output.all(password, servers.urn).apply(lambda known: known[0]),
            pods=resources.server_selector(name),
        )
        self.register_outputs({"address": self.backing.address})

"""Valkey on Amazon ElastiCache: one replication group, in two zones with a replica."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_random as random
from pulumi_aws import elasticache

from components.aws import write_only_version
from components.aws.cluster import EksCluster
from components.aws.firewall import firewall
from components.cache.backing import cache
from components.cache.url import PORT, connection_url
from components.kubernetes.backing import Backing

TYPE = "agent-observability:index:CacheElastiCache"

PASSWORD_LENGTH: Final = 64
"""Of 16 to 128 that ElastiCache takes."""

_SLOW: Final = "2h"
"""A group takes 15 minutes, another node type or a large final snapshot far longer."""


@dataclass(frozen=True, kw_only=True)
class CacheElastiCacheArgs:
    cluster: EksCluster
    """The cluster whose pods connect."""
    identifier_prefix: str
    """What the group's identifier begins with: eight characters and a hyphen follow, and
    ElastiCache takes 40."""
    name_prefix: str
    """What other names in the account begin with, those of no other stack."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """Private subnets in at least two zones of the cluster's VPC."""
    version: str
    """Major and minor version of Valkey. A lower one than before would replace the group."""
    node_type: str
    """Node type of the primary and of every replica."""
    replicas: int
    """Copies in other zones, one of which takes over when the primary fails; 0 to 5."""
    snapshot_days: int
    """Days that daily snapshots are kept; 0 makes none."""
    snapshot_window: str
    """Daily window in UTC."""
    maintenance_window: str
    """Weekly window in UTC."""
    protect: bool
    """Refuse deletion and replacement of the group. ElastiCache itself has no such protection."""
    client_security_group_ids: Sequence[str] = ()
    """Further security groups that may connect: those of nodes without the cluster's group."""
    kms_key_arn: str | None = None
    """Key for data at rest; none takes one that ElastiCache owns. Another key is another group."""
    apply_immediately: bool = False
    """Apply changes at once instead of in the maintenance window."""


class CacheElastiCache(pulumi.ComponentResource):
    """An encrypted Valkey that the cluster's pods reach over verified TLS. It evicts nothing."""

    backing: Backing
    """The cache; its URL resolves when the group is available and pods may connect."""
    identifier: pulumi.Output[str]
    """Identifier of the replication group."""
    nodes: Sequence[pulumi.Output[str]]
    """Identifiers of the primary and its replicas."""
    engine_version: pulumi.Output[str]
    """The version that runs, patch level included."""

    def __init__(
        self, name: str, args: CacheElastiCacheArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group, admissions = firewall(
            name,
            args.cluster,
            name_prefix=args.name_prefix,
            store="Cache",
            protocol="Valkey",
            further_groups=args.client_security_group_ids,
            port=PORT,
            opts=child,
        )
        # Nothing but another name replaces it, and so the name can be the same for ever.
        subnets = elasticache.SubnetGroup(
            f"{name}-subnets",
            name=args.name_prefix,
            description="Subnets of Langfuse's cache",
            subnet_ids=args.subnet_ids,
            opts=child,
        )
        family = f"valkey{args.version.partition('.')[0]}"
        parameters = elasticache.ParameterGroup(
            f"{name}-parameters",
            # With the family, so that for another one a new group exists before the cache stops
            # using the old one.
            name=f"{args.name_prefix}-{family}",
            description="Parameters of Langfuse's cache",
            family=family,
            # AWS's default is volatile-lru. What Langfuse keeps here are jobs, and a lost job is a
            # lost event (https://docs.bullmq.io/guide/going-to-production).
            parameters=[{"name": "maxmemory-policy", "value": "noeviction"}],
            opts=child,
        )
        # A replacement is made before the old group is deleted, which leaves a snapshot: both need
        # another name, and no earlier deletion may have left the same.
        unique = random.RandomId(
            f"{name}-suffix",
            byte_length=4,
            keepers={"kmsKey": args.kms_key_arn or ""},
            opts=child,
        ).hex
        # Letters and digits only: ElastiCache refuses some characters, and URLs others.
        token = random.RandomPassword(
            f"{name}-password", length=PASSWORD_LENGTH, special=False, opts=child
        ).result
        replication_group = elasticache.ReplicationGroup(
            f"{name}-group",
            replication_group_id=pulumi.Output.format("{0}-{1}", args.identifier_prefix, unique),
            description="Cache of Langfuse",
            engine="valkey",
            engine_version=args.version,
            # If AWS raised the minor version, the next preview would lower it again, which is a
            # replacement. Patches are applied without it.
            auto_minor_version_upgrade=False,
            node_type=args.node_type,
            # Langfuse's queues use several keys in one command, which a cluster spreads.
            cluster_mode="disabled",
            num_cache_clusters=1 + args.replicas,
            automatic_failover_enabled=args.replicas > 0,
            multi_az_enabled=args.replicas > 0,
            port=PORT,
            at_rest_encryption_enabled=True,
            kms_key_id=args.kms_key_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            # Write-only: the provider stores no copy in the group's state.
            auth_token_wo=token,
            auth_token_wo_version=token.apply(write_only_version.version_of),
            # The token before stays valid, so that pods that still use it keep working while
            # others start with the new one; the next rotation ends it.
            auth_token_update_strategy="ROTATE",  # noqa: S106 - no token
            subnet_group_name=subnets.name,
            security_group_ids=[group.id],
            parameter_group_name=parameters.name,
            snapshot_retention_limit=args.snapshot_days,
            snapshot_window=args.snapshot_window,
            maintenance_window=args.maintenance_window,
            apply_immediately=args.apply_immediately,
            final_snapshot_identifier=pulumi.Output.format(
                "{0}-final-{1}", args.name_prefix, unique
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                # None, not False: an unset option inherits, a set one would undo the component's.
                protect=args.protect or None,
                # Clients wait for the group only, and have to be admitted by then.
                depends_on=admissions,
                custom_timeouts=pulumi.CustomTimeouts(create=_SLOW, update=_SLOW, delete=_SLOW),
            ),
        )
        self.identifier = replication_group.replication_group_id
        self.nodes = [
            _node(replication_group.member_clusters, number) for number in range(1 + args.replicas)
        ]
        self.engine_version = replication_group.engine_version_actual
        host = replication_group.primary_endpoint_address
        self.backing = cache(
            # No certificate is handed over: a public authority signs ElastiCache's.
            url=pulumi.Output.all(host=host, password=token).apply(
                lambda known: connection_url(**known, port=PORT, tls=True)
            ),
            address=pulumi.Output.format("{0}:{1}", host, PORT),
            port=PORT,
            networks=args.cluster.vpc_cidrs,
        )
        self.register_outputs(
            {
                "address": self.backing.address,
                "identifier": self.identifier,
                "engineVersion": self.engine_version,
            }
        )


def _node(members: pulumi.Output[Sequence[str]], number: int) -> pulumi.Output[str]:
    """One of the members, whose order AWS does not promise."""
    return members.apply(lambda names: sorted(names)[number])

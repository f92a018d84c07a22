"""PostgreSQL on Amazon RDS: one instance that outlives mistakes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pulumi
import pulumi_random as random
from pulumi_aws import ec2, iam, rds, vpc

from components import iam_rds
from components.handover import DatabaseConnection, EksCluster
from components.iam_documents import encode
from components.postgres_url import connection_url, pool_parameters, verified_tls
from components.rds_certificates import AUTHORITY, root_certificate

TYPE = "agent-observability:index:PostgresRds"

PORT: Final = 5432
_USER: Final = "langfuse"
_DATABASE: Final = "langfuse"

_INSIGHTS_DAYS: Final = {"standard": 7, "advanced": 465}
"""Retention that CloudWatch Database Insights includes in a mode, or asks for."""

_SLOW: Final = "2h"
"""A Multi-AZ instance takes a quarter of an hour, a large restore or a class change far longer."""


@dataclass(frozen=True, kw_only=True)
class Restore:
    """What an instance starts from: a snapshot, or another instance at a point in time.

    It has to come from an encrypted instance that this component made: user and database are the
    same. Its password is replaced.
    """

    snapshot: str | None = None
    """Identifier or ARN of a snapshot."""
    instance: str | None = None
    """Identifier of an instance, in place of a snapshot."""
    time: str | None = None
    """Point in time in UTC, with ``instance``; none takes the latest."""


@dataclass(frozen=True, kw_only=True)
class PostgresRdsArgs:
    cluster: EksCluster
    """The cluster whose pods connect. Nothing else can."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """Private subnets in at least two zones of the cluster's VPC."""
    version: str
    """Major version. AWS picks the minor one, and upgrades it in the maintenance window."""
    instance_class: str
    """Instance class."""
    storage_gib: int
    """Allocated storage in GiB."""
    multi_az: bool
    """Keep a standby in another zone."""
    backup_days: int
    """Days of automated backups."""
    backup_window: str
    """Daily window in UTC."""
    maintenance_window: str
    """Weekly window in UTC."""
    connection_limit: int
    """Connections that each client pod may hold."""
    protect: bool
    """Refuse deletion and replacement of the instance, in Pulumi and in RDS."""
    max_storage_gib: int | None = None
    """Limit of storage autoscaling in GiB; none turns it off."""
    iops: int | None = None
    """Provisioned IOPS, from 400 GiB on."""
    throughput_mibps: int | None = None
    """Provisioned throughput in MiB/s, from 400 GiB on."""
    kms_key_arn: str | None = None
    """Key for storage and insights; none takes the account's aws/rds key."""
    insights: Literal["standard", "advanced"] = "standard"
    """CloudWatch Database Insights mode."""
    monitoring_seconds: int = 60
    """Interval of Enhanced Monitoring; 0 turns it off."""
    apply_immediately: bool = False
    """Apply changes at once instead of in the maintenance window."""
    allow_major_upgrade: bool = False
    """Whether a changed ``version`` may upgrade the data. There is no way back but a restore."""
    restore: Restore | None = None
    """Start from existing data. On an instance that exists it is a replacement, which ``protect``
    refuses; taken away again, it changes nothing."""


class PostgresRds(pulumi.ComponentResource):
    """An encrypted PostgreSQL instance that the cluster's pods reach over verified TLS."""

    connection: DatabaseConnection
    """The database; its URL resolves when the instance is available and pods may connect."""
    identifier: pulumi.Output[str]
    """Identifier of the instance."""
    engine_version: pulumi.Output[str]
    """The version that runs, minor included."""

    def __init__(
        self, name: str, args: PostgresRdsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        security_group, admission = _firewall(name, args, child)
        role_arn, permission = _monitoring(name, args, child)
        subnets = rds.SubnetGroup(
            f"{name}-subnets",
            description="Subnets of Langfuse's database",
            subnet_ids=args.subnet_ids,
            opts=child,
        )
        # Autonamed, so that another major version makes another group before the instance leaves
        # the old one.
        parameters = rds.ParameterGroup(
            f"{name}-parameters",
            description="Parameters of Langfuse's database",
            family=f"postgres{args.version}",
            # The default from version 15 on; stated, because the client's TLS alone would leave
            # the server open to others'.
            parameters=[{"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"}],
            opts=child,
        )
        # Letters and digits: RDS refuses some characters, URLs others.
        password = random.RandomPassword(
            f"{name}-password", length=32, special=False, opts=child
        ).result
        instance = rds.Instance(
            f"{name}-instance",
            engine="postgres",
            # The major version alone: with a minor one, the preview after AWS's upgrade would be a
            # downgrade.
            engine_version=args.version,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=args.allow_major_upgrade,
            # Extended support is billed by the hour from the day the version's own support ends.
            engine_lifecycle_support="open-source-rds-extended-support-disabled",
            instance_class=args.instance_class,
            multi_az=args.multi_az,
            **_storage(args),
            db_name=_DATABASE,
            username=_USER,
            # Write-only: AWS's side of the state never holds it.
            password_wo=password,
            password_wo_version=password.apply(password_version),
            port=PORT,
            # Langfuse's URL is fixed when a pod starts, and an IAM token is valid for 15 minutes.
            iam_database_authentication_enabled=False,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[security_group.id],
            publicly_accessible=False,
            ca_cert_identifier=AUTHORITY,
            parameter_group_name=parameters.name,
            backup_retention_period=args.backup_days,
            backup_window=args.backup_window,
            maintenance_window=args.maintenance_window,
            apply_immediately=args.apply_immediately,
            copy_tags_to_snapshot=True,
            # What a deletion leaves behind: a snapshot, and the automated backups until they
            # expire.
            delete_automated_backups=False,
            skip_final_snapshot=False,
            final_snapshot_identifier=_final_snapshot(name, args, child),
            deletion_protection=args.protect,
            # Performance Insights is what Database Insights is made of, in this API.
            database_insights_mode=args.insights,
            performance_insights_enabled=True,
            performance_insights_retention_period=_INSIGHTS_DAYS[args.insights],
            performance_insights_kms_key_id=args.kms_key_arn,
            monitoring_interval=args.monitoring_seconds,
            monitoring_role_arn=role_arn,
            enabled_cloudwatch_logs_exports=["postgresql", "upgrade"],
            **_origin(args.restore),
            opts=pulumi.ResourceOptions(
                parent=self,
                # None, not False: an unset option inherits, a set one would undo the component's.
                protect=args.protect or None,
                # What uses the database waits for the instance alone, and must not find it closed.
                # And RDS tries the role when it is given it.
                depends_on=[admission, *permission],
                # Read when the instance is made: taking a restore out of the configuration must
                # not replace what was restored.
                ignore_changes=(
                    ["snapshotIdentifier", "restoreToPointInTime"] if args.restore is None else None
                ),
                custom_timeouts=pulumi.CustomTimeouts(create=_SLOW, update=_SLOW, delete=_SLOW),
            ),
        )
        self.identifier = instance.identifier
        self.engine_version = instance.engine_version_actual
        self.connection = DatabaseConnection(
            url=_url(instance.address, password, args.connection_limit),
            address=instance.endpoint,
            port=PORT,
            ca_certificate=root_certificate(args.cluster.region),
        )
        self.register_outputs(
            {
                "address": self.connection.address,
                "identifier": self.identifier,
                "engineVersion": self.engine_version,
            }
        )


def password_version(password: str) -> int:
    """A number that changes with the password, and so makes the provider send the new one.

    A write-only value is in no state to compare with; the provider asks for a version that differs
    (https://github.com/hashicorp/terraform-provider-aws/issues/42441). Taken from the password
    itself, it cannot be forgotten: any change arrives in the same `up`. 31 bits of a hash of 190
    random ones help nobody to guess them, and the number is a secret as its origin is.
    """
    digest = hashlib.sha256(password.encode()).digest()
    return int.from_bytes(digest[:4]) % (2**31 - 1) + 1


def _url(
    host: pulumi.Output[str], password: pulumi.Output[str], connection_limit: int
) -> pulumi.Output[str]:
    return pulumi.Output.secret(
        pulumi.Output.all(host=host, password=password).apply(
            lambda known: connection_url(
                user=_USER,
                password=known["password"],
                host=known["host"],
                port=PORT,
                database=_DATABASE,
                parameters={**verified_tls(), **pool_parameters(connection_limit)},
            )
        )
    )


def _firewall(
    name: str, args: PostgresRdsArgs, child: pulumi.ResourceOptions
) -> tuple[ec2.SecurityGroup, vpc.SecurityGroupIngressRule]:
    """A security group that lets the cluster's nodes and pods in, and nothing out.

    The rule is a resource of its own: rules within the group and beside it undo each other.
    """
    group = ec2.SecurityGroup(
        f"{name}-firewall",
        # A changed description would replace the group.
        description="Langfuse's database",
        vpc_id=args.cluster.vpc_id,
        opts=child,
    )
    rule = vpc.SecurityGroupIngressRule(
        f"{name}-from-cluster",
        description="PostgreSQL from the nodes and pods of the cluster",
        security_group_id=group.id,
        referenced_security_group_id=args.cluster.security_group_id,
        ip_protocol="tcp",
        from_port=PORT,
        to_port=PORT,
        opts=child,
    )
    return group, rule


def _monitoring(
    name: str, args: PostgresRdsArgs, child: pulumi.ResourceOptions
) -> tuple[pulumi.Output[str] | None, list[pulumi.Resource]]:
    """The role that Enhanced Monitoring writes its logs with, and its permission."""
    if args.monitoring_seconds == 0:
        return None, []
    cluster = args.cluster
    role = iam.Role(
        f"{name}-monitoring",
        description="Enhanced Monitoring of Langfuse's database",
        assume_role_policy=pulumi.Output.all(
            partition=cluster.partition, account_id=cluster.account_id
        ).apply(
            lambda known: encode(
                iam_rds.monitoring_trust(
                    partition=known["partition"],
                    region=cluster.region,
                    account_id=known["account_id"],
                )
            )
        ),
        opts=child,
    )
    permission = iam.RolePolicyAttachment(
        f"{name}-monitoring-permission",
        role=role.name,
        policy_arn=cluster.partition.apply(iam_rds.monitoring_policy_arn),
        opts=child,
    )
    return role.arn, [permission]


def _storage(args: PostgresRdsArgs) -> dict[str, Any]:
    """Encrypted gp3. What is not given is left to RDS: below 400 GiB it refuses both numbers."""
    return {
        "storage_type": "gp3",
        "allocated_storage": args.storage_gib,
        "max_allocated_storage": args.max_storage_gib,
        "iops": args.iops,
        "storage_throughput": args.throughput_mibps,
        "storage_encrypted": True,
        "kms_key_id": args.kms_key_arn,
    }


def _origin(restore: Restore | None) -> dict[str, Any]:
    if restore is None:
        return {}
    if restore.snapshot is not None:
        return {"snapshot_identifier": restore.snapshot}
    return {
        "restore_to_point_in_time": {
            "source_db_instance_identifier": restore.instance,
            "restore_time": restore.time,
            "use_latest_restorable_time": None if restore.time else True,
        }
    }


def _final_snapshot(
    name: str, args: PostgresRdsArgs, child: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """A name for the snapshot that a deletion leaves: the same in every `up`, and never taken.

    It changes with what replaces the instance, because the old one's snapshot has the old name.
    """
    restore = args.restore or Restore()
    unique = random.RandomId(
        f"{name}-final-snapshot",
        byte_length=4,
        keepers={
            "kmsKey": args.kms_key_arn or "",
            "snapshot": restore.snapshot or "",
            "instance": restore.instance or "",
            "time": restore.time or "",
        },
        opts=child,
    )
    return pulumi.Output.format("{0}-final-{1}", name, unique.hex)

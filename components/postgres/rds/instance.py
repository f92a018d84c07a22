"""PostgreSQL on Amazon RDS: one instance, protected against accidental loss of data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pulumi
import pulumi_random as random
from pulumi_aws import rds

from components.aws import write_only_version
from components.aws.cluster import EksCluster
from components.aws.firewall import firewall
from components.kubernetes.backing import Authority, Backing
from components.postgres.backing import database
from components.postgres.rds.certificates import AUTHORITY, root_certificate, root_in
from components.postgres.rds.final_snapshot import final_snapshot_name
from components.postgres.rds.monitoring_role import monitoring_role
from components.postgres.rds.restore import Restore, point_in_time
from components.postgres.url import CA_FILE, urls, verified_tls

TYPE = "agent-observability:index:PostgresRds"

PORT: Final = 5432
_USER: Final = "langfuse"
_DATABASE: Final = "langfuse"

_INSIGHTS_DAYS: Final = {"standard": 7, "advanced": 465}
"""Retention that a mode of CloudWatch Database Insights includes or requires, in days."""

_SLOW: Final = "2h"
"""A Multi-AZ instance takes 15 minutes, a large restore or a change of class far longer."""


@dataclass(frozen=True, kw_only=True)
class PostgresRdsArgs:
    cluster: EksCluster
    """The cluster whose pods connect."""
    name_prefix: str
    """What names in the account begin with, those of no other stack."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """Private subnets in at least two zones of the cluster's VPC."""
    version: str
    """Major version. AWS chooses the minor one, and upgrades it in the maintenance window."""
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
    client_security_group_ids: Sequence[str] = ()
    """Further security groups that may connect: those of nodes without the cluster's group."""
    max_storage_gib: int | None = None
    """Limit of storage autoscaling in GiB; none turns it off."""
    iops: int | None = None
    """Provisioned IOPS, from 400 GiB on."""
    throughput_mibps: int | None = None
    """Provisioned throughput in MiB/s, from 400 GiB on."""
    root_certificates: str | None = None
    """PEM certificates with the region's, where it is not one of those that are shipped."""
    kms_key_arn: str | None = None
    """Key for storage and insights; none takes the account's aws/rds key."""
    insights: Literal["standard", "advanced"] = "standard"
    """CloudWatch Database Insights mode."""
    monitoring_seconds: int = 60
    """Interval of Enhanced Monitoring; 0 turns it off."""
    apply_immediately: bool = False
    """Apply changes at once instead of in the maintenance window."""
    allow_major_upgrade: bool = False
    """Whether a changed ``version`` may upgrade the data. Only a restore undoes an upgrade."""
    restore: Restore | None = None
    """Start from existing data. Setting it on an existing instance replaces the instance, which
    ``protect`` refuses. Removing it later changes nothing."""


class PostgresRds(pulumi.ComponentResource):
    """An encrypted PostgreSQL instance that the cluster's pods reach over verified TLS."""

    backing: Backing
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
        origin = args.restore or Restore()
        group, admissions = firewall(
            name,
            args.cluster,
            name_prefix=args.name_prefix,
            store="Database",
            protocol="PostgreSQL",
            further_groups=args.client_security_group_ids,
            port=PORT,
            opts=child,
        )
        ready: list[pulumi.Resource] = [*admissions]
        monitoring_role_arn: pulumi.Output[str] | None = None
        if args.monitoring_seconds > 0:
            role, permission = monitoring_role(name, args.cluster, child)
            monitoring_role_arn = role.arn
            ready.append(permission)
        subnets = rds.SubnetGroup(
            f"{name}-subnets",
            name_prefix=f"{args.name_prefix}-subnets-",
            description="Subnets of Langfuse's database",
            subnet_ids=args.subnet_ids,
            opts=child,
        )
        # By a prefix, so that for another major version a new group exists before the instance
        # stops using the old one.
        parameters = rds.ParameterGroup(
            f"{name}-parameters",
            name_prefix=f"{args.name_prefix}-parameters-",
            description="Parameters of Langfuse's database",
            family=f"postgres{args.version}",
            # The default from version 15 on. Set explicitly, so that the server refuses any client
            # without TLS.
            parameters=[{"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"}],
            opts=child,
        )
        # Letters and digits only: RDS refuses some characters, and URLs others.
        password = random.RandomPassword(
            f"{name}-password", length=32, special=False, opts=child
        ).result
        instance = rds.Instance(
            f"{name}-instance",
            identifier_prefix=f"{args.name_prefix}-",
            engine="postgres",
            # The major version alone: with a minor one, the preview after AWS's upgrade would show
            # a downgrade.
            engine_version=args.version,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=args.allow_major_upgrade,
            # Extended support is billed per hour after the end of the version's standard support.
            engine_lifecycle_support="open-source-rds-extended-support-disabled",
            instance_class=args.instance_class,
            multi_az=args.multi_az,
            storage_type="gp3",
            allocated_storage=args.storage_gib,
            max_allocated_storage=args.max_storage_gib,
            # Below 400 GiB RDS accepts neither value, not even its defaults.
            iops=args.iops,
            storage_throughput=args.throughput_mibps,
            storage_encrypted=True,
            kms_key_id=args.kms_key_arn,
            db_name=_DATABASE,
            username=_USER,
            # Write-only: the provider stores no copy in the instance's state.
            password_wo=password,
            password_wo_version=password.apply(write_only_version.version_of),
            port=PORT,
            # Langfuse's URL is fixed when a pod starts, and an IAM token is valid for 15 minutes.
            iam_database_authentication_enabled=False,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[group.id],
            publicly_accessible=False,
            ca_cert_identifier=AUTHORITY,
            parameter_group_name=parameters.name,
            backup_retention_period=args.backup_days,
            backup_window=args.backup_window,
            maintenance_window=args.maintenance_window,
            apply_immediately=args.apply_immediately,
            copy_tags_to_snapshot=True,
            # A deletion keeps a final snapshot, and the automated backups until they expire.
            delete_automated_backups=False,
            skip_final_snapshot=False,
            final_snapshot_identifier=final_snapshot_name(
                name,
                name_prefix=args.name_prefix,
                kms_key_arn=args.kms_key_arn,
                restore=args.restore,
                opts=child,
            ),
            deletion_protection=args.protect,
            # In this API, Database Insights is configured as Performance Insights.
            database_insights_mode=args.insights,
            performance_insights_enabled=True,
            performance_insights_retention_period=_INSIGHTS_DAYS[args.insights],
            performance_insights_kms_key_id=args.kms_key_arn,
            monitoring_interval=args.monitoring_seconds,
            monitoring_role_arn=monitoring_role_arn,
            enabled_cloudwatch_logs_exports=["postgresql", "upgrade"],
            snapshot_identifier=origin.snapshot,
            restore_to_point_in_time=point_in_time(origin),
            opts=pulumi.ResourceOptions(
                parent=self,
                # None, not False: an unset option inherits, a set one would undo the component's.
                protect=args.protect or None,
                # Clients wait for the instance only, and have to be admitted by then. RDS tests the
                # monitoring role when the instance is created.
                depends_on=ready,
                # Used only when the instance is created: removing a restore from the configuration
                # must not replace the restored instance.
                ignore_changes=(
                    ["snapshotIdentifier", "restoreToPointInTime"] if args.restore is None else None
                ),
                custom_timeouts=pulumi.CustomTimeouts(create=_SLOW, update=_SLOW, delete=_SLOW),
            ),
        )
        self.identifier = instance.identifier
        self.engine_version = instance.engine_version_actual
        self.backing = database(
            urls=_urls(instance.address, password, args.connection_limit),
            address=instance.endpoint,
            port=PORT,
            networks=args.cluster.vpc_cidrs,
            authority=Authority(certificate=_certificate(args), file=CA_FILE),
        )
        self.register_outputs(
            {
                "address": self.backing.address,
                "identifier": self.identifier,
                "engineVersion": self.engine_version,
            }
        )


def _certificate(args: PostgresRdsArgs) -> str:
    """What clients verify the instance against; raises ``ValueError`` where none is known."""
    given = args.root_certificates and root_in(args.root_certificates)
    return given or root_certificate(args.cluster.region)


def _urls(
    host: pulumi.Output[str], password: pulumi.Output[str], connection_limit: int
) -> pulumi.Output[dict[str, str]]:
    return pulumi.Output.all(host=host, password=password).apply(
        lambda known: urls(
            **known,
            user=_USER,
            port=PORT,
            database=_DATABASE,
            tls=verified_tls(),
            connection_limit=connection_limit,
        )
    )

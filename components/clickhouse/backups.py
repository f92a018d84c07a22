"""Scheduled backups of a ClickHouse server in the cluster.

A CronJob asks the server for one, by SQL. The server itself writes to S3, with the role of its
service account: no key is in a statement, a setting or a log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_kubernetes.batch.v1 import CronJob
from pulumi_kubernetes.core.v1 import Secret, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.clickhouse.connection import DATABASE, NATIVE_PORT
from components.kubernetes import labels
from components.kubernetes.placement import ContainerResources, Placement
from components.kubernetes.pods import (
    NO_SIDECAR_ANNOTATIONS,
    NO_SIDECAR_LABELS,
    container_security,
    placed,
    pod_security,
    resource_requirements,
)
from components.kubernetes.resolvers import to_resolvers

if TYPE_CHECKING:
    from pulumi_kubernetes.batch.v1 import CronJobSpecArgsDict
    from pulumi_kubernetes.meta.v1 import ObjectMetaArgsDict
    from pulumi_kubernetes.networking.v1 import NetworkPolicyEgressRuleArgsDict

_ROLE: Final = "backup"

_UID: Final = 101
"""uid and gid of `clickhouse` in the image, which has the client too."""

HOURS: Final = 6
"""How long one backup may take, with the time until another pod has tried again."""

_RESOURCES: Final = ContainerResources(cpu="50m", memory="256Mi", memory_limit="1Gi")
"""Of the client, which waits."""

EGRESS: Final[NetworkPolicyEgressRuleArgsDict] = {"ports": [{"protocol": "TCP", "port": 443}]}
"""Where the server connects to for a backup, beside resolvers: S3, and the service that exchanges
its token for credentials. Neither has addresses that stay."""

SCRIPT: Final = f"""\
exec clickhouse-client --host "$SERVER" --user "$USER" --receive_timeout {HOURS * 3600} \\
    --query "${{QUERY:-BACKUP DATABASE {DATABASE} TO S3('$FOLDER/`date -u +%Y-%m-%dT%H-%M-%SZ`')}}"
"""
"""Every backup is a full one, in a folder of its own: none needs another one, and each may expire.

``QUERY`` is for a Job that a person makes of the CronJob, to restore one.
"""


@dataclass(frozen=True, kw_only=True)
class Backups:
    """When backups are made, and where the server writes them."""

    schedule: str
    """Five fields of cron, in UTC."""
    folder: pulumi.Input[str]
    """URL in S3 below which each backup has a folder; without a slash at its end."""
    account_annotations: Mapping[str, pulumi.Input[str]]
    """Annotations that give the server's service account its role."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The server that is backed up."""

    namespace: pulumi.Input[str]
    host: pulumi.Input[str]
    """Leads to one server, which answers on ``NATIVE_PORT``."""
    pods: Mapping[str, str]
    """Labels of its pods."""
    user: str
    password: pulumi.Input[str]
    image: str
    placement: Placement


def selector(server: str) -> dict[str, str]:
    """Labels of the pods that ask the server of this name for a backup."""
    return labels.selector(server, _ROLE)


def job_name(server: str) -> str:
    """Name of the CronJob, and of its service account and network policy."""
    return f"{server}-{_ROLE}"


def server_account(
    server: str,
    namespace: pulumi.Input[str],
    object_labels: Mapping[str, str],
    backups: Backups,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """The service account of the server's pods, by its name. It reaches S3, and no API server."""
    account = ServiceAccount(
        f"{server}-service-account",
        metadata={
            "namespace": namespace,
            "name": server,
            "labels": object_labels,
            "annotations": backups.account_annotations,
        },
        automount_service_account_token=False,
        opts=opts,
    )
    return account.metadata.apply(lambda m: m.name or "")


def schedule(server: str, backups: Backups, target: Target, opts: pulumi.ResourceOptions) -> None:
    """The CronJob, with all that it needs; named after the server."""
    name, pods = job_name(server), selector(server)
    object_labels = labels.labels(server, _ROLE, name="clickhouse")
    metadata: ObjectMetaArgsDict = {
        "namespace": target.namespace,
        "name": name,
        "labels": object_labels,
    }
    account = ServiceAccount(
        f"{name}-service-account",
        metadata=metadata,
        automount_service_account_token=False,
        opts=opts,
    )
    secret = Secret(
        f"{name}-credentials",
        metadata={"namespace": target.namespace, "labels": object_labels},
        type="Opaque",
        immutable=True,
        string_data={"CLICKHOUSE_PASSWORD": pulumi.Output.secret(target.password)},
        opts=opts,
    )
    policy = NetworkPolicy(
        f"{name}-network-policy",
        metadata=metadata,
        spec={
            "pod_selector": {"match_labels": pods},
            "policy_types": ["Ingress", "Egress"],
            "egress": [
                to_resolvers(),
                {
                    "to": [{"pod_selector": {"match_labels": target.pods}}],
                    "ports": [{"protocol": "TCP", "port": NATIVE_PORT}],
                },
            ],
        },
        opts=opts,
    )
    CronJob(
        name,
        metadata=metadata,
        spec=_spec(
            backups,
            target,
            object_labels=object_labels,
            account=account.metadata.apply(lambda m: m.name or ""),
            credentials=secret.metadata.apply(lambda m: m.name or ""),
        ),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[policy])),
    )


def _spec(
    backups: Backups,
    target: Target,
    *,
    object_labels: Mapping[str, str],
    account: pulumi.Input[str],
    credentials: pulumi.Input[str],
) -> CronJobSpecArgsDict:
    placement = target.placement
    return {
        "schedule": backups.schedule,
        "time_zone": "Etc/UTC",
        # Two would only slow each other down.
        "concurrency_policy": "Forbid",
        # Later than this, the next one is near enough.
        "starting_deadline_seconds": 3600,
        "successful_jobs_history_limit": 1,
        "failed_jobs_history_limit": 3,
        "job_template": {
            "metadata": {"labels": object_labels},
            "spec": {
                "backoff_limit": 2,
                "active_deadline_seconds": HOURS * 3600,
                "template": {
                    "metadata": {
                        "labels": {**placement.labels, **object_labels, **NO_SIDECAR_LABELS},
                        "annotations": {**placement.annotations, **NO_SIDECAR_ANNOTATIONS},
                    },
                    "spec": {
                        "service_account_name": account,
                        "automount_service_account_token": False,
                        "enable_service_links": False,
                        **placed(placement),
                        "security_context": pod_security(_UID),
                        "restart_policy": "Never",
                        "containers": [
                            {
                                "name": _ROLE,
                                "image": target.image,
                                # Not the image's entrypoint, which starts a server.
                                "command": ["/bin/sh", "-ec", SCRIPT],
                                "env": [
                                    {"name": "FOLDER", "value": backups.folder},
                                    {"name": "SERVER", "value": target.host},
                                    {"name": "USER", "value": target.user},
                                ],
                                # The client reads the password from there.
                                "env_from": [{"secret_ref": {"name": credentials}}],
                                "resources": resource_requirements(_RESOURCES),
                                "security_context": container_security(read_only=True),
                            }
                        ],
                    },
                },
            },
        },
    }

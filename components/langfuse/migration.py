"""The Job that migrates the schema, with its own service account and network policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_kubernetes.batch.v1 import Job
from pulumi_kubernetes.core.v1 import ConfigMap, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.kubernetes.labels import labels, selector
from components.kubernetes.pods import NO_SIDECAR_ANNOTATIONS, NO_SIDECAR_LABELS
from components.langfuse import guard, lifecycle, network, pods
from components.langfuse.args import LangfuseArgs

if TYPE_CHECKING:
    from pulumi_kubernetes.core.v1 import ContainerArgsDict

_ROLE = "migration"

_NO_EVICTION: Final = {
    # https://karpenter.sh/docs/concepts/disruption/ and
    # https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md. A migration
    # that is killed half-way can leave an invalid index, and Prisma stops until it is repaired.
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
}


def migration(
    name: str,
    args: LangfuseArgs,
    certificates: Sequence[pods.CertificateVolume],
    *,
    after: Sequence[pulumi.Resource],
    opts: pulumi.ResourceOptions,
) -> Job:
    """The schema migrations of one image, run once, before any pod of that image.

    The image's entrypoint migrates and then runs its arguments; ``true`` makes it stop there. A
    Job's template cannot change, so another image or database URL makes another Job, and a failed
    one is replaced (``replaceUnready``). A completed Job stays, for its log. From version 3 on it
    migrates ClickHouse too, and a step before it stops where data would be lost.
    """
    object_labels = labels(name, _ROLE)
    deadline = (
        lifecycle.CLICKHOUSE_MIGRATION_DEADLINE if args.services else lifecycle.MIGRATION_DEADLINE
    )
    account = ServiceAccount(
        f"{name}-{_ROLE}-service-account",
        metadata={
            "namespace": args.namespace,
            "name": f"{name}-{_ROLE}",
            "labels": object_labels,
        },
        automount_service_account_token=False,
        opts=opts,
    )
    policy = NetworkPolicy(
        f"{name}-{_ROLE}-network-policy",
        metadata={
            "namespace": args.namespace,
            "name": f"{name}-{_ROLE}",
            "labels": object_labels,
        },
        spec=network.inner_policy(
            selector(name, _ROLE),
            backings=[args.database, *(service.backing for service in args.migrated)],
            migrates=True,
        ),
        opts=opts,
    )
    before: list[pulumi.Resource] = [policy, *after]
    if args.services:
        before.append(_said(name, args, object_labels, opts))
    return Job(
        f"{name}-{_ROLE}",
        metadata={
            "namespace": args.namespace,
            "labels": pods.versioned(object_labels, args),
            "annotations": {"pulumi.com/replaceUnready": "true"},
        },
        spec={
            # A failed migration fails again, as P3009, and hides the reason of the first time.
            "backoff_limit": 0,
            # An eviction is no failure of the migration: the next pod continues.
            "pod_failure_policy": {
                "rules": [
                    {
                        "action": "Ignore",
                        "on_pod_conditions": [{"type": "DisruptionTarget", "status": "True"}],
                    }
                ]
            },
            "active_deadline_seconds": deadline,
            "template": {
                "metadata": {
                    "labels": {
                        **args.placement.labels,
                        **pods.versioned(object_labels, args),
                        **NO_SIDECAR_LABELS,
                    },
                    "annotations": {
                        **args.placement.annotations,
                        **_NO_EVICTION,
                        **NO_SIDECAR_ANNOTATIONS,
                    },
                },
                "spec": {
                    **pods.pod(
                        args, account, pods.migration_container(args, certificates), certificates
                    ),
                    "init_containers": _before(name, args, certificates),
                    "restart_policy": "Never",
                },
            },
        },
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                depends_on=before,
                custom_timeouts=pulumi.CustomTimeouts(create=f"{deadline + 60}s"),
            ),
        ),
    )


def _said(
    name: str, args: LangfuseArgs, object_labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> ConfigMap:
    """What the guard cannot ask a database. It can change, under a name that stays: otherwise the
    end of a pause, or of a step, would make another Job."""
    return ConfigMap(
        f"{name}-upgrade",
        metadata={
            "namespace": args.namespace,
            "name": guard_config(name),
            "labels": object_labels,
        },
        data=guard.said(paused=args.paused, step=args.step),
        opts=opts,
    )


def guard_config(name: str) -> str:
    """Name of the ConfigMap that the guard of the application ``name`` reads."""
    return f"{name}-upgrade"


def _before(
    name: str, args: LangfuseArgs, certificates: Sequence[pods.CertificateVolume]
) -> list[ContainerArgsDict]:
    """What has to succeed before the migrations begin, one after the other."""
    waiting = [pods.waiting_container(args)]
    if not args.services:
        return waiting
    guarded = pods.guard_container(args, guard_config(name), certificates)
    return [*waiting, pods.waiting_for_clickhouse(args), guarded]

"""What the doctor asks AWS: before `up`, and after a failure. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from access.parts import parts
from stacks.settings import Settings
from stacks.settings.sections.cache import ElastiCacheCache
from stacks.settings.sections.database import RdsDatabase
from tooling.doctor.aws import (
    after,
    alarms,
    auto_mode,
    cache,
    database,
    eks,
    endpoint,
    network,
    orphans,
    permissions,
    prerequisites,
    storage,
    validation,
)
from tooling.doctor.aws.session import caller
from tooling.doctor.aws.session.account import Account
from tooling.doctor.aws.session.checking import Question, check
from tooling.doctor.aws.session.client import Clients, session_clients
from tooling.doctor.findings import Check

__all__ = ["SECTIONS", "checks_after", "checks_before", "kubeconfig"]

SECTIONS: Final[tuple[str, ...]] = (
    "auto-mode-tags",
    "aws-account",
    "aws-cli-missing",
    "aws-credentials",
    "aws-permission-missing",
    "bucket-policy",
    "cache-unreachable",
    "certificate-not-issued",
    "certificate-pending",
    "changed-in-aws",
    "database-unreachable",
    "eks-cluster",
    "hosted-zone-missing",
    "instance-class-unavailable",
    "kubernetes-too-old",
    "not-ready",
    "oidc-provider-missing",
    "orphans",
    "restore-window-stale",
    "secret-not-synced",
    "secret-scheduled-for-deletion",
    "storage-bucket",
    "subnets-untagged",
    "subscription-unconfirmed",
    "topic-missing",
)
"""Headings in ``docs/troubleshooting.md`` that the findings name."""


def checks_before(
    settings: Settings, clients: Clients | None = None, *, stack: str | None = None
) -> list[Check]:
    """Checks before `up`, to run in parallel; empty for a stack that is not in AWS.

    ``stack``: as the commands of the findings name it; None: by its own name.
    """
    if settings.cluster.eks_name is None:
        return []
    account = Account(settings, clients or _clients(settings), stack)
    needed = parts(settings)
    logs = settings.endpoint.access_logs if settings.endpoint else None
    watched = settings.monitoring.alarms if settings.monitoring else None
    questions: list[tuple[str, Question, bool]] = [
        ("EKS cluster", eks.cluster, True),
        ("IAM identity provider", eks.identity_provider, "oidc" in needed),
        ("Load balancer subnets", network.load_balancer_subnets, settings.endpoint is not None),
        ("Tags on the load balancer", auto_mode.tags, settings.endpoint is not None),
        ("Database subnets", network.database_subnets, "database" in needed),
        ("Database instance class", prerequisites.instance_class, "database" in needed),
        ("Database settings", database.changed, "database" in needed),
        ("Cache subnets", network.cache_subnets, "cache" in needed),
        ("Cache version", prerequisites.valkey_version, "cache" in needed),
        ("Cache settings", cache.changed, "cache" in needed),
        ("Hosted zone", endpoint.hosted_zone, "zone" in needed),
        (
            "Certificate",
            endpoint.certificate,
            settings.endpoint is not None and settings.endpoint.certificate_arn is not None,
        ),
        ("Access log bucket", endpoint.log_bucket, bool(logs and logs.bucket)),
        (
            "Buckets of object storage",
            storage.buckets,
            not needed.isdisjoint({"adopted bucket", "adopted media bucket"}),
        ),
        ("Secrets Manager names", prerequisites.entries_deleted, "entries" in needed),
        ("SNS topic", alarms.topic, bool(watched and watched.topic_arn)),
        ("AWS permissions", permissions.permissions, True),
    ]
    return [
        Check(title="AWS CLI", run=lambda: list(caller.command_line(account))),
        Check(title="AWS credentials", run=lambda: list(caller.credentials(account))),
        Check(title="AWS account", run=lambda: list(caller.account_allowed(account))),
        *(check(account, title, question) for title, question, asked in questions if asked),
    ]


def checks_after(
    settings: Settings, clients: Clients | None = None, *, stack: str | None = None
) -> list[Check]:
    """Checks after a failure, to run in parallel; empty for a stack that is not in AWS.

    ``stack``: as in ``checks_before``.
    """
    if settings.cluster.eks_name is None:
        return []
    account = Account(settings, clients or _clients(settings), stack)
    questions: list[tuple[str, Question, bool]] = [
        ("Certificate validation", validation.certificate, settings.endpoint is not None),
        ("Load balancer targets", after.load_balancer, settings.endpoint is not None),
        (
            "Database instance",
            database.status,
            isinstance(settings.database, RdsDatabase),
        ),
        (
            "Database backups",
            database.restorable,
            isinstance(settings.database, RdsDatabase) and settings.database.backup_days > 0,
        ),
        ("Cache", cache.status, isinstance(settings.cache, ElastiCacheCache)),
        (
            "Alarm subscriptions",
            alarms.subscriptions,
            bool(settings.monitoring and settings.monitoring.alarms),
        ),
        ("Secrets Manager entries", after.entries, settings.secrets.delivery == "secretsManager"),
        ("What killed updates left", orphans.orphans, parts(settings) != {"cluster"}),
    ]
    return [
        Check(title="AWS credentials", run=lambda: list(caller.credentials(account))),
        Check(title="AWS account", run=lambda: list(caller.account_allowed(account))),
        *(check(account, title, question) for title, question, asked in questions if asked),
    ]


def kubeconfig(settings: Settings, folder: Path, clients: Clients | None = None) -> Path:
    """Writes a kubeconfig for the stack's EKS cluster into ``folder``; raises ``Unanswerable``."""
    return eks.kubeconfig(settings, folder, clients or _clients(settings))


def _clients(settings: Settings) -> Clients:
    return session_clients(settings.aws.region, settings.aws.profile)

"""On what a stack needs its permissions in AWS: the names are those that the stack gives."""

from __future__ import annotations

from access.actions import NEEDS

HERE = "{region}:{account}"


def test_the_named_resources_are_exactly_these() -> None:
    """Without those whose id AWS invents, and those that the settings or the account name."""
    named = {
        (need.component, need.resource.removeprefix("arn:{partition}:"))
        for need in NEEDS
        if "langfuse" in need.resource or "agent-observability" in need.resource
    }

    assert named == {
        ("PostgresRds", f"rds:{HERE}:db:langfuse-postgres-*"),
        ("PostgresRds", f"rds:{HERE}:subgrp:langfuse-postgres-*"),
        ("PostgresRds", f"rds:{HERE}:pg:langfuse-postgres-*"),
        ("PostgresRds", "iam::{account}:role/langfuse-postgres-*"),
        ("SecretsManagerSecret", f"secretsmanager:{HERE}:secret:agent-observability/{{stack}}/*"),
        ("SecretsManagerSecret", "iam::{account}:role/langfuse-*"),
        ("SecretsManagerStore", "iam::{account}:role/langfuse-*"),
        ("AccessLogBucket", "s3:::langfuse-endpoint-access-logs-*"),
        ("AccessLogBucket", "s3:::langfuse-endpoint-access-logs-*/*"),
        ("ObjectStorage", "s3:::langfuse-storage-*"),
        ("ObjectStorage", "s3:::langfuse-storage-*/*"),
        ("ObjectStorage", "iam::{account}:role/langfuse-storage-*"),
        ("CloudAlarms", f"cloudwatch:{HERE}:alarm:agent-observability-{{stack}}-*"),
        ("CloudAlarms", "cloudwatch::{account}:dashboard/agent-observability-{stack}*"),
        ("CloudAlarms", f"rds:{HERE}:es:langfuse-alarms-*"),
        ("AlarmTopic", f"sns:{HERE}:langfuse-alarms-topic-topic-*"),
    }

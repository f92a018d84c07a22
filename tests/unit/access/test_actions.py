"""The table of permissions: its names are those of the stack, its entries those of AWS."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, get_args

import pytest

from access import limits
from access.actions import DOCTOR, NEEDS, Given, Limit, Need, Part
from access.place import Place
from stacks.names import STACK_TAG
from tests.support import service_authorization as authorization

HERE = "{region}:{account}"
UNIQUE = "?" * 26
TABLE: Final = (*NEEDS, *DOCTOR)
_ARN: Final = "arn:aws:{}:ap-northeast-2:123456789012:{}"
EVERYTHING: Final = Place(
    partition="aws",
    region="ap-northeast-2",
    account="123456789012",
    cluster="platform-prod",
    stack="prod",
    parts=frozenset(get_args(Part)),
    given={
        "database_key": _ARN.format("kms", "key/1"),
        "cache_key": _ARN.format("kms", "key/4"),
        "entries_key": _ARN.format("kms", "key/2"),
        "bucket_key": _ARN.format("kms", "key/3"),
        "bucket": "exports",
        "media_bucket": "media",
        "log_bucket": "logs",
        "certificate": _ARN.format("acm", "certificate/1"),
        "topic": _ARN.format("sns", "on-call"),
        "worker_log": "/aws/containerinsights/platform/application",
        "snapshot": _ARN.format("rds", "snapshot:before"),
        "source": "other",
    },
    host="langfuse.example.com",
)


def test_the_named_resources_are_exactly_these() -> None:
    """Without those whose id AWS invents, and those that the settings or the account name."""
    named = {
        (need.component, need.resource.removeprefix("arn:{partition}:"))
        for need in TABLE
        if "langfuse" in need.resource or "agent-observability" in need.resource
    }

    assert named == {
        ("PostgresRds", f"rds:{HERE}:db:langfuse-{{stack}}-db-{UNIQUE}"),
        ("PostgresRds", f"rds:{HERE}:subgrp:langfuse-{{stack}}-db-subnets-{UNIQUE}"),
        ("PostgresRds", f"rds:{HERE}:pg:langfuse-{{stack}}-db-parameters-{UNIQUE}"),
        ("PostgresRds", f"rds:{HERE}:snapshot:langfuse-{{stack}}-db-final-????????"),
        ("PostgresRds", "iam::{account}:role/agent-observability/{stack}/*"),
        ("CacheElastiCache", f"elasticache:{HERE}:replicationgroup:langfuse-{{stack}}-????????"),
        ("CacheElastiCache", f"elasticache:{HERE}:cluster:langfuse-{{stack}}-????????-???"),
        ("CacheElastiCache", f"elasticache:{HERE}:subnetgroup:langfuse-{{stack}}-cache"),
        ("CacheElastiCache", f"elasticache:{HERE}:parametergroup:langfuse-{{stack}}-cache-valkey?"),
        (
            "CacheElastiCache",
            f"elasticache:{HERE}:snapshot:langfuse-{{stack}}-cache-final-????????",
        ),
        ("SecretsManagerSecret", f"secretsmanager:{HERE}:secret:agent-observability/{{stack}}/*"),
        ("SecretsManagerSecret", "iam::{account}:role/agent-observability/{stack}/*"),
        ("SecretsManagerStore", "iam::{account}:role/agent-observability/{stack}/*"),
        ("AccessLogBucket", f"s3:::langfuse-{{stack}}-logs-{UNIQUE}"),
        ("AccessLogBucket", f"s3:::langfuse-{{stack}}-logs-{UNIQUE}/*"),
        ("ObjectStorage", f"s3:::langfuse-{{stack}}-data-{UNIQUE}"),
        ("ObjectStorage", f"s3:::langfuse-{{stack}}-data-{UNIQUE}/*"),
        ("ObjectStorage", f"s3:::langfuse-{{stack}}-evts-{UNIQUE}"),
        ("ObjectStorage", f"s3:::langfuse-{{stack}}-evts-{UNIQUE}/*"),
        ("ObjectStorage", "iam::{account}:role/agent-observability/{stack}/*"),
        ("CloudAlarms", f"cloudwatch:{HERE}:alarm:agent-observability/{{stack}}/*"),
        ("CloudAlarms", "cloudwatch::{account}:dashboard/agent-observability-{stack}"),
        ("CloudAlarms", f"rds:{HERE}:es:langfuse-{{stack}}-alarms-events-{UNIQUE}"),
        ("AlarmTopic", f"sns:{HERE}:langfuse-{{stack}}-alarms-topic-{UNIQUE}"),
        ("doctor", "iam::{account}:role/agent-observability-workflows/{stack}/*"),
        ("doctor", f"elasticache:{HERE}:cluster:langfuse-{{stack}}-????????-???"),
        ("doctor", f"sns:{HERE}:langfuse-{{stack}}-alarms-topic-{UNIQUE}"),
        ("doctor", f"secretsmanager:{HERE}:secret:agent-observability/{{stack}}/*"),
    }


# -- Against AWS's service authorization data ------------------------------------------------------

ON_BUCKETS: Final = frozenset({"s3:TagResource", "s3:ListTagsForResource"})
"""On buckets since November 2025, which the data does not have
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_TagResource.html)."""

NOT_ASKED: Final[Mapping[str, str]] = {
    "ec2:CreateNetworkInterface": "ElastiCache's service-linked role makes those of a cache",
    "ec2:DeleteNetworkInterface": "the same",
    "s3:GetObject": "a cache that starts from a file",
    "s3:PutObject": "a snapshot that is copied to a bucket",
    "iam:CreateServiceLinkedRole": "a key in several regions",
    "rds:CreateTenantDatabase": "Oracle and SQL Server with several databases",
    "rds:DeleteTenantDatabase": "the same",
    "secretsmanager:CreateSecret": "a password that RDS manages; here it is the stack's",
    "secretsmanager:RotateSecret": "the same",
    "secretsmanager:TagResource": "the same",
}
"""Dependent actions that belong to what the program does not use."""


def entries() -> Iterator[tuple[Need, str]]:
    for need in TABLE:
        for action in (*need.actions, *need.removal):
            yield need, action


def known(action: str) -> authorization.Action:
    found = authorization.action(action)
    assert found is not None, action
    return found


def kinds(need: Need, action: str) -> frozenset[str]:
    """Types of the action's resources that the resource of a need is one of."""
    service = action.partition(":")[0]
    found = authorization.types_of(service, EVERYTHING.arn(need)) & known(action).types
    return found or frozenset({"bucket"} if action in ON_BUCKETS else ())


def test_every_action_is_one_that_aws_has() -> None:
    assert [a for _, a in entries() if authorization.action(a) is None] == []
    assert len({action for _, action in entries()}) > 120


def test_every_resource_is_of_a_type_that_its_action_takes() -> None:
    wrong = [
        (action, need.resource)
        for need, action in entries()
        if need.resource != "*" and not kinds(need, action)
    ]

    assert wrong == []


def test_an_action_is_on_everything_only_if_it_takes_no_resource() -> None:
    takes = {action: bool(known(action).types) for _, action in entries()}
    star = {action for need, action in entries() if need.resource == "*"}

    assert star == {action for action, some in takes.items() if not some}


def test_every_action_has_each_type_of_resource_that_it_requires() -> None:
    given: dict[str, set[str]] = defaultdict(set)
    for need, action in entries():
        given[action] |= kinds(need, action)

    lacks = {a: known(a).required - found for a, found in given.items()}
    assert {action: types for action, types in lacks.items() if types} == {}


RESTORED: Final = {"db", "og", "pg", "subgrp"}


@pytest.mark.parametrize(
    ("action", "types"),
    [
        ("ec2:CreateSecurityGroup", {"security-group", "vpc"}),
        ("ec2:CreateTags", {"security-group", "security-group-rule"}),
        (
            "elasticache:AddTagsToResource",
            {"parametergroup", "replicationgroup", "subnetgroup"},
        ),
        (
            "elasticache:CreateReplicationGroup",
            {"parametergroup", "replicationgroup", "subnetgroup"},
        ),
        ("elasticache:CreateSnapshot", {"replicationgroup", "snapshot"}),
        ("elasticache:DeleteReplicationGroup", {"replicationgroup", "snapshot"}),
        ("elasticache:ModifyReplicationGroup", {"parametergroup", "replicationgroup"}),
        ("rds:AddTagsToResource", {"db", "es", "pg", "snapshot", "subgrp"}),
        ("rds:CreateDBInstance", {"db", "og", "pg", "subgrp"}),
        ("rds:CreateDBSnapshot", {"db", "snapshot"}),
        ("rds:ModifyDBInstance", {"db", "og", "pg", "subgrp"}),
        ("rds:RestoreDBInstanceFromDBSnapshot", {*RESTORED, "snapshot"}),
        ("rds:RestoreDBInstanceToPointInTime", RESTORED),
    ],
)
def test_an_action_has_the_types_that_the_program_names_in_it(action: str, types: set[str]) -> None:
    """AWS marks some as optional, because a request need not name them. The program's does."""
    found = {kind for need, named in entries() if named == action for kind in kinds(need, action)}

    assert found == types


def test_a_restore_reads_its_source() -> None:
    on = {
        action: [EVERYTHING.arn(need) for need, named in entries() if named == action][-1]
        for action in ("rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBInstanceToPointInTime")
    }

    assert on == {
        "rds:RestoreDBInstanceFromDBSnapshot": _ARN.format("rds", "snapshot:before"),
        "rds:RestoreDBInstanceToPointInTime": _ARN.format("rds", "db:other"),
    }


def test_every_dependent_action_is_in_the_table_or_not_asked_for() -> None:
    table = {action for _, action in entries()}
    dependent = {(action, further) for action in table for further in known(action).dependent}

    # In the table for the stack's own entries; for a password of RDS's nothing is asked.
    by_rds = {further for action, further in dependent if action.startswith("rds:")}
    missing = {further for _, further in dependent if further not in table}
    assert missing | (by_rds & NOT_ASKED.keys()) == NOT_ASKED.keys()


def test_the_data_still_lacks_what_is_excepted() -> None:
    """Else the exception can go."""
    assert [a for a in sorted(ON_BUCKETS) if "bucket" in known(a).types] == []


@pytest.mark.parametrize("limit", get_args(Limit))
def test_a_limit_asks_for_keys_that_its_actions_have(limit: Limit) -> None:
    limited = [(need, action) for need, action in entries() if need.limit == limit]
    asked = {key for keys in conditions(limit).values() for key in keys}

    assert limited
    for need, action in limited:
        service = action.partition(":")[0]
        has = known(action).keys.union(
            *(authorization.keys_of(service, kind) for kind in kinds(need, action))
        )
        if service == "kms":  # of every operation on a key, and so of none in particular
            has |= {"kms:ResourceAliases"} & authorization.service_keys("kms")
        general = {key.replace(STACK_TAG, "${TagKey}") for key in asked}
        # Of a rule, the group says whose it is, and the tag is the rule's.
        assert general <= has, (action, need.resource)


def conditions(limit: Limit) -> Mapping[str, Mapping[str, object]]:
    return limits.conditions(
        limit, stack="prod", host="langfuse.example.com", topic="t", region="r", partition="aws"
    )


def test_all_that_the_settings_name_is_used_by_the_table_or_the_boundary() -> None:
    named = {name for name in get_args(Given) if any(f"{{{name}}}" in n.resource for n in TABLE)}

    assert named == set(get_args(Given)) - {"bucket_key"}

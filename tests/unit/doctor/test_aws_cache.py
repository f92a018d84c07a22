"""The doctor on the cache in ElastiCache: its status, what differs, its version and subnets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from tests.support.configurations import ON_EKS, VERSION_4_ELSEWHERE, settings
from tests.support.doctor_aws import REGION, SUBNETS, VPC, FakeAws
from tooling.doctor import aws
from tooling.doctor.findings import Finding, Severity

HERE: Final = f"--region {REGION}"
OWN: Final = "langfuse-test-0a1b2c3d"
SUBJECT: Final = f"ElastiCache group {OWN}"
SHOW: Final = f"aws elasticache describe-replication-groups --replication-group-id {OWN} {HERE}"
EVENTS: Final = (
    "aws elasticache describe-events --source-type replication-group "
    f"--source-identifier {OWN} --duration 1440 {HERE}"
)

GROUP: Final[Mapping[str, Any]] = {
    "ReplicationGroupId": OWN,
    "Status": "available",
    "MemberClusters": [f"{OWN}-002", f"{OWN}-001"],
    "CacheNodeType": "cache.t4g.medium",
    "AutomaticFailover": "enabled",
    "SnapshotRetentionLimit": 7,
}
NODE: Final[Mapping[str, Any]] = {
    "EngineVersion": "8.0.1",
    "CacheParameterGroup": {"CacheParameterGroupName": "langfuse-test-cache-valkey8"},
    # After a rotation the token before is valid until the next.
    "PendingModifiedValues": {"AuthTokenStatus": "ROTATING"},
}


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def cache(**section: Any) -> dict[str, Any]:  # noqa: ANN401 - configuration is any JSON
    return {**ON_EKS, **VERSION_4_ELSEWHERE, "cache": {"engine": "elastiCache", **section}}


def run(title: str, fake: FakeAws, **section: Any) -> list[Finding]:  # noqa: ANN401
    checked = settings(cache(**section))
    checks = [*aws.checks_before(checked, fake.client), *aws.checks_after(checked, fake.client)]
    (check,) = (check for check in checks if check.title == title)
    return list(check.run())


def groups(fake: FakeAws, **changed: Any) -> None:  # noqa: ANN401 - JSON
    """The stack's group, after those of others."""
    others = [
        {**GROUP, "ReplicationGroupId": identifier, "Status": "create-failed"}
        for identifier in ("other", "langfuse-test-eu-0a1b2c3d", "langfuse-test-0a1b2c3")
    ]
    answer = {"ReplicationGroups": [*others, {**GROUP, **changed}]}
    fake.answer("elasticache", "DescribeReplicationGroups", answer)


def nodes(fake: FakeAws, **changed: Any) -> None:  # noqa: ANN401 - JSON
    answer = {"CacheClusters": [{**NODE, **changed}]}
    asked = {"CacheClusterId": f"{OWN}-001"}
    fake.answer("elasticache", "DescribeCacheClusters", answer, asked)


def differs(cause: str, command: str = SHOW, severity: Severity = "warning") -> Finding:
    return Finding(
        section="changed-in-aws", severity=severity, subject=SUBJECT, cause=cause, command=command
    )


def test_a_cache_as_the_stack_file_has_it_is_silence(fake: FakeAws) -> None:
    groups(fake)
    nodes(fake)

    assert run("Cache settings", fake) == []


def test_before_the_first_up_there_is_nothing_to_compare(fake: FakeAws) -> None:
    fake.answer("elasticache", "DescribeReplicationGroups", {"ReplicationGroups": []})

    assert run("Cache settings", fake) == []


@pytest.mark.parametrize(
    ("group", "node", "finding"),
    [
        (
            {"CacheNodeType": "cache.m7g.large"},
            {},
            differs(
                "Its node type is cache.m7g.large, and cache.nodeType asks for cache.t4g.medium: "
                "`up` sets it back."
            ),
        ),
        (
            {"MemberClusters": [f"{OWN}-001"]},
            {},
            differs(
                "Its number of replicas is 0, and cache.replicas asks for 1: `up` sets it back."
            ),
        ),
        (
            {"AutomaticFailover": "disabled"},
            {},
            differs(
                "Its automatic failover is off, and cache.replicas asks for on: `up` sets it back."
            ),
        ),
        (
            {"SnapshotRetentionLimit": 0},
            {},
            differs(
                "Its days of snapshots is 0, and cache.snapshotDays asks for 7: `up` sets it back."
            ),
        ),
        (
            {},
            {"EngineVersion": "8.1.0"},
            differs(
                "It runs Valkey 8.1.0, and cache.version is 8.0: a lower version would be another "
                "cache, which cache.protect refuses.",
                "pulumi config set --stack test --path agent-observability:cache.version 8.1",
                "error",
            ),
        ),
        (
            {},
            {"EngineVersion": "7.2.6"},
            differs(
                "It runs Valkey 7.2.6, and cache.version is 8.0: `up` upgrades it, in the "
                "maintenance window unless cache.applyImmediately is on."
            ),
        ),
        (
            {},
            {"CacheParameterGroup": {"CacheParameterGroupName": "default.valkey8"}},
            differs(
                "Its parameter group is default.valkey8, and the stack's own is "
                "langfuse-test-cache-valkey8: what is in the queues may be evicted. `up` sets it "
                "back."
            ),
        ),
        (
            {},
            {
                "PendingModifiedValues": {
                    "EngineVersion": "8.1",
                    "CacheNodeType": "cache.t4g.small",
                    "AuthTokenStatus": "SETTING",
                }
            },
            differs(
                "Changes wait for its maintenance window: CacheNodeType, EngineVersion "
                "(cache.applyImmediately applies them with the next `up`)."
            ),
        ),
    ],
)
def test_what_differs_is_named_with_what_up_does(
    fake: FakeAws, group: Mapping[str, Any], node: Mapping[str, Any], finding: Finding
) -> None:
    groups(fake, **group)
    nodes(fake, **node)

    assert run("Cache settings", fake) == [finding]


@pytest.mark.parametrize("status", ["available", "modifying", "snapshotting"])
def test_a_cache_that_answers_is_silence(fake: FakeAws, status: str) -> None:
    groups(fake, Status=status)

    assert run("Cache", fake) == []


@pytest.mark.parametrize(
    ("status", "severity", "told"),
    [
        ("creating", "warning", "; it may not answer until it is available again"),
        ("deleting", "warning", "; it may not answer until it is available again"),
        (
            "create-failed",
            "error",
            ": AWS has no capacity for the node type in its zones, or its subnets are full",
        ),
    ],
)
def test_a_cache_that_may_not_answer_is_named_with_its_events(
    fake: FakeAws, status: str, severity: Severity, told: str
) -> None:
    groups(fake, Status=status)

    assert run("Cache", fake) == [
        Finding(
            section="cache-unreachable",
            severity=severity,
            subject=SUBJECT,
            cause=f"It is {status}{told}.",
            command=EVENTS,
        )
    ]


@pytest.mark.parametrize(
    ("offered", "found"),
    [
        (["7.2", "8.0", "8.1"], None),
        (["8.0.1"], None),
        (["7.2", "8.1"], "7.2, 8.1"),
        (["18.0", "8.01"], "18.0, 8.01"),
        ([], "none"),
    ],
)
def test_a_version_that_the_region_does_not_have_is_named(
    fake: FakeAws, offered: list[str], found: str | None
) -> None:
    versions = [{"EngineVersion": version} for version in offered]
    answer = {"CacheEngineVersions": versions}
    fake.answer("elasticache", "DescribeCacheEngineVersions", answer, {"Engine": "valkey"})

    expected = Finding(
        section="instance-class-unavailable",
        severity="error",
        subject="Valkey 8.0",
        cause=f"ElastiCache does not offer Valkey 8.0 in {REGION} (cache.version). It offers "
        f"{found}.",
        command="aws elasticache describe-cache-engine-versions --engine valkey --query "
        f"'CacheEngineVersions[].EngineVersion' --output text {HERE}",
    )
    assert run("Cache version", fake) == ([expected] if found else [])


def test_subnets_in_one_zone_are_too_few(fake: FakeAws) -> None:
    fake.cluster()
    subnets = [
        {"SubnetId": id_, "VpcId": VPC, "AvailabilityZone": "a", "AvailableIpAddressCount": 9}
        for id_ in SUBNETS
    ]
    fake.answer("ec2", "DescribeSubnets", {"Subnets": subnets})

    (finding,) = run("Cache subnets", fake)
    assert (finding.section, finding.severity) == ("subnets-untagged", "error")
    assert finding.subject == "Subnets of the cache"
    assert finding.cause.startswith("ElastiCache wants subnets in two zones. ")
    assert " or name the subnets in cache.subnetIds. " in finding.cause

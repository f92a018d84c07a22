"""The doctor on AWS before `up`: names that are taken, an instance class, a silent topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from tests.support.configurations import ON_EKS, rds, settings
from tests.support.doctor_aws import ACCOUNT, REGION, FakeAws
from tooling.doctor import aws
from tooling.doctor.findings import Finding

HERE: Final = f"--region {REGION}"
TOPIC: Final = f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"
SECRETS: Final = {**ON_EKS, "secrets": {"delivery": "secretsManager"}}
ALARMS: Final = {
    **ON_EKS,
    "database": {"engine": "rds"},
    "secrets": {"delivery": "secretsManager", "protect": True},
    "monitoring": {"runbooks": "https://git.example.com/docs", "alarms": {"topicArn": TOPIC}},
}


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def run(title: str, fake: FakeAws, change: Mapping[str, Any]) -> list[Finding]:
    checks = aws.checks_before(settings(change), fake.client)
    (check,) = (check for check in checks if check.title == title)
    return list(check.run())


def test_entries_that_are_there_or_not_are_silence(fake: FakeAws) -> None:
    fake.answer(
        "secretsmanager", "DescribeSecret", {}, {"SecretId": "agent-observability/test/app"}
    )
    fake.refuse("secretsmanager", "DescribeSecret", "ResourceNotFoundException")

    assert run("Secrets Manager names", fake, SECRETS) == []


def test_an_entry_that_keeps_its_name_until_it_is_deleted_is_one_finding(fake: FakeAws) -> None:
    fake.answer("secretsmanager", "DescribeSecret", {})
    fake.answer(
        "secretsmanager",
        "DescribeSecret",
        {"DeletedDate": datetime.now(UTC)},
        {"SecretId": "agent-observability/test/database"},
    )

    assert run("Secrets Manager names", fake, SECRETS) == [
        Finding(
            section="secret-scheduled-for-deletion",
            severity="error",
            subject="Secrets Manager entry agent-observability/test/database",
            cause=(
                "It is scheduled for deletion and keeps its name until then, so `up` cannot make "
                "it. Restore it, and `pulumi import` takes it into the stack. What no data needs "
                "any more can be deleted for good with `delete-secret "
                "--force-delete-without-recovery`; what was encrypted with it is lost then."
            ),
            command=(
                "aws secretsmanager restore-secret --secret-id agent-observability/test/database "
                f"{HERE}"
            ),
        )
    ]


def offers(fake: FakeAws, *multi_az: bool) -> None:
    fake.answer(
        "rds",
        "DescribeDBEngineVersions",
        {"DBEngineVersions": [{"EngineVersion": "16.15"}]},
        {"Engine": "postgres", "EngineVersion": "16", "DefaultOnly": True},
    )
    fake.answer(
        "rds",
        "DescribeOrderableDBInstanceOptions",
        {"OrderableDBInstanceOptions": [{"MultiAZCapable": capable} for capable in multi_az]},
        {
            "Engine": "postgres",
            "EngineVersion": "16.15",
            "DBInstanceClass": "db.t4g.medium",
            "Vpc": True,
        },
    )


@pytest.mark.parametrize(("multi_az", "capable"), [(True, True), (False, True), (False, False)])
def test_an_instance_class_that_is_offered_is_silence(
    fake: FakeAws, multi_az: bool, capable: bool
) -> None:
    offers(fake, False, capable)
    change = {**rds(multiAz=multi_az), "acknowledge": [] if multi_az else ["singleZone"]}

    assert run("Database instance class", fake, change) == []


@pytest.mark.parametrize(
    ("capable", "standby"),
    [([], ""), ([False], " with a standby (database.multiAz)")],
)
def test_an_instance_class_that_is_not_offered_is_one_finding(
    fake: FakeAws, capable: list[bool], standby: str
) -> None:
    offers(fake, *capable)

    assert run("Database instance class", fake, rds()) == [
        Finding(
            section="instance-class-unavailable",
            severity="error",
            subject="Instance class db.t4g.medium",
            cause=(
                f"RDS does not offer db.t4g.medium for PostgreSQL 16{standby} in {REGION} "
                "(database.instanceClass, database.version). The command lists the classes that "
                "it offers."
            ),
            command=(
                "aws rds describe-orderable-db-instance-options --engine postgres "
                "--engine-version 16.15 --query 'OrderableDBInstanceOptions[].DBInstanceClass' "
                f"--output text {HERE}"
            ),
        )
    ]


def test_a_version_that_is_not_offered_is_one_finding(fake: FakeAws) -> None:
    fake.answer("rds", "DescribeDBEngineVersions", {"DBEngineVersions": []})

    (finding,) = run("Database instance class", fake, rds())

    assert "--engine-version" not in finding.command


@pytest.mark.parametrize("attributes", [{}, {"KmsMasterKeyId": f"arn:aws:kms:{REGION}:1:key/1"}])
def test_a_topic_that_cloudwatch_can_publish_to_is_silence(
    fake: FakeAws, attributes: dict[str, str]
) -> None:
    fake.answer("sns", "GetTopicAttributes", {"Attributes": attributes}, {"TopicArn": TOPIC})

    assert run("SNS topic", fake, ALARMS) == []


def test_a_topic_that_is_not_there_is_a_warning(fake: FakeAws) -> None:
    fake.refuse("sns", "GetTopicAttributes", "NotFound")

    assert run("SNS topic", fake, ALARMS) == [
        Finding(
            section="topic-missing",
            severity="warning",
            subject="SNS topic on-call",
            cause=(
                "There is no such topic (monitoring.alarms.topicArn): the alarms would be made, "
                "but would notify no one. The command lists the topics that are there."
            ),
            command=f"aws sns list-topics --output text {HERE}",
        )
    ]


def test_a_topic_with_the_key_of_sns_is_a_warning(fake: FakeAws) -> None:
    fake.answer("sns", "GetTopicAttributes", {"Attributes": {"KmsMasterKeyId": "alias/aws/sns"}})

    assert run("SNS topic", fake, ALARMS) == [
        Finding(
            section="topic-missing",
            severity="warning",
            subject="SNS topic on-call",
            cause=(
                "It is encrypted with alias/aws/sns, a key that CloudWatch may not use: no alarm "
                "arrives, and no error is reported. Give it a key of your own whose policy admits "
                "cloudwatch.amazonaws.com; others may publish to it, so ask whose it is."
            ),
            command=f"aws sns get-topic-attributes --topic-arn {TOPIC} {HERE}",
        )
    ]

"""The doctor on what an update that was killed has left in AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.support.configurations import ON_EKS, settings
from tests.support.doctor_aws import ACCOUNT, REGION, FakeAws
from tooling.doctor import aws
from tooling.doctor.findings import Finding

HERE: Final = f"--region {REGION}"
PLACE: Final = f"{REGION}:{ACCOUNT}"
SECRETS: Final = {**ON_EKS, "secrets": {"delivery": "secretsManager"}}
UNIQUE: Final = "0123456789abcdef0123456789"


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def tagged(fake: FakeAws, *arns: str) -> None:
    """Answer what has the stack's tag."""
    fake.answer(
        "resourcegroupstaggingapi",
        "GetResources",
        {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in arns]},
        {"TagFilters": [{"Key": "agent-observability:stack", "Values": ["test"]}]},
    )


def run(fake: FakeAws) -> list[Finding]:
    checks = aws.checks_after(settings(SECRETS), fake.client)
    (check,) = (check for check in checks if check.title == "What killed updates left")
    return list(check.run())


def test_what_a_stack_has_is_no_orphan(fake: FakeAws) -> None:
    tagged(
        fake,
        f"arn:aws:rds:{PLACE}:db:langfuse-test-db-{UNIQUE}",
        f"arn:aws:rds:{PLACE}:subgrp:langfuse-test-db-{UNIQUE}",
        f"arn:aws:rds:{PLACE}:snapshot:langfuse-test-db-final-1",
        f"arn:aws:rds:{PLACE}:snapshot:langfuse-test-db-final-2",
        f"arn:aws:s3:::langfuse-test-data-{UNIQUE}",
        f"arn:aws:s3:::langfuse-test-logs-{UNIQUE}",
        f"arn:aws:acm:{PLACE}:certificate/1",
        f"arn:aws:sns:{PLACE}:langfuse-test-alarms-topic",
        f"arn:aws:kms:{PLACE}:key/1",
        f"arn:aws:ec2:{PLACE}:security-group/sg-1",
        f"arn:aws:iam::{ACCOUNT}:role/agent-observability/test/a",
        f"arn:aws:secretsmanager:{PLACE}:secret:agent-observability/test/app-AbCdEf",
        f"arn:aws:secretsmanager:{PLACE}:secret:agent-observability/test/database-AbCdEf",
    )

    assert run(fake) == []


def test_a_second_database_is_shown_with_how_to_tell_them_apart(fake: FakeAws) -> None:
    tagged(fake, f"arn:aws:rds:{PLACE}:db:b", f"arn:aws:rds:{PLACE}:db:a")

    assert run(fake) == [
        Finding.warning(
            "orphans",
            "RDS instances a, b",
            "A stack has one, and these have its tag. Unless an `up` is replacing it now, the "
            "others were being made when an `up` was killed. `pulumi stack output "
            "databaseAddress` begins with the name of the stack's own. Deletion protection keeps "
            "the other, which costs as much.",
            "aws rds describe-db-instances --query 'DBInstances[]."
            f"[DBInstanceIdentifier,InstanceCreateTime,DeletionProtection]' {HERE}",
        )
    ]


@pytest.mark.parametrize(
    ("pattern", "subject", "command"),
    [
        (
            f"arn:aws:acm:{PLACE}:certificate/{{}}",
            "certificates 1, 2",
            "aws acm list-certificates --output table",
        ),
        (f"arn:aws:kms:{PLACE}:key/{{}}", "KMS keys 1, 2", "aws kms list-keys --output table"),
        (f"arn:aws:sns:{PLACE}:{{}}", "SNS topics 1, 2", "aws sns list-topics --output table"),
        (
            f"arn:aws:ec2:{PLACE}:security-group/{{}}",
            "security groups 1, 2",
            "aws ec2 describe-security-groups --output table",
        ),
        (
            f"arn:aws:s3:::langfuse-test-data-{{}}{UNIQUE[1:]}",
            f"S3 buckets langfuse-test-data-1{UNIQUE[1:]}, langfuse-test-data-2{UNIQUE[1:]}",
            "aws s3api list-buckets --output table",
        ),
    ],
)
def test_a_second_one_of_each_kind_is_found(
    fake: FakeAws, pattern: str, subject: str, command: str
) -> None:
    tagged(fake, pattern.format(1), pattern.format(2))

    (found,) = run(fake)

    assert (found.section, found.severity, found.subject) == ("orphans", "warning", subject)
    assert found.cause.endswith(" `pulumi stack --show-ids` shows the id of the stack's own.")
    assert found.command == f"{command} {HERE}"


def test_an_entry_of_no_name_of_the_stacks_is_found(fake: FakeAws) -> None:
    tagged(fake, f"arn:aws:secretsmanager:{PLACE}:secret:agent-observability/test/gone-AbCdEf")

    (found,) = run(fake)

    assert found.subject == "Secrets Manager entry agent-observability/test/gone"
    assert found.command == (
        f"aws secretsmanager describe-secret --secret-id agent-observability/test/gone {HERE}"
    )


def test_a_caller_who_may_not_ask_for_tags_is_told(fake: FakeAws) -> None:
    fake.refuse("resourcegroupstaggingapi", "GetResources", "AccessDeniedException")

    (found,) = run(fake)

    assert (found.section, found.subject) == ("aws-permission-missing", "tag:GetResources")

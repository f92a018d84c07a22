"""The doctor on the RDS instance, what AWS changed in it and its backups; on who gets alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests.support.configurations import ON_EKS, rds, settings
from tests.support.doctor_aws import ACCOUNT, REGION, FakeAws
from tooling.doctor import aws
from tooling.doctor.findings import Finding, Severity

HERE: Final = f"--region {REGION}"
OWN: Final = f"langfuse-test-db-{'1' * 26}"
SUBJECT: Final = f"RDS instance {OWN}"
SHOW: Final = f"aws rds describe-db-instances --db-instance-identifier {OWN} {HERE}"
SET: Final = "pulumi config set --stack test --path agent-observability:database."


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def run(title: str, fake: FakeAws, change: Mapping[str, Any]) -> list[Finding]:
    checked = settings(change)
    checks = [*aws.checks_before(checked, fake.client), *aws.checks_after(checked, fake.client)]
    (check,) = (check for check in checks if check.title == title)
    return list(check.run())


AS_CONFIGURED: Final[Mapping[str, Any]] = {
    "DBInstanceIdentifier": OWN,
    "DBInstanceStatus": "available",
    "AllocatedStorage": 100,
    "EngineVersion": "16.8",
    "DBInstanceClass": "db.t4g.medium",
    "MultiAZ": True,
    "BackupRetentionPeriod": 14,
    "DeletionProtection": True,
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "PendingModifiedValues": {},
}


def instance(fake: FakeAws, **changed: Any) -> None:  # noqa: ANN401 - JSON
    other = {**AS_CONFIGURED, "DBInstanceIdentifier": "other", "AllocatedStorage": 999}
    found = {**AS_CONFIGURED, **changed}
    fake.answer("rds", "DescribeDBInstances", {"DBInstances": [other, found]})


def test_an_instance_as_the_stack_file_has_it_is_silence(fake: FakeAws) -> None:
    instance(fake)

    assert run("Database settings", fake, rds()) == []


def test_before_the_first_up_there_is_nothing_to_compare(fake: FakeAws) -> None:
    fake.answer("rds", "DescribeDBInstances", {"DBInstances": []})

    assert run("Database settings", fake, rds()) == []


def differs(cause: str, command: str = SHOW, severity: Severity = "warning") -> Finding:
    return Finding(
        section="changed-in-aws", severity=severity, subject=SUBJECT, cause=cause, command=command
    )


@pytest.mark.parametrize(
    ("database", "changed", "finding"),
    [
        (
            {},
            {"AllocatedStorage": 180},
            differs(
                "Its storage has grown to 180 GiB, and database.storageGiB is 100: a restored or "
                "replaced instance would start too small, and RDS makes none smaller.",
                f"{SET}storageGiB 180",
            ),
        ),
        (
            {"maxStorageGiB": 200},
            {"AllocatedStorage": 180, "MaxAllocatedStorage": 200},
            differs(
                "Its storage has grown to 180 GiB, and database.storageGiB is 100: a restored or "
                "replaced instance would start too small, and RDS makes none smaller.",
                f"{SET}storageGiB 180",
            ),
        ),
        (
            {"maxStorageGiB": 190},
            {"AllocatedStorage": 181, "MaxAllocatedStorage": 190},
            differs(
                "Its storage has grown to 181 GiB, and database.storageGiB is 100: a restored or "
                "replaced instance would start too small, and RDS makes none smaller.",
                f"{SET}storageGiB 181 && {SET}maxStorageGiB 200",
            ),
        ),
        (
            {},
            {"AllocatedStorage": 50},
            differs(
                "Its storage has 50 GiB, and database.storageGiB is 100: `up` enlarges it, and RDS "
                "allows no other change of it for six hours."
            ),
        ),
        (
            {},
            {"EngineVersion": "17.4"},
            differs(
                "It runs PostgreSQL 17.4, and database.version is 16: RDS takes no version back: "
                "`up` would fail.",
                SET.replace("--path", "--path --type string") + "version 17",
                "error",
            ),
        ),
        (
            {},
            {"EngineVersion": "15.7"},
            differs(
                "It runs PostgreSQL 15.7, and database.version is 16: `up` upgrades it, with an "
                "outage, where database.allowMajorUpgrade is on."
            ),
        ),
        (
            {},
            {"DBInstanceClass": "db.r6g.large"},
            differs(
                "Its DBInstanceClass is db.r6g.large, and database.instanceClass is db.t4g.medium: "
                "`up` sets it back, with a restart."
            ),
        ),
        (
            {},
            {"MultiAZ": False},
            differs(
                "Its MultiAZ is false, and database.multiAz is true: `up` sets it back, which "
                "takes minutes."
            ),
        ),
        (
            {},
            {"BackupRetentionPeriod": 1},
            differs(
                "Its BackupRetentionPeriod is 1, and database.backupDays is 14: `up` sets it back."
            ),
        ),
        (
            {},
            {"DeletionProtection": False},
            differs(
                "Its DeletionProtection is false, and database.protect is true: `up` sets it back."
            ),
        ),
        (
            {},
            {"MaxAllocatedStorage": 500},
            differs(
                "Its MaxAllocatedStorage is 500, and database.maxStorageGiB is not set: `up` sets "
                "it back."
            ),
        ),
        (
            {},
            {"CACertificateIdentifier": "rds-ca-ecc384-g1"},
            differs(
                "Its CACertificateIdentifier is rds-ca-ecc384-g1, and the stack's authority is "
                "rds-ca-rsa2048-g1: `up` sets it back, with a restart."
            ),
        ),
        (
            {},
            {"PendingModifiedValues": {"EngineVersion": "16.9", "DBInstanceClass": "db.t4g.large"}},
            differs(
                "Changes wait for its maintenance window: DBInstanceClass, EngineVersion "
                "(database.applyImmediately applies them with the next `up`)."
            ),
        ),
    ],
)
def test_what_differs_from_the_stack_file_is_said_with_what_up_would_do(
    fake: FakeAws, database: Mapping[str, Any], changed: Mapping[str, Any], finding: Finding
) -> None:
    instance(fake, **changed)

    assert run("Database settings", fake, rds(**database)) == [finding]


def test_a_restorable_time_that_goes_on_is_silence(fake: FakeAws) -> None:
    instance(fake, LatestRestorableTime=datetime.now(UTC) - timedelta(minutes=29))

    assert run("Database backups", fake, rds()) == []


def test_a_new_instance_without_a_restorable_time_is_silence(fake: FakeAws) -> None:
    instance(fake)

    assert run("Database backups", fake, rds()) == []


def test_an_instance_that_is_stopped_keeps_no_log_and_is_not_asked(fake: FakeAws) -> None:
    late = datetime.now(UTC) - timedelta(days=1)
    instance(fake, DBInstanceStatus="stopped", LatestRestorableTime=late)

    assert run("Database backups", fake, rds()) == []


def test_a_restorable_time_that_stands_still_is_said_with_its_age(fake: FakeAws) -> None:
    latest = datetime.now(UTC) - timedelta(hours=3, seconds=1)
    instance(fake, LatestRestorableTime=latest)

    assert run("Database backups", fake, rds()) == [
        Finding(
            section="restore-window-stale",
            severity="warning",
            subject=SUBJECT,
            cause=f"It can be restored to {latest:%Y-%m-%d %H:%M} UTC at the latest, 180 minutes "
            "ago: RDS has kept no log of transactions since then, and what was written since would "
            "be lost.",
            command="aws rds describe-events --source-type db-instance "
            f"--source-identifier {OWN} --duration 1440 {HERE}",
        )
    ]


# -- Alarms ----------------------------------------------------------------------------------------

TOPIC: Final = f"arn:aws:sns:{REGION}:{ACCOUNT}:langfuse-test-alarms-1"


def alarms(**to: str) -> dict[str, Any]:
    return {
        **ON_EKS,
        "database": {"engine": "rds"},
        "secrets": {"delivery": "secretsManager", "protect": True},
        "monitoring": {"runbooks": "https://git.example.com/docs", "alarms": to},
    }


def subscribed(fake: FakeAws, *arns: str) -> None:
    found = [
        {
            "SubscriptionArn": arn,
            "Protocol": "email",
            "TopicArn": TOPIC,
            "Endpoint": "a@example.com",
        }
        for arn in arns
    ]
    fake.answer("sns", "ListSubscriptionsByTopic", {"Subscriptions": found}, {"TopicArn": TOPIC})


CONFIRMED: Final = f"{TOPIC}:0a1b"
LIST: Final = f"aws sns list-subscriptions-by-topic --topic-arn {TOPIC} {HERE}"


def silent(cause: str) -> list[Finding]:
    return [
        Finding(
            section="subscription-unconfirmed",
            severity="warning",
            subject="SNS topic langfuse-test-alarms-1",
            cause=cause,
            command=LIST,
        )
    ]


def test_a_confirmed_subscription_is_silence(fake: FakeAws) -> None:
    subscribed(fake, CONFIRMED, "Deleted")

    assert run("Alarm subscriptions", fake, alarms(topicArn=TOPIC)) == []


def test_an_address_that_has_not_confirmed_is_said(fake: FakeAws) -> None:
    subscribed(fake, CONFIRMED, "PendingConfirmation")

    assert run("Alarm subscriptions", fake, alarms(topicArn=TOPIC)) == silent(
        "1 of 2 subscriptions (email) were not confirmed: AWS sent a message with a link, which is "
        "valid for two days, and sends no alarm before it was opened. After that, subscribe again."
    )


@pytest.mark.parametrize("arns", [(), ("Deleted",)])
def test_a_topic_without_anyone_is_said(fake: FakeAws, arns: tuple[str, ...]) -> None:
    subscribed(fake, *arns)

    assert run("Alarm subscriptions", fake, alarms(topicArn=TOPIC)) == silent(
        "No one subscribes to it: alarms reach no one."
    )


def test_the_topic_of_the_stack_is_found_by_its_tag(fake: FakeAws) -> None:
    fake.answer(
        "resourcegroupstaggingapi",
        "GetResources",
        {"ResourceTagMappingList": [{"ResourceARN": TOPIC}]},
        {
            "TagFilters": [{"Key": "agent-observability:stack", "Values": ["test"]}],
            "ResourceTypeFilters": ["sns"],
        },
    )
    subscribed(fake, "PendingConfirmation")

    (found,) = run("Alarm subscriptions", fake, alarms(email="a@example.com"))

    assert found.subject == "SNS topic langfuse-test-alarms-1"

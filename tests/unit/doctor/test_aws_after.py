"""The doctor on AWS after a failure: what AWS knows about it, and nothing about what works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from tests.support.configurations import ON_EKS, endpoint, rds, settings
from tests.support.doctor_aws import ACCOUNT, REGION, FakeAws
from tooling.doctor import aws
from tooling.doctor.findings import Finding, Severity

HERE: Final = f"--region {REGION}"
ARN: Final = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
SHOW: Final = f"aws acm describe-certificate --certificate-arn {ARN} {HERE}"
NAME, VALUE = "_a1.langfuse.example.com.", "_b2.acm-validations.aws."
RECORD: Final = f"{NAME} CNAME {VALUE}"
SECRETS: Final = {**ON_EKS, "secrets": {"delivery": "secretsManager"}}


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def run(title: str, fake: FakeAws, change: Mapping[str, Any]) -> list[Finding]:
    checks = aws.checks_after(settings(change), fake.client)
    (check,) = (check for check in checks if check.title == title)
    return list(check.run())


# -- Certificate -----------------------------------------------------------------------------------


def requested(fake: FakeAws, *arns: str) -> None:
    summaries = [
        {
            "CertificateArn": arn,
            "DomainName": "langfuse.example.com",
            "CreatedAt": datetime(2026, 11, 1 + index, tzinfo=UTC),
        }
        for index, arn in enumerate(arns)
    ]
    other = {
        "CertificateArn": f"{ARN}-other",
        "DomainName": "example.com",
        "CreatedAt": datetime(2026, 12, 1, tzinfo=UTC),
    }
    fake.answer("acm", "ListCertificates", {"CertificateSummaryList": [*summaries, other]})


def certificate(fake: FakeAws, status: str, **more: Any) -> None:  # noqa: ANN401
    fake.answer(
        "acm",
        "DescribeCertificate",
        {"Certificate": {"Status": status, **more}},
        {"CertificateArn": ARN},
    )


def pending(fake: FakeAws) -> None:
    option = {
        "DomainName": "langfuse.example.com",
        "ValidationStatus": "PENDING_VALIDATION",
        "ResourceRecord": {"Name": NAME, "Type": "CNAME", "Value": VALUE},
    }
    certificate(fake, "PENDING_VALIDATION", DomainValidationOptions=[option])


def zone(fake: FakeAws, *records: Mapping[str, Any]) -> None:
    found = {"Id": "/hostedzone/Z1", "Name": "example.com.", "CallerReference": "x"}
    private = {**found, "Id": "/hostedzone/Z0", "Config": {"PrivateZone": True}}
    fake.answer(
        "route53",
        "ListHostedZones",
        {
            "HostedZones": [private, found],
            "Marker": "",
            "IsTruncated": False,
            "MaxItems": "100",
        },
    )
    fake.answer(
        "route53",
        "ListResourceRecordSets",
        {"ResourceRecordSets": list(records), "IsTruncated": False, "MaxItems": "1"},
        {
            "HostedZoneId": "Z1",
            "StartRecordName": NAME,
            "StartRecordType": "CNAME",
            "MaxItems": "1",
        },
    )


def record(value: str = VALUE, name: str = NAME) -> dict[str, Any]:
    return {"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": value}]}


def pending_finding(cause: str, command: str) -> Finding:
    return Finding(
        section="certificate-pending",
        severity="error",
        subject="Certificate 1234abcd-12ab-34cd-56ef-1234567890ab",
        cause=cause,
        command=command,
    )


def test_the_newest_certificate_of_the_host_counts_and_issued_is_silence(fake: FakeAws) -> None:
    requested(fake, f"{ARN}-older", ARN)
    certificate(fake, "ISSUED")

    assert run("Certificate validation", fake, endpoint()) == []


def test_a_certificate_that_was_not_requested_yet_is_silence(fake: FakeAws) -> None:
    requested(fake)

    assert run("Certificate validation", fake, endpoint()) == []


@pytest.mark.parametrize(
    ("there", "shown"),
    [
        ([], ""),
        ([record(name="_z9.langfuse.example.com.")], ""),
        ([record("_old.acm-validations.aws")], " (there is _old.acm-validations.aws)"),
    ],
)
def test_a_record_that_the_zone_lacks_is_named(
    fake: FakeAws, there: list[dict[str, Any]], shown: str
) -> None:
    requested(fake, ARN)
    pending(fake)
    zone(fake, *there)

    assert run("Certificate validation", fake, endpoint()) == [
        pending_finding(
            f"The zone example.com lacks the validation record{shown}: {RECORD}. "
            "`pulumi up` makes it.",
            "make up STACK=test",
        )
    ]


@pytest.mark.parametrize("value", [VALUE, VALUE.rstrip(".")])
def test_a_record_that_acm_does_not_see_points_to_the_delegation(fake: FakeAws, value: str) -> None:
    requested(fake, ARN)
    pending(fake)
    zone(fake, record(value))
    fake.answer(
        "route53",
        "GetHostedZone",
        {
            "HostedZone": {"Id": "Z1", "Name": "example.com.", "CallerReference": "x"},
            "DelegationSet": {"NameServers": ["ns-2.awsdns-1.org", "ns-1.awsdns-1.com"]},
        },
        {"Id": "Z1"},
    )

    assert run("Certificate validation", fake, endpoint()) == [
        pending_finding(
            "The validation record is in the zone example.com, and ACM does not see it. "
            "In the first minutes that is usual; later the name is not delegated to this zone. The "
            "command has to answer ns-1.awsdns-1.com, ns-2.awsdns-1.org; if not, set these at the "
            "registrar or in the zone above.",
            "dig +short NS example.com",
        )
    ]


def test_a_zone_that_is_gone_is_named(fake: FakeAws) -> None:
    requested(fake, ARN)
    pending(fake)
    fake.answer(
        "route53",
        "ListHostedZones",
        {"HostedZones": [], "Marker": "", "IsTruncated": False, "MaxItems": "100"},
    )

    assert run("Certificate validation", fake, endpoint()) == [
        pending_finding(
            f"There is no public zone example.com for the validation record: {RECORD}",
            f"aws route53 list-hosted-zones {HERE}",
        )
    ]


def test_with_dns_elsewhere_the_record_to_make_is_named(fake: FakeAws) -> None:
    pending(fake)
    change = {
        **ON_EKS,
        "endpoint": {"host": "langfuse.example.com", "certificateArn": ARN},
    }

    assert run("Certificate validation", fake, change) == [
        pending_finding(
            f"ACM waits for the validation record. Create it in DNS: {RECORD}",
            f"dig +short CNAME {NAME}",
        )
    ]


def test_a_certificate_whose_record_is_not_known_yet_takes_a_minute(fake: FakeAws) -> None:
    requested(fake, ARN)
    certificate(fake, "PENDING_VALIDATION")

    assert run("Certificate validation", fake, endpoint()) == [
        pending_finding(
            "ACM does not report the validation record yet. Ask again in a minute.", SHOW
        )
    ]


@pytest.mark.parametrize(
    ("status", "reason", "told", "command"),
    [
        (
            "FAILED",
            "CAA_ERROR",
            "CAA_ERROR (a CAA record of the name, or of a name above it, lets other authorities "
            "issue only: add amazon.com to it)",
            "dig +short CAA langfuse.example.com",
        ),
        ("FAILED", "PCA_LIMIT_EXCEEDED", "PCA_LIMIT_EXCEEDED", SHOW),
        ("VALIDATION_TIMED_OUT", None, "VALIDATION_TIMED_OUT", SHOW),
    ],
)
def test_a_certificate_that_acm_gave_up_has_its_reason(
    fake: FakeAws, status: str, reason: str | None, told: str, command: str
) -> None:
    requested(fake, ARN)
    certificate(fake, status, **({"FailureReason": reason} if reason else {}))

    assert run("Certificate validation", fake, endpoint()) == [
        pending_finding(
            f"ACM gave up: {told}. Fix it, then run `pulumi up`, which requests the certificate "
            "again.",
            command,
        )
    ]


# -- Load balancer ---------------------------------------------------------------------------------

GROUP: Final = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/k8s-obs-langfuse/1"


def groups(fake: FakeAws, *arns: str) -> None:
    fake.answer(
        "resourcegroupstaggingapi",
        "GetResources",
        {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in arns]},
        {
            "TagFilters": [
                {"Key": "elbv2.k8s.aws/cluster", "Values": ["platform-prod"]},
                {"Key": "ingress.k8s.aws/stack", "Values": ["observability/langfuse-endpoint"]},
            ],
            "ResourceTypeFilters": ["elasticloadbalancing:targetgroup"],
        },
    )


def targets(fake: FakeAws, *states: tuple[str, str | None]) -> None:
    described = [
        {
            "Target": {"Id": f"10.0.0.{index}", "Port": 3000},
            "TargetHealth": {"State": state, **({"Reason": reason} if reason else {})},
        }
        for index, (state, reason) in enumerate(states, start=1)
    ]
    fake.answer(
        "elbv2",
        "DescribeTargetHealth",
        {"TargetHealthDescriptions": described},
        {"TargetGroupArn": GROUP},
    )


def targets_finding(severity: Severity, cause: str) -> Finding:
    return Finding(
        section="not-ready",
        severity=severity,
        subject="Ingress observability/langfuse-endpoint",
        cause=cause,
        command=f"aws elbv2 describe-target-health --target-group-arn {GROUP} {HERE}",
    )


def test_a_load_balancer_that_is_not_there_yet_is_silence(fake: FakeAws) -> None:
    groups(fake)

    assert run("Load balancer targets", fake, endpoint()) == []


def test_healthy_and_coming_and_going_pods_are_silence(fake: FakeAws) -> None:
    groups(fake, GROUP)
    targets(
        fake,
        ("healthy", None),
        ("initial", "Elb.InitialHealthChecking"),
        ("draining", "Target.DeregistrationInProgress"),
    )

    assert run("Load balancer targets", fake, endpoint()) == []


def test_a_load_balancer_without_pods_is_an_error(fake: FakeAws) -> None:
    groups(fake, GROUP)
    targets(fake)

    assert run("Load balancer targets", fake, endpoint()) == [
        targets_finding(
            "error",
            "The load balancer has no pod to send requests to: none is Ready, or the AWS Load "
            "Balancer Controller does not run.",
        )
    ]


def test_unhealthy_pods_have_their_reasons_and_all_of_them_are_an_error(fake: FakeAws) -> None:
    groups(fake, GROUP)
    targets(
        fake,
        ("unhealthy", "Target.ResponseCodeMismatch"),
        ("unhealthy", "Target.Timeout"),
    )

    assert run("Load balancer targets", fake, endpoint()) == [
        targets_finding(
            "error",
            "The load balancer counts 2 of 2 pods as unhealthy: 10.0.0.1 "
            "Target.ResponseCodeMismatch (Langfuse answers with another code than 200: it is "
            "starting or stopping, or, before 2.79, without its database); 10.0.0.2 "
            "Target.Timeout (no answer in time: a security group or NetworkPolicy is in the way, "
            "or the pod is too busy).",
        )
    ]


def test_one_unhealthy_pod_of_several_is_a_warning(fake: FakeAws) -> None:
    groups(fake, GROUP)
    targets(fake, ("healthy", None), ("unhealthy", "Target.NotInUse"))

    assert run("Load balancer targets", fake, endpoint()) == [
        targets_finding(
            "warning",
            "The load balancer counts 1 of 2 pods as unhealthy: 10.0.0.2 Target.NotInUse (no "
            "reason is given).",
        )
    ]


# -- Database --------------------------------------------------------------------------------------


def instances(fake: FakeAws, *found: tuple[str, str]) -> None:
    fake.answer(
        "rds",
        "DescribeDBInstances",
        {
            "DBInstances": [
                {
                    "DBInstanceIdentifier": identifier,
                    "DBInstanceStatus": status,
                }
                for identifier, status in found
            ]
        },
    )


OWN: Final = f"langfuse-test-db-{'1' * 26}"


@pytest.mark.parametrize("status", ["available", "backing-up", "storage-optimization"])
def test_an_instance_that_answers_is_silence(fake: FakeAws, status: str) -> None:
    instances(
        fake,
        (OWN, status),
        # Of stacks whose names begin alike, and a copy by hand.
        (f"langfuse-test-db-copy-db-{'1' * 26}", "stopped"),
        (f"langfuse-tes-db-{'1' * 26}", "stopped"),
        ("langfuse-test-db-copy", "stopped"),
        ("other", "storage-full"),
    )

    assert run("Database instance", fake, rds()) == []


@pytest.mark.parametrize(
    ("status", "severity", "cause"),
    [
        (
            "storage-full",
            "error",
            "It is storage-full: its storage is full: raise database.storageGiB, or set "
            "maxStorageGiB.",
        ),
        (
            "incompatible-parameters",
            "error",
            "It is incompatible-parameters: its parameter group does not fit the version or the "
            "class.",
        ),
        (
            "rebooting",
            "warning",
            "It is rebooting; it may not answer until it is available again.",
        ),
    ],
)
def test_an_instance_that_does_not_answer_has_its_status(
    fake: FakeAws,
    status: str,
    severity: Severity,
    cause: str,
) -> None:
    instances(fake, (OWN, status))

    assert run("Database instance", fake, rds()) == [
        Finding(
            section="database-unreachable",
            severity=severity,
            subject=f"RDS instance {OWN}",
            cause=cause,
            command=(
                "aws rds describe-events --source-type db-instance "
                f"--source-identifier {OWN} --duration 1440 {HERE}"
            ),
        )
    ]


# -- Secrets Manager -------------------------------------------------------------------------------


def entry(fake: FakeAws, role: str, answer: Mapping[str, Any]) -> None:
    fake.answer(
        "secretsmanager",
        "DescribeSecret",
        answer,
        {"SecretId": f"agent-observability/test/{role}"},
    )


WITH_VALUE: Final = {"VersionIdsToStages": {"v" * 32: ["AWSCURRENT"], "u" * 32: ["AWSPREVIOUS"]}}


def test_entries_with_a_value_are_silence(fake: FakeAws) -> None:
    entry(fake, "app", WITH_VALUE)
    entry(fake, "database", WITH_VALUE)

    assert run("Secrets Manager entries", fake, SECRETS) == []


def test_entries_that_are_deleted_or_empty_are_errors(fake: FakeAws) -> None:
    entry(fake, "app", {**WITH_VALUE, "DeletedDate": datetime.now(UTC)})
    entry(fake, "database", {"VersionIdsToStages": {"u" * 32: ["AWSPREVIOUS"]}})

    assert run("Secrets Manager entries", fake, SECRETS) == [
        Finding(
            section="secret-not-synced",
            severity="error",
            subject="Secrets Manager entry agent-observability/test/app",
            cause=("It was deleted; it can still be restored, and then `pulumi up` continues."),
            command=(
                f"aws secretsmanager restore-secret --secret-id agent-observability/test/app {HERE}"
            ),
        ),
        Finding(
            section="secret-not-synced",
            severity="error",
            subject="Secrets Manager entry agent-observability/test/database",
            cause=("It has no value: `up` ended before it was written. Another `up` writes it."),
            command="make up STACK=test",
        ),
    ]


def test_a_command_names_the_stack_as_it_was_given(fake: FakeAws) -> None:
    entry(fake, "app", WITH_VALUE)
    entry(fake, "database", {"VersionIdsToStages": {"u" * 32: ["AWSPREVIOUS"]}})
    checks = aws.checks_after(settings(SECRETS), fake.client, stack="acme/test")

    assert [
        finding.command
        for check in checks
        if check.title == "Secrets Manager entries"
        for finding in check.run()
    ] == ["make up STACK=acme/test"]


def test_an_entry_that_is_not_there_is_a_warning(fake: FakeAws) -> None:
    fake.refuse("secretsmanager", "DescribeSecret", "ResourceNotFoundException")
    entry(fake, "database", WITH_VALUE)

    assert run("Secrets Manager entries", fake, SECRETS) == [
        Finding(
            section="secret-not-synced",
            severity="warning",
            subject="Secrets Manager entry agent-observability/test/app",
            cause="It does not exist: `up` has not made it yet, or it was deleted.",
            command=(
                "aws secretsmanager describe-secret --secret-id agent-observability/test/app "
                f"{HERE}"
            ),
        )
    ]

"""The doctor on AWS before `up`: hosted zone, certificate and the bucket for access logs."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from components.aws.iam_documents import encode
from components.endpoint.access_log_iam import access_log_policy
from components.endpoint.alb_annotations import LOG_PREFIX
from tests.support.configurations import endpoint, settings
from tests.support.doctor_aws import ACCOUNT, REGION, FakeAws
from tooling.doctor import aws
from tooling.doctor.aws import endpoint as endpoint_checks
from tooling.doctor.aws import policies
from tooling.doctor.findings import Finding

HERE: Final = f"--region {REGION}"
CERTIFICATE: Final = (
    f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
)
LOGS: Final = endpoint(accessLogs={"bucket": "logs"})


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def run(title: str, fake: FakeAws, change: Mapping[str, Any]) -> list[Finding]:
    checks = aws.checks_before(settings(change), fake.client)
    (check,) = (check for check in checks if check.title == title)
    return list(check.run())


def causes(title: str, fake: FakeAws, change: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(finding.section, finding.cause) for finding in run(title, fake, change)]


# -- Hosted zone -----------------------------------------------------------------------------------


def zones(fake: FakeAws, *found: tuple[str, str, bool]) -> None:
    listed = [
        {
            "Id": f"/hostedzone/{id_}",
            "Name": f"{name}.",
            "CallerReference": "x",
            "Config": {"PrivateZone": private},
        }
        for name, id_, private in found
    ]
    fake.answer(
        "route53",
        "ListHostedZones",
        {"HostedZones": listed, "Marker": "", "IsTruncated": False, "MaxItems": "100"},
    )


SHOW_ZONES: Final = (
    f"aws route53 list-hosted-zones --query 'HostedZones[].[Name,Config.PrivateZone,Id]' {HERE}"
)


def test_a_command_names_the_stack_as_it_was_given(fake: FakeAws) -> None:
    zones(fake, ("langfuse.example.com", "Z2", False))
    checks = aws.checks_before(settings(endpoint()), fake.client, stack="acme/test")

    assert [
        finding.command
        for check in checks
        if check.title == "Hosted zone"
        for finding in check.run()
    ] == [
        "pulumi config set --stack acme/test --path agent-observability:endpoint.hostedZone "
        "langfuse.example.com"
    ]


def test_one_public_zone_of_the_name_is_silence(fake: FakeAws) -> None:
    zones(fake, ("example.com", "Z1", False), ("example.com", "Z2", True), ("a.com", "Z3", False))

    assert run("Hosted zone", fake, endpoint()) == []


@pytest.mark.parametrize(
    ("found", "cause", "command"),
    [
        (
            [("sub.example.com", "Z1", False)],
            "The account has no zone of this name (endpoint.hostedZone), and it has to be a public "
            "one. With DNS elsewhere give endpoint.certificateArn in its place.",
            SHOW_ZONES,
        ),
        (
            [("example.com", "Z1", True)],
            "The account has only a private zone of this name (endpoint.hostedZone), and it has to "
            "be a public one. With DNS elsewhere give endpoint.certificateArn in its place.",
            SHOW_ZONES,
        ),
        (
            [("com", "Z1", False), ("langfuse.example.com", "Z2", False)],
            "The account has no zone of this name (endpoint.hostedZone), and it has to be a public "
            "one. It has one for langfuse.example.com, which langfuse.example.com is in too.",
            "pulumi config set --stack test --path agent-observability:endpoint.hostedZone "
            "langfuse.example.com",
        ),
        (
            [("example.com", "Z2", False), ("example.com", "Z1", False)],
            "There are 2 public zones of this name: Z1, Z2. `up` cannot tell which one the name is "
            "delegated to: remove the others.",
            SHOW_ZONES,
        ),
    ],
)
def test_a_zone_that_is_not_the_one_is_one_finding(
    fake: FakeAws, found: list[tuple[str, str, bool]], cause: str, command: str
) -> None:
    zones(fake, *found)

    assert run("Hosted zone", fake, endpoint()) == [
        Finding(
            section="hosted-zone-missing",
            severity="error",
            subject="Hosted zone example.com",
            cause=cause,
            command=command,
        )
    ]


# -- Certificate -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "host", "covered"),
    [
        ("langfuse.example.com", "langfuse.example.com", True),
        ("Langfuse.Example.com", "langfuse.example.COM", True),
        ("*.example.com", "langfuse.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.langfuse.example.com", False),
        ("example.com", "langfuse.example.com", False),
        ("*.com", "example.org", False),
    ],
)
def test_a_wildcard_matches_one_label(name: str, host: str, covered: bool) -> None:
    assert endpoint_checks.covers(name, host) is covered


GIVEN: Final = endpoint(certificateArn=CERTIFICATE)


def certificate(fake: FakeAws, **changes: Any) -> None:  # noqa: ANN401
    known = {
        "Status": "ISSUED",
        "SubjectAlternativeNames": ["example.com", "*.example.com"],
        "NotAfter": datetime.now(UTC) + timedelta(days=15),
    }
    fake.answer(
        "acm",
        "DescribeCertificate",
        {"Certificate": known | changes},
        {"CertificateArn": CERTIFICATE},
    )


def test_an_issued_certificate_of_the_host_is_silence(fake: FakeAws) -> None:
    certificate(fake)

    assert run("Certificate", fake, GIVEN) == []


LIST: Final = f"aws acm list-certificates --output table {HERE}"
SHOW: Final = f"aws acm describe-certificate --certificate-arn {CERTIFICATE} {HERE}"


@pytest.mark.parametrize(
    ("changes", "cause", "command"),
    [
        (
            {"Status": "PENDING_VALIDATION"},
            "It is PENDING_VALIDATION: the load balancer takes an issued certificate only.",
            SHOW,
        ),
        (
            {"SubjectAlternativeNames": ["example.com", "*.example.org"]},
            "It is for example.com, *.example.org, and not for langfuse.example.com "
            "(endpoint.host).",
            LIST,
        ),
    ],
)
def test_a_certificate_that_does_not_serve_is_one_finding(
    fake: FakeAws, changes: dict[str, Any], cause: str, command: str
) -> None:
    certificate(fake, **changes)

    assert run("Certificate", fake, GIVEN) == [
        Finding(
            section="certificate-not-issued",
            severity="error",
            subject="Certificate 1234abcd-12ab-34cd-56ef-1234567890ab",
            cause=cause,
            command=command,
        )
    ]


def test_a_certificate_that_is_not_there_is_one_finding(fake: FakeAws) -> None:
    fake.refuse("acm", "DescribeCertificate", "ResourceNotFoundException")

    assert causes("Certificate", fake, GIVEN) == [
        ("certificate-not-issued", "There is no such certificate in the account.")
    ]


def test_a_certificate_of_another_region_is_one_finding_and_not_asked_for(fake: FakeAws) -> None:
    configured = settings(GIVEN)
    strange = CERTIFICATE.replace(REGION, "us-east-1")
    assert configured.endpoint is not None
    moved = configured.model_copy(
        update={"endpoint": configured.endpoint.model_copy(update={"certificate_arn": strange})}
    )
    (check,) = (
        check for check in aws.checks_before(moved, fake.client) if check.title == "Certificate"
    )

    assert [finding.cause for finding in check.run()] == [
        f"It is in us-east-1, and the load balancer is in {REGION}."
    ]


@pytest.mark.parametrize(("hours", "days"), [(13 * 24 + 23, 13), (1, 0)])
def test_a_certificate_that_soon_ends_is_a_warning(fake: FakeAws, hours: int, days: int) -> None:
    end = datetime.now(UTC) + timedelta(hours=hours, minutes=5)
    certificate(fake, NotAfter=end)

    (finding,) = run("Certificate", fake, GIVEN)

    assert (finding.severity, finding.command) == ("warning", SHOW)
    assert finding.cause == (
        f"It ends on {end:%Y-%m-%d}, in {days} days, and is not renewed: ACM renews a certificate "
        "that it issued while the validation record is in DNS; an imported one has to be "
        "imported again."
    )


# -- Access log bucket -----------------------------------------------------------------------------

OWN_POLICY: Final = encode(
    access_log_policy(bucket_arn="arn:aws:s3:::logs", prefix=LOG_PREFIX, account_id=ACCOUNT)
)


def bucket(
    fake: FakeAws,
    policy: str | None,
    *,
    algorithm: str = "AES256",
    region: str = REGION,
) -> None:
    named = {"Bucket": "logs"}
    fake.answer("s3", "HeadBucket", {"BucketRegion": region}, named)
    if region != REGION:
        return
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    fake.answer(
        "s3",
        "GetBucketEncryption",
        {"ServerSideEncryptionConfiguration": {"Rules": [default]}},
        named,
    )
    if policy is None:
        fake.refuse("s3", "GetBucketPolicy", "NoSuchBucketPolicy")
    else:
        fake.answer("s3", "GetBucketPolicy", {"Policy": policy}, named)


def test_a_bucket_that_lets_the_load_balancer_write_has_no_finding(fake: FakeAws) -> None:
    bucket(fake, OWN_POLICY)

    assert run("Access log bucket", fake, LOGS) == []


def test_a_bucket_that_is_not_there_is_one_finding(fake: FakeAws) -> None:
    fake.refuse("s3", "HeadBucket", "404")

    assert run("Access log bucket", fake, LOGS) == [
        Finding(
            section="bucket-policy",
            severity="error",
            subject="Bucket logs",
            cause="There is no such bucket (endpoint.accessLogs.bucket).",
            command=f"aws s3api list-buckets {HERE}",
        )
    ]


def test_a_bucket_of_another_region_is_one_finding(fake: FakeAws) -> None:
    bucket(fake, None, region="us-east-1")

    assert causes("Access log bucket", fake, LOGS) == [
        (
            "bucket-policy",
            f"It is in us-east-1, and the load balancer writes to its own {REGION} only.",
        )
    ]


def test_a_bucket_with_a_key_of_kms_is_one_finding(fake: FakeAws) -> None:
    bucket(fake, OWN_POLICY, algorithm="aws:kms")

    (finding,) = run("Access log bucket", fake, LOGS)

    assert finding.cause == (
        "It encrypts with a KMS key, and the load balancer can write only where S3's own keys "
        "(SSE-S3) are the default."
    )
    assert shlex.split(finding.command) == [
        *("aws", "s3api", "put-bucket-encryption", "--bucket", "logs"),
        "--server-side-encryption-configuration",
        '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}',
        *("--region", REGION),
    ]


def test_a_bucket_without_policy_gets_the_whole_one(fake: FakeAws) -> None:
    bucket(fake, None)

    (finding,) = run("Access log bucket", fake, LOGS)

    assert finding.cause == (
        "Its policy does not let logdelivery.elasticloadbalancing.amazonaws.com write below "
        f"langfuse/AWSLogs/{ACCOUNT}/, and the controller makes no load balancer whose logs cannot "
        "be written."
    )
    assert shlex.split(finding.command) == [
        *("aws", "s3api", "put-bucket-policy", "--bucket", "logs", "--policy", OWN_POLICY),
        *("--region", REGION),
    ]


def test_a_policy_that_is_there_is_never_overwritten(fake: FakeAws) -> None:
    bucket(fake, json.dumps({"Statement": []}))

    (finding,) = run("Access log bucket", fake, LOGS)

    assert finding.cause.endswith(
        f" The command shows the policy; add the first statement of {OWN_POLICY}"
    )
    assert finding.command == f"aws s3api get-bucket-policy --bucket logs {HERE}"


WRITES: Final = {
    "Effect": "Allow",
    "Principal": {"Service": policies.DELIVERY},
    "Action": "s3:PutObject",
    "Resource": f"arn:aws:s3:::logs/langfuse/AWSLogs/{ACCOUNT}/*",
}


@pytest.mark.parametrize(
    ("change", "admitted"),
    [
        ({}, True),
        ({"Action": ["S3:Put*"]}, True),
        ({"Action": "s3:*"}, True),
        ({"Resource": ["arn:aws:s3:::other/*", "arn:aws:s3:::logs/*"]}, True),
        ({"Resource": f"arn:aws:s3:::logs/*/AWSLogs/{ACCOUNT}/?*"}, True),
        ({"Resource": "arn:aws:s3:::logs/langfuse/AWSLogs/12345678901?/*"}, True),
        ({"Resource": "arn:aws:s3:::logs/langfuse/AWSLogs/1234567890?/*"}, False),
        ({"Principal": {"AWS": "arn:aws:iam::600734575887:root"}}, True),
        ({"Principal": {"AWS": ["600734575887"]}}, True),
        ({"Principal": "*"}, True),
        ({"Effect": "Deny"}, False),
        ({"Action": "s3:GetObject"}, False),
        ({"Principal": {"Service": "delivery.logs.amazonaws.com"}}, False),
        ({"Principal": {"AWS": "arn:aws:iam::600734575887:role/r"}}, False),
        ({"Resource": "arn:aws:s3:::logs/AWSLogs/123456789012/*"}, False),
        ({"Resource": "arn:aws:s3:::logs/langfuse/AWSLogs/210987654321/*"}, False),
        ({"Resource": "arn:aws:s3:::logs"}, False),
    ],
)
@pytest.mark.parametrize("form", [lambda s: [s], lambda s: s])  # pyright: ignore
def test_a_policy_is_read_as_iam_reads_it(
    change: Mapping[str, Any],
    admitted: bool,
    form: Any,  # noqa: ANN401
) -> None:
    policy = json.dumps({"Statement": form({**WRITES, **change})})
    caller = f"arn:aws:iam::{ACCOUNT}:user/ann"

    assert policies.admits_access_logs(policy, bucket="logs", caller_arn=caller) is admitted

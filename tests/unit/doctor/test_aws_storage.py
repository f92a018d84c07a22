"""The doctor on AWS before `up`: buckets that exist already."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from tests.support.configurations import ON_EKS, settings
from tests.support.doctor_aws import REGION, FakeAws
from tooling.doctor import aws
from tooling.doctor.findings import Finding

TITLE: Final = "Buckets of object storage"
HERE: Final = f"--region {REGION}"
ORIGIN: Final = "https://langfuse.example.com"
VERSION_4: Final[Mapping[str, Any]] = {
    **ON_EKS,
    "langfuse": {"version": "4.16.0", "publicUrl": ORIGIN},
    "clickhouse": {"engine": "statefulSet"},
    "cache": {"engine": "statefulSet"},
}
RULE: Final = {
    "AllowedOrigins": [ORIGIN],
    "AllowedMethods": ["GET", "PUT", "HEAD"],
    "AllowedHeaders": ["*"],
}


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def stack(**section: object) -> dict[str, Any]:
    return {**VERSION_4, "objectStorage": {"engine": "s3", **section}}


def run(fake: FakeAws, change: Mapping[str, Any]) -> list[Finding]:
    checks = aws.checks_before(settings(change), fake.client)
    (check,) = (check for check in checks if check.title == TITLE)
    return list(check.run())


def there(fake: FakeAws, *buckets: str, region: str = REGION) -> None:
    for bucket in buckets:
        fake.answer("s3", "HeadBucket", {"BucketRegion": region}, {"Bucket": bucket})


def cors(fake: FakeAws, bucket: str, *rules: Mapping[str, Any]) -> None:
    if rules:
        fake.answer("s3", "GetBucketCors", {"CORSRules": [*rules]}, {"Bucket": bucket})
    else:
        fake.refuse("s3", "GetBucketCors", "NoSuchCORSConfiguration")


@pytest.mark.parametrize(
    ("section", "asked"),
    [
        ({"media": True}, False),
        ({"bucket": "ours"}, True),
        ({"media": True, "mediaBucket": "pictures"}, True),
    ],
)
def test_only_a_bucket_that_the_stack_does_not_make_is_asked_about(
    section: dict[str, object], asked: bool
) -> None:
    titles = [check.title for check in aws.checks_before(settings(stack(**section)))]

    assert titles.count(TITLE) == int(asked)


def test_buckets_that_fit_have_no_finding(fake: FakeAws) -> None:
    there(fake, "ours", "pictures")
    cors(fake, "pictures", RULE)

    assert run(fake, stack(media=True, bucket="ours", mediaBucket="pictures")) == []


@pytest.mark.parametrize(
    "change",
    [
        stack(bucket="ours"),
        {**ON_EKS, "objectStorage": {"engine": "s3", "media": True, "bucket": "ours"}},
    ],
    ids=["without media", "version 2"],
)
def test_a_bucket_that_no_page_uploads_to_needs_no_cors_rule(
    fake: FakeAws, change: Mapping[str, Any]
) -> None:
    there(fake, "ours")

    assert run(fake, change) == []


def test_a_bucket_that_is_not_there_is_an_error(fake: FakeAws) -> None:
    fake.refuse("s3", "HeadBucket", "404")

    assert run(fake, stack(media=True, bucket="ours")) == [
        Finding(
            section="storage-bucket",
            severity="error",
            subject="Bucket ours",
            cause="There is no such bucket (objectStorage.bucket).",
            command=f"aws s3api list-buckets {HERE}",
        )
    ]


def test_a_bucket_of_another_region_is_an_error(fake: FakeAws) -> None:
    there(fake, "pictures", region="us-east-1")

    assert run(fake, stack(media=True, mediaBucket="pictures")) == [
        Finding(
            section="storage-bucket",
            severity="error",
            subject="Bucket pictures",
            cause=(
                f"It is in us-east-1, and Langfuse is told that it is in {REGION} "
                "(objectStorage.mediaBucket)."
            ),
            command=f"aws s3api head-bucket --bucket pictures {HERE}",
        )
    ]


def test_a_bucket_without_cors_rules_gets_one(fake: FakeAws) -> None:
    there(fake, "ours")
    cors(fake, "ours")

    (finding,) = run(fake, stack(media=True, bucket="ours"))

    assert (finding.section, finding.severity) == ("storage-bucket", "warning")
    assert finding.cause == (
        f"No CORS rule lets pages of {ORIGIN} do GET and PUT: Langfuse's pages cannot upload media."
    )
    assert shlex.split(finding.command) == [
        *("aws", "s3api", "put-bucket-cors", "--bucket", "ours"),
        *("--cors-configuration", json.dumps({"CORSRules": [RULE]})),
        *("--region", REGION),
    ]


@pytest.mark.parametrize(
    ("rules", "refused"),
    [
        ([RULE], ""),
        ([{**RULE, "AllowedOrigins": ["https://*.example.com"]}], ""),
        ([{**RULE, "AllowedHeaders": ["Content-Type", "x-amz-*"]}], ""),
        ([{**RULE, "AllowedMethods": ["GET"]}, {**RULE, "AllowedMethods": ["PUT"]}], ""),
        ([{**RULE, "AllowedOrigins": ["https://other.example.com"]}], "GET and PUT"),
        ([{**RULE, "AllowedMethods": ["GET", "HEAD"]}], "PUT"),
        ([{**RULE, "AllowedMethods": ["PUT"]}], "GET"),
        ([{**RULE, "AllowedHeaders": ["content-type"]}], "PUT"),
        ([{"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT"]}], "PUT"),
    ],
)
def test_pages_need_one_rule_with_origin_method_and_headers(
    fake: FakeAws, rules: list[Mapping[str, Any]], refused: str
) -> None:
    there(fake, "ours")
    cors(fake, "ours", *rules)

    found = run(fake, stack(media=True, bucket="ours"))

    expected = [
        f"No CORS rule lets pages of {ORIGIN} do {refused}: Langfuse's pages cannot upload media. "
        f"The command shows the rules; add that of {json.dumps({'CORSRules': [RULE]})}"
    ]
    assert [finding.cause for finding in found] == (expected if refused else [])
    shown = [f"aws s3api get-bucket-cors --bucket ours {HERE}"]
    assert [finding.command for finding in found] == (shown if refused else [])

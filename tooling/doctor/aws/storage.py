"""Checks of buckets that exist, before `up`: whether Langfuse and its pages can use them."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from stacks import translation
from tooling.doctor.aws.session.account import Account
from tooling.doctor.findings import Finding, Severity

_METHODS: Final = ("GET", "PUT")
_HEADERS: Final = ("content-type", "x-amz-checksum-sha256")
"""Those of a page's upload, which a browser asks about first."""


def buckets(account: Account) -> Iterator[Finding]:
    """Whether the given buckets are there, in the region of the stack, and open for pages."""
    section = account.settings.s3
    if section is None:
        return
    media = section.media_bucket or section.bucket
    for key, bucket in (("bucket", section.bucket), ("mediaBucket", section.media_bucket)):
        if bucket is None:
            continue
        problem = _problem(account, f"objectStorage.{key}", bucket)
        if problem is not None:
            yield problem
        elif bucket == media and translation.pages_upload(account.settings):
            yield from _pages(account, bucket)


def _problem(account: Account, key: str, bucket: str) -> Finding | None:
    aws = account.aws
    head = aws.look_up("s3", "HeadBucket", {"404", "NoSuchBucket"}, Bucket=bucket)
    if head is None:
        cause = f"There is no such bucket ({key})."
        return _about(bucket, "error", cause, aws.command("s3api", "list-buckets"))
    region = head.get("BucketRegion") or aws.region
    if region != aws.region:
        cause = f"It is in {region}, and Langfuse is told that it is in {aws.region} ({key})."
        show = aws.command("s3api", "head-bucket", "--bucket", bucket)
        return _about(bucket, "error", cause, show)
    return None


def _pages(account: Account, bucket: str) -> Iterator[Finding]:
    """Whether browsers let Langfuse's pages use the links that it signs."""
    aws, origin = account.aws, translation.origin(account.settings)
    found = aws.look_up("s3", "GetBucketCors", {"NoSuchCORSConfiguration"}, Bucket=bucket)
    rules: list[dict[str, Any]] = [] if found is None else found["CORSRules"]
    refused = [method for method in _METHODS if not _admitted(rules, origin, method)]
    if not refused:
        return
    given = json.dumps({"CORSRules": [_rule(origin)]})
    cause = (
        f"No CORS rule lets pages of {origin} do {' and '.join(refused)}: Langfuse's pages cannot "
        "upload media."
    )
    if rules:
        cause += f" The command shows the rules; add that of {given}"
        fix = aws.command("s3api", "get-bucket-cors", "--bucket", bucket)
    else:
        fix = aws.command(
            *("s3api", "put-bucket-cors", "--bucket", bucket, "--cors-configuration", given)
        )
    yield _about(bucket, "warning", cause, fix)


def _rule(origin: str) -> dict[str, list[str]]:
    return {
        "AllowedOrigins": [origin],
        "AllowedMethods": [*_METHODS, "HEAD"],
        "AllowedHeaders": ["*"],
    }


def _admitted(rules: Sequence[dict[str, Any]], origin: str, method: str) -> bool:
    """Whether S3 answers a page's question with yes: one rule has origin, method and headers
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html)."""
    return any(
        method in rule["AllowedMethods"]
        and any(fnmatch.fnmatchcase(origin, allowed) for allowed in rule["AllowedOrigins"])
        and (
            method != "PUT"
            or all(
                any(fnmatch.fnmatchcase(header, allowed.lower()) for allowed in _headers(rule))
                for header in _HEADERS
            )
        )
        for rule in rules
    )


def _headers(rule: dict[str, Any]) -> list[str]:
    return rule.get("AllowedHeaders", [])


def _about(bucket: str, severity: Severity, cause: str, command: str) -> Finding:
    return Finding(
        section="storage-bucket",
        severity=severity,
        subject=f"Bucket {bucket}",
        cause=cause,
        command=command,
    )

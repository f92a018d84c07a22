"""Checks of the public name before `up`: hosted zone, certificate, bucket for access logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tooling.doctor.aws import policies
from tooling.doctor.aws.session.account import Account
from tooling.doctor.findings import Finding, Severity

_LEAST: Final = timedelta(days=14)
"""ACM renews 60 days before the end, and writes about a renewal that does not succeed from 45 days
on (https://docs.aws.amazon.com/acm/latest/userguide/check-certificate-renewal-status.html)."""


def hosted_zone(account: Account) -> Iterator[Finding]:
    """Whether exactly one public zone has the configured name."""
    endpoint = account.settings.endpoint
    if endpoint is None or endpoint.hosted_zone is None:
        return
    listed = account.aws.pages("route53", "ListHostedZones", "HostedZones")
    public = [
        (zone["Name"].rstrip("."), zone["Id"].removeprefix("/hostedzone/"))
        for zone in listed
        if not zone.get("Config", {}).get("PrivateZone")
    ]
    wanted = [id_ for name, id_ in public if name == endpoint.hosted_zone]
    show_all = account.aws.command(
        "route53", "list-hosted-zones", "--query", "HostedZones[].[Name,Config.PrivateZone,Id]"
    )
    if len(wanted) == 1:
        return
    if wanted:
        cause = (
            f"There are {len(wanted)} public zones of this name: {', '.join(sorted(wanted))}. "
            "`up` cannot tell which one the name is delegated to: remove the others."
        )
        yield _about_zone(endpoint.hosted_zone, cause, show_all)
        return
    private = any(zone["Name"].rstrip(".") == endpoint.hosted_zone for zone in listed)
    known = "The account has only a private zone" if private else "The account has no zone"
    cause = f"{known} of this name (endpoint.hostedZone), and it has to be a public one."
    others = [name for name, _ in public if f".{endpoint.host}".endswith(f".{name}")]
    if others:
        longest = max(others, key=len)
        cause += f" It has one for {longest}, which {endpoint.host} is in too."
        fix = account.commands.config_set("endpoint.hostedZone", longest)
        yield _about_zone(endpoint.hosted_zone, cause, fix)
        return
    cause += " With DNS elsewhere give endpoint.certificateArn in its place."
    yield _about_zone(endpoint.hosted_zone, cause, show_all)


def _about_zone(zone: str, cause: str, command: str) -> Finding:
    return Finding.error("hosted-zone-missing", f"Hosted zone {zone}", cause, command)


def covers(name: str, host: str) -> bool:
    """Whether a certificate's ``name`` matches ``host``: a ``*`` matches exactly one label."""
    name, host = name.lower(), host.lower()
    _, _, parent = host.partition(".")
    return name in {host, f"*.{parent}"}


def certificate(account: Account) -> Iterator[Finding]:
    """Whether the given certificate is issued, matches the host, and does not expire soon."""
    endpoint = account.settings.endpoint
    if endpoint is None or endpoint.certificate_arn is None:
        return
    arn = endpoint.certificate_arn
    show = account.aws.command("acm", "describe-certificate", "--certificate-arn", arn)
    show_all = account.aws.command("acm", "list-certificates", "--output", "table")
    region = arn.split(":")[3]
    if region != account.aws.region:
        cause = f"It is in {region}, and the load balancer is in {account.aws.region}."
        yield _about_certificate(arn, cause, show_all)
        return
    absent = {"ResourceNotFoundException"}
    answer = account.aws.look_up("acm", "DescribeCertificate", absent, CertificateArn=arn)
    if answer is None:
        yield _about_certificate(arn, "There is no such certificate in the account.", show_all)
        return
    found: dict[str, Any] = answer["Certificate"]
    if found["Status"] != "ISSUED":
        cause = f"It is {found['Status']}: the load balancer takes an issued certificate only."
        yield _about_certificate(arn, cause, show)
        return
    names: list[str] = found.get("SubjectAlternativeNames", [])
    if not any(covers(name, endpoint.host) for name in names):
        cause = f"It is for {', '.join(names)}, and not for {endpoint.host} (endpoint.host)."
        yield _about_certificate(arn, cause, show_all)
    left: timedelta = found["NotAfter"] - datetime.now(UTC)
    if left < _LEAST:
        cause = (
            f"It ends on {found['NotAfter']:%Y-%m-%d}, in {max(left.days, 0)} days, and is not "
            "renewed: ACM renews a certificate that it issued while the validation record is in "
            "DNS; an imported one has to be imported again."
        )
        yield _about_certificate(arn, cause, show, "warning")


def _about_certificate(arn: str, cause: str, command: str, severity: Severity = "error") -> Finding:
    return Finding(
        section="certificate-not-issued",
        severity=severity,
        subject=f"Certificate {arn.rsplit('/', maxsplit=1)[-1]}",
        cause=cause,
        command=command,
    )


def log_bucket(account: Account) -> Iterator[Finding]:
    """Whether the given bucket for access logs is one that the load balancer can write to."""
    endpoint = account.settings.endpoint
    bucket = endpoint.access_logs.bucket if endpoint and endpoint.access_logs else None
    if bucket is None:
        return
    aws = account.aws
    head = aws.look_up("s3", "HeadBucket", {"404", "NoSuchBucket"}, Bucket=bucket)
    if head is None:
        cause = "There is no such bucket (endpoint.accessLogs.bucket)."
        yield _about_bucket(bucket, cause, aws.command("s3api", "list-buckets"))
        return
    region = head.get("BucketRegion") or aws.region
    if region != aws.region:
        cause = f"It is in {region}, and the load balancer writes to its own {aws.region} only."
        show = aws.command("s3api", "head-bucket", "--bucket", bucket)
        yield _about_bucket(bucket, cause, show)
        return
    absent = {"ServerSideEncryptionConfigurationNotFoundError"}
    encryption = aws.look_up("s3", "GetBucketEncryption", absent, Bucket=bucket)
    if _has_key(encryption):
        cause = (
            "It encrypts with a KMS key, and the load balancer can write only where S3's own keys "
            "(SSE-S3) are the default."
        )
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        fix = aws.command(
            *("s3api", "put-bucket-encryption", "--bucket", bucket),
            *("--server-side-encryption-configuration", json.dumps({"Rules": [rule]})),
        )
        yield _about_bucket(bucket, cause, fix)
    policy = aws.look_up("s3", "GetBucketPolicy", {"NoSuchBucketPolicy"}, Bucket=bucket)
    caller = account.caller()
    if not policies.admits_access_logs(
        (policy or {}).get("Policy"), bucket=bucket, caller_arn=caller.arn
    ):
        given = policies.needed_policy(bucket=bucket, caller_arn=caller.arn)
        cause = (
            f"Its policy does not let {policies.DELIVERY} write below "
            f"{policies.log_folder(caller.account)}, and the controller makes no load balancer "
            "whose logs cannot be written."
        )
        if policy is None:
            fix = aws.command("s3api", "put-bucket-policy", "--bucket", bucket, "--policy", given)
        else:
            cause += f" The command shows the policy; add the first statement of {given}"
            fix = aws.command("s3api", "get-bucket-policy", "--bucket", bucket)
        yield _about_bucket(bucket, cause, fix)


def _has_key(encryption: Any) -> bool:  # noqa: ANN401 - boto3's answer
    if encryption is None:
        return False
    rules = encryption["ServerSideEncryptionConfiguration"]["Rules"]
    defaults = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in rules]
    return any(default.get("SSEAlgorithm", "AES256") != "AES256" for default in defaults)


def _about_bucket(bucket: str, cause: str, command: str) -> Finding:
    return Finding.error("bucket-policy", f"Bucket {bucket}", cause, command)

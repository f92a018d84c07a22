"""Types of the fields that name something in AWS."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.settings.machinery.rule import Rule, matching

AccountId = Annotated[
    str,
    matching("must be an AWS account id: 12 digits in quotes", r"\d{12}"),
    Field(examples=["123456789012"]),
]

Region = Annotated[
    str,
    matching("must be an AWS region such as 'ap-northeast-2'", r"[a-z]{2}(-[a-z]+)+-\d"),
    Field(examples=["ap-northeast-2"]),
]


def _arn(service: str, resource: str, example: str) -> Rule:
    pattern = rf"arn:aws[a-z-]*:{service}:[a-z0-9-]*:\d{{12}}:{resource}"
    return matching(f"must be an ARN such as '{example}'", pattern)


_KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KeyArn = Annotated[str, _arn("kms", r"key/[\w-]+", _KEY), Field(examples=[_KEY])]

_CERTIFICATE = "arn:aws:acm:ap-northeast-2:123456789012:certificate/1234abcd-12ab-34cd-56ef"
CertificateArn = Annotated[
    str, _arn("acm", r"certificate/[\w-]+", _CERTIFICATE), Field(examples=[_CERTIFICATE])
]

_WEB_ACL = "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/langfuse/1234abcd"
WebAclArn = Annotated[
    str, _arn("wafv2", r"regional/webacl/[\w-]+/[\w-]+", _WEB_ACL), Field(examples=[_WEB_ACL])
]

_TOPIC = "arn:aws:sns:ap-northeast-2:123456789012:on-call"
TopicArn = Annotated[str, _arn("sns", r"[\w-]{1,256}(\.fifo)?", _TOPIC), Field(examples=[_TOPIC])]

_BOUNDARY = "arn:aws:iam::123456789012:policy/agent-observability-prod-boundary"
PolicyArn = Annotated[
    str, _arn("iam", r"policy/[\w+=,.@/-]+", _BOUNDARY), Field(examples=[_BOUNDARY])
]

SubnetId = Annotated[
    str,
    matching("must be a subnet id such as 'subnet-0123456789abcdef0'", r"subnet-[0-9a-f]{8,17}"),
    Field(examples=["subnet-0123456789abcdef0"]),
]

SecurityGroupId = Annotated[
    str,
    matching("must be a security group id such as 'sg-0123456789abcdef0'", r"sg-[0-9a-f]{8,17}"),
    Field(examples=["sg-0123456789abcdef0"]),
]

BucketName = Annotated[
    str,
    matching("must be an S3 bucket name", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    Field(examples=["langfuse-exports-123456789012"]),
]

SslPolicy = Annotated[
    str,
    matching(
        "must be a load balancer policy of TLS 1.2 or newer, 'ELBSecurityPolicy-TLS13-1-2-…' or "
        "'ELBSecurityPolicy-TLS13-1-3-…'",
        r"ELBSecurityPolicy-TLS13-1-[23]-[A-Za-z0-9-]+",
    ),
]

InstanceClass = Annotated[
    str,
    matching("must be an RDS instance class such as 'db.t4g.medium'", r"db\.[a-z0-9-]+\.[a-z0-9]+"),
]

PostgresMajor = Annotated[
    str,
    matching(
        "must be a major version in quotes, '14' to '17': AWS ended the standard support of 13 on "
        "2026-02-28 and would upgrade it unasked, and Langfuse 2 was not tried with 18",
        r"1[4-7]",
    ),
]

_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)"

BackupWindow = Annotated[
    str, matching("must be a daily window in UTC such as '17:00-18:00'", f"{_TIME}-{_TIME}")
]

MaintenanceWindow = Annotated[
    str,
    matching(
        "must be a weekly window in UTC such as 'sun:18:30-sun:19:30'",
        f"{_DAY}:{_TIME}-{_DAY}:{_TIME}",
    ),
]

Instant = Annotated[
    str,
    matching(
        "must be a time in UTC such as '2026-11-01T09:30:00Z'",
        rf"\d{{4}}-[01]\d-[0-3]\dT{_TIME}:[0-5]\dZ",
    ),
    Field(examples=["2026-11-01T09:30:00Z"]),
]

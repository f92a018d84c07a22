"""Types of the fields that name something in AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field

from components.aws import partitions
from stacks.settings.machinery.rule import Meant, Rule, matching

_REGION: Final = r"[a-z]{2,4}(-[a-z]+)+-\d"
_UUID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PARTITION: Final = r"aws(-[a-z]+){0,2}"


def _account(text: str) -> Iterator[str]:
    yield re.sub(r"[-\s]", "", text)


def _region(text: str) -> Iterator[str]:
    """In capitals, with other separators or without the last, as one of its zones."""
    name = re.sub(r"[-_.\s]+", "-", text.lower())
    name = re.sub(r"(?<=[a-z])(\d)(?=[a-z]?$)", r"-\1", name)
    yield re.sub(r"(?<=-\d)[a-z]$", "", name)


AccountId = Annotated[
    str,
    matching("must be an AWS account id: 12 digits in quotes", r"\d{12}"),
    Meant(_account),
    Field(examples=["123456789012"]),
]

Region = Annotated[
    str,
    matching("must be an AWS region such as 'ap-northeast-2'", _REGION),
    Meant(_region),
    Field(examples=["ap-northeast-2"]),
]


# It is a part of what each request is signed with, between slashes.
StoreRegion = Annotated[
    str,
    matching("must be the name of a region, such as 'us-east-1' or 'auto'", r"[A-Za-z0-9._-]+"),
    Meant(lambda text: (name for name in _region(text) if re.fullmatch(_REGION, name, re.ASCII))),
    Field(examples=["us-east-1"]),
]


def _arn(service: str, resource: str, example: str, *, region: str = f"({_REGION})?") -> Rule:
    pattern = rf"arn:{_PARTITION}:{service}:{region}:\d{{12}}:{resource}"
    compiled = re.compile(pattern, re.ASCII)

    def accepts(value: str) -> bool:
        if compiled.fullmatch(value) is None:
            return False
        _, partition, _, where, _ = value.split(":", 4)
        return not where or partition == partitions.of_region(where)

    return Rule(f"must be an ARN such as '{example}'", accepts, pattern)


_KEY: Final = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KeyArn = Annotated[
    str, _arn("kms", rf"key/({_UUID}|mrk-[0-9a-f]{{32}})", _KEY), Field(examples=[_KEY])
]

_CERTIFICATE: Final = (
    "arn:aws:acm:ap-northeast-2:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
)
CertificateArn = Annotated[
    str, _arn("acm", rf"certificate/{_UUID}", _CERTIFICATE), Field(examples=[_CERTIFICATE])
]

_WEB_ACL: Final = "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/langfuse/1234abcd"
WebAclArn = Annotated[
    str, _arn("wafv2", r"regional/webacl/[\w-]+/[\w-]+", _WEB_ACL), Field(examples=[_WEB_ACL])
]

_TOPIC: Final = "arn:aws:sns:ap-northeast-2:123456789012:on-call"
TopicArn = Annotated[str, _arn("sns", r"[\w-]{1,256}(\.fifo)?", _TOPIC), Field(examples=[_TOPIC])]

LogGroup = Annotated[
    str,
    matching(
        "must be the name of a log group such as '/aws/containerinsights/CLUSTER/application': "
        "letters, digits and . - _ / #, 512 at most",
        r"[\w./#-]{1,512}",
    ),
]

_BOUNDARY: Final = "arn:aws:iam::123456789012:policy/agent-observability-prod-boundary"
PolicyArn = Annotated[
    str,
    _arn("iam", r"policy/([\w+=,.@-]+/)*[\w+=,.@-]{1,128}", _BOUNDARY, region=""),
    Field(examples=[_BOUNDARY]),
]


_PRINCIPAL: Final = "arn:aws:iam::123456789012:role/platform-admin"


def _principal(text: str) -> Iterator[str]:
    """The role of a session, as `aws sts get-caller-identity` shows it. That of a role of IAM
    Identity Center has a path, which its session does not show."""
    session = re.fullmatch(rf"(arn:{_PARTITION}):sts::(\d{{12}}):assumed-role/([^/]+)/.+", text)
    if session is not None:
        start, *_, account, role = session.groups()
        if not role.startswith("AWSReservedSSO_"):
            yield f"{start}:iam::{account}:role/{role}"


PrincipalArn = Annotated[
    str,
    _arn("iam", r"(role|user)/([\w+=,.@-]+/)*[\w+=,.@-]{1,64}", _PRINCIPAL, region=""),
    Meant(_principal),
    Field(examples=[_PRINCIPAL]),
]


def _id(text: str) -> Iterator[str]:
    """In capitals, or at the end of an ARN."""
    yield text.lower().rpartition("/")[2]


SubnetId = Annotated[
    str,
    matching(
        "must be a subnet id such as 'subnet-0123456789abcdef0'",
        r"subnet-([0-9a-f]{8}|[0-9a-f]{17})",
    ),
    Meant(_id),
    Field(examples=["subnet-0123456789abcdef0"]),
]

VpcId = Annotated[
    str,
    matching(
        "must be a VPC id such as 'vpc-0123456789abcdef0'",
        r"vpc-([0-9a-f]{8}|[0-9a-f]{17})",
    ),
    Meant(_id),
    Field(examples=["vpc-0123456789abcdef0"]),
]

ZoneName = Annotated[
    str,
    matching(
        "must be the name of an availability zone such as 'ap-northeast-2a'", rf"{_REGION}[a-h]"
    ),
    Meant(lambda text: [text.lower()]),
    Field(examples=["ap-northeast-2a"]),
]

SecurityGroupId = Annotated[
    str,
    matching(
        "must be a security group id such as 'sg-0123456789abcdef0'",
        r"sg-([0-9a-f]{8}|[0-9a-f]{17})",
    ),
    Meant(_id),
    Field(examples=["sg-0123456789abcdef0"]),
]


def _bucket(text: str) -> Iterator[str]:
    """As a URL or an ARN that names nothing inside of it."""
    yield re.sub(r"^(s3://|arn:aws[a-z-]*:s3:::)", "", text.lower()).rstrip("/")


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BucketName = Annotated[
    str,
    matching(
        "must be an S3 bucket name",
        r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)(?!(\d{1,3}\.){3}\d{1,3}$)"
        r"(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    ),
    Meant(_bucket),
    Field(examples=["langfuse-exports-123456789012"]),
]

SslPolicy = Annotated[
    str,
    matching(
        "must be a load balancer policy of TLS 1.2 or newer, 'ELBSecurityPolicy-TLS13-1-2-…' or "
        "'ELBSecurityPolicy-TLS13-1-3-…'",
        r"ELBSecurityPolicy-TLS13-1-[23]-([A-Za-z0-9]+-)*20\d\d-\d\d",
    ),
]

# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
ClusterName = Annotated[
    str,
    matching(
        "must be the name of an EKS cluster: at most 100 letters, digits, '-' and '_', starting "
        "with a letter or digit",
        r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}",
    ),
    Field(examples=["platform-prod"]),
]

# https://docs.aws.amazon.com/eks/latest/userguide/updating-an-add-on.html
AddonVersion = Annotated[
    str,
    matching(
        "must be the version of an EKS add-on such as 'v0.8.0-eksbuild.2', as `aws eks "
        "describe-addon-versions` lists them",
        r"v[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}-eksbuild\.[0-9]{1,4}",
    ),
    Meant(lambda text: [text.lower(), f"v{text.lower()}"]),
    Field(examples=["v0.8.0-eksbuild.2"]),
]

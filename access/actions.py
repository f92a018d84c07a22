"""What a deployment may need to do in AWS, by the component that needs it.

The names are those of https://docs.aws.amazon.com/service-authorization/latest/reference/. It is
what the provider asks for when it makes, reads, changes and removes the resources of a component;
tags of the stack (``aws:defaultTags``) are part of making them. Not here is what only a first
database of an account needs (the service-linked role of RDS), and what belongs to the controllers
in the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from stacks.names import NAMES, entry, in_account

Part = Literal[
    "cluster",
    "oidc",
    "database",
    "monitoring role",
    "restore",
    "database key",
    "entries",
    "entries key",
    "log bucket",
    "certificate",
    "zone",
    "bucket",
    "bucket role",
    "adopted bucket",
    "load balancer",
    "alarms",
    "topic",
]
"""A part of a stack that its settings switch on."""


DISCOVERY: Final = "eks_cluster"
"""The look-ups of the cluster. It becomes a statement's Sid: a new name changes deployed roles."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """Actions on one kind of resource."""

    component: str
    """Class that makes the resource, or ``DISCOVERY``."""
    part: Part
    """When it is needed."""
    resource: str
    """ARN; ``*`` is the part that AWS, the provider or the person invents. ``*`` alone: the actions
    take no resource. In braces: ``partition``, ``region``, ``account``, ``cluster``, ``stack``,
    and the ``key`` and ``bucket`` that the settings name."""
    actions: tuple[str, ...]
    """Without them an `up` fails."""
    removal: tuple[str, ...] = ()
    """Without them a replacement or a `destroy` fails."""


def _verbs(service: str, verbs: str) -> tuple[str, ...]:
    """Actions from their verbs, with spaces between."""
    return tuple(f"{service}:{verb}" for verb in verbs.split())


def _arn(service: str, rest: str) -> str:
    return f"arn:{{partition}}:{service}:{{region}}:{{account}}:{rest}"


def _role(name: str) -> str:
    return f"arn:{{partition}}:iam::{{account}}:role/{name}"


def _bucket(name: str) -> str:
    return f"arn:{{partition}}:s3:::{name}"


_ROLE_MADE: Final = _verbs(
    "iam",
    "CreateRole GetRole TagRole UpdateAssumeRolePolicy ListRolePolicies ListAttachedRolePolicies",
)
_ROLE_GONE: Final = _verbs("iam", "DeleteRole ListInstanceProfilesForRole")
_INLINE_POLICY: Final = _verbs("iam", "PutRolePolicy GetRolePolicy")
_INLINE_POLICY_GONE: Final = _verbs("iam", "DeleteRolePolicy")

_BUCKET_READ: Final = _verbs(
    "s3",
    "ListBucket GetBucketPolicy GetBucketAcl GetBucketCORS GetBucketWebsite "
    "GetBucketVersioning GetAccelerateConfiguration GetBucketRequestPayment "
    "GetBucketLogging GetLifecycleConfiguration GetReplicationConfiguration "
    "GetEncryptionConfiguration GetBucketObjectLockConfiguration "
    "GetBucketPublicAccessBlock",
)
_BUCKET_MADE: Final = _verbs(
    "s3",
    "CreateBucket PutBucketPublicAccessBlock PutEncryptionConfiguration "
    "PutLifecycleConfiguration PutBucketPolicy",
)
_BUCKET_GONE: Final = _verbs("s3", "DeleteBucket DeleteBucketPolicy ListBucketVersions")
_OBJECTS_GONE: Final = _verbs("s3", "DeleteObject DeleteObjectVersion")

NEEDS: Final[tuple[Need, ...]] = (
    Need(
        component=DISCOVERY,
        part="cluster",
        resource=_arn("eks", "cluster/{cluster}"),
        actions=_verbs("eks", "DescribeCluster"),
    ),
    Need(
        component=DISCOVERY,
        part="cluster",
        resource="*",
        actions=_verbs("ec2", "DescribeVpcs DescribeRouteTables DescribeSubnets"),
    ),
    Need(
        component=DISCOVERY,
        part="cluster",
        resource=_arn("ec2", "vpc/*"),
        actions=_verbs("ec2", "DescribeVpcAttribute"),
    ),
    Need(
        component=DISCOVERY,
        part="oidc",
        resource="arn:{partition}:iam::{account}:oidc-provider/*",
        actions=_verbs("iam", "GetOpenIDConnectProvider"),
    ),
    Need(
        component=DISCOVERY,
        part="oidc",
        resource="*",
        actions=_verbs("iam", "ListOpenIDConnectProviders"),
    ),
    Need(
        component="PostgresRds",
        part="database",
        resource=_arn("rds", f"db:{NAMES.postgres}-*"),
        actions=_verbs(
            "rds",
            "CreateDBInstance DescribeDBInstances ModifyDBInstance AddTagsToResource "
            "ListTagsForResource",
        ),
        removal=_verbs("rds", "DeleteDBInstance"),
    ),
    Need(
        component="PostgresRds",
        part="restore",
        resource=_arn("rds", f"db:{NAMES.postgres}-*"),
        actions=_verbs("rds", "RestoreDBInstanceFromDBSnapshot RestoreDBInstanceToPointInTime"),
    ),
    Need(
        component="PostgresRds",
        part="database",
        resource=_arn("rds", f"subgrp:{NAMES.postgres}-*"),
        actions=_verbs(
            "rds",
            "CreateDBSubnetGroup DescribeDBSubnetGroups ModifyDBSubnetGroup "
            "AddTagsToResource ListTagsForResource",
        ),
        removal=_verbs("rds", "DeleteDBSubnetGroup"),
    ),
    Need(
        component="PostgresRds",
        part="database",
        resource=_arn("rds", f"pg:{NAMES.postgres}-*"),
        actions=_verbs(
            "rds",
            "CreateDBParameterGroup DescribeDBParameterGroups DescribeDBParameters "
            "ModifyDBParameterGroup AddTagsToResource ListTagsForResource",
        ),
        removal=_verbs("rds", "DeleteDBParameterGroup"),
    ),
    Need(
        component="PostgresRds",
        part="database",
        resource=_arn("ec2", "security-group/*"),
        actions=_verbs(
            "ec2",
            "CreateSecurityGroup CreateTags RevokeSecurityGroupEgress "
            "AuthorizeSecurityGroupIngress ModifySecurityGroupRules",
        ),
        removal=_verbs("ec2", "RevokeSecurityGroupIngress DeleteSecurityGroup"),
    ),
    Need(
        component="PostgresRds",
        part="database",
        # A rule is tagged and changed by an ARN of its own.
        resource=_arn("ec2", "security-group-rule/*"),
        actions=_verbs("ec2", "CreateTags ModifySecurityGroupRules"),
    ),
    Need(
        component="PostgresRds",
        part="database",
        resource="*",
        actions=_verbs("ec2", "DescribeSecurityGroups DescribeSecurityGroupRules"),
        removal=_verbs("ec2", "DescribeNetworkInterfaces"),
    ),
    Need(
        component="PostgresRds",
        part="monitoring role",
        resource=_role(f"{NAMES.postgres}-*"),
        actions=(*_ROLE_MADE, *_verbs("iam", "AttachRolePolicy PassRole")),
        removal=(*_ROLE_GONE, *_verbs("iam", "DetachRolePolicy")),
    ),
    Need(
        component="PostgresRds",
        part="database key",
        resource="{key}",
        actions=_verbs("kms", "DescribeKey CreateGrant"),
    ),
    Need(
        component="SecretsManagerSecret",
        part="entries",
        resource=_arn("secretsmanager", f"secret:{entry('{stack}', '*')}"),
        actions=_verbs(
            "secretsmanager",
            # The provider reads a version back after it is written, and in every refresh.
            "CreateSecret DescribeSecret UpdateSecret TagResource GetResourcePolicy "
            "PutResourcePolicy PutSecretValue GetSecretValue",
        ),
        removal=_verbs("secretsmanager", "DeleteSecret DeleteResourcePolicy"),
    ),
    Need(
        component="SecretsManagerSecret",
        part="entries",
        resource=_role(f"{NAMES.langfuse}-*"),
        actions=_INLINE_POLICY,
        removal=_INLINE_POLICY_GONE,
    ),
    Need(
        component="SecretsManagerSecret",
        part="entries key",
        resource="{key}",
        actions=_verbs("kms", "GenerateDataKey Decrypt"),
    ),
    Need(
        component="SecretsManagerStore",
        part="entries",
        resource=_role(f"{NAMES.langfuse}-*"),
        actions=_ROLE_MADE,
        removal=_ROLE_GONE,
    ),
    Need(
        component="AccessLogBucket",
        part="log bucket",
        resource=_bucket(f"{NAMES.access_logs}-*"),
        actions=(*_BUCKET_MADE, *_BUCKET_READ),
        removal=_BUCKET_GONE,
    ),
    Need(
        component="AccessLogBucket",
        part="log bucket",
        resource=_bucket(f"{NAMES.access_logs}-*/*"),
        actions=(),
        removal=_OBJECTS_GONE,
    ),
    Need(
        component="ValidatedCertificate",
        part="certificate",
        resource="*",
        actions=_verbs("acm", "RequestCertificate"),
    ),
    Need(
        component="ValidatedCertificate",
        part="certificate",
        resource=_arn("acm", "certificate/*"),
        actions=_verbs("acm", "DescribeCertificate AddTagsToCertificate ListTagsForCertificate"),
        removal=_verbs("acm", "DeleteCertificate"),
    ),
    Need(
        component="ValidatedCertificate",
        part="certificate",
        resource="arn:{partition}:route53:::hostedzone/*",
        actions=_verbs("route53", "GetHostedZone ChangeResourceRecordSets ListResourceRecordSets"),
    ),
    Need(
        component="PublicEndpoint",
        part="zone",
        resource="arn:{partition}:route53:::hostedzone/*",
        actions=_verbs(
            "route53",
            "GetHostedZone ListTagsForResource ChangeResourceRecordSets ListResourceRecordSets",
        ),
    ),
    Need(
        component="PublicEndpoint",
        part="zone",
        resource="arn:{partition}:route53:::change/*",
        actions=_verbs("route53", "GetChange"),
    ),
    Need(
        component="PublicEndpoint",
        part="zone",
        resource="*",
        actions=_verbs("route53", "ListHostedZones"),
    ),
    Need(
        component="ObjectStorage",
        part="bucket",
        resource=_bucket(f"{NAMES.storage}-*"),
        actions=(
            *_BUCKET_MADE,
            *_BUCKET_READ,
            *_verbs(
                "s3", "PutBucketVersioning PutBucketOwnershipControls GetBucketOwnershipControls"
            ),
        ),
        removal=_BUCKET_GONE,
    ),
    Need(
        component="ObjectStorage",
        part="bucket",
        resource=_bucket(f"{NAMES.storage}-*/*"),
        actions=(),
        removal=_OBJECTS_GONE,
    ),
    Need(
        component="ObjectStorage",
        part="adopted bucket",
        resource=_bucket("{bucket}"),
        actions=_verbs("s3", "ListBucket"),
    ),
    Need(
        component="ObjectStorage",
        part="bucket role",
        resource=_role(f"{NAMES.storage}-*"),
        actions=(*_ROLE_MADE, *_INLINE_POLICY),
        removal=(*_ROLE_GONE, *_INLINE_POLICY_GONE),
    ),
    Need(
        component="PublicEndpoint",
        part="load balancer",
        resource="*",
        actions=_verbs(
            "elasticloadbalancing",
            "DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeListeners DescribeTags",
        ),
    ),
    Need(
        component="CloudAlarms",
        part="alarms",
        resource=_arn("cloudwatch", f"alarm:{in_account('{stack}')}-*"),
        actions=_verbs(
            "cloudwatch", "PutMetricAlarm DescribeAlarms TagResource ListTagsForResource"
        ),
        removal=_verbs("cloudwatch", "DeleteAlarms"),
    ),
    Need(
        component="CloudAlarms",
        part="alarms",
        resource=f"arn:{{partition}}:cloudwatch::{{account}}:dashboard/{in_account('{stack}')}*",
        actions=_verbs("cloudwatch", "PutDashboard GetDashboard"),
        removal=_verbs("cloudwatch", "DeleteDashboards"),
    ),
    Need(
        component="CloudAlarms",
        part="topic",
        resource=_arn("rds", f"es:{NAMES.alarms}-*"),
        actions=_verbs(
            "rds",
            "CreateEventSubscription DescribeEventSubscriptions ModifyEventSubscription "
            "AddTagsToResource ListTagsForResource",
        ),
        removal=_verbs("rds", "DeleteEventSubscription"),
    ),
    Need(
        component="AlarmTopic",
        part="topic",
        resource=_arn("sns", f"{NAMES.alarm_topic}-*"),
        actions=_verbs(
            "sns",
            "CreateTopic GetTopicAttributes SetTopicAttributes TagResource "
            "ListTagsForResource Subscribe GetSubscriptionAttributes",
        ),
        removal=_verbs("sns", "Unsubscribe DeleteTopic"),
    ),
    Need(
        component="AlarmTopic",
        part="topic",
        resource="*",
        actions=_verbs(
            "kms",
            "CreateKey DescribeKey GetKeyPolicy PutKeyPolicy GetKeyRotationStatus "
            "EnableKeyRotation ListResourceTags TagResource",
        ),
        removal=_verbs("kms", "ScheduleKeyDeletion"),
    ),
)

DOCTOR: Final[tuple[str, ...]] = (
    "acm:DescribeCertificate",
    "acm:ListCertificates",
    "ec2:DescribeSubnets",
    "eks:DescribeCluster",
    "elasticloadbalancing:DescribeTargetHealth",
    "iam:GetOpenIDConnectProvider",
    "iam:GetRole",
    "iam:ListOpenIDConnectProviders",
    "iam:SimulatePrincipalPolicy",
    "rds:DescribeDBEngineVersions",
    "rds:DescribeDBInstances",
    "rds:DescribeOrderableDBInstanceOptions",
    "route53:GetHostedZone",
    "route53:ListHostedZones",
    "route53:ListResourceRecordSets",
    "s3:GetBucketPolicy",
    "s3:GetEncryptionConfiguration",
    "s3:ListBucket",
    "secretsmanager:DescribeSecret",
    "sns:GetTopicAttributes",
    "tag:GetResources",
)
"""What the doctor itself asks for. Each is only asked about what the stack has; one that is refused
makes a warning of its question."""

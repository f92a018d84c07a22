"""What a deployment may need to do in AWS, by the component that needs it.

The names are those of https://docs.aws.amazon.com/service-authorization/latest/reference/, and each
action is named with every type of resource that it asks for there. It is what the provider asks for
when it makes, reads, changes and removes the resources of a component; tags of the stack are part
of making them. Not here is what only a first database or cache of an account needs (the
service-linked roles of RDS and ElastiCache), and what belongs to the controllers in the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from stacks.names import UNIQUE, AccountNames, entry

Part = Literal[
    "cluster",
    "oidc",
    "database",
    "monitoring role",
    "restore",
    "restore from snapshot",
    "restore from instance",
    "database key",
    "cache",
    "cache firewall",
    "cache key",
    "entries",
    "entries key",
    "log bucket",
    "adopted log bucket",
    "certificate",
    "adopted certificate",
    "zone",
    "bucket",
    "bucket for pages",
    "events bucket",
    "bucket role",
    "adopted bucket",
    "adopted bucket for pages",
    "adopted media bucket",
    "load balancer",
    "alarms",
    "topic",
    "adopted topic",
    "worker log",
]
"""A part of a stack that its settings switch on."""

Limit = Literal[
    "tagged",
    "tags",
    "tags a new group",
    "tags the untagged",
    "tags a new key",
    "record",
    "proof",
    "notifies",
    "through rds",
    "through elasticache",
    "through secretsmanager",
]
"""What an action is limited to where the id of its resource says nothing: the tag that the resource
has, the tag that the request gives it, the records that it changes, whom it tells, the service that
asks.
``access/limits.py`` has the conditions."""

DISCOVERY: Final = "eks_cluster"
"""The look-ups of the cluster. It becomes a statement's Sid: a new name changes deployed roles."""

QUESTIONS: Final = "doctor"
"""The doctor's questions. It becomes a statement's Sid too."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """Actions on one kind of resource."""

    component: str
    """Class that makes the resource, ``DISCOVERY`` or ``QUESTIONS``."""
    part: Part
    """When it is needed."""
    resource: str
    """ARN; ``*`` and ``?`` are what AWS, the provider or the person invents. ``*`` alone: the
    actions take no resource. In braces: ``partition``, ``region``, ``account``, ``cluster``,
    ``stack``, and what the settings name (``Given``)."""
    actions: tuple[str, ...]
    """Without them an `up` fails."""
    removal: tuple[str, ...] = ()
    """Without them a replacement or a `destroy` fails."""
    limit: Limit | None = None


Given = Literal[
    "database_key",
    "cache_key",
    "entries_key",
    "bucket_key",
    "bucket",
    "media_bucket",
    "log_bucket",
    "certificate",
    "topic",
    "worker_log",
    "snapshot",
    "source",
]
"""What the settings name that the stack does not make. Buckets by name, ``source`` by identifier,
the others by ARN."""


def _verbs(service: str, verbs: str) -> tuple[str, ...]:
    """Actions from their verbs, with spaces between."""
    return tuple(f"{service}:{verb}" for verb in verbs.split())


def _arn(service: str, rest: str) -> str:
    return f"arn:{{partition}}:{service}:{{region}}:{{account}}:{rest}"


def _bucket(name: str) -> str:
    return f"arn:{{partition}}:s3:::{name}"


def _unique(prefix: str) -> str:
    """A name with that prefix. The length is exact: no longer stack's name is meant."""
    return f"{prefix}-{'?' * UNIQUE}"


_NAMES: Final = AccountNames("{stack}")
_ROLES: Final = f"arn:{{partition}}:iam::{{account}}:role{_NAMES.role_path}*"
"""A role of another stack, or of a workflow, has another path."""
_GROUPS: Final = _arn("ec2", "security-group/*")
_GROUP_RULES: Final = _arn("ec2", "security-group-rule/*")
_DATABASE: Final = _arn("rds", f"db:{_unique(_NAMES.database)}")
_SUBNETS: Final = _arn("rds", f"subgrp:{_unique(f'{_NAMES.database}-subnets')}")
_PARAMETERS: Final = _arn("rds", f"pg:{_unique(f'{_NAMES.database}-parameters')}")
_OPTIONS: Final = _arn("rds", "og:default:*")
_FINAL_SNAPSHOT: Final = _arn("rds", f"snapshot:{_NAMES.database}-final-????????")
_CACHE: Final = _arn("elasticache", f"replicationgroup:{_NAMES.replication_group}-{'?' * 8}")
_CACHE_NODES: Final = _arn("elasticache", f"cluster:{_NAMES.replication_group}-{'?' * 8}-???")
_CACHE_SUBNETS: Final = _arn("elasticache", f"subnetgroup:{_NAMES.cache}")
_CACHE_PARAMETERS: Final = _arn("elasticache", f"parametergroup:{_NAMES.cache}-valkey?")
_CACHE_SNAPSHOT: Final = _arn("elasticache", f"snapshot:{_NAMES.cache}-final-{'?' * 8}")
_ENTRIES: Final = _arn("secretsmanager", f"secret:{entry('{stack}', '*')}")
_CERTIFICATES: Final = _arn("acm", "certificate/*")
_ZONES: Final = "arn:{partition}:route53:::hostedzone/*"
_KEYS: Final = _arn("kms", "key/*")
TOPIC: Final = _arn("sns", _unique(f"{_NAMES.alarms}-topic"))
"""The topic that a stack makes for its alarms."""
_OIDC: Final = "arn:{partition}:iam::{account}:oidc-provider/*"

_ROLE_MADE: Final = _verbs(
    "iam",
    "CreateRole GetRole TagRole UpdateAssumeRolePolicy UpdateRoleDescription ListRolePolicies "
    "ListAttachedRolePolicies",
)
_ROLE_GONE: Final = _verbs("iam", "DeleteRole ListInstanceProfilesForRole")
_INLINE_POLICY: Final = _verbs("iam", "PutRolePolicy GetRolePolicy")
_INLINE_POLICY_GONE: Final = _verbs("iam", "DeleteRolePolicy")

_BUCKET_READ: Final = _verbs(
    "s3",
    "ListBucket ListTagsForResource GetBucketTagging GetBucketPolicy GetBucketAcl GetBucketCORS "
    "GetBucketWebsite GetBucketVersioning GetAccelerateConfiguration GetBucketRequestPayment "
    "GetBucketLogging GetLifecycleConfiguration GetReplicationConfiguration "
    "GetEncryptionConfiguration GetBucketObjectLockConfiguration "
    "GetBucketPublicAccessBlock",
)
_BUCKET_MADE: Final = _verbs(
    "s3",
    # Tags in two ways: the provider tries the newer one first
    # (https://github.com/hashicorp/terraform-provider-aws/pull/45251).
    "CreateBucket TagResource PutBucketTagging PutBucketPublicAccessBlock "
    "PutEncryptionConfiguration PutLifecycleConfiguration PutBucketPolicy",
)
_BUCKET_OWNED: Final = _verbs("s3", "PutBucketOwnershipControls GetBucketOwnershipControls")
_BUCKET_GONE: Final = _verbs("s3", "DeleteBucket DeleteBucketPolicy ListBucketVersions")
_OBJECTS_GONE: Final = _verbs("s3", "DeleteObject DeleteObjectVersion")

_CREATED: Final = _verbs("rds", "CreateDBInstance ModifyDBInstance")
_RESTORED: Final = _verbs("rds", "RestoreDBInstanceFromDBSnapshot RestoreDBInstanceToPointInTime")


def _firewall(component: str, part: Part) -> tuple[Need, ...]:
    """What a security group and its rules need."""
    return (
        Need(
            component=component,
            part=part,
            resource=_GROUPS,
            actions=_verbs("ec2", "CreateSecurityGroup"),
            limit="tags",
        ),
        Need(
            component=component,
            part=part,
            resource=_arn("ec2", "vpc/*"),
            actions=_verbs("ec2", "CreateSecurityGroup"),
        ),
        Need(
            component=component,
            part=part,
            resource=_GROUPS,
            actions=_verbs("ec2", "CreateTags"),
            limit="tags a new group",
        ),
        Need(
            component=component,
            part=part,
            resource=_GROUPS,
            actions=_verbs(
                "ec2",
                "CreateTags RevokeSecurityGroupEgress AuthorizeSecurityGroupIngress "
                "ModifySecurityGroupRules",
            ),
            removal=_verbs("ec2", "RevokeSecurityGroupIngress DeleteSecurityGroup"),
            limit="tagged",
        ),
        Need(
            component=component,
            part=part,
            # A rule is tagged and changed by an ARN of its own, and changed in a group of the
            # stack's.
            resource=_GROUP_RULES,
            actions=_verbs("ec2", "AuthorizeSecurityGroupIngress CreateTags"),
            limit="tags the untagged",
        ),
        Need(
            component=component,
            part=part,
            resource=_GROUP_RULES,
            actions=_verbs("ec2", "CreateTags ModifySecurityGroupRules"),
            limit="tagged",
        ),
        Need(
            component=component,
            part=part,
            resource="*",
            actions=_verbs("ec2", "DescribeSecurityGroups DescribeSecurityGroupRules"),
            removal=_verbs("ec2", "DescribeNetworkInterfaces"),
        ),
    )


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
        resource=_OIDC,
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
        resource=_DATABASE,
        actions=(*_CREATED, *_verbs("rds", "AddTagsToResource ListTagsForResource")),
        removal=_verbs("rds", "DeleteDBInstance CreateDBSnapshot"),
    ),
    Need(
        component="PostgresRds",
        part="database",
        # The provider finds the instance by a filter, which is a look at all of them
        # (https://github.com/hashicorp/terraform-provider-aws/issues/32732).
        resource=_arn("rds", "db:*"),
        actions=_verbs("rds", "DescribeDBInstances"),
    ),
    *(
        # An instance is made and changed with its groups. AWS's own option group is the default.
        Need(component="PostgresRds", part="database", resource=resource, actions=_CREATED)
        for resource in (_SUBNETS, _PARAMETERS, _OPTIONS)
    ),
    Need(
        component="PostgresRds",
        part="database",
        resource=_FINAL_SNAPSHOT,
        actions=(),
        removal=_verbs("rds", "CreateDBSnapshot AddTagsToResource"),
    ),
    *(
        Need(component="PostgresRds", part="restore", resource=resource, actions=_RESTORED)
        for resource in (_DATABASE, _SUBNETS, _PARAMETERS, _OPTIONS)
    ),
    Need(
        component="PostgresRds",
        part="restore from snapshot",
        resource="{snapshot}",
        actions=_verbs("rds", "RestoreDBInstanceFromDBSnapshot"),
    ),
    Need(
        component="PostgresRds",
        part="restore from instance",
        resource=_arn("rds", "db:{source}"),
        actions=_verbs("rds", "RestoreDBInstanceToPointInTime"),
    ),
    Need(
        component="PostgresRds",
        part="database",
        resource=_SUBNETS,
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
        resource=_PARAMETERS,
        actions=_verbs(
            "rds",
            "CreateDBParameterGroup DescribeDBParameterGroups DescribeDBParameters "
            "ModifyDBParameterGroup AddTagsToResource ListTagsForResource",
        ),
        removal=_verbs("rds", "DeleteDBParameterGroup"),
    ),
    *_firewall("PostgresRds", "database"),
    Need(
        component="PostgresRds",
        part="monitoring role",
        resource=_ROLES,
        actions=(*_ROLE_MADE, *_verbs("iam", "AttachRolePolicy PassRole")),
        removal=(*_ROLE_GONE, *_verbs("iam", "DetachRolePolicy")),
    ),
    Need(
        component="PostgresRds",
        part="database key",
        resource="{database_key}",
        actions=_verbs("kms", "DescribeKey CreateGrant Decrypt GenerateDataKey"),
        limit="through rds",
    ),
    Need(
        component="CacheElastiCache",
        part="cache",
        resource=_CACHE,
        actions=_verbs(
            "elasticache",
            "CreateReplicationGroup DescribeReplicationGroups ModifyReplicationGroup "
            "IncreaseReplicaCount DecreaseReplicaCount AddTagsToResource ListTagsForResource",
        ),
        # A deletion with a final snapshot asks for CreateSnapshot too
        # (https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DeleteReplicationGroup.html).
        removal=_verbs("elasticache", "DeleteReplicationGroup CreateSnapshot"),
    ),
    Need(
        component="CacheElastiCache",
        part="cache",
        resource=_CACHE_NODES,
        actions=_verbs("elasticache", "DescribeCacheClusters"),
    ),
    Need(
        component="CacheElastiCache",
        part="cache",
        resource=_CACHE_SNAPSHOT,
        actions=(),
        removal=_verbs("elasticache", "DeleteReplicationGroup CreateSnapshot"),
    ),
    Need(
        component="CacheElastiCache",
        part="cache",
        resource=_CACHE_SUBNETS,
        actions=_verbs(
            "elasticache",
            "CreateReplicationGroup CreateCacheSubnetGroup DescribeCacheSubnetGroups "
            "ModifyCacheSubnetGroup AddTagsToResource ListTagsForResource",
        ),
        removal=_verbs("elasticache", "DeleteCacheSubnetGroup"),
    ),
    Need(
        component="CacheElastiCache",
        part="cache",
        resource=_CACHE_PARAMETERS,
        actions=_verbs(
            "elasticache",
            "CreateReplicationGroup ModifyReplicationGroup CreateCacheParameterGroup "
            "DescribeCacheParameterGroups DescribeCacheParameters ModifyCacheParameterGroup "
            "AddTagsToResource ListTagsForResource",
        ),
        removal=_verbs("elasticache", "DeleteCacheParameterGroup"),
    ),
    *_firewall("CacheElastiCache", "cache firewall"),
    Need(
        component="CacheElastiCache",
        part="cache key",
        resource="{cache_key}",
        actions=_verbs("kms", "DescribeKey CreateGrant Decrypt GenerateDataKey"),
        limit="through elasticache",
    ),
    Need(
        component="SecretsManagerSecret",
        part="entries",
        resource=_ENTRIES,
        actions=_verbs(
            "secretsmanager",
            # A version is written and never read back: its values are write-only
            # (https://github.com/hashicorp/terraform-provider-aws/pull/44876).
            "CreateSecret DescribeSecret UpdateSecret TagResource GetResourcePolicy "
            "PutResourcePolicy PutSecretValue ListSecretVersionIds",
        ),
        # A version that is replaced after a refresh loses the label that it has by then
        # (``resourceSecretVersionDelete`` in
        # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/secretsmanager/secret_version.go).
        removal=_verbs(
            "secretsmanager", "DeleteSecret DeleteResourcePolicy UpdateSecretVersionStage"
        ),
    ),
    Need(
        component="SecretsManagerSecret",
        part="entries",
        resource=_ROLES,
        actions=_INLINE_POLICY,
        removal=_INLINE_POLICY_GONE,
    ),
    Need(
        component="SecretsManagerSecret",
        part="entries key",
        resource="{entries_key}",
        actions=_verbs("kms", "GenerateDataKey Decrypt"),
        limit="through secretsmanager",
    ),
    Need(
        component="SecretsManagerStore",
        part="entries",
        resource=_ROLES,
        actions=_ROLE_MADE,
        removal=_ROLE_GONE,
    ),
    Need(
        component="AccessLogBucket",
        part="log bucket",
        resource=_bucket(_unique(_NAMES.access_logs)),
        actions=(*_BUCKET_MADE, *_BUCKET_READ),
        removal=_BUCKET_GONE,
    ),
    Need(
        component="AccessLogBucket",
        part="log bucket",
        resource=_bucket(f"{_unique(_NAMES.access_logs)}/*"),
        actions=(),
        removal=_OBJECTS_GONE,
    ),
    Need(
        component="ValidatedCertificate",
        part="certificate",
        resource="*",
        actions=_verbs("acm", "RequestCertificate"),
        limit="tags",
    ),
    Need(
        component="ValidatedCertificate",
        part="certificate",
        resource=_CERTIFICATES,
        actions=_verbs("acm", "AddTagsToCertificate"),
        limit="tags the untagged",
    ),
    Need(
        component="ValidatedCertificate",
        part="certificate",
        resource=_CERTIFICATES,
        actions=_verbs("acm", "DescribeCertificate AddTagsToCertificate ListTagsForCertificate"),
        removal=_verbs("acm", "DeleteCertificate"),
        limit="tagged",
    ),
    Need(
        component="ValidatedCertificate",
        part="certificate",
        resource=_ZONES,
        actions=_verbs("route53", "GetHostedZone ListResourceRecordSets"),
    ),
    Need(
        component="ValidatedCertificate",
        part="certificate",
        resource=_ZONES,
        actions=_verbs("route53", "ChangeResourceRecordSets"),
        limit="proof",
    ),
    Need(
        component="PublicEndpoint",
        part="zone",
        resource=_ZONES,
        actions=_verbs("route53", "GetHostedZone ListTagsForResource ListResourceRecordSets"),
    ),
    Need(
        component="PublicEndpoint",
        part="zone",
        resource=_ZONES,
        actions=_verbs("route53", "ChangeResourceRecordSets"),
        limit="record",
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
        resource=_bucket(_unique(_NAMES.storage)),
        actions=(
            *_BUCKET_MADE,
            *_BUCKET_READ,
            *_BUCKET_OWNED,
            *_verbs("s3", "PutBucketVersioning"),
        ),
        removal=_BUCKET_GONE,
    ),
    Need(
        component="ObjectStorage",
        part="bucket for pages",
        resource=_bucket(_unique(_NAMES.storage)),
        # It also removes the rule.
        actions=_verbs("s3", "PutBucketCORS"),
    ),
    Need(
        component="ObjectStorage",
        part="bucket",
        resource=_bucket(f"{_unique(_NAMES.storage)}/*"),
        actions=(),
        removal=_OBJECTS_GONE,
    ),
    Need(
        component="ObjectStorage",
        part="events bucket",
        resource=_bucket(_unique(_NAMES.events)),
        actions=(*_BUCKET_MADE, *_BUCKET_READ, *_BUCKET_OWNED),
        removal=_BUCKET_GONE,
    ),
    Need(
        component="ObjectStorage",
        part="events bucket",
        resource=_bucket(f"{_unique(_NAMES.events)}/*"),
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
        part="adopted media bucket",
        resource=_bucket("{media_bucket}"),
        actions=_verbs("s3", "ListBucket"),
    ),
    Need(
        component="ObjectStorage",
        part="bucket role",
        resource=_ROLES,
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
        resource=_arn("cloudwatch", f"alarm:{_NAMES.alarm_prefix}*"),
        actions=_verbs("cloudwatch", "DescribeAlarms TagResource ListTagsForResource"),
        removal=_verbs("cloudwatch", "DeleteAlarms"),
    ),
    Need(
        component="CloudAlarms",
        part="alarms",
        # An alarm may stop machines, run automations and call another stack's topic.
        resource=_arn("cloudwatch", f"alarm:{_NAMES.alarm_prefix}*"),
        actions=_verbs("cloudwatch", "PutMetricAlarm"),
        limit="notifies",
    ),
    Need(
        component="CloudAlarms",
        part="alarms",
        resource=f"arn:{{partition}}:cloudwatch::{{account}}:dashboard/{_NAMES.whole}",
        actions=_verbs("cloudwatch", "PutDashboard GetDashboard"),
        removal=_verbs("cloudwatch", "DeleteDashboards"),
    ),
    Need(
        component="CloudAlarms",
        part="worker log",
        # The group is the cluster's. A filter of it counts lines, and shows none.
        resource=_arn("logs", "log-group:{worker_log}:*"),
        actions=_verbs("logs", "PutMetricFilter DescribeMetricFilters"),
        removal=_verbs("logs", "DeleteMetricFilter"),
    ),
    Need(
        component="CloudAlarms",
        part="topic",
        resource=_arn("rds", f"es:{_unique(f'{_NAMES.alarms}-events')}"),
        actions=_verbs(
            "rds",
            "CreateEventSubscription DescribeEventSubscriptions ModifyEventSubscription "
            "AddSourceIdentifierToSubscription RemoveSourceIdentifierFromSubscription "
            "AddTagsToResource ListTagsForResource",
        ),
        removal=_verbs("rds", "DeleteEventSubscription"),
    ),
    Need(
        component="AlarmTopic",
        part="topic",
        resource=TOPIC,
        actions=_verbs(
            "sns",
            "CreateTopic GetTopicAttributes SetTopicAttributes TagResource ListTagsForResource "
            "Subscribe ListSubscriptionsByTopic",
        ),
        removal=_verbs("sns", "DeleteTopic"),
    ),
    Need(
        component="AlarmTopic",
        part="topic",
        resource="*",
        actions=_verbs("sns", "GetSubscriptionAttributes"),
        removal=_verbs("sns", "Unsubscribe"),
    ),
    Need(
        component="AlarmTopic",
        part="topic",
        resource="*",
        actions=_verbs("kms", "CreateKey"),
        limit="tags",
    ),
    Need(
        component="AlarmTopic",
        part="topic",
        resource=_KEYS,
        actions=_verbs("kms", "TagResource"),
        limit="tags a new key",
    ),
    Need(
        component="AlarmTopic",
        part="topic",
        resource=_KEYS,
        actions=_verbs(
            "kms",
            "DescribeKey GetKeyPolicy PutKeyPolicy GetKeyRotationStatus EnableKeyRotation "
            "UpdateKeyDescription ListResourceTags TagResource",
        ),
        removal=_verbs("kms", "ScheduleKeyDeletion"),
        limit="tagged",
    ),
)

DOCTOR: Final[tuple[Need, ...]] = (
    Need(
        component=QUESTIONS,
        part="cluster",
        resource="*",
        actions=(
            "acm:ListCertificates",
            "ec2:DescribeSubnets",
            "elasticache:DescribeCacheEngineVersions",
            "elasticloadbalancing:DescribeTargetHealth",
            "iam:ListOpenIDConnectProviders",
            "rds:DescribeDBEngineVersions",
            "rds:DescribeOrderableDBInstanceOptions",
            "route53:ListHostedZones",
            "tag:GetResources",
        ),
    ),
    Need(
        component=QUESTIONS,
        part="cluster",
        resource=_arn("eks", "cluster/{cluster}"),
        actions=_verbs("eks", "DescribeCluster"),
    ),
    Need(
        component=QUESTIONS,
        part="cluster",
        # Who asks, and what it may do.
        resource=f"arn:{{partition}}:iam::{{account}}:role{_NAMES.workflow_path}*",
        actions=_verbs("iam", "GetRole SimulatePrincipalPolicy"),
    ),
    Need(
        component=QUESTIONS,
        part="oidc",
        resource=_OIDC,
        actions=_verbs("iam", "GetOpenIDConnectProvider"),
    ),
    Need(
        component=QUESTIONS,
        part="database",
        resource=_arn("rds", "db:*"),
        actions=_verbs("rds", "DescribeDBInstances"),
    ),
    Need(
        component=QUESTIONS,
        part="cache",
        # Found by the beginning of its name, which is a look at all of them.
        resource=_arn("elasticache", "replicationgroup:*"),
        actions=_verbs("elasticache", "DescribeReplicationGroups"),
    ),
    Need(
        component=QUESTIONS,
        part="cache",
        resource=_CACHE_NODES,
        actions=_verbs("elasticache", "DescribeCacheClusters"),
    ),
    Need(
        component=QUESTIONS,
        part="entries",
        resource=_ENTRIES,
        actions=_verbs("secretsmanager", "DescribeSecret"),
    ),
    Need(
        component=QUESTIONS,
        part="certificate",
        resource=_CERTIFICATES,
        actions=_verbs("acm", "DescribeCertificate"),
        limit="tagged",
    ),
    Need(
        component=QUESTIONS,
        part="adopted certificate",
        resource="{certificate}",
        actions=_verbs("acm", "DescribeCertificate"),
    ),
    Need(
        component=QUESTIONS,
        part="zone",
        resource=_ZONES,
        actions=_verbs("route53", "GetHostedZone ListResourceRecordSets"),
    ),
    Need(
        component=QUESTIONS,
        part="adopted log bucket",
        resource=_bucket("{log_bucket}"),
        actions=_verbs("s3", "GetBucketPolicy GetEncryptionConfiguration ListBucket"),
    ),
    Need(
        component=QUESTIONS,
        part="adopted bucket",
        resource=_bucket("{bucket}"),
        actions=_verbs("s3", "ListBucket"),
    ),
    Need(
        component=QUESTIONS,
        part="adopted bucket for pages",
        resource=_bucket("{bucket}"),
        actions=_verbs("s3", "GetBucketCORS"),
    ),
    Need(
        component=QUESTIONS,
        part="adopted media bucket",
        resource=_bucket("{media_bucket}"),
        actions=_verbs("s3", "GetBucketCORS ListBucket"),
    ),
    Need(
        component=QUESTIONS,
        part="adopted topic",
        resource="{topic}",
        actions=_verbs("sns", "GetTopicAttributes ListSubscriptionsByTopic"),
    ),
    Need(
        component=QUESTIONS,
        part="topic",
        resource=TOPIC,
        actions=_verbs("sns", "ListSubscriptionsByTopic"),
    ),
)
"""What the doctor itself asks for. Each is only asked about what the stack has; one that is refused
makes a warning of its question."""

"""Mutations of who may do what in AWS: each is named by a rule, or gets through for a reason.

Each starts from what a stack registers and makes it wider, in another way than the last.
"""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from policy.rules.model import UNKNOWN
from tests.support.policy_stacks import (
    ACCOUNT,
    FOREIGN,
    STORAGE,
    Mutate,
    Mutation,
    added,
    caught,
    change,
    one_more,
    put,
    statement,
    take,
    without,
)

_READ: Final = "langfuse-app-read"
_ROLE: Final = "langfuse-secrets-role"
_MONITORING: Final = "langfuse-postgres-monitoring"
_ATTACHED: Final = "langfuse-postgres-monitoring-permission"
_KEY: Final = "langfuse-alarms-topic-key"
_TOPIC: Final = "langfuse-alarms-topic-policy"
_ENTRY: Final = "langfuse-app-entry-policy"
_BUCKET: Final = "langfuse-storage-bucket"
_BLOCK: Final = "langfuse-storage-privacy"

_ACTION, _RESOURCE, _WHO = "no-wildcard-action", "no-wildcard-resource", "no-wildcard-principal"
_PUBLIC: Final = "no-public-bucket"

_ISSUER: Final = "oidc.eks.ap-northeast-2.amazonaws.com/id/8C9DBC1F470345F9724BFF90600414F6"
_SUB, _AUD = f"{_ISSUER}:sub", f"{_ISSUER}:aud"
_ACCOUNT_SUBJECT: Final = "system:serviceaccount:observability:langfuse-secrets"
_SECRET: Final = f"arn:aws:secretsmanager:ap-northeast-2:{ACCOUNT}:secret"


def _if(operator: str, key: str, value: object, **more: dict[str, Any]) -> Mutate:
    return statement(Condition={operator: {key: value}, **more})


def _anybody(*conditions: tuple[str, str, object]) -> Mutate:
    """The topic is open to everybody for whom the conditions hold."""
    tests: dict[str, dict[str, object]] = {}
    for operator, key, value in conditions:
        tests.setdefault(operator, {})[key] = value
    extra = {"Condition": tests} if tests else {}
    return one_more(Principal="*", Action="sns:Publish", Resource="*", **extra)


def _document(**fields: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **fields}})


_OPEN: Final = _document(Principal={"AWS": "*"}, Action="x:Use", Resource="*")
_ALL: Final = _document(Action="*", Resource="*")
_TRUSTING: Final = f'{{"Statement": [{{"Effect": "Allow", "Principal": {{"AWS": "{FOREIGN}"}}}}]}}'

_NOT_WHO: Final[tuple[tuple[str, str, object], ...]] = (
    ("Bool", "aws:SecureTransport", "true"),
    ("Bool", "aws:PrincipalIsAWSService", "true"),
    ("Bool", "aws:MultiFactorAuthPresent", "true"),
    ("DateLessThan", "aws:CurrentTime", "2099-01-01T00:00:00Z"),
    ("StringLike", "aws:UserAgent", "langfuse"),
    ("StringEquals", "aws:Referer", "https://example.com"),
    ("StringEquals", "aws:RequestedRegion", "ap-northeast-2"),
    ("StringEquals", "aws:PrincipalTag/team", "ml"),
    ("StringEquals", "aws:PrincipalType", "AssumedRole"),
    ("StringEquals", "aws:ResourceAccount", ACCOUNT),
    ("StringEquals", "sns:Protocol", "https"),
    ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/langfuse"),
    ("ArnLike", "aws:PrincipalArn", "*"),
    ("StringLike", "aws:PrincipalArn", "${aws:PrincipalArn}"),
    ("StringLike", "aws:PrincipalOrgID", "o-*"),
    ("StringEquals", "aws:PrincipalAccount", FOREIGN),
    ("StringLike", "aws:PrincipalAccount", f"{ACCOUNT[:-1]}*"),
    ("StringNotEquals", "aws:PrincipalAccount", FOREIGN),
    ("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"),
    ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
    ("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"]),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-0123456789"),
    ("StringEqualsIfExists", "aws:PrincipalOrgID", "o-0123456789"),
    ("StringEquals", "aws:PrincipalAccount", []),
)
"""Conditions that do not say who: how, when, whence, or almost everybody."""

_TAGGED: Final = "aws:ResourceTag/agent-observability:stack"
_TAGS: Final = "aws:RequestTag/agent-observability:stack"
_RECORDS: Final = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
_HERE: Final = f"ap-northeast-2:{ACCOUNT}"


def _on(action: str, resource: str, condition: object = None) -> Mutate:
    """The role may do one thing, on a pattern, under a condition."""
    return statement(Action=action, Resource=f"arn:aws:{resource}", Condition=condition)


_TOO_WIDE: Final[tuple[tuple[str, str, object], ...]] = (
    # -- What an account has for all stacks, changed
    ("ec2:DeleteVpc", f"ec2:{_HERE}:vpc/*", None),
    ("iam:DeleteOpenIDConnectProvider", f"iam::{ACCOUNT}:oidc-provider/*", None),
    ("logs:DeleteLogGroup", f"logs:{_HERE}:log-group:RDS*", None),
    ("logs:PutLogEvents", f"logs:{_HERE}:log-group:*", None),
    ("rds:DeleteDBInstance", f"rds:{_HERE}:db:*", None),
    ("rds:ModifyDBInstance", f"rds:{_HERE}:og:*", None),
    ("route53:DeleteHostedZone", "route53:::hostedzone/*", None),
    # -- By a tag that is not the stack's, or that the request can leave out
    ("kms:PutKeyPolicy", f"kms:{_HERE}:key/*", None),
    ("kms:PutKeyPolicy", f"kms:{_HERE}:key/*", {"StringEquals": {_TAGGED: "dev"}}),
    ("kms:PutKeyPolicy", f"kms:{_HERE}:key/*", {"StringEquals": {_TAGGED: ["prod", "dev"]}}),
    ("kms:PutKeyPolicy", f"kms:{_HERE}:key/*", {"StringLike": {_TAGGED: "*"}}),
    ("kms:PutKeyPolicy", f"kms:{_HERE}:key/*", {"StringNotEquals": {_TAGGED: "dev"}}),
    ("kms:PutKeyPolicy", f"kms:{_HERE}:key/*", {"StringEqualsIfExists": {_TAGGED: "prod"}}),
    ("kms:PutKeyPolicy", f"kms:{_HERE}:key/*", {"StringEquals": {"aws:ResourceTag/x": "prod"}}),
    # -- By a tag that takes over what is there
    ("kms:TagResource", f"kms:{_HERE}:key/*", {"StringEquals": {_TAGS: "prod"}}),
    (
        "kms:TagResource",
        f"kms:{_HERE}:key/*",
        {"StringEquals": {_TAGS: "prod"}, "Null": {_TAGGED: "false"}},
    ),
    ("kms:TagResource", f"kms:{_HERE}:key/*", {"Null": {_TAGGED: "true"}}),
    ("ec2:CreateTags", f"ec2:{_HERE}:security-group/*", {"StringEquals": {_TAGS: "prod"}}),
    ("ec2:CreateSecurityGroup", f"ec2:{_HERE}:security-group/*", {"StringEquals": {_TAGS: "dev"}}),
    # -- Records
    ("route53:ChangeResourceRecordSets", "route53:::hostedzone/*", None),
    (
        "route53:ChangeResourceRecordSets",
        "route53:::hostedzone/*",
        {"ForAllValues:StringLike": {_RECORDS: ["langfuse.example.com"]}},
    ),
    (
        "route53:ChangeResourceRecordSets",
        "route53:::hostedzone/*",
        {"ForAllValues:StringLike": {_RECORDS: ["*.example.com"]}, "Null": {_RECORDS: "false"}},
    ),
    (
        "route53:ChangeResourceRecordSets",
        "route53:::hostedzone/*",
        {"ForAllValues:StringLike": {_RECORDS: []}, "Null": {_RECORDS: "false"}},
    ),
    # -- Buckets of any name
    ("s3:GetObject", "s3:::langfuse-prod-data-*/*", None),
    ("s3:GetObject", f"s3:::langfuse-dev-data-{'?' * 26}/*", None),
    ("s3:GetObject", f"s3:::{'?' * 26}/*", None),
)
"""Actions on patterns that hold what is a neighbour's, each with its condition."""

_OWN: Final[tuple[tuple[str, str, object], ...]] = (
    ("ec2:CreateSecurityGroup", f"ec2:{_HERE}:vpc/*", None),
    ("rds:DescribeDBInstances", f"rds:{_HERE}:db:*", None),
    ("kms:PutKeyPolicy", f"kms:{_HERE}:key/*", {"StringEquals": {_TAGGED: "prod"}}),
    (
        "kms:TagResource",
        f"kms:{_HERE}:key/*",
        {"StringEquals": {_TAGS: "prod"}, "Null": {_TAGGED: "true"}},
    ),
    (
        "ec2:CreateTags",
        f"ec2:{_HERE}:security-group/*",
        {"StringEquals": {_TAGS: "prod", "ec2:CreateAction": "CreateSecurityGroup"}},
    ),
    ("ec2:CreateSecurityGroup", f"ec2:{_HERE}:security-group/*", {"StringEquals": {_TAGS: "prod"}}),
    (
        "route53:ChangeResourceRecordSets",
        "route53:::hostedzone/*",
        {
            "ForAllValues:StringLike": {_RECORDS: ["langfuse.example.com"]},
            "Null": {_RECORDS: "false"},
        },
    ),
    ("s3:GetObject", f"s3:::langfuse-prod-data-{'?' * 26}/*", None),
)
"""Actions on patterns whose condition, or whose kind, keeps them from a neighbour's."""

CAUGHT: Final[tuple[Mutation, ...]] = (
    *(
        change(_RESOURCE, f"{number}: {action}", _READ, _on(action, resource, condition))
        for number, (action, resource, condition) in enumerate(_TOO_WIDE)
    ),
    # -- What a role may do
    *(
        change(_ACTION, f"action {action}", _READ, statement(Action=action))
        for action in (
            *("secretsmanager:*", "secretsmanager:Get*", "secretsmanager:GetSecretValu?"),
            *("secretsmanager:?etSecretValue", "*:GetSecretValue", "**", "?*", "s*"),
            "${aws:PrincipalTag/action}",
        )
    ),
    change(_ACTION, "action in a list", _READ, statement(Action=["sts:AssumeRole", "kms:*"])),
    change(_ACTION, "NotAction", _READ, statement(Action=None, NotAction="iam:*")),
    change(_ACTION, "keys in lower case", _READ, statement(Action=None, action="s3:*")),
    change(_ACTION, "one statement more", _READ, one_more(Action="s3:*", Resource=f"{_SECRET}:a")),
    change(
        f"{_ACTION} {_RESOURCE}",
        "inline policy of a role",
        _ROLE,
        put("inlinePolicies", [{"name": "x", "policy": _ALL}]),
    ),
    change(
        f"{_ACTION} {_RESOURCE}",
        "a document that is a mapping",
        _READ,
        put("policy", json.loads(_ALL)),
    ),
    *(
        added(f"{_ACTION} {_RESOURCE}", f"policy of {kind}", kind, {key: _ALL, "tags": {"a": "b"}})
        for kind, key in (
            ("aws:iam/policy:Policy", "policy"),
            ("aws:iam/userPolicy:UserPolicy", "policy"),
            ("aws:iam/groupPolicy:GroupPolicy", "policy"),
            ("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", "inlinePolicy"),
            ("aws-native:iam:RolePolicy", "policyDocument"),
            ("kubernetes:iam.services.k8s.aws/v1alpha1:Policy", "policyDocument"),
        )
    ),
    *(
        change(_ACTION, f"managed policy {name}", _ATTACHED, put("policyArn", f"arn:{name}"))
        for name in (
            *("aws:iam::aws:policy/AdministratorAccess", "aws:iam::aws:policy/PowerUserAccess"),
            *("aws:iam::aws:policy/IAMFullAccess", "aws-cn:iam::aws:policy/AdministratorAccess"),
            *(
                "aws-us-gov:iam::aws:policy/AmazonS3FullAccess",
                "aws:iam::aws:policy/ReadOnlyAccess",
            ),
            *("aws:iam::aws:policy/SecretsManagerReadWrite", "aws:iam::aws:policy/SecurityAudit"),
            *(
                "aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
                "aws:iam::aws:policy/AWSLambda_FullAccess",
            ),
            *(
                "aws:iam::aws:policy/CloudWatchFullAccessV2",
                "aws:iam::aws:policy/AmazonRDSDataFullAccess",
            ),
            "aws:iam::aws:policy/job-function/SystemAdministrator",
            "aws:iam::aws:policy/service-role/AWSConfigRole",
            "aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        )
    ),
    change(
        _ACTION,
        "managed policies of a role",
        _ROLE,
        put("managedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
    ),
    *(
        added(_ACTION, f"attachment {kind}", kind, {key: value})
        for kind, key, value in (
            (
                "aws:iam/userPolicyAttachment:UserPolicyAttachment",
                "policyArn",
                "arn:aws:iam::aws:policy/AdministratorAccess",
            ),
            (
                "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
                "policyArns",
                ["arn:aws:iam::aws:policy/PowerUserAccess"],
            ),
            (
                "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
                "managedPolicyArn",
                "arn:aws:iam::aws:policy/AdministratorAccess",
            ),
        )
    ),
    *(
        change(_RESOURCE, f"resource {resource}", _READ, statement(Resource=resource))
        for resource in (
            *("*", "**", "?*", "arn:*", "arn:aws:*", "arn:aws:secretsmanager:*", "arn:a?s:*:*:*:*"),
            *("arn:aws:secretsmanager:*:*:*", "arn:aws:secretsmanager:*:*:secret:*"),
            *(f"{_SECRET}:*", f"{_SECRET}:?*", f"{_SECRET}:agent-observability/*"),
            *(
                f"{_SECRET}:agent-observability/prod*",
                f"{_SECRET}:agent-observability/*/app-??????",
            ),
            f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:agent-observability/prod/app-1118de",
            "arn:aws:secretsmanager:ap-northeast-2:*:secret:agent-observability/prod/app-1118de",
            f"{_SECRET}:agent-observability/${{aws:PrincipalTag/stack}}/app",
        )
    ),
    change(_RESOURCE, "NotResource", _READ, statement(Resource=None, NotResource="arn:aws:s3:::a")),
    change(_RESOURCE, "one of two", _READ, statement(Resource=[f"{_SECRET}:a", f"{_SECRET}:*"])),
    *(
        change(
            _RESOURCE,
            f"{action} on {resource}",
            _READ,
            one_more(Action=action, Resource=resource, Condition={"Bool": {"a:b": "true"}}),
        )
        for action, resource in (
            ("iam:PassRole", "*"),
            ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*"),
            ("kms:Decrypt", f"arn:aws:kms:ap-northeast-2:{ACCOUNT}:key/*"),
            ("sts:AssumeRole", "arn:aws:iam::*:role/langfuse-prod-x"),
            ("s3:GetObject", "arn:aws:s3:::*"),
            ("s3:GetObject", "arn:aws:s3:::*/*"),
            ("s3:GetObject", "arn:aws:s3:::langfuse-*/media/*"),
        )
    ),
    # -- Who may act as a role
    change(_WHO, "trust without a condition", _ROLE, statement(Condition=None)),
    change(_WHO, "trust with an empty condition", _ROLE, statement(Condition={})),
    change(_WHO, "trust with aud only", _ROLE, _if("StringEquals", _AUD, "sts.amazonaws.com")),
    change(_WHO, "trust with sub only", _ROLE, _if("StringEquals", _SUB, _ACCOUNT_SUBJECT)),
    *(
        change(
            _WHO,
            f"trust with sub {operator} {value}",
            _ROLE,
            _if(operator, _SUB, value, StringEquals={_AUD: "sts.amazonaws.com"}),
        )
        for operator, value in (
            ("StringLike", "*"),
            ("StringLike", "system:serviceaccount:*"),
            ("StringLike", "system:serviceaccount:*:langfuse-secrets"),
            ("StringLike", "system:serviceaccount:observability:*"),
            ("StringLike", "system:serviceaccount:observability:langfuse-?ecrets"),
            ("StringLike", [_ACCOUNT_SUBJECT, "*"]),
            ("StringLike", "repo:*"),
            ("StringLike", "repo:acme/*"),
            ("StringLike", "repo:acme/app:${aws:PrincipalTag/ref}"),
            ("StringNotEquals", "system:serviceaccount:default:default"),
            ("StringEqualsIfExists", _ACCOUNT_SUBJECT),
            ("StringLikeIfExists", _ACCOUNT_SUBJECT),
            ("ForAllValues:StringEquals", _ACCOUNT_SUBJECT),
            ("ForAllValues:StringLike", _ACCOUNT_SUBJECT),
            ("Null", "false"),
        )
    ),
    change(
        _WHO,
        "trust with any audience",
        _ROLE,
        statement(Condition={"StringLike": {_AUD: "*"}, "StringEquals": {_SUB: _ACCOUNT_SUBJECT}}),
    ),
    *(
        change(_WHO, f"trust in {principal}", _ROLE, statement(Principal=principal, Condition=None))
        for principal in (
            *("*", {"AWS": "*"}, {"AWS": ["*"]}, {"AWS": f"arn:aws:iam::{FOREIGN}:root"}),
            *({"AWS": FOREIGN}, {"AWS": f"arn:aws:iam::{FOREIGN}:role/deploy"}),
            *({"Service": "*.amazonaws.com"}, {"Federated": "*"}, {"AWS": "arn:aws:iam::*:root"}),
            *({"Service": "cloudformation.amazonaws.com"}, {"Federated": "accounts.google.com"}),
            {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/x"},
        )
    ),
    change(
        _WHO,
        "trust in everybody but one",
        _ROLE,
        statement(Principal=None, NotPrincipal={"AWS": f"arn:aws:iam::{FOREIGN}:root"}),
    ),
    change(
        _WHO,
        "a foreign account with an external id",
        _ROLE,
        statement(
            Principal={"AWS": f"arn:aws:iam::{FOREIGN}:root"},
            Condition={"StringEquals": {"sts:ExternalId": "x"}},
        ),
    ),
    change(
        _WHO,
        "a provider of another account",
        _ROLE,
        statement(Principal={"Federated": f"arn:aws:iam::{FOREIGN}:oidc-provider/{_ISSUER}"}),
    ),
    change(
        _WHO, "one more who is trusted", _ROLE, one_more(Principal="*", Action="sts:AssumeRole")
    ),
    change(_WHO, "a service for anybody", _MONITORING, statement(Condition=None)),
    *(
        change(
            _WHO, f"a service with {operator} {key} {value}", _MONITORING, _if(operator, key, value)
        )
        for operator, key, value in (
            ("StringLike", "aws:SourceAccount", "*"),
            ("StringEquals", "aws:SourceAccount", FOREIGN),
            ("ArnLike", "aws:SourceArn", "arn:aws:rds:*:*:*"),
            ("ArnLike", "aws:SourceArn", f"arn:aws:rds:ap-northeast-2:{FOREIGN}:db:*"),
            ("StringEqualsIfExists", "aws:SourceAccount", ACCOUNT),
            ("StringNotEquals", "aws:SourceAccount", FOREIGN),
        )
    ),
    added(
        _WHO,
        "a role of aws-native",
        "aws-native:iam:Role",
        {"assumeRolePolicyDocument": json.loads(_TRUSTING)},
    ),
    # -- Who may use a resource
    change(_WHO, "a key for everybody", _KEY, statement(Principal="*")),
    change(_WHO, "a key for another account", _KEY, statement(Principal={"AWS": FOREIGN})),
    change(_WHO, "an entry for everybody", _ENTRY, _anybody()),
    change(_WHO, "an entry for another account", _ENTRY, one_more(Principal={"AWS": FOREIGN})),
    change(_WHO, "no guard on an entry", _ENTRY, put("blockPublicPolicy", False)),
    change(_WHO, "the guard on an entry left out", _ENTRY, take("blockPublicPolicy")),
    change(_WHO, "a topic for everybody", _TOPIC, _anybody()),
    change(_WHO, "a canonical user", _TOPIC, one_more(Principal={"CanonicalUser": "a" * 64})),
    *(
        change(
            _WHO,
            f"a topic for everybody with {operator} {key} {value}",
            _TOPIC,
            _anybody((operator, key, value)),
        )
        for operator, key, value in _NOT_WHO
    ),
    change(_WHO, "a service for anybody on a topic", _TOPIC, statement(Condition=None)),
    *(
        added(_WHO, f"a document of {kind}", kind, {"policy": _OPEN, "tags": {"a": "b"}} | more)
        for kind, more in (
            ("aws:sns/topic:Topic", {"kmsMasterKeyId": "alias/aws/sns"}),
            ("aws:sqs/queue:Queue", {"sqsManagedSseEnabled": True}),
            ("aws:kms/key:Key", {"enableKeyRotation": True}),
            ("aws:ecr/repositoryPolicy:RepositoryPolicy", {}),
            ("aws:backup/vaultPolicy:VaultPolicy", {}),
            ("aws:efs/fileSystemPolicy:FileSystemPolicy", {}),
            ("aws:cloudwatch/eventBusPolicy:EventBusPolicy", {}),
        )
    ),
    added(
        f"{_WHO} data-is-protected",
        "an entry with a policy of its own",
        "aws:secretsmanager/secret:Secret",
        {"policy": _OPEN},
    ),
    added(
        f"{_WHO} tls-floor",
        "a queue's policy",
        "aws:sqs/queuePolicy:QueuePolicy",
        {"policy": _OPEN},
    ),
    added(
        f"{_WHO} {_PUBLIC}",
        "a bucket with a policy of its own",
        "aws:s3/bucket:Bucket",
        {"policy": _OPEN, "bucket": "open"},
    ),
    *(
        added(_WHO, f"a call to a function by {values}", "aws:lambda/permission:Permission", values)
        for values in (
            {"principal": "*"},
            {"principal": "s3.amazonaws.com"},
            {"principal": FOREIGN, "sourceAccount": FOREIGN},
        )
    ),
    added(
        _WHO,
        "a grant of a key to another account",
        "aws:kms/grant:Grant",
        {"granteePrincipal": f"arn:aws:iam::{FOREIGN}:role/x"},
    ),
    added(_WHO, "a snapshot for all", "aws:rds/snapshot:Snapshot", {"sharedAccounts": ["all"]}),
    *(
        added(_WHO, f"a disk for {whom}", kind, whom)
        for kind, whom in (
            ("aws:ec2/amiLaunchPermission:AmiLaunchPermission", {"group": "all"}),
            ("aws:ec2/amiLaunchPermission:AmiLaunchPermission", {"accountId": FOREIGN}),
            (
                "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission",
                {"accountId": FOREIGN, "snapshotId": "s"},
            ),
        )
    ),
    added(
        _WHO,
        "a share beyond the organization",
        "aws:ram/resourceShare:ResourceShare",
        {"allowExternalPrincipals": True},
    ),
    # -- Buckets
    *(
        change(_PUBLIC, f"{switch} off", _BLOCK, put(switch, False), variant=STORAGE)
        for switch in (
            *("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"),
        )
    ),
    change(_PUBLIC, "a switch left out", _BLOCK, take("restrictPublicBuckets"), variant=STORAGE),
    without(_PUBLIC, "no public access block", _BLOCK, variant=STORAGE),
    *(
        change(_PUBLIC, f"acl {acl}", _BUCKET, put("acl", acl), variant=STORAGE)
        for acl in ("public-read", "public-read-write", "authenticated-read", "aws-exec-read")
    ),
    added(_PUBLIC, "an acl of a bucket", "aws:s3/bucketAcl:BucketAcl", {"acl": "public-read"}),
    added(
        _PUBLIC,
        "an acl of an object",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        {"acl": "public-read"},
    ),
    *(
        added(
            _PUBLIC,
            f"a grant to {group}",
            "aws:s3/bucketAcl:BucketAcl",
            {
                "accessControlPolicy": {
                    "grants": [
                        {"grantee": {"uri": f"http://acs.amazonaws.com/groups/global/{group}"}}
                    ]
                }
            },
        )
        for group in ("AllUsers", "AuthenticatedUsers")
    ),
    added(
        _PUBLIC,
        "an access point that is public",
        "aws:s3/accessPoint:AccessPoint",
        {
            "publicAccessBlockConfiguration": {
                "blockPublicAcls": True,
                "blockPublicPolicy": False,
                "ignorePublicAcls": True,
                "restrictPublicBuckets": True,
            }
        },
    ),
    change(
        _PUBLIC,
        "acls count",
        "langfuse-storage-ownership",
        put("rule/objectOwnership", "ObjectWriter"),
        variant=STORAGE,
    ),
    change(
        _WHO,
        "a bucket for everybody",
        "langfuse-storage-policy",
        one_more(Principal="*", Action="s3:GetObject", Resource="*"),
        variant=STORAGE,
    ),
    change(
        _WHO,
        "a bucket for the logs of anybody",
        "langfuse-endpoint-access-logs-policy",
        statement(Resource="arn:aws:s3:::langfuse-prod-logs-3e36717/*"),
        variant=STORAGE,
    ),
)

THROUGH: Final[tuple[Mutation, ...]] = (
    added(
        "of this account",
        "a disk for this account",
        "aws:ec2/amiLaunchPermission:AmiLaunchPermission",
        {"accountId": ACCOUNT},
    ),
    added(
        "the network of an endpoint, and the policies behind it, say who",
        "an endpoint that lets everything through",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        {
            "policy": json.dumps(
                {
                    "Statement": [
                        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
                    ]
                }
            )
        },
    ),
    *(
        added("no rule is about people", f"a {kind}", kind, {"user": "a"})
        for kind in (
            "aws:iam/user:User",
            "aws:iam/accessKey:AccessKey",
            "aws:iam/userLoginProfile:UserLoginProfile",
        )
    ),
    *(
        change(
            "the tag, the name of the record or the kind of resource keeps it to the stack",
            f"{number}: {action}",
            _READ,
            _on(action, resource, condition),
        )
        for number, (action, resource, condition) in enumerate(_OWN)
    ),
    change(
        "a key is opened only with what was encrypted with it; its topic's policy says who sends",
        "a service on a key for anybody",
        _KEY,
        one_more(Principal={"Service": "sns.amazonaws.com"}, Action="kms:Decrypt", Resource="*"),
    ),
    change(
        "the root of its own account means that account's own policies",
        "a role for the whole account",
        _ROLE,
        statement(
            Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            Action="sts:AssumeRole",
            Condition=None,
        ),
    ),
    change(
        "who logs in, the provider decides; the audience is that of AWS's sign-in",
        "trust in a SAML provider with its audience",
        _ROLE,
        statement(
            Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/x"},
            Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        ),
    ),
    change(
        "what is not known yet is judged when it is made",
        "a topic for a principal that is not known yet",
        _TOPIC,
        put(
            "policy",
            {
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Condition": UNKNOWN},
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                ]
            },
        ),
    ),
    change(
        "an organization that is named is known",
        "a topic for an organization",
        _TOPIC,
        _anybody(("StringEquals", "aws:PrincipalOrgID", "o-0123456789")),
    ),
    change(
        "a network that is named is known",
        "a topic for a network",
        _TOPIC,
        _anybody(("IpAddress", "aws:SourceIp", "203.0.113.0/24")),
    ),
    change(
        "the list of entries has no resource, and shows no value",
        "the list of all entries",
        _READ,
        one_more(Action="secretsmanager:ListSecrets", Resource="*"),
    ),
    change(
        "what begins with the stack's own path is the stack's",
        "every entry of this stack",
        _READ,
        statement(Resource=f"{_SECRET}:agent-observability/prod/*"),
    ),
    change(
        "the bucket is named; its objects are all its own",
        "every object of one bucket",
        _READ,
        one_more(Action="s3:GetObject", Resource="arn:aws:s3:::langfuse/*"),
    ),
    change(
        "a passed role: who may pass it is said elsewhere, and EC2 names no account",
        "trust in a service that is passed roles",
        _ROLE,
        statement(Principal={"Service": "ec2.amazonaws.com"}, Condition=None),
    ),
    change(
        "the pack does not know which actions of a service are dangerous, only those that are many",
        "a dangerous action on one resource",
        _READ,
        statement(Action="secretsmanager:DeleteSecret"),
    ),
    change(
        "a policy of the customer's is judged where it is made, by its document",
        "a managed policy of the account",
        _ATTACHED,
        put("policyArn", f"arn:aws:iam::{ACCOUNT}:policy/mine"),
    ),
    change(
        "the subject does not exist: no one can act as the role",
        "trust in a service account that does not exist",
        _ROLE,
        statement(
            Condition={
                "StringEquals": {_SUB: "system:serviceaccount:a:b", _AUD: "sts.amazonaws.com"}
            }
        ),
    ),
)


@pytest.mark.parametrize("mutation", CAUGHT, ids=[m.what for m in CAUGHT])
def test_a_wider_access_is_named_by_its_rule(mutation: Mutation) -> None:
    assert caught(mutation.seen()) == {*mutation.rules.split()}


@pytest.mark.parametrize("mutation", THROUGH, ids=[m.what for m in THROUGH])
def test_what_gets_through_does_so_for_a_reason(mutation: Mutation) -> None:
    assert mutation.rules
    assert caught(mutation.seen()) == set()


def test_no_mutation_is_listed_twice() -> None:
    names = [m.what for m in (*CAUGHT, *THROUGH)]

    assert len({*names}) == len(names)

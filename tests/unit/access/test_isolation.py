"""Two stacks in one account: what each role reaches, of every resource that either stack makes.

IAM itself is not asked: `tests/support/iam.py` decides as its documentation says.
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from access import limits, parts, policies
from access.place import Place
from components.aws.iam_documents import Statement
from stacks import settings as stack_settings
from stacks import stack_files
from stacks.names import STACK_TAG
from stacks.stack_files import StackConfiguration
from tests.support import bases, iam
from tests.support.shared import shared
from tooling.engineless import offline
from tooling.engineless.aws import resources as invented
from tooling.engineless.aws.names import ACCOUNT, arn
from tooling.engineless.recording import Recording, Resource, reveal

STATE: Final = "acme-state"
ZONE: Final = "arn:aws:route53:::hostedzone/Z1"
TAG: Final = f"aws:ResourceTag/{STACK_TAG}"
PAIRS: Final = [
    ("dev", "prod"),
    ("prod", "dev"),
    # One name begins with the other, and the host of one is below that of the other.
    ("prod", "prod-eu"),
    ("prod-eu", "prod"),
    ("prod", "prod-db"),
    # A stack of version 4, which has more.
    ("four", "prod"),
    ("prod", "four"),
    ("four", "four-eu"),
    ("four", "four-cache"),
]


def key(stack: str, purpose: str) -> str:
    """A KMS key that a stack's settings name."""
    return arn("kms", f"key/{uuid.uuid5(uuid.NAMESPACE_DNS, f'{stack}-{purpose}')}")


def host(stack: str) -> str:
    return "langfuse.example.com" if stack == "prod" else f"{stack}.langfuse.example.com"


def version_4(stack: str) -> Mapping[str, Any]:
    """What a stack of version 4 has besides."""
    return {
        "langfuse": {"version": "4.16.0"},
        "clickhouse": {"engine": "operator", "backups": {}},
        "cache": {"engine": "elastiCache", "kmsKeyArn": key(stack, "cache")},
        "monitoring": {
            "runbooks": "https://git.example.com/docs",
            "queueMetrics": True,
            "alarms": {
                "email": "ops@example.com",
                "workerLogGroup": "/aws/containerinsights/platform-prod/application",
            },
        },
    }


@functools.cache
def configuration(stack: str) -> StackConfiguration:
    """The prod stack's file with every option on that makes something in AWS."""
    changes: dict[str, Any] = {
        "database": {"kmsKeyArn": key(stack, "database"), "restoreFrom": {"snapshot": "before"}},
        "secrets": {"kmsKeyArn": key(stack, "entries")},
        "endpoint": {"host": host(stack), "accessLogs": {"days": 30}},
        "objectStorage": {
            "engine": "s3",
            "exports": True,
            "media": True,
            "kmsKeyArn": key(stack, "bucket"),
        },
        "cluster": {"permissionsBoundaryArn": place_boundary(stack)},
        **(version_4(stack) if stack.startswith("four") else {}),
    }
    return bases.read("version 2 prod", {f"agent-observability:{k}": v for k, v in changes.items()})


def place_boundary(stack: str) -> str:
    return arn("iam", f"policy/agent-observability-{stack}-boundary", region="")


@functools.cache
def made(stack: str) -> Recording:
    """What the program registers with that configuration under a stack's name."""
    return shared(
        f"isolation {stack}", lambda: offline.record_configuration(stack, configuration(stack))
    )


@functools.cache
def place(stack: str) -> Place:
    read = configuration(stack)
    settings = stack_settings.read(stack, read.values, read.secret_keys)
    return parts.place(settings, partition="aws", account=ACCOUNT)


@dataclass(frozen=True)
class Target:
    """Something that a request can be about, with what AWS knows of it."""

    arn: str
    type: str
    has: Mapping[str, str | list[str]] = field(default_factory=dict[str, str | list[str]])
    """Condition keys that whoever asks does not choose."""


def computed(resource: Resource) -> Mapping[str, Any]:
    return invented.create(resource, preview=False)[1]


@functools.cache
def targets(stack: str) -> tuple[Target, ...]:
    return tuple(_targets(stack))


def _targets(stack: str) -> Iterator[Target]:
    """All that is a stack's in AWS: what it makes, its state, its workflows' roles, its keys."""
    run = made(stack)
    (provider,) = run.of_type("pulumi:providers:aws")
    tags: Mapping[str, str] = json.loads(provider.inputs["defaultTags"])["tags"]
    tagged: dict[str, str | list[str]] = {f"aws:ResourceTag/{k}": v for k, v in tags.items()}
    for resource in run.resources.values():
        if not resource.type.startswith("aws:"):
            continue
        state = computed(resource)
        if resource.type == "aws:route53/record:Record":
            names = [reveal(resource.inputs)["name"].rstrip(".")]
            yield Target(ZONE, resource.type, {limits.RECORDS: names})
        elif (own := state.get("arn", state.get("dashboardArn"))) is not None:
            yield Target(own, resource.type, tagged)
        if resource.type == "aws:s3/bucket:Bucket":
            yield Target(f"{state['arn']}/media/a", "object")
            yield Target(f"{state['arn']}/clickhouse-backups/a", "object")
        if resource.type == "aws:rds/instance:Instance":
            snapshot = resource.inputs["finalSnapshotIdentifier"]
            yield Target(arn("rds", f"snapshot:{snapshot}"), "snapshot", tagged)
        if resource.type == "aws:elasticache/replicationGroup:ReplicationGroup":
            snapshot = resource.inputs["finalSnapshotIdentifier"]
            yield Target(arn("elasticache", f"snapshot:{snapshot}"), "cache snapshot", tagged)
            for node in state["memberClusters"]:
                yield Target(arn("elasticache", f"cluster:{node}"), "cache node", tagged)
    for purpose in ("database", "cache", "entries", "bucket"):
        has: dict[str, str | list[str]] = {"kms:ResourceAliases": [f"alias/{stack}"]}
        yield Target(key(stack, purpose), "key", has)
    for purpose in ("preview", "deploy"):
        path = f"role/agent-observability-workflows/{stack}/workflows-{purpose}-role-1"
        yield Target(arn("iam", path, region=""), "workflow role")
    yield Target(place_boundary(stack), "boundary")
    for file in (
        "stacks/agent-observability/{}.json",
        "stacks/agent-observability/{}.json.gz.bak",
        "stacks/agent-observability/{}.pulumi-tags",
        "history/agent-observability/{}/1.history.json",
        "backups/agent-observability/{}/1.json",
        "journal/agent-observability/{}/1",
        "locks/organization/agent-observability/{}/1.json",
    ):
        yield Target(f"arn:aws:s3:::{STATE}/.pulumi/{file.format(stack)}", "state")


def role_documents(stack: str) -> dict[str, list[Mapping[str, Any]]]:
    """Every document of every role of a stack: its workflows', their boundary, its own."""
    here = place(stack)

    def state(*, write: bool) -> list[Statement]:
        return policies.state(here, bucket=STATE, prefix="", key_arn=None, write=write)

    documents: dict[str, list[Any]] = {
        "preview": [*policies.reading(here), *state(write=False)],
        "deploy": [*policies.writing(here, bounded=True), *state(write=True)],
        "deploy without a boundary": [*policies.writing(here, bounded=False), *state(write=True)],
        "boundary": [*policies.boundary(here)["Statement"]],
    }
    for policy in made(stack).of_type("aws:iam/rolePolicy:RolePolicy"):
        documents[policy.name] = json.loads(policy.inputs["policy"])["Statement"]
    return documents


def request(statement: Mapping[str, Any], target: Target) -> dict[str, str | list[str]]:
    """The most that a caller with the statement can ask for: all conditions met but its own."""
    asked: dict[str, str | list[str]] = {**limits.context(statement.get("Condition", {}))}
    # AWS gives the first to what is made by the same request, and knows the second.
    return {**asked, "ec2:CreateAction": [], TAG: [], **target.has}


def reached(statements: list[Mapping[str, Any]], target: Target) -> set[str]:
    """Actions that the statements allow on a target. What takes no resource is not among them."""
    return {
        action
        for statement in statements
        if statement["Effect"] == "Allow" and statement["Resource"] != "*"
        if iam.names(statement, target.arn)
        for action in iam.texts(statement["Action"])
        if iam.allows(statements, action, target.arn, request(statement, target))
    }


# -- Apart -----------------------------------------------------------------------------------------

ACROSS: Final = {
    # The provider finds an instance by a filter, which AWS judges as a look at all of them.
    ("aws:rds/instance:Instance", "rds:DescribeDBInstances"),
    # No stack owns a zone: whoever writes a record of its own reads all of them.
    ("aws:route53/record:Record", "route53:GetHostedZone"),
    ("aws:route53/record:Record", "route53:ListResourceRecordSets"),
    ("aws:route53/record:Record", "route53:ListTagsForResource"),
    # It makes another group, and asks about none that is there.
    ("aws:ec2/securityGroup:SecurityGroup", "ec2:CreateSecurityGroup"),
}
"""What a role may ask for by the name of another stack's resource: nothing of it changes, and no
value is read."""
ACROSS_CACHES: Final = {
    # The doctor finds a group by the beginning of its name.
    (
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "elasticache:DescribeReplicationGroups",
    ),
}
"""The same between two stacks of version 4."""


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_no_statement_of_a_role_reaches_a_resource_of_another_stack(own: str, other: str) -> None:
    documents = role_documents(own)
    found = {
        (name, target.type, action)
        for name, statements in documents.items()
        for target in targets(other)
        for action in reached(statements, target)
    }

    caches = own.startswith("four") and other.startswith("four")
    expected = {*ACROSS, *(ACROSS_CACHES if caches else ())}
    assert {(type_, action) for _, type_, action in found} == expected
    assert {name for name, _, _ in found} == {"preview", "deploy", "deploy without a boundary"}


WITHOUT_RESOURCE: Final = {
    "preview": {
        *("acm:ListCertificates", "ec2:DescribeRouteTables"),
        *("ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"),
        *("ec2:DescribeVpcs", "elasticache:DescribeCacheEngineVersions"),
        "elasticloadbalancing:DescribeListeners",
        *("elasticloadbalancing:DescribeLoadBalancerAttributes",),
        *("elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTags"),
        *("elasticloadbalancing:DescribeTargetHealth", "iam:ListOpenIDConnectProviders"),
        *("rds:DescribeDBEngineVersions", "rds:DescribeOrderableDBInstanceOptions"),
        *("route53:ListHostedZones", "sns:GetSubscriptionAttributes", "tag:GetResources"),
    },
    "deploy": {
        "ec2:DescribeNetworkInterfaces",
        # These make something, with the stack's tag.
        *("acm:RequestCertificate", "kms:CreateKey"),
        # AWS has no way to limit it: whoever knows the id of a subscription can end it.
        "sns:Unsubscribe",
    },
}
"""Actions that take no resource, and so are allowed on everything: those of a preview, and those
that a deployment has besides."""


def test_what_is_allowed_on_everything_is_exactly_this() -> None:
    documents = role_documents("prod")
    everything = {
        name: {
            action
            for statement in statements
            if statement["Effect"] == "Allow" and statement["Resource"] == "*"
            for action in iam.texts(statement["Action"])
        }
        for name, statements in documents.items()
    }

    assert everything.pop("preview") == WITHOUT_RESOURCE["preview"]
    for name in ("deploy", "deploy without a boundary"):
        assert everything.pop(name) - WITHOUT_RESOURCE["preview"] == WITHOUT_RESOURCE["deploy"]
    assert {name: actions for name, actions in everything.items() if actions} == {}


def test_what_makes_something_gives_it_the_tag_of_its_own_stack() -> None:
    statements = role_documents("dev")["deploy"]

    for action in ("acm:RequestCertificate", "kms:CreateKey", "ec2:CreateSecurityGroup"):
        on = arn("ec2", "security-group/sg-1")
        tags = {
            value: iam.allows(statements, action, on, {f"aws:RequestTag/{STACK_TAG}": value})
            for value in ("dev", "prod")
        }
        assert tags == {"dev": True, "prod": False}, action
        assert not iam.allows(statements, action, on, {}), action


@pytest.mark.parametrize(
    ("action", "resource", "more"),
    [
        ("kms:TagResource", arn("kms", "key/1"), {}),
        ("acm:AddTagsToCertificate", arn("acm", "certificate/1"), {}),
        ("ec2:CreateTags", arn("ec2", "security-group-rule/sgr-1"), {}),
        (
            "ec2:CreateTags",
            arn("ec2", "security-group/sg-1"),
            {"ec2:CreateAction": "CreateSecurityGroup"},
        ),
    ],
)
def test_a_tag_is_given_to_what_is_new_and_never_takes_anything_over(
    action: str, resource: str, more: Mapping[str, str]
) -> None:
    statements = role_documents("dev")["deploy"]
    own = {f"aws:RequestTag/{STACK_TAG}": "dev", **more}

    assert iam.allows(statements, action, resource, own)
    if not more:  # what is made has no tag before
        assert not iam.allows(statements, action, resource, {**own, TAG: "prod"})
    assert not iam.allows(statements, action, resource, {**own, f"aws:RequestTag/{STACK_TAG}": "x"})
    if more:
        assert not iam.allows(statements, action, resource, {f"aws:RequestTag/{STACK_TAG}": "dev"})
    if action == "kms:TagResource":
        named = {**own, "kms:ResourceAliases": ["alias/pulumi"]}
        assert not iam.allows(statements, action, resource, named)


@pytest.mark.parametrize(
    ("names", "allowed"),
    [
        (["langfuse.example.com"], True),
        ([f"_{'a' * 32}.langfuse.example.com"], True),
        (["dev.langfuse.example.com"], False),
        ([f"_{'a' * 32}.dev.langfuse.example.com"], False),
        (["example.com"], False),
        (["langfuse.example.com", "www.example.com"], False),
        ([], False),
    ],
)
def test_a_role_changes_the_records_of_its_own_name_alone(names: list[str], allowed: bool) -> None:
    statements = role_documents("prod")["deploy"]

    change = {limits.RECORDS: names} if names else {}
    assert iam.allows(statements, "route53:ChangeResourceRecordSets", ZONE, change) is allowed


@pytest.mark.parametrize(
    ("does", "allowed"),
    [
        ([], True),
        ([arn("sns", f"langfuse-dev-alarms-topic-{'a' * 26}")], True),
        ([arn("sns", f"langfuse-prod-alarms-topic-{'a' * 26}")], False),
        (["arn:aws:automate:ap-northeast-2:ec2:terminate"], False),
        ([arn("sns", f"langfuse-dev-alarms-topic-{'a' * 26}"), arn("lambda", "function:f")], False),
    ],
)
def test_an_alarm_does_no_more_than_publish_to_the_topic_of_its_stack(
    does: list[str], allowed: bool
) -> None:
    statements = role_documents("dev")["deploy"]
    alarm = arn("cloudwatch", "alarm:agent-observability/dev/DatabaseCpu")
    asked = {limits.ALARM_ACTIONS: does}

    assert iam.allows(statements, "cloudwatch:PutMetricAlarm", alarm, asked) is allowed


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_a_topic_takes_alarms_of_its_own_stack_alone(own: str, other: str) -> None:
    (topic,) = made(own).of_type("aws:sns/topicPolicy:TopicPolicy")
    publish = json.loads(topic.inputs["policy"])["Statement"][0]
    source = publish["Condition"]["ArnLike"]["aws:SourceArn"]

    def names(stack: str) -> list[str]:
        alarms = made(stack).of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
        return [computed(alarm)["arn"] for alarm in alarms]

    assert len(names(own)) > 5
    assert all(iam.names({"Resource": source}, alarm) for alarm in names(own))
    assert not any(iam.names({"Resource": source}, alarm) for alarm in names(other))


# -- And able to do its work -----------------------------------------------------------------------

WORK: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:acm/certificate:Certificate": ("acm:DescribeCertificate", "acm:DeleteCertificate"),
    "aws:cloudwatch/dashboard:Dashboard": (
        "cloudwatch:PutDashboard",
        "cloudwatch:DeleteDashboards",
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DeleteAlarms",
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:DeleteSecurityGroup",
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": (
        "elasticache:CreateCacheParameterGroup",
        "elasticache:CreateReplicationGroup",
        "elasticache:ModifyReplicationGroup",
        "elasticache:DeleteCacheParameterGroup",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        "elasticache:CreateReplicationGroup",
        "elasticache:IncreaseReplicaCount",
        "elasticache:AddTagsToResource",
        "elasticache:DeleteReplicationGroup",
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": (
        "elasticache:CreateCacheSubnetGroup",
        "elasticache:CreateReplicationGroup",
        "elasticache:DeleteCacheSubnetGroup",
    ),
    "aws:iam/role:Role": ("iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole", "iam:DeleteRole"),
    "aws:kms/key:Key": ("kms:EnableKeyRotation", "kms:ScheduleKeyDeletion"),
    "aws:rds/eventSubscription:EventSubscription": (
        "rds:CreateEventSubscription",
        "rds:DeleteEventSubscription",
    ),
    "aws:rds/instance:Instance": (
        "rds:CreateDBInstance",
        "rds:RestoreDBInstanceFromDBSnapshot",
        "rds:CreateDBSnapshot",
        "rds:DeleteDBInstance",
    ),
    "aws:rds/parameterGroup:ParameterGroup": (
        "rds:CreateDBParameterGroup",
        "rds:CreateDBInstance",
        "rds:DeleteDBParameterGroup",
    ),
    "aws:rds/subnetGroup:SubnetGroup": (
        "rds:CreateDBSubnetGroup",
        "rds:CreateDBInstance",
        "rds:DeleteDBSubnetGroup",
    ),
    "aws:route53/record:Record": ("route53:ChangeResourceRecordSets",),
    "aws:s3/bucket:Bucket": ("s3:CreateBucket", "s3:TagResource", "s3:DeleteBucket"),
    "aws:secretsmanager/secret:Secret": (
        "secretsmanager:CreateSecret",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:UpdateSecretVersionStage",
        "secretsmanager:DeleteSecret",
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretsmanager:PutSecretValue",),
    "aws:sns/topic:Topic": ("sns:CreateTopic", "sns:Subscribe", "sns:DeleteTopic"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("ec2:ModifySecurityGroupRules",),
    "cache node": ("elasticache:DescribeCacheClusters",),
    "cache snapshot": ("elasticache:CreateSnapshot", "elasticache:DeleteReplicationGroup"),
    "object": ("s3:DeleteObjectVersion",),
    "snapshot": ("rds:CreateDBSnapshot", "rds:AddTagsToResource"),
    "state": ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
}
"""What the deploying role does with each of the stack's resources, by type."""

UNTOUCHED: Final = {
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "boundary",
    "workflow role",
}
"""Made and read by their topic, by no resource at all, or not by this role."""


OF_VERSION_4: Final = {
    *("cache node", "cache snapshot"),
    *(type_ for type_ in WORK if type_.startswith("aws:elasticache/")),
}


@pytest.mark.parametrize("stack", ["prod", "a" * 22, "four", f"four{'a' * 18}"])
def test_the_deploying_role_reaches_every_resource_of_its_own_stack(stack: str) -> None:
    statements = role_documents(stack)["deploy"]
    own = [*targets(stack)]

    more = set[str]() if stack.startswith("four") else OF_VERSION_4
    assert {target.type for target in own} == {*WORK, *UNTOUCHED, "key"} - more
    missing = [
        (target.arn, action)
        for target in own
        for action in WORK.get(target.type, ())
        if action not in reached(statements, target)
    ]
    assert missing == []


@pytest.mark.parametrize("role", ["deploy", "deploy without a boundary"])
def test_the_deploying_role_touches_neither_its_own_limits_nor_entries_values(role: str) -> None:
    statements = role_documents("prod")[role]
    done = {target.type: reached(statements, target) for target in targets("prod")}

    assert done["boundary"] == set()
    assert done["workflow role"] == {"iam:GetRole", "iam:SimulatePrincipalPolicy"}
    actions = {a for s in statements if s["Effect"] == "Allow" for a in iam.texts(s["Action"])}
    assert "secretsmanager:GetSecretValue" not in actions


def test_a_preview_reads_no_value_and_changes_nothing() -> None:
    statements = role_documents("prod")["preview"]
    actions = {a for s in statements for a in iam.texts(s["Action"])}

    verbs = ("Describe", "Get", "List", "Simulate")
    assert [a for a in sorted(actions) if not a.partition(":")[2].startswith(verbs)] == []
    assert "secretsmanager:GetSecretValue" not in actions


# -- The boundary ----------------------------------------------------------------------------------

MONITORING: Final = {
    "logs:CreateLogGroup": "log-group:RDSOSMetrics",
    "logs:PutRetentionPolicy": "log-group:RDSOSMetrics",
    "logs:CreateLogStream": "log-group:RDSOSMetrics:log-stream:db-1",
    "logs:PutLogEvents": "log-group:RDSOSMetrics:log-stream:db-1",
    "logs:DescribeLogStreams": "log-group:RDSOSMetrics:log-stream:db-1",
    "logs:GetLogEvents": "log-group:RDSOSMetrics:log-stream:db-1",
}
"""AmazonRDSEnhancedMonitoringRole
(https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonRDSEnhancedMonitoringRole.html)."""


@pytest.mark.parametrize(
    ("stack", "more"),
    [
        ("prod", set[tuple[str, str]]()),
        (
            "four",
            {
                ("langfuse-storage-role-policy", "s3:DeleteObject"),
                ("langfuse-storage-role-policy", "s3:ListBucket"),
                ("langfuse-storage-role-policy", "cloudwatch:PutMetricData"),
                ("langfuse-cache-read", "secretsmanager:GetSecretValue"),
            },
        ),
    ],
)
def test_the_boundary_allows_each_statement_of_each_role_of_the_stack(
    stack: str, more: set[tuple[str, str]]
) -> None:
    boundary = [*policies.boundary(place(stack))["Statement"]]
    run = made(stack)
    asked: list[tuple[str, str, str]] = []
    refused: list[tuple[str, str, str]] = []
    for policy in run.of_type("aws:iam/rolePolicy:RolePolicy"):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            for action in iam.texts(statement["Action"]):
                for resource in iam.texts(statement["Resource"]):
                    on = resource.replace("*", "x")
                    asked.append((policy.name, action, on))
                    context = limits.context(statement.get("Condition", {}))
                    if not iam.allows(boundary, action, on, context):
                        refused.append(asked[-1])

    assert refused == []
    assert {(name, action) for name, action, _ in asked} >= {
        ("langfuse-storage-role-policy", "s3:PutObject"),
        ("langfuse-storage-role-policy", "kms:GenerateDataKey"),
        ("langfuse-app-read", "secretsmanager:GetSecretValue"),
        ("langfuse-app-read", "kms:Decrypt"),
        *more,
    }
    attached = run.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert [a.inputs["policyArn"].rpartition("/")[2] for a in attached] == [
        "AmazonRDSEnhancedMonitoringRole"
    ]
    for action, group in MONITORING.items():
        assert iam.allows(boundary, action, arn("logs", group), {}), action


def test_every_role_of_the_stack_is_bounded_and_has_the_stacks_path() -> None:
    roles = made("prod").of_type("aws:iam/role:Role")

    assert len(roles) == 4
    for role in roles:
        assert role.inputs["permissionsBoundary"] == place("prod").boundary_arn
        assert role.inputs["path"] == "/agent-observability/prod/"


def test_every_resource_in_aws_is_made_by_the_provider_that_gives_the_tag() -> None:
    run = made("prod")
    (provider,) = run.of_type("pulumi:providers:aws")

    others = [
        r.name
        for r in run.resources.values()
        if r.type.startswith("aws:") and r.provider.rpartition("::")[0] != provider.urn
    ]
    assert others == []
    assert json.loads(provider.inputs["defaultTags"])["tags"][STACK_TAG] == "prod"


@pytest.mark.parametrize(
    ("database", "firewall"),
    [
        ({"engine": "rds"}, set[str]()),
        # Else the database's statements about groups and rules are the cache's too.
        (
            {
                "engine": "external",
                "host": "db.example.com",
                "password": {"secure": "not decrypted here"},
            },
            {"cache firewall"},
        ),
    ],
)
def test_what_admits_clients_is_said_once_for_database_and_cache(
    database: Mapping[str, Any], firewall: set[str]
) -> None:
    changes: dict[str, Any] = {
        **version_4("four"),
        "langfuse": {"version": "4.16.0", "admin": {"email": "admin@example.com"}},
        "cluster": {"eksName": "platform-prod"},
        "database": database,
        "secrets": {"protect": True},
        "objectStorage": {"engine": "s3"},
    }
    full = {f"agent-observability:{k}": v for k, v in changes.items()}
    read = stack_files.assemble({"aws:region": "ap-northeast-2", **full})
    settings = stack_settings.read("four", read.values, read.secret_keys)

    found = parts.parts(settings)
    assert {part for part in found if part.startswith("cache")} == {"cache", "cache key", *firewall}

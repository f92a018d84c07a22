"""The caller's permissions, as IAM's simulator sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pytest

from access import limits
from access.actions import NEEDS
from access.parts import parts as parts_of
from access.parts import place
from tests.support.configurations import ON_EKS, endpoint, rds, settings
from tests.support.doctor_aws import ACCOUNT, REGION, USER, FakeAws
from tooling.doctor import aws
from tooling.doctor.aws.session.client import UnansweredError
from tooling.doctor.findings import Finding

CLUSTER: Final = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/platform-prod"
NETWORK: Final = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/0a1b2c3"
LOOK_UPS: Final = ("ec2:DescribeVpcs", "ec2:DescribeRouteTables", "ec2:DescribeSubnets")
SOURCE: Final = f"aws iam simulate-principal-policy --policy-source-arn {USER}"
TABLE: Final = (
    f"--query 'EvaluationResults[].[EvalActionName,EvalDecision]' --output table --region {REGION}"
)


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def run(fake: FakeAws, change: Mapping[str, Any] = ON_EKS) -> list[Finding]:
    checks = aws.checks_before(settings(change), fake.client)
    (check,) = (check for check in checks if check.title == "AWS permissions")
    return list(check.run())


def simulated(
    fake: FakeAws,
    actions: Sequence[str],
    resource: str,
    refused: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    source: str = USER,
    context: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Answer the question whether actions are allowed on a resource, in a context."""
    several = {limits.RECORDS}
    results = [
        {"EvalActionName": action, "EvalDecision": "allowed", **(refused or {}).get(action, {})}
        for action in actions
    ]
    fake.answer(
        "iam",
        "SimulatePrincipalPolicy",
        {"EvaluationResults": results},
        {
            "PolicySourceArn": source,
            "ActionNames": list(actions),
            "ResourceArns": [resource],
            "ContextEntries": [
                {
                    "ContextKeyName": "aws:RequestedRegion",
                    "ContextKeyValues": [REGION],
                    "ContextKeyType": "string",
                },
                {
                    "ContextKeyName": "aws:SecureTransport",
                    "ContextKeyValues": ["true"],
                    "ContextKeyType": "boolean",
                },
                {
                    "ContextKeyName": "iam:PassedToService",
                    "ContextKeyValues": ["monitoring.rds.amazonaws.com"],
                    "ContextKeyType": "string",
                },
                {
                    "ContextKeyName": "iam:PolicyARN",
                    "ContextKeyValues": [
                        "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
                    ],
                    "ContextKeyType": "string",
                },
                *(
                    {
                        "ContextKeyName": key,
                        "ContextKeyValues": list(values),
                        "ContextKeyType": "stringList" if key in several else "string",
                    }
                    for key, values in (context or {}).items()
                ),
            ],
        },
    )


def small_stack(
    fake: FakeAws, refused: Mapping[str, Mapping[str, Any]] | None = None, *, source: str = USER
) -> None:
    """What a stack asks that has nothing in AWS but its cluster."""
    simulated(fake, ["eks:DescribeCluster"], CLUSTER, refused, source=source)
    simulated(fake, LOOK_UPS, "*", refused, source=source)
    simulated(fake, ["ec2:DescribeVpcAttribute"], NETWORK, refused, source=source)


IMPLICIT: Final = {"EvalDecision": "implicitDeny"}


def test_a_caller_who_may_do_everything_is_silence(fake: FakeAws) -> None:
    small_stack(fake)

    assert run(fake) == []


def test_what_the_caller_lacks_is_one_finding_for_each_kind_of_resource(fake: FakeAws) -> None:
    small_stack(
        fake,
        {
            "ec2:DescribeVpcs": IMPLICIT,
            "ec2:DescribeSubnets": {"EvalDecision": "explicitDeny"},
            "ec2:DescribeVpcAttribute": IMPLICIT,
        },
    )

    assert run(fake) == [
        Finding(
            section="aws-permission-missing",
            severity="error",
            subject="eks_cluster in AWS",
            cause=(
                "The user ann lacks, and `up` fails without: ec2:DescribeVpcs (no policy allows "
                "it); ec2:DescribeSubnets (a policy denies it)."
            ),
            command=(
                f"{SOURCE} --action-names ec2:DescribeVpcs ec2:DescribeSubnets "
                f"--resource-arns '*' {TABLE}"
            ),
        ),
        Finding(
            section="aws-permission-missing",
            severity="error",
            subject="eks_cluster in AWS",
            cause=(
                "The user ann lacks, and `up` fails without: ec2:DescribeVpcAttribute (no policy "
                f"allows it) on {NETWORK}."
            ),
            command=(
                f"{SOURCE} --action-names ec2:DescribeVpcAttribute --resource-arns {NETWORK} "
                f"{TABLE}"
            ),
        ),
    ]


@pytest.mark.parametrize(
    ("detail", "why"),
    [
        (
            {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
            "the organization does not allow it",
        ),
        (
            {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}},
            "the permissions boundary does not allow it",
        ),
    ],
)
def test_the_policy_that_refuses_is_named(
    fake: FakeAws, detail: Mapping[str, Any], why: str
) -> None:
    small_stack(fake, {"eks:DescribeCluster": {**IMPLICIT, **detail}})

    (finding,) = run(fake)

    assert f"eks:DescribeCluster ({why})" in finding.cause


def test_what_depends_on_unknown_conditions_is_a_warning(fake: FakeAws) -> None:
    unknown = {**IMPLICIT, "MissingContextValues": ["aws:MultiFactorAuthPresent"]}
    small_stack(fake, {"ec2:DescribeVpcs": unknown, "eks:DescribeCluster": unknown})

    assert run(fake) == [
        Finding(
            section="aws-permission-missing",
            severity="warning",
            subject="AWS permissions",
            cause=(
                "The user ann has policies with conditions on aws:MultiFactorAuthPresent, which a "
                "simulation cannot know. Not decided so: ec2:DescribeVpcs, eks:DescribeCluster."
            ),
            command=(
                f"{SOURCE} --action-names ec2:DescribeVpcs eks:DescribeCluster "
                f"--resource-arns '*' {TABLE}"
            ),
        )
    ]


def test_an_assumed_role_is_simulated_by_its_own_arn_with_its_path(fake: FakeAws) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"
    fake.caller(f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_1/ann")
    answer = {
        "Role": {
            "Arn": role,
            "Path": "/aws-reserved/sso.amazonaws.com/",
            "RoleName": "AWSReservedSSO_Admin_1",
            "RoleId": "AROATESTTESTTESTTEST",
            "CreateDate": "2026-01-01T00:00:00Z",
        }
    }
    fake.answer("iam", "GetRole", answer, {"RoleName": "AWSReservedSSO_Admin_1"})
    small_stack(fake, {"eks:DescribeCluster": IMPLICIT}, source=role)

    (finding,) = run(fake)

    assert finding.cause.startswith("The role AWSReservedSSO_Admin_1 lacks, and `up` fails without")
    assert f"--policy-source-arn {role} " in finding.command


def test_a_role_that_cannot_be_read_is_a_warning_with_the_permission(fake: FakeAws) -> None:
    fake.caller(f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci")
    fake.refuse("iam", "GetRole", "AccessDenied")

    (finding,) = run(fake)

    assert (finding.severity, finding.subject) == ("warning", "iam:GetRole")


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:sts::{ACCOUNT}:federated-user/ann",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/gone/ann",
    ],
)
def test_a_caller_that_cannot_be_simulated_is_a_warning(fake: FakeAws, arn: str) -> None:
    fake.caller(arn)
    if "assumed-role" in arn:
        fake.refuse("iam", "GetRole", "NoSuchEntity")

    (finding,) = run(fake)

    assert (finding.severity, finding.cause) == (
        "warning",
        f"The permissions of {arn} could not be checked: IAM simulates those of users and roles of "
        "the account only.",
    )


def test_the_root_user_may_do_everything(fake: FakeAws) -> None:
    fake.caller(f"arn:aws:iam::{ACCOUNT}:root")

    assert run(fake) == []


def test_actions_that_are_refused_together_are_asked_apart(fake: FakeAws) -> None:
    simulated(fake, ["eks:DescribeCluster"], CLUSTER)
    fake.refuse("iam", "SimulatePrincipalPolicy", "InvalidInput")
    simulated(fake, LOOK_UPS[:1], "*")
    simulated(fake, LOOK_UPS[1:], "*", {"ec2:DescribeSubnets": IMPLICIT})
    simulated(fake, ["ec2:DescribeVpcAttribute"], NETWORK)

    (finding,) = run(fake)

    assert "ec2:DescribeSubnets (no policy allows it)." in finding.cause


def test_one_action_that_the_simulator_does_not_take_is_no_answer(fake: FakeAws) -> None:
    fake.refuse("iam", "SimulatePrincipalPolicy", "InvalidInput")

    with pytest.raises(UnansweredError, match=r"iam SimulatePrincipalPolicy: InvalidInput$"):
        run(fake)


INSTANCE: Final = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:langfuse-test-db-{'0' * 26}"


def whole_table(
    fake: FakeAws,
    change: Mapping[str, Any],
    refused: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    on: str = "",
) -> list[tuple[str, str, Mapping[str, Any]]]:
    """What a stack asks: action, resource, context. ``refused`` on the resource ``on`` alone."""
    asked: list[tuple[str, str, Mapping[str, Any]]] = []
    stack = place(settings(change), partition="aws", account=ACCOUNT)
    for need in NEEDS:
        if need.part not in stack.parts:
            continue
        resource = stack.arn(need)
        if resource != "*":
            resource = resource.replace("*", "0a1b2c3").replace("?", "0")
        actions, context = (*need.actions, *need.removal), limits.context(stack.conditions(need))
        given = refused if not on or resource.startswith(on) else None
        simulated(fake, actions, resource, given, context=context)
        asked += [(action, resource, context) for action in actions]
    return asked


def test_what_only_a_removal_needs_is_a_warning(fake: FakeAws) -> None:
    change = {**rds(monitoringSeconds=0)}
    whole_table(fake, change, {"rds:DeleteDBInstance": IMPLICIT})

    (finding,) = run(fake, change)

    assert (finding.severity, finding.subject, finding.cause) == (
        "warning",
        "PostgresRds in AWS",
        "The user ann lacks, and `up` goes on, a replacement or `destroy` fails without: "
        f"rds:DeleteDBInstance (no policy allows it) on {INSTANCE}.",
    )


def test_an_action_is_simulated_on_every_type_of_resource_that_it_asks_for(fake: FakeAws) -> None:
    change = {**rds(monitoringSeconds=0)}
    groups = f"arn:aws:rds:{REGION}:{ACCOUNT}:subgrp:"
    asked = whole_table(fake, change, {"rds:CreateDBInstance": IMPLICIT}, on=groups)

    (finding,) = run(fake, change)

    kinds = {on.split(":")[5] for action, on, _ in asked if action == "rds:CreateDBInstance"}
    assert kinds == {"db", "og", "pg", "subgrp"}
    assert finding.cause == (
        "The user ann lacks, and `up` fails without: rds:CreateDBInstance (no policy allows it) "
        f"on {groups}langfuse-test-db-subnets-{'0' * 26}."
    )


def test_a_request_is_simulated_with_what_the_roles_policies_are_limited_to(
    fake: FakeAws,
) -> None:
    change = {
        **rds(monitoringSeconds=0, kmsKeyArn=KEY),
        **endpoint(),
        "database": rds(monitoringSeconds=0, kmsKeyArn=KEY)["database"],
    }
    asked = whole_table(fake, change)

    assert run(fake, change) == []
    contexts = {(action, *context) for action, _, context in asked}
    assert contexts >= {
        ("ec2:CreateSecurityGroup", "aws:RequestTag/agent-observability:stack"),
        ("ec2:DeleteSecurityGroup", "aws:ResourceTag/agent-observability:stack"),
        ("kms:CreateGrant", "kms:ViaService"),
        ("route53:ChangeResourceRecordSets", limits.RECORDS),
    }


CERTIFICATE: Final = (
    f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
)
KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
RUNBOOKS: Final = "https://git.example.com/docs"
VERSION_4: Final[Mapping[str, Any]] = {
    "langfuse": {"version": "4.16.0", "publicUrl": "https://langfuse.example.com"},
    "clickhouse": {"engine": "statefulSet"},
    "cache": {"engine": "statefulSet"},
}


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({}, set[str]()),
        (rds(), {"database", "monitoring role"}),
        (
            rds(monitoringSeconds=0, kmsKeyArn=KEY, restoreFrom={"snapshot": "s"}),
            {"database", "database key", "restore", "restore from snapshot"},
        ),
        ({"secrets": {"delivery": "secretsManager"}}, {"entries", "oidc"}),
        (
            {"secrets": {"delivery": "secretsManager", "kmsKeyArn": KEY}},
            {"entries", "entries key", "oidc"},
        ),
        (endpoint(), {"certificate", "zone"}),
        (endpoint(accessLogs={"days": 3}), {"certificate", "zone", "log bucket"}),
        (
            rds(monitoringSeconds=0, restoreFrom={"instance": "i"}),
            {"database", "restore", "restore from instance"},
        ),
        (
            endpoint(accessLogs={"bucket": "logs"}),
            {"certificate", "zone", "adopted log bucket"},
        ),
        (endpoint(certificateArn=CERTIFICATE), {"adopted certificate", "zone"}),
        ({"objectStorage": {"engine": "s3", "media": True}}, {"bucket", "bucket role", "oidc"}),
        (
            {"objectStorage": {"engine": "s3", "bucket": "mine"}},
            {"adopted bucket", "bucket role", "oidc"},
        ),
        (
            {**VERSION_4, "objectStorage": {"engine": "s3"}},
            {"bucket", "events bucket", "bucket role", "oidc"},
        ),
        (
            {**VERSION_4, "objectStorage": {"engine": "s3", "media": True}},
            {"bucket", "bucket for pages", "events bucket", "bucket role", "oidc"},
        ),
        (
            {**VERSION_4, "objectStorage": {"engine": "s3", "media": True, "bucket": "ours"}},
            {"adopted bucket", "adopted bucket for pages", "bucket role", "oidc"},
        ),
        (
            {
                **VERSION_4,
                "objectStorage": {"engine": "s3", "media": True, "mediaBucket": "pictures"},
            },
            {"adopted media bucket", "events bucket", "bucket role", "oidc"},
        ),
        (
            {
                **rds(monitoringSeconds=0),
                "monitoring": {"runbooks": RUNBOOKS, "alarms": {"email": "ops@example.com"}},
            },
            {"database", "alarms", "topic"},
        ),
        (
            {
                **endpoint(),
                "monitoring": {
                    "runbooks": RUNBOOKS,
                    "alarms": {"topicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"},
                },
            },
            {"certificate", "zone", "load balancer", "alarms", "adopted topic"},
        ),
    ],
)
def test_the_settings_switch_parts_of_the_table_on(
    change: Mapping[str, Any], parts: set[str]
) -> None:
    assert parts_of(settings({**ON_EKS, **change})) == {"cluster", *parts}

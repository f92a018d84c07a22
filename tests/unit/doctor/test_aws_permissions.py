"""The caller's permissions, as IAM's simulator sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pytest

from access.actions import NEEDS
from access.parts import parts as parts_of
from tests.support.configurations import ON_EKS, endpoint, rds, settings
from tests.support.doctor_aws import ACCOUNT, REGION, USER, FakeAws
from tooling.doctor import aws
from tooling.doctor.aws.client import UnansweredError
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
) -> None:
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


def test_what_only_a_removal_needs_is_a_warning(fake: FakeAws) -> None:
    change = {**rds(monitoringSeconds=0)}
    for need in NEEDS:
        if need.part not in parts_of(settings(change)):
            continue
        resource = need.resource.format(
            partition="aws", region=REGION, account=ACCOUNT, cluster="platform-prod", stack="test"
        )
        resource = resource if resource == "*" else resource.replace("*", "0a1b2c3")
        refused = {"rds:DeleteDBInstance": IMPLICIT}
        simulated(fake, (*need.actions, *need.removal), resource, refused)

    (finding,) = run(fake, change)

    instance = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:langfuse-postgres-0a1b2c3"
    assert (finding.severity, finding.subject, finding.cause) == (
        "warning",
        "PostgresRds in AWS",
        "The user ann lacks, and `up` goes on, a replacement or `destroy` fails without: "
        f"rds:DeleteDBInstance (no policy allows it) on {instance}.",
    )


KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"
RUNBOOKS: Final = "https://git.example.com/docs"


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({}, set[str]()),
        (rds(), {"database", "monitoring role"}),
        (
            rds(monitoringSeconds=0, kmsKeyArn=KEY, restoreFrom={"snapshot": "s"}),
            {"database", "database key", "restore"},
        ),
        ({"secrets": {"delivery": "secretsManager"}}, {"entries", "oidc"}),
        (
            {"secrets": {"delivery": "secretsManager", "kmsKeyArn": KEY}},
            {"entries", "entries key", "oidc"},
        ),
        (endpoint(), {"certificate", "zone"}),
        (endpoint(accessLogs={"days": 3}), {"certificate", "zone", "log bucket"}),
        (endpoint(accessLogs={"bucket": "logs"}), {"certificate", "zone"}),
        ({"objectStorage": {"media": True}}, {"bucket", "bucket role", "oidc"}),
        ({"objectStorage": {"bucket": "mine"}}, {"adopted bucket", "bucket role", "oidc"}),
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
            {"certificate", "zone", "load balancer", "alarms"},
        ),
    ],
)
def test_the_settings_switch_parts_of_the_table_on(
    change: Mapping[str, Any], parts: set[str]
) -> None:
    assert parts_of(settings({**ON_EKS, **change})) == {"cluster", *parts}


def test_every_part_of_the_table_can_be_named() -> None:
    for need in NEEDS:
        named = need.resource.format(
            partition="aws",
            region=REGION,
            account=ACCOUNT,
            cluster="c",
            stack="s",
            key=KEY,
            bucket="b",
        )
        assert named == "*" or named.startswith("arn:aws:"), need

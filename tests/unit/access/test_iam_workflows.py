"""What the workflows' roles may do: exact documents, and what none of them may hold."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from access import policies
from access.actions import DOCTOR, NEEDS, Part
from access.policies import Place
from components.aws.iam_documents import Statement

EVERYTHING = frozenset(get_args(Part))
KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234"


def place(*parts: Part) -> Place:
    return Place(
        partition="aws",
        region="ap-northeast-2",
        account="123456789012",
        cluster="platform-prod",
        stack="prod",
        parts=frozenset(parts),
        keys={"entries key": KEY, "database key": KEY},
        bucket="exports",
    )


def actions(statements: list[Statement], effect: str = "Allow") -> list[str]:
    return [
        action
        for statement in statements
        if statement["Effect"] == effect
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    ]


def test_a_role_trusts_one_environment_of_one_repository_and_compares_exactly() -> None:
    assert policies.github_trust(
        provider_arn="arn:p", repository="acme/tracing", environment="prod-preview"
    ) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Environment",
                "Effect": "Allow",
                "Principal": {"Federated": "arn:p"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        "token.actions.githubusercontent.com:sub": (
                            "repo:acme/tracing:environment:prod-preview"
                        ),
                        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    }
                },
            }
        ],
    }


def test_a_small_stack_is_read_by_exactly_these_statements() -> None:
    assert policies.reading(place("entries", "entries key")) == [
        {"Sid": "Doctor", "Effect": "Allow", "Action": sorted(DOCTOR), "Resource": "*"},
        {
            "Sid": "SecretsManagerSecret".title(),
            "Effect": "Allow",
            "Action": [
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetResourcePolicy",
                "secretsmanager:GetSecretValue",
            ],
            "Resource": (
                "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:"
                "agent-observability/prod/*"
            ),
        },
        {
            "Sid": "SecretsManagerSecret".title() + "2",
            "Effect": "Allow",
            "Action": ["iam:GetRolePolicy"],
            "Resource": "arn:aws:iam::123456789012:role/langfuse-*",
        },
        {
            "Sid": "SecretsManagerSecret".title() + "3",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": KEY,
        },
        {
            "Sid": "SecretsManagerStore".title(),
            "Effect": "Allow",
            "Action": ["iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
            "Resource": "arn:aws:iam::123456789012:role/langfuse-*",
        },
    ]


def test_reading_changes_nothing() -> None:
    verbs = {a.partition(":")[2] for a in actions(policies.reading(place(*EVERYTHING)))}

    assert {v for v in verbs if not re.match("Describe|Get|List|Simulate", v)} == {"Decrypt"}


def test_deploying_has_every_action_of_the_table_and_no_other() -> None:
    needed = {a for need in NEEDS for a in (*need.actions, *need.removal)} | {*DOCTOR}

    for bounded in (True, False):
        assert {*actions(policies.writing(place(*EVERYTHING), bounded=bounded))} == needed


@pytest.mark.parametrize("part", sorted(EVERYTHING))
def test_a_part_that_a_stack_does_not_have_is_not_allowed(part: Part) -> None:
    without = policies.writing(place(*(EVERYTHING - {part})), bounded=True)
    whole = policies.writing(place(*EVERYTHING), bounded=True)

    assert len(without) < len(whole)


def test_no_action_has_a_wildcard_and_no_placeholder_is_left() -> None:
    everywhere = [
        *policies.reading(place(*EVERYTHING)),
        *policies.writing(place(*EVERYTHING), bounded=True),
        *policies.state(partition="aws", bucket="b", prefix="", key_arn=KEY, write=True),
    ]

    assert [a for a in actions(everywhere) if "*" in a] == []
    assert [s for s in everywhere if re.search(r"[{}]", str(s.get("Resource")))] == []
    assert len({s["Sid"] for s in policies.writing(place(*EVERYTHING), bounded=True)}) == len(
        policies.writing(place(*EVERYTHING), bounded=True)
    )


def test_everything_is_allowed_on_star_only_where_the_table_says_so() -> None:
    listed = {a for n in NEEDS if n.resource == "*" for a in (*n.actions, *n.removal)} | {*DOCTOR}

    star = [
        s for s in policies.writing(place(*EVERYTHING), bounded=True) if s.get("Resource") == "*"
    ]

    assert {*actions(star)} == listed


def test_roles_are_made_and_given_permissions_only_with_the_boundary() -> None:
    boundary = "arn:aws:iam::123456789012:policy/agent-observability-prod-boundary"
    statements = policies.writing(place(*EVERYTHING), bounded=True)

    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"):
        limited = [s for s in statements if action in actions([s])]
        assert limited
        for statement in limited:
            assert actions([statement]) == [action]
            condition = statement.get("Condition", {})
            assert condition["StringEquals"] == {"iam:PermissionsBoundary": boundary}
    denied = actions(statements, "Deny")
    assert sorted(denied) == [
        "iam:CreatePolicyVersion",
        "iam:DeletePolicy",
        "iam:DeletePolicyVersion",
        "iam:DeleteRolePermissionsBoundary",
        "iam:PutRolePermissionsBoundary",
        "iam:SetDefaultPolicyVersion",
    ]


def test_without_a_boundary_nothing_asks_for_one() -> None:
    assert "Boundary" not in str(policies.writing(place(*EVERYTHING), bounded=False))


def test_a_role_is_passed_to_the_monitoring_service_alone_with_its_own_policy_alone() -> None:
    statements = policies.writing(place("monitoring role"), bounded=False)

    assert [s.get("Condition") for s in statements if actions([s]) == ["iam:PassRole"]] == [
        {"StringEquals": {"iam:PassedToService": "monitoring.rds.amazonaws.com"}}
    ]
    for action in ("iam:AttachRolePolicy", "iam:DetachRolePolicy"):
        assert [s.get("Condition") for s in statements if actions([s]) == [action]] == [
            {
                "ArnEquals": {
                    "iam:PolicyARN": (
                        "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
                    )
                }
            }
        ]


def test_a_preview_reads_the_state_and_writes_none_of_it() -> None:
    assert policies.state(
        partition="aws", bucket="acme-state", prefix="/tracing/", key_arn=KEY, write=False
    ) == [
        {
            "Sid": "StateList",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::acme-state",
        },
        {
            "Sid": "StateObjects",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": "arn:aws:s3:::acme-state/tracing/.pulumi/*",
        },
        {
            "Sid": "StateKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:Encrypt"],
            "Resource": KEY,
        },
    ]


def test_a_policy_is_as_large_as_aws_takes_and_no_statement_is_lost() -> None:
    statements = policies.writing(place(*EVERYTHING), bounded=True)

    documents = policies.policies(statements)

    assert [s for d in documents for s in d["Statement"]] == statements
    assert len(documents) == 2
    for document in documents:
        assert policies.size(document["Statement"]) <= 6144


def test_the_size_is_counted_without_spaces() -> None:
    statement: Statement = {"Sid": "A", "Effect": "Allow", "Action": "a:B", "Resource": "c d"}

    assert policies.size([statement]) == len(
        '{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"a:B",'
        '"Resource":"cd"}]}'
    )


def test_the_boundary_lets_roles_do_what_the_stacks_own_roles_do_and_nothing_of_iam() -> None:
    document = policies.boundary(place("entries", "entries key"))

    allowed = {*actions(list(document["Statement"]))}
    assert {
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "s3:GetObject",
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "logs:PutLogEvents",
    } <= allowed
    assert [a for a in allowed if a.startswith(("iam:", "sts:", "ec2:"))] == []
    assert "*" not in [s.get("Resource") for s in document["Statement"]]


def test_the_boundary_ends_at_the_stacks_own_entries_and_buckets() -> None:
    assert place().boundary_name == "agent-observability-prod-boundary"

    named = {s["Sid"]: s.get("Resource") for s in policies.boundary(place())["Statement"]}
    assert named["Entries"] == (
        "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:agent-observability/prod/*"
    )
    assert named["Objects"] == ["arn:aws:s3:::langfuse-storage-*/*", "arn:aws:s3:::exports/*"]


@pytest.mark.parametrize(("length", "documents"), [(6144, 1), (6145, 2)])
def test_a_document_has_the_last_character_that_aws_takes_and_not_one_more(
    length: int, documents: int
) -> None:
    def statement(resource: str) -> Statement:
        return {"Sid": "A", "Effect": "Allow", "Action": "a:B", "Resource": resource}

    rest = policies.size([statement("x"), statement("")])
    pair = [statement("x"), statement("y" * (length - rest))]

    assert policies.size(pair) == length
    assert len(policies.policies(pair)) == documents

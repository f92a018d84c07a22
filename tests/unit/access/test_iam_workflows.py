"""What the workflows' roles may do: exact documents, and what none of them may hold."""

from __future__ import annotations

import dataclasses
import re
from typing import get_args

import pytest

from access import policies
from access.actions import DOCTOR, NEEDS, Given, Part
from access.place import Place
from components.aws.iam_documents import Statement

EVERYTHING = frozenset(get_args(Part))
KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234"
GIVEN: dict[Given, str] = {
    "bucket": "exports",
    "media_bucket": "pictures",
    "log_bucket": "logs",
    "entries_key": KEY,
    "database_key": KEY,
    "cache_key": KEY,
    "bucket_key": KEY,
    "certificate": "arn:aws:acm:ap-northeast-2:123456789012:certificate/1",
    "topic": "arn:aws:sns:ap-northeast-2:123456789012:on-call",
    "worker_log": "/aws/containerinsights/platform/application",
    "snapshot": "arn:aws:rds:ap-northeast-2:123456789012:snapshot:before",
    "source": "other",
}


def place(*parts: Part, prefixes: tuple[str, ...] = ("lf-export-", "media/")) -> Place:
    return Place(
        partition="aws",
        region="ap-northeast-2",
        account="123456789012",
        cluster="platform-prod",
        stack="prod",
        parts=frozenset(parts),
        given=GIVEN,
        host="langfuse.example.com",
        prefixes=prefixes,
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
    entries = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:agent-observability/prod/*"
    roles = "arn:aws:iam::123456789012:role/agent-observability/prod/*"

    assert policies.reading(place("entries", "entries key")) == [
        {
            "Sid": "Doctor",
            "Effect": "Allow",
            "Action": ["secretsmanager:DescribeSecret"],
            "Resource": entries,
        },
        {
            "Sid": "SecretsManagerSecret".title(),
            "Effect": "Allow",
            "Action": [
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetResourcePolicy",
                "secretsmanager:ListSecretVersionIds",
            ],
            "Resource": entries,
        },
        {
            "Sid": "SecretsManagerSecret".title() + "2",
            "Effect": "Allow",
            "Action": ["iam:GetRolePolicy"],
            "Resource": roles,
        },
        {
            "Sid": "SecretsManagerStore".title(),
            "Effect": "Allow",
            "Action": ["iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
            "Resource": roles,
        },
    ]


def test_a_limit_is_the_condition_of_its_statement_for_a_reader_too() -> None:
    statements = policies.reading(place("topic"))

    assert [s for s in statements if "kms:DescribeKey" in s["Action"]] == [
        {
            "Sid": "Alarmtopic3",
            "Effect": "Allow",
            "Action": [
                "kms:DescribeKey",
                "kms:GetKeyPolicy",
                "kms:GetKeyRotationStatus",
                "kms:ListResourceTags",
            ],
            "Resource": "arn:aws:kms:ap-northeast-2:123456789012:key/*",
            "Condition": {"StringEquals": {"aws:ResourceTag/agent-observability:stack": "prod"}},
        }
    ]


def test_the_keys_of_the_settings_are_used_through_their_service_alone() -> None:
    statements = policies.writing(place("database key", "entries key"), bounded=True)

    assert [(s["Action"], s.get("Condition")) for s in statements if s.get("Resource") == KEY] == [
        (
            ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
            {"StringEquals": {"kms:ViaService": "rds.ap-northeast-2.amazonaws.com"}},
        ),
        (
            ["kms:Decrypt", "kms:GenerateDataKey"],
            {"StringEquals": {"kms:ViaService": "secretsmanager.ap-northeast-2.amazonaws.com"}},
        ),
    ]


def test_reading_changes_nothing() -> None:
    verbs = {a.partition(":")[2] for a in actions(policies.reading(place(*EVERYTHING)))}

    assert {v for v in verbs if not re.match("Describe|Get|List|Simulate", v)} == set()


def test_deploying_has_every_action_of_the_table_and_no_other() -> None:
    needed = {a for need in (*NEEDS, *DOCTOR) for a in (*need.actions, *need.removal)}

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
        *policies.state(place(), bucket="b", prefix="", key_arn=KEY, write=True),
    ]

    assert [a for a in actions(everywhere) if "*" in a] == []
    assert [s for s in everywhere if re.search(r"[{}]", str(s.get("Resource")))] == []
    assert len({s["Sid"] for s in policies.writing(place(*EVERYTHING), bounded=True)}) == len(
        policies.writing(place(*EVERYTHING), bounded=True)
    )


def test_everything_is_allowed_on_star_only_where_the_table_says_so() -> None:
    table = (*NEEDS, *DOCTOR)
    listed = {a for n in table if n.resource == "*" for a in (*n.actions, *n.removal)}

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
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:TagResource",
    ]


OTHERS: dict[Given, str] = {
    "bucket_key": KEY,
    "database_key": f"{KEY}5",
    "entries_key": f"{KEY}6",
    "topic": "arn:t",
}


@pytest.mark.parametrize("bounded", [True, False])
def test_a_key_of_the_settings_or_of_the_state_cannot_be_made_the_stacks_own(bounded: bool) -> None:
    here = dataclasses.replace(place("topic", "entries key"), given=OTHERS)
    statements = policies.writing(here, bounded=bounded)
    taken = ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource"]

    assert [s for s in statements if s["Sid"] == "KeysAreKept"] == [
        {
            "Sid": "KeysAreKept",
            "Effect": "Deny",
            "Action": taken,
            "Resource": [KEY, f"{KEY}5", f"{KEY}6"],
        }
    ]
    state = policies.state(here, bucket="b", prefix="", key_arn=KEY, write=True)
    assert state[-1] == {
        "Sid": "StateKeyIsKept",
        "Effect": "Deny",
        "Action": taken,
        "Resource": [KEY],
    }


def test_without_keys_of_others_or_without_an_own_key_nothing_is_denied_about_keys() -> None:
    ownless = policies.writing(place(*(EVERYTHING - {"topic"})), bounded=False)
    keyless = policies.writing(dataclasses.replace(place("topic"), given={}), bounded=False)

    assert [actions(statements, "Deny") for statements in (ownless, keyless)] == [[], []]


@pytest.mark.parametrize(
    ("given", "topic"),
    [
        (
            {},
            f"arn:aws:sns:ap-northeast-2:123456789012:langfuse-prod-alarms-topic-{'?' * 26}",
        ),
        ({"topic": "arn:aws:sns:ap-northeast-2:123456789012:on-call"}, None),
    ],
)
def test_an_alarm_tells_the_stacks_topic_alone(given: dict[Given, str], topic: str | None) -> None:
    here = dataclasses.replace(place("alarms"), given=given)
    statements = policies.writing(here, bounded=True)

    (limited,) = [s for s in statements if "cloudwatch:PutMetricAlarm" in actions([s])]
    assert limited.get("Condition") == {
        "ForAllValues:StringLike": {"cloudwatch:AlarmActions": [topic or given["topic"]]}
    }


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
    below = "arn:aws:s3:::acme-state/tracing/.pulumi"

    statements = policies.state(
        place(), bucket="acme-state", prefix="/tracing/", key_arn=KEY, write=False
    )

    assert statements == [
        {
            "Sid": "StateList",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::acme-state",
        },
        {
            "Sid": "StateLayout",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"{below}/meta.yaml",
        },
        {
            "Sid": "StateObjects",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [
                f"{below}/stacks/agent-observability/prod.json*",
                f"{below}/stacks/agent-observability/prod.pulumi-tags",
                f"{below}/backups/agent-observability/prod/*",
                f"{below}/history/agent-observability/prod/*",
                f"{below}/journal/agent-observability/prod/*",
                f"{below}/locks/organization/agent-observability/prod/*",
            ],
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
    assert len(documents) == 5
    for document in documents:
        assert policies.size(document["Statement"]) <= 6144


def test_the_size_is_counted_without_spaces() -> None:
    statement: Statement = {"Sid": "A", "Effect": "Allow", "Action": "a:B", "Resource": "c d"}

    assert policies.size([statement]) == len(
        '{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"a:B",'
        '"Resource":"cd"}]}'
    )


def test_the_boundary_lets_roles_do_what_the_stacks_own_roles_do_and_nothing_of_iam() -> None:
    document = policies.boundary(place())

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


def test_the_boundary_lets_pods_publish_metrics_to_one_namespace_where_they_do() -> None:
    publishing = dataclasses.replace(place(), metrics="Langfuse")
    one, other = (policies.boundary(here)["Statement"] for here in (place(), publishing))

    assert [s for s in other if s not in one] == [
        {
            "Sid": "Metrics",
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": "Langfuse"}},
        }
    ]
    assert [s for s in one if s not in other] == []


def test_a_filter_is_put_on_the_log_group_of_the_settings_alone() -> None:
    statements = policies.writing(place("worker log"), bounded=True)

    (found,) = [s for s in statements if "logs:PutMetricFilter" in actions([s])]
    assert found == {
        "Sid": "Cloudalarms",
        "Effect": "Allow",
        "Action": [
            "logs:DeleteMetricFilter",
            "logs:DescribeMetricFilters",
            "logs:PutMetricFilter",
        ],
        "Resource": (
            "arn:aws:logs:ap-northeast-2:123456789012:log-group:"
            "/aws/containerinsights/platform/application:*"
        ),
    }


def test_the_boundary_ends_at_the_stacks_own_entries_and_buckets() -> None:
    assert place().names.boundary == "agent-observability-prod-boundary"

    named = {s["Sid"]: s.get("Resource") for s in policies.boundary(place())["Statement"]}
    assert named["Entries"] == (
        "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:agent-observability/prod/*"
    )
    assert named["Objects"] == [
        f"arn:aws:s3:::langfuse-prod-data-{'?' * 26}/*",
        "arn:aws:s3:::exports/lf-export-*",
        "arn:aws:s3:::pictures/media/*",
    ]
    assert named["DatabaseLogs"] == "arn:aws:logs:ap-northeast-2:123456789012:log-group:RDS*"


def test_the_boundary_of_version_2_knows_no_second_bucket_no_list_and_no_deletion() -> None:
    given: dict[Given, str] = {"bucket": "exports"}
    statements = policies.boundary(dataclasses.replace(place(), given=given))["Statement"]

    (objects,) = [s for s in statements if s["Action"][0] == "s3:GetObject"]
    assert objects["Action"] == ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
    assert objects.get("Resource") == [
        f"arn:aws:s3:::langfuse-prod-data-{'?' * 26}/*",
        "arn:aws:s3:::exports/lf-export-*",
        "arn:aws:s3:::exports/media/*",
    ]
    assert [s for s in statements if s["Action"] == "s3:ListBucket"] == []


@pytest.mark.parametrize(
    ("given", "adopted", "buckets"),
    [
        ({}, [], []),
        (
            {"bucket": "ours"},
            ["ours/events/*", "ours/exports/*", "ours/media/*"],
            ["ours"],
        ),
        (
            {"bucket": "ours", "media_bucket": "pictures"},
            ["ours/events/*", "ours/exports/*", "pictures/media/*"],
            ["ours", "pictures"],
        ),
        ({"media_bucket": "pictures"}, ["pictures/media/*"], ["pictures"]),
    ],
)
def test_the_boundary_from_version_3_on_lists_and_deletes_in_both_buckets(
    given: dict[Given, str], adopted: list[str], buckets: list[str]
) -> None:
    four = dataclasses.replace(place(prefixes=("events/", "exports/", "media/")), given=given)
    statements = {s["Sid"]: s for s in policies.boundary(four)["Statement"]}
    own = [f"arn:aws:s3:::langfuse-prod-{name}-{'?' * 26}" for name in ("data", "evts")]

    assert statements["Objects"] == {
        "Sid": "Objects",
        "Effect": "Allow",
        "Action": [
            "s3:GetObject",
            "s3:PutObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
            "s3:DeleteObject",
        ],
        "Resource": [
            *(f"{bucket}/*" for bucket in own),
            *(f"arn:aws:s3:::{objects}" for objects in adopted),
        ],
    }
    assert statements["Lists"] == {
        "Sid": "Lists",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": [*own, *(f"arn:aws:s3:::{bucket}" for bucket in buckets)],
        "Condition": {"StringLike": {"s3:prefix": ["events/*", "exports/*", "media/*"]}},
    }


def test_the_boundary_lets_each_key_be_used_through_its_own_service() -> None:
    keys = [s for s in policies.boundary(place())["Statement"] if s.get("Resource") == KEY]

    assert [(s["Sid"], s["Action"], s.get("Condition")) for s in keys] == [
        (
            "EntriesKey",
            ["kms:Decrypt"],
            {"StringEquals": {"kms:ViaService": "secretsmanager.ap-northeast-2.amazonaws.com"}},
        ),
        (
            "BucketKey",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            {"StringEquals": {"kms:ViaService": "s3.ap-northeast-2.amazonaws.com"}},
        ),
    ]


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

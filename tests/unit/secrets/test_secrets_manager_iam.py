"""IAM documents and names of Secrets Manager entries: exact. Does not prove what AWS refuses."""

from __future__ import annotations

import pytest

from components.secrets import entries, secrets_manager_iam

ENTRY = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:p/prod/app-AbCdEf"
KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

READ_ENTRY = {
    "Sid": "ReadEntry",
    "Effect": "Allow",
    "Action": "secretsmanager:GetSecretValue",
    "Resource": ENTRY,
}


def test_reading_is_one_action_on_one_entry() -> None:
    assert secrets_manager_iam.read_entry(entry_arn=ENTRY, kms_key_arn=None) == {
        "Version": "2012-10-17",
        "Statement": [READ_ENTRY],
    }


def test_a_key_may_be_used_for_this_entry_through_secrets_manager_only() -> None:
    assert secrets_manager_iam.read_entry(entry_arn=ENTRY, kms_key_arn=KEY) == {
        "Version": "2012-10-17",
        "Statement": [
            READ_ENTRY,
            {
                "Sid": "DecryptEntry",
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": KEY,
                "Condition": {
                    "StringEquals": {
                        "kms:ViaService": "secretsmanager.ap-northeast-2.amazonaws.com",
                        "kms:EncryptionContext:SecretARN": ENTRY,
                    }
                },
            },
        ],
    }


def test_the_service_has_another_domain_in_china() -> None:
    entry = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:p/prod/app-AbCdEf"

    _, key = secrets_manager_iam.read_entry(entry_arn=entry, kms_key_arn=KEY)["Statement"]

    condition = key.get("Condition", {})["StringEquals"]
    assert condition["kms:ViaService"] == "secretsmanager.cn-north-1.amazonaws.com.cn"


def test_the_entry_refuses_plain_http_and_every_other_account_and_allows_nothing() -> None:
    assert secrets_manager_iam.entry_guard(entry_arn=ENTRY) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "secretsmanager:*",
                "Resource": ENTRY,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "OwnAccountOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "secretsmanager:*",
                "Resource": ENTRY,
                "Condition": {
                    "StringNotEquals": {"aws:PrincipalAccount": "123456789012"},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                },
            },
        ],
    }


def test_an_entry_is_named_by_project_stack_and_role() -> None:
    name = entries.entry_name("agent-observability", "prod", "agents", "ai-agents", "access")

    assert name == "agent-observability/prod/agents/ai-agents/access"
    assert entries.name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a" * 513, "has 513 characters, and Secrets Manager allows 512"),
        ("", "must be made of letters, digits and the characters /_+=.@-"),
        ("p/prod/app key", "must be made of letters, digits and the characters /_+=.@-"),
        ("p/prod/앱", "must be made of letters, digits and the characters /_+=.@-"),
        (
            "p/prod/ai-agents",
            "must not end with a hyphen and six characters: an ARN ends so too, and a search for "
            "one without that end would find the wrong entry",
        ),
    ],
)
def test_a_name_that_secrets_manager_refuses_or_confuses_is_a_problem(
    name: str, problem: str
) -> None:
    assert entries.name_problem(name) == problem


@pytest.mark.parametrize("name", ["a" * 512, "p/s/a_+=.@-b", "p/prod/ai-agent", "p/s/x-agents/"])
def test_any_other_name_is_fine(name: str) -> None:
    assert entries.name_problem(name) is None


def test_versions_that_begin_alike_have_other_suffixes() -> None:
    one, other = "terraform-20261122101500000000000001", "terraform-20261122101500000000000002"

    assert entries.version_suffix(one) == "5287a3de"
    assert entries.version_suffix(other) != entries.version_suffix(one)

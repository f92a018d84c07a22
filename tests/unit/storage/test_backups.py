"""ClickHouse's backups in the bucket of media, and the role that reaches them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import pytest

from components.storage.object_storage import Backups, ObjectStorage
from tests.support.component_run import run_component
from tests.support.eks import ISSUER_HOST, OIDC_ARN, ROLE_PATH
from tests.support.recordings import depends_on, inputs
from tests.unit.storage import test_object_storage as version_2
from tests.unit.storage import test_object_storage_of_version_4 as version_4
from tooling.engineless.recording import Recording

KEPT = Backups(service_account="langfuse-clickhouse-server", days=21)


@lru_cache
def recorded(key: str | None = None) -> Recording:
    return version_4.record({"backups": KEPT, "kms_key_arn": key})


def test_backups_add_a_role_and_nothing_else() -> None:
    before, after = version_2.made(version_4.record()), version_2.made(recorded())

    assert after == {
        **before,
        "storage-backup-role": "aws:iam/role:Role",
        "storage-backup-role-policy": "aws:iam/rolePolicy:RolePolicy",
    }


@pytest.mark.parametrize("name", ["storage-role", "storage-role-policy", "storage-bucket"])
def test_langfuses_role_and_the_bucket_stay_as_they_are(name: str) -> None:
    assert inputs(recorded(), name) == inputs(version_4.record(), name)


def test_backups_expire_and_versions_of_them_a_week_later() -> None:
    rules = inputs(recorded(), "storage-lifecycle")["rules"]

    assert rules[1] == {
        "id": "clickhouse-backups",
        "status": "Enabled",
        "filter": {"prefix": "clickhouse-backups/"},
        "expiration": {"days": 21},
    }
    assert rules[2]["noncurrentVersionExpiration"] == {"noncurrentDays": 7}
    assert [rule["id"] for rule in rules] == ["exports", "clickhouse-backups", "clean-up"]


def test_clickhouses_account_alone_takes_the_role() -> None:
    role = inputs(recorded(), "storage-backup-role")
    trust = json.loads(role.pop("assumeRolePolicy"))

    assert role == {"path": ROLE_PATH, "description": "ClickHouse's access to its backups"}
    assert trust["Statement"] == [
        {
            "Sid": "ServiceAccount",
            "Effect": "Allow",
            "Principal": {"Federated": OIDC_ARN},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{ISSUER_HOST}:sub": (
                        "system:serviceaccount:observability:langfuse-clickhouse-server"
                    ),
                    f"{ISSUER_HOST}:aud": "sts.amazonaws.com",
                }
            },
        }
    ]


@pytest.mark.parametrize("key", [None, version_2.KEY])
def test_the_role_reaches_backups_and_no_media(key: str | None) -> None:
    recording = recorded(key)
    media = version_4.names(recording)[1]
    policy = json.loads(inputs(recording, "storage-backup-role-policy")["policy"])
    expected: list[dict[str, Any]] = [
        {
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": [
                "s3:GetObject",
                "s3:PutObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
                "s3:DeleteObject",
            ],
            "Resource": [f"arn:aws:s3:::{media}/clickhouse-backups/*"],
        },
        {
            "Sid": "Lists",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": [f"arn:aws:s3:::{media}"],
            "Condition": {"StringLike": {"s3:prefix": ["clickhouse-backups/*"]}},
        },
    ]
    if key:
        through = {"StringEquals": {"kms:ViaService": "s3.ap-northeast-2.amazonaws.com"}}
        expected.append(
            {
                "Sid": "Key",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": key,
                "Condition": through,
            }
        )
    assert policy["Statement"] == expected


def test_the_server_is_told_a_folder_that_is_ready_and_a_role_that_may_write() -> None:
    def body() -> None:
        args = version_2.replace(
            version_2.arguments(), version=version_4.V4, backups=KEPT, **version_4.ACCOUNTS
        )
        storage = ObjectStorage("storage", args)
        assert storage.backup_folder is not None
        values = {"folder": storage.backup_folder, **storage.backup_account_annotations}
        version_2.KubernetesSecret(
            "shown", version_2.KubernetesSecretArgs(namespace="observability", values=values)
        )

    recording = run_component(body)
    shown = version_2.shown(recording)
    media = version_4.names(recording)[1]
    url = f"https://{media}.s3.ap-northeast-2.amazonaws.com/clickhouse-backups"
    assert shown["folder"] == url
    role = shown[version_2.ROLE]
    assert role.startswith(f"arn:aws:iam::123456789012:role{ROLE_PATH}storage-backup-role-")
    waits = depends_on(recording, recording.named("shown-secret"))
    assert {"storage-encryption", "storage-policy", "storage-backup-role-policy"} <= set(waits)


@pytest.mark.parametrize(
    "changes",
    [{"bucket": "adopted"}, {"media_bucket": "adopted"}, {"version": version_2.LAST_2}],
)
def test_backups_without_a_bucket_of_media_of_its_own_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="the bucket of media that the component creates"):
        version_2.record({"version": version_4.V4, "backups": KEPT, **changes})


def test_without_backups_there_is_no_folder() -> None:
    def body() -> None:
        storage = ObjectStorage("storage", version_2.arguments())
        assert storage.backup_folder is None
        assert dict(storage.backup_account_annotations) == {}

    run_component(body)

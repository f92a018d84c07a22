"""The buckets of Langfuse 3 and 4: every input of every resource, by the shape of version 2's."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.langfuse.versions import LINES, Version
from tests.support.eks import ISSUER_HOST, OIDC_ARN, ROLE_PATH
from tests.support.recordings import depends_on
from tests.support.recordings import inputs as plain
from tests.unit.storage import test_object_storage as version_2
from tooling.engineless.recording import Recording

KEY, ROLE = version_2.KEY, version_2.ROLE
V4 = LINES[4].newest
EVENTS = {
    name.replace("storage-", "storage-events-"): type_
    for name, type_ in version_2.PARTS.items()
    if name != "storage-versioning"
}
CORS = {"storage-cors": "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration"}
ACCOUNTS = {"service_accounts": ["langfuse", "langfuse-worker"]}
ORIGIN = "https://langfuse.example.com"


def record(
    changes: Mapping[str, Any] | None = None,
    *,
    version: Version = V4,
    preview: bool = False,
    unknown: bool = False,
) -> Recording:
    given = {"version": version, **ACCOUNTS, **(changes or {})}
    return version_2.record(given, preview=preview, unknown=unknown)


def bucket_name(recording: Recording, name: str) -> str:
    return plain(recording, f"{name}-privacy")["bucket"]


def names(recording: Recording) -> tuple[str, str]:
    return bucket_name(recording, "storage-events"), bucket_name(recording, "storage")


def statements(recording: Recording) -> list[Any]:
    return json.loads(plain(recording, "storage-role-policy")["policy"])["Statement"]


@pytest.mark.parametrize("version", [LINES[3].newest, V4])
def test_it_consists_of_exactly_these_resources(version: Version) -> None:
    recording = record(version=version)

    expected = {**version_2.PARTS, **CORS, **EVENTS, **version_2.ACCESS}
    assert version_2.made(recording) == expected
    (component,) = recording.of_type("agent-observability:index:ObjectStorage")
    assert {recording.named(name).parent for name in expected} == {component.urn}


@pytest.mark.parametrize(
    "changes", [{}, {"kms_key_arn": KEY}, {"protect": False}, {"exports": False}]
)
def test_the_bucket_of_media_is_version_2s_so_that_an_upgrade_changes_nothing_of_it(
    changes: dict[str, Any],
) -> None:
    before, after = version_2.record(changes), record(changes)

    for name in version_2.PARTS:
        assert plain(after, name) == plain(before, name), name
        assert after.named(name).protect == before.named(name).protect
        assert depends_on(after, after.named(name)) == depends_on(before, before.named(name))


def test_the_bucket_of_events_has_a_name_of_its_own_and_is_protected_like_the_other() -> None:
    named = {"bucketPrefix": "langfuse-prod-evts-"}
    kept, gone = record(), record({"protect": False})

    assert plain(kept, "storage-events-bucket") == {**named, "forceDestroy": False}
    assert plain(gone, "storage-events-bucket") == {**named, "forceDestroy": True}
    protected = {r.name for r in kept.resources.values() if r.protect}
    assert protected == {"storage-bucket", "storage-events-bucket"}
    assert not any(r.protect for r in gone.resources.values())


@pytest.mark.parametrize("part", ["ownership", "privacy", "encryption", "policy"])
@pytest.mark.parametrize("key", [None, KEY])
def test_the_bucket_of_events_is_as_private_and_encrypted_as_the_other(
    part: str, key: str | None
) -> None:
    recording = record({"kms_key_arn": key})
    events, media = names(recording)

    text = json.dumps(plain(recording, f"storage-{part}"))
    assert json.dumps(plain(recording, f"storage-events-{part}")) == text.replace(media, events)
    waits = depends_on(recording, recording.named(f"storage-{part}"))
    assert depends_on(recording, recording.named(f"storage-events-{part}")) == [
        name.replace("storage-", "storage-events-") for name in waits
    ]


def test_events_and_exports_expire_and_nothing_is_kept_after_that() -> None:
    recording = record({"export_days": 3, "event_days": 45})

    assert plain(recording, "storage-events-lifecycle") == {
        "bucket": names(recording)[0],
        "rules": [
            {
                "id": "events",
                "status": "Enabled",
                "filter": {"prefix": "events/"},
                "expiration": {"days": 45},
            },
            {
                "id": "exports",
                "status": "Enabled",
                "filter": {"prefix": "exports/"},
                "expiration": {"days": 3},
            },
            {
                "id": "clean-up",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            },
        ],
    }
    waits = depends_on(recording, recording.named("storage-events-lifecycle"))
    assert waits == ["storage-events-bucket"]


def test_pages_of_the_public_url_may_read_and_upload_media() -> None:
    assert plain(record(), "storage-cors") == {
        "bucket": names(record())[1],
        "corsRules": [
            {
                "allowedMethods": ["GET", "PUT", "HEAD"],
                "allowedOrigins": [ORIGIN],
                "allowedHeaders": ["*"],
                "maxAgeSeconds": 3600,
            }
        ],
    }


def test_without_media_the_buckets_stay_and_no_page_may_upload() -> None:
    recording = record({"media": False})

    assert version_2.made(recording) == {**version_2.PARTS, **EVENTS, **version_2.ACCESS}
    assert not any("MEDIA" in key for key in version_2.shown(recording))
    assert [s["Resource"] for s in statements(recording)] == [
        [f"arn:aws:s3:::{names(recording)[0]}/{prefix}*" for prefix in ("events/", "exports/")],
        [f"arn:aws:s3:::{names(recording)[0]}"],
    ]


def test_both_service_accounts_can_take_the_role_and_no_other() -> None:
    role = plain(record(), "storage-role")
    trust = json.loads(role.pop("assumeRolePolicy"))

    assert role == {"path": ROLE_PATH, "description": "Langfuse's access to its bucket"}
    assert trust["Statement"] == [
        {
            "Sid": "ServiceAccount",
            "Effect": "Allow",
            "Principal": {"Federated": OIDC_ARN},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{ISSUER_HOST}:sub": [
                        "system:serviceaccount:observability:langfuse",
                        "system:serviceaccount:observability:langfuse-worker",
                    ],
                    f"{ISSUER_HOST}:aud": "sts.amazonaws.com",
                }
            },
        }
    ]


def access(*objects: tuple[str, str]) -> list[dict[str, Any]]:
    return [
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
            "Resource": [f"arn:aws:s3:::{bucket}/{prefix}*" for bucket, prefix in objects],
        },
        {
            "Sid": "Lists",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": list(dict.fromkeys(f"arn:aws:s3:::{bucket}" for bucket, _ in objects)),
            "Condition": {"StringLike": {"s3:prefix": [f"{prefix}*" for _, prefix in objects]}},
        },
    ]


def test_the_role_reaches_each_kind_of_object_in_its_bucket_alone() -> None:
    recording = record()
    events, media = names(recording)

    assert statements(recording) == access(
        (events, "events/"), (events, "exports/"), (media, "media/")
    )
    without = record({"exports": False})
    events, media = names(without)
    assert statements(without) == access((events, "events/"), (media, "media/"))


def test_the_role_may_use_a_given_key_through_s3() -> None:
    assert statements(record({"kms_key_arn": KEY}))[2:] == [
        {
            "Sid": "Key",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": KEY,
            "Condition": {"StringEquals": {"kms:ViaService": "s3.ap-northeast-2.amazonaws.com"}},
        }
    ]


def environment(events: str, media: str) -> dict[str, str]:
    region = "ap-northeast-2"
    return {
        "LANGFUSE_S3_EVENT_UPLOAD_BUCKET": events,
        "LANGFUSE_S3_EVENT_UPLOAD_PREFIX": "events/",
        "LANGFUSE_S3_EVENT_UPLOAD_REGION": region,
        "LANGFUSE_S3_BATCH_EXPORT_ENABLED": "true",
        "LANGFUSE_S3_BATCH_EXPORT_BUCKET": events,
        "LANGFUSE_S3_BATCH_EXPORT_PREFIX": "exports/",
        "LANGFUSE_S3_BATCH_EXPORT_REGION": region,
        "LANGFUSE_S3_MEDIA_UPLOAD_BUCKET": media,
        "LANGFUSE_S3_MEDIA_UPLOAD_PREFIX": "media/",
        "LANGFUSE_S3_MEDIA_UPLOAD_REGION": region,
    }


def given(recording: Recording) -> dict[str, str]:
    return {key: value for key, value in version_2.shown(recording).items() if key != ROLE}


def test_langfuse_gets_the_buckets_in_its_environment_and_no_key() -> None:
    assert given(record()) == environment(*names(record()))


def test_langfuse_waits_for_buckets_that_are_ready_and_for_a_role_that_can_do_its_work() -> None:
    waits = depends_on(record(), record().named("shown-secret"))

    parts = ("bucket", "policy", "encryption")
    assert {
        *(f"storage-{part}" for part in (*parts, "cors", "role", "role-policy")),
        *(f"storage-events-{part}" for part in parts),
    } <= set(waits)


def test_one_bucket_that_exists_has_everything_and_is_left_as_it_is() -> None:
    recording = record({"bucket": "ours"})

    assert version_2.made(recording) == version_2.ACCESS
    assert given(recording) == environment("ours", "ours")
    assert statements(recording) == access(
        ("ours", "events/"), ("ours", "exports/"), ("ours", "media/")
    )


def test_two_buckets_that_exist_are_left_as_they_are() -> None:
    recording = record({"bucket": "ours", "media_bucket": "pictures"})

    assert version_2.made(recording) == version_2.ACCESS
    assert given(recording) == environment("ours", "pictures")
    assert statements(recording) == access(
        ("ours", "events/"), ("ours", "exports/"), ("pictures", "media/")
    )


def test_media_in_a_bucket_that_exists_beside_a_created_one_for_events() -> None:
    recording = record({"media_bucket": "pictures"})
    events = bucket_name(recording, "storage-events")

    assert version_2.made(recording) == {**EVENTS, **version_2.ACCESS}
    assert given(recording) == environment(events, "pictures")


def test_a_first_preview_knows_nothing_of_aws_and_registers_the_same() -> None:
    preview = record(preview=True, unknown=True)

    def shape(recording: Recording) -> set[tuple[str, str, bool]]:
        return {(r.type, r.name, r.protect) for r in recording.resources.values()}

    assert shape(preview) == shape(record())

"""The bucket for exports and media: every input of every resource."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from components.langfuse.versions import LAST_2, Version
from components.secrets.kubernetes_secret import KubernetesSecret, KubernetesSecretArgs
from components.storage.object_storage import ObjectStorage, ObjectStorageArgs
from tests.support.component_run import run_component
from tests.support.eks import ISSUER_HOST, OIDC_ARN, ROLE_PATH, cluster, oidc_provider
from tests.support.recordings import depends_on
from tests.support.recordings import inputs as plain
from tooling.engineless.recording import Recording

KEY = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = "eks.amazonaws.com/role-arn"
PARTS = {
    "storage-bucket": "aws:s3/bucket:Bucket",
    "storage-ownership": "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "storage-privacy": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "storage-encryption": (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    ),
    "storage-versioning": "aws:s3/bucketVersioning:BucketVersioning",
    "storage-lifecycle": "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "storage-policy": "aws:s3/bucketPolicy:BucketPolicy",
}
ACCESS = {
    "storage-role": "aws:iam/role:Role",
    "storage-role-policy": "aws:iam/rolePolicy:RolePolicy",
}


def arguments(*, unknown: bool = False) -> ObjectStorageArgs:
    return ObjectStorageArgs(
        cluster=cluster(unknown=unknown),
        name_prefix="langfuse-prod-data",
        events_name_prefix="langfuse-prod-evts",
        oidc=oidc_provider(unknown=unknown),
        namespace="observability",
        service_accounts=["langfuse"],
        version=LAST_2,
        exports=True,
        media=True,
        export_days=30,
        event_days=90,
        protect=True,
        origin="https://langfuse.example.com",
    )


def record(
    changes: Mapping[str, Any] | None = None, *, preview: bool = False, unknown: bool = False
) -> Recording:
    """``storage`` with changed arguments, and an object that shows what it hands on."""

    def body() -> None:
        args = replace(arguments(unknown=unknown), **(changes or {}))
        storage = ObjectStorage("storage", args)
        values = {**storage.environment, **storage.service_account_annotations}
        KubernetesSecret("shown", KubernetesSecretArgs(namespace="observability", values=values))

    return run_component(body, preview=preview)


@lru_cache
def recorded() -> Recording:
    return record()


def shown(recording: Recording) -> dict[str, str]:
    return plain(recording, "shown-secret").get("stringData", {})


def bucket_name(recording: Recording) -> str:
    return plain(recording, "storage-privacy")["bucket"]


def made(recording: Recording) -> dict[str, str]:
    resources = recording.resources.values()
    return {r.name: r.type for r in resources if r.custom and r.name.startswith("storage-")}


def test_it_consists_of_exactly_these_resources() -> None:
    assert made(recorded()) == {**PARTS, **ACCESS}


def test_all_of_them_are_children_of_the_component() -> None:
    (component,) = recorded().of_type("agent-observability:index:ObjectStorage")

    assert {recorded().named(name).parent for name in made(recorded())} == {component.urn}


def test_the_bucket_keeps_its_objects_unless_it_is_unprotected() -> None:
    named = {"bucketPrefix": "langfuse-prod-data-"}

    assert plain(recorded(), "storage-bucket") == {**named, "forceDestroy": False}
    assert plain(record({"protect": False}), "storage-bucket") == {**named, "forceDestroy": True}


@pytest.mark.parametrize(("protect", "expected"), [(True, {"storage-bucket"}), (False, set[str]())])
def test_the_bucket_alone_is_protected(protect: bool, expected: set[str]) -> None:
    recording = record({"protect": protect})

    assert {r.name for r in recording.resources.values() if r.protect} == expected


def test_its_owner_owns_every_object() -> None:
    assert plain(recorded(), "storage-ownership") == {
        "bucket": bucket_name(recorded()),
        "rule": {"objectOwnership": "BucketOwnerEnforced"},
    }


def test_nothing_in_it_can_be_made_public() -> None:
    assert plain(recorded(), "storage-privacy") == {
        "bucket": bucket_name(recorded()),
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }


def test_it_is_encrypted_with_s3s_keys_or_a_given_one() -> None:
    default = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    own = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}
    with_key = {"applyServerSideEncryptionByDefault": own, "bucketKeyEnabled": True}

    for recording, rule in ((recorded(), default), (record({"kms_key_arn": KEY}), with_key)):
        assert plain(recording, "storage-encryption") == {
            "bucket": bucket_name(recording),
            "rules": [rule],
        }


def test_it_keeps_versions() -> None:
    assert plain(recorded(), "storage-versioning") == {
        "bucket": bucket_name(recorded()),
        "versioningConfiguration": {"status": "Enabled"},
    }


CLEAN_UP = {
    "id": "clean-up",
    "status": "Enabled",
    "filter": {"prefix": ""},
    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
    "noncurrentVersionExpiration": {"noncurrentDays": 7},
    "expiration": {"expiredObjectDeleteMarker": True},
}


def test_exports_expire_and_media_stays() -> None:
    exports = {
        "id": "exports",
        "status": "Enabled",
        "filter": {"prefix": "lf-export-"},
        "expiration": {"days": 30},
    }

    assert plain(recorded(), "storage-lifecycle") == {
        "bucket": bucket_name(recorded()),
        "rules": [exports, CLEAN_UP],
    }
    assert plain(record({"exports": False}), "storage-lifecycle")["rules"] == [CLEAN_UP]


def test_rules_about_versions_wait_for_versions() -> None:
    waits = depends_on(recorded(), recorded().named("storage-lifecycle"))

    assert waits == ["storage-bucket", "storage-versioning"]


def test_the_policy_refuses_plain_http_and_other_accounts() -> None:
    policy = plain(recorded(), "storage-policy")
    document = json.loads(policy.pop("policy"))
    arn = f"arn:aws:s3:::{bucket_name(recorded())}"
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
    }

    assert policy == {"bucket": bucket_name(recorded())}
    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                **refusal,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "OwnAccountOnly",
                **refusal,
                "Condition": {
                    "StringNotEquals": {"aws:PrincipalAccount": "123456789012"},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                },
            },
        ],
    }


def test_the_policy_comes_after_the_other_changes_of_access() -> None:
    waits = depends_on(recorded(), recorded().named("storage-policy"))

    assert waits == ["storage-bucket", "storage-ownership", "storage-privacy"]


def test_only_langfuses_service_account_can_take_the_role() -> None:
    role = plain(recorded(), "storage-role")
    trust = json.loads(role.pop("assumeRolePolicy"))

    assert role == {"path": ROLE_PATH, "description": "Langfuse's access to its bucket"}
    assert trust == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ServiceAccount",
                "Effect": "Allow",
                "Principal": {"Federated": OIDC_ARN},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{ISSUER_HOST}:sub": "system:serviceaccount:observability:langfuse",
                        f"{ISSUER_HOST}:aud": "sts.amazonaws.com",
                    }
                },
            }
        ],
    }


def objects(recording: Recording, *prefixes: str) -> dict[str, Any]:
    name = bucket_name(recording)
    return {
        "Sid": "Objects",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
        "Resource": [f"arn:aws:s3:::{name}/{prefix}*" for prefix in prefixes],
    }


@pytest.mark.parametrize(
    ("options", "prefixes"),
    [
        ({}, ("lf-export-", "media/")),
        ({"media": False}, ("lf-export-",)),
        ({"exports": False}, ("media/",)),
        ({"version": Version(2, 89, 0)}, ("lf-export-",)),
    ],
)
def test_the_role_reaches_what_the_release_stores_and_no_more(
    options: dict[str, Any], prefixes: tuple[str, ...]
) -> None:
    recording = record(options)
    policy = plain(recording, "storage-role-policy")
    document = json.loads(policy.pop("policy"))

    assert set(policy) == {"role"}
    assert policy["role"].startswith("storage-role-")
    assert document == {"Version": "2012-10-17", "Statement": [objects(recording, *prefixes)]}


def test_the_role_may_use_a_given_key_through_s3() -> None:
    recording = record({"kms_key_arn": KEY})
    document = json.loads(plain(recording, "storage-role-policy")["policy"])

    assert document["Statement"] == [
        objects(recording, "lf-export-", "media/"),
        {
            "Sid": "Key",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": KEY,
            "Condition": {"StringEquals": {"kms:ViaService": "s3.ap-northeast-2.amazonaws.com"}},
        },
    ]


def test_the_service_account_gets_the_role_when_it_can_do_its_work() -> None:
    waits = depends_on(recorded(), recorded().named("shown-secret"))

    role = shown(recorded())[ROLE]
    assert role.startswith("arn:aws:iam::123456789012:role/agent-observability/prod/storage-role-")
    assert {"storage-role", "storage-role-policy"} <= set(waits)


def test_langfuse_waits_for_an_encrypted_private_bucket() -> None:
    waits = depends_on(recorded(), recorded().named("shown-secret"))

    assert {"storage-bucket", "storage-policy", "storage-encryption"} <= set(waits)


def test_langfuse_gets_the_bucket_in_its_environment() -> None:
    name = bucket_name(recorded())

    environment = {key: value for key, value in shown(recorded()).items() if key != ROLE}
    assert environment == {
        "S3_BUCKET_NAME": name,
        "S3_REGION": "ap-northeast-2",
        "LANGFUSE_S3_MEDIA_UPLOAD_ENABLED": "true",
        "LANGFUSE_S3_MEDIA_UPLOAD_BUCKET": name,
        "LANGFUSE_S3_MEDIA_UPLOAD_REGION": "ap-northeast-2",
        "LANGFUSE_S3_MEDIA_UPLOAD_PREFIX": "media/",
    }


def test_a_bucket_that_exists_is_left_as_it_is() -> None:
    recording = record({"bucket": "langfuse-exports"})
    document = json.loads(plain(recording, "storage-role-policy")["policy"])

    assert made(recording) == ACCESS
    assert shown(recording)["S3_BUCKET_NAME"] == "langfuse-exports"
    assert document["Statement"][0]["Resource"] == [
        "arn:aws:s3:::langfuse-exports/lf-export-*",
        "arn:aws:s3:::langfuse-exports/media/*",
    ]


def test_a_release_that_knows_no_role_gets_none() -> None:
    recording = record({"version": Version(2, 81, 0), "media": False, "oidc": None})

    assert made(recording) == PARTS
    assert shown(recording) == {
        "S3_BUCKET_NAME": bucket_name(recording),
        "S3_REGION": "ap-northeast-2",
        "S3_ENDPOINT": "https://s3.ap-northeast-2.amazonaws.com",
    }


def test_a_role_without_an_identity_provider_is_refused() -> None:
    with pytest.raises(ValueError, match="an OIDC provider is needed"):
        record({"oidc": None})


def test_nothing_allows_browsers_of_other_origins_because_none_asks() -> None:
    assert not any("Cors" in r.type for r in recorded().resources.values())


def test_a_first_preview_knows_nothing_of_aws_and_registers_the_same() -> None:
    preview = record(preview=True, unknown=True)

    def shape(recording: Recording) -> set[tuple[str, str, bool]]:
        return {(r.type, r.name, r.protect) for r in recording.resources.values()}

    assert shape(preview) == shape(recorded())

"""Langfuse's settings for object storage, by release."""

from typing import Any

import pytest

from components.langfuse import storage_environment as storage
from components.langfuse.versions import LAST_2, LINES, OLDEST, Version

BEFORE_ROLES = Version(2, 81, 0)
FIRST_WITH_ROLES = Version(2, 81, 1)
BEFORE_MEDIA = Version(2, 89, 0)
FIRST_WITH_MEDIA = Version(2, 90, 0)
EXPORTS = {"S3_BUCKET_NAME": "bucket", "S3_REGION": "eu-west-1"}
ENDPOINT = {"S3_ENDPOINT": "https://s3.eu-west-1.amazonaws.com"}
MEDIA = {
    "LANGFUSE_S3_MEDIA_UPLOAD_ENABLED": "true",
    "LANGFUSE_S3_MEDIA_UPLOAD_BUCKET": "bucket",
    "LANGFUSE_S3_MEDIA_UPLOAD_REGION": "eu-west-1",
    "LANGFUSE_S3_MEDIA_UPLOAD_PREFIX": "media/",
}


@pytest.mark.parametrize(
    ("version", "exports", "media", "expected"),
    [
        (LAST_2, True, True, {**EXPORTS, **MEDIA}),
        (LAST_2, True, False, EXPORTS),
        (LAST_2, False, True, MEDIA),
        (LAST_2, False, False, {}),
        (FIRST_WITH_MEDIA, True, True, {**EXPORTS, **MEDIA}),
        (BEFORE_MEDIA, True, True, EXPORTS),
        (FIRST_WITH_ROLES, True, False, EXPORTS),
        (BEFORE_ROLES, True, False, {**EXPORTS, **ENDPOINT}),
        (OLDEST, True, True, {**EXPORTS, **ENDPOINT}),
    ],
)
def test_a_release_is_told_what_it_can_read(
    version: Version,
    exports: bool,
    media: bool,
    expected: dict[str, Any],
) -> None:
    environment = storage.storage_environment(
        "bucket", version=version, region="eu-west-1", exports=exports, media=media
    )

    assert environment == expected


@pytest.mark.parametrize(
    ("version", "prefixes"),
    [
        (OLDEST, []),
        (BEFORE_ROLES, []),
        (FIRST_WITH_ROLES, ["lf-export-"]),
        (BEFORE_MEDIA, ["lf-export-"]),
        (FIRST_WITH_MEDIA, ["lf-export-", "media/"]),
        (LAST_2, ["lf-export-", "media/"]),
        (LINES[3].newest, ["events/", "exports/", "media/"]),
        (LINES[4].newest, ["events/", "exports/", "media/"]),
    ],
)
def test_a_role_is_for_what_the_release_does_by_role(version: Version, prefixes: list[str]) -> None:
    assert storage.role_prefixes(version=version, exports=True, media=True) == prefixes


@pytest.mark.parametrize(
    ("exports", "media", "expected"),
    [
        (False, False, ["events/"]),
        (True, False, ["events/", "exports/"]),
        (False, True, ["events/", "media/"]),
    ],
)
def test_from_version_3_on_events_are_always_stored(
    exports: bool, media: bool, expected: list[str]
) -> None:
    version = LINES[4].newest

    assert storage.role_prefixes(version=version, exports=exports, media=media) == expected


def test_from_version_3_on_media_may_have_a_bucket_of_their_own() -> None:
    variables = storage.from_version_3(
        "bucket", media_bucket="pictures", region="eu-west-1", exports=False, media=True
    )

    assert variables == {
        "LANGFUSE_S3_EVENT_UPLOAD_BUCKET": "bucket",
        "LANGFUSE_S3_EVENT_UPLOAD_PREFIX": "events/",
        "LANGFUSE_S3_EVENT_UPLOAD_REGION": "eu-west-1",
        "LANGFUSE_S3_MEDIA_UPLOAD_BUCKET": "pictures",
        "LANGFUSE_S3_MEDIA_UPLOAD_PREFIX": "media/",
        "LANGFUSE_S3_MEDIA_UPLOAD_REGION": "eu-west-1",
    }


def test_links_to_exports_lead_to_another_address_only_where_there_are_exports() -> None:
    store = storage.Store(endpoint="http://s3:8333", force_path_style=True, links="http://links")
    given = {
        exports: storage.from_version_3(
            "bucket", region="us-east-1", exports=exports, media=False, store=store
        )
        for exports in (True, False)
    }

    key = "LANGFUSE_S3_BATCH_EXPORT_EXTERNAL_ENDPOINT"
    assert given[True][key] == "http://links"
    assert key not in given[False]
    assert given[True]["LANGFUSE_S3_BATCH_EXPORT_ENDPOINT"] == "http://s3:8333"


def test_a_release_that_knows_no_role_needs_a_key_for_exports() -> None:
    assert storage.needs_static_keys(BEFORE_ROLES)
    assert not storage.needs_static_keys(FIRST_WITH_ROLES)
    assert storage.static_keys("AKIAEXAMPLE", "example") == {
        "S3_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "S3_SECRET_ACCESS_KEY": "example",
    }


def test_the_endpoint_has_the_partitions_domain() -> None:
    assert storage.endpoint("cn-north-1") == "https://s3.cn-north-1.amazonaws.com.cn"

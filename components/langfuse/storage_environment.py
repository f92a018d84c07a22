"""Langfuse's settings for object storage, by release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from components.langfuse import versions
from components.langfuse.versions import Version

EXPORT_PREFIX: Final = "lf-export-"
"""Prefix of the names of exports, at the top of the bucket. It cannot be configured: see
web/src/server/api/routers/generations/exportQuery/index.ts in langfuse/langfuse at v2.95.12."""

MEDIA_PREFIX: Final = "media/"
"""Prefix of media. 2.90.0 accepts no prefix without a slash at its end."""

EVENT_PREFIX: Final = "events/"
"""Prefix of accepted events, from version 3 on."""

EXPORTS: Final = "exports/"
"""Prefix of exports, from version 3 on."""

BACKUPS: Final = "clickhouse-backups/"
"""Prefix of ClickHouse's backups, in the bucket of media. Langfuse's role does not reach it."""

T = TypeVar("T")


def storage_environment(
    bucket: T, *, version: Version, region: str, exports: bool, media: bool
) -> dict[str, str | T]:
    """Variables that are not secret; none for features that the release does not have."""
    variables: dict[str, str | T] = {}
    if exports:
        variables |= {"S3_BUCKET_NAME": bucket, "S3_REGION": region}
        if needs_static_keys(version):
            # Exports stay off unless all five variables are set.
            variables["S3_ENDPOINT"] = endpoint(region)
    if media and version >= versions.MEDIA_UPLOAD:
        variables |= {
            "LANGFUSE_S3_MEDIA_UPLOAD_ENABLED": "true",
            "LANGFUSE_S3_MEDIA_UPLOAD_BUCKET": bucket,
            "LANGFUSE_S3_MEDIA_UPLOAD_REGION": region,
            "LANGFUSE_S3_MEDIA_UPLOAD_PREFIX": MEDIA_PREFIX,
        }
    return variables


@dataclass(frozen=True, kw_only=True)
class Store(Generic[T]):
    """A store that is not Amazon S3, or is reached with keys."""

    endpoint: T
    """URL of its API."""
    force_path_style: bool
    """Whether the bucket is in the path of a URL."""
    links: str | None = None
    """URL that links to exports lead to; none leads them to ``endpoint``."""


def from_version_3(
    bucket: T,
    *,
    region: str,
    exports: bool,
    media: bool,
    media_bucket: T | None = None,
    store: Store[T] | None = None,
) -> dict[str, str | T]:
    """Variables that are not secret. Without ``store`` it is Amazon S3, reached by role; media are
    in ``media_bucket`` if there is one."""
    variables: dict[str, str | T] = {}
    for purpose, prefix in _purposes(exports=exports, media=media).items():
        begin = f"LANGFUSE_S3_{purpose}"
        own = media_bucket if prefix == MEDIA_PREFIX else None
        variables |= {
            f"{begin}_BUCKET": bucket if own is None else own,
            f"{begin}_PREFIX": prefix,
            f"{begin}_REGION": region,
        }
        if store is not None:
            variables |= {
                f"{begin}_ENDPOINT": store.endpoint,
                f"{begin}_FORCE_PATH_STYLE": "true" if store.force_path_style else "false",
            }
    if exports:
        variables["LANGFUSE_S3_BATCH_EXPORT_ENABLED"] = "true"
        if store is not None and store.links is not None:
            variables["LANGFUSE_S3_BATCH_EXPORT_EXTERNAL_ENDPOINT"] = store.links
    return variables


def keys_from_version_3(
    access_key_id: T, secret_access_key: T, *, exports: bool, media: bool
) -> dict[str, T]:
    """Secret variables of a store that is reached with keys."""
    return {
        f"LANGFUSE_S3_{purpose}_{name}": value
        for purpose in _purposes(exports=exports, media=media)
        for name, value in (
            ("ACCESS_KEY_ID", access_key_id),
            ("SECRET_ACCESS_KEY", secret_access_key),
        )
    }


def _purposes(*, exports: bool, media: bool) -> dict[str, str]:
    """What is stored, as Langfuse calls it, and the prefix of its objects."""
    return {
        "EVENT_UPLOAD": EVENT_PREFIX,
        **({"BATCH_EXPORT": EXPORTS} if exports else {}),
        **({"MEDIA_UPLOAD": MEDIA_PREFIX} if media else {}),
    }


def static_keys(access_key_id: str, secret_access_key: str) -> dict[str, str]:
    """Secret variables for a release that cannot use a role (``needs_static_keys``)."""
    return {"S3_ACCESS_KEY_ID": access_key_id, "S3_SECRET_ACCESS_KEY": secret_access_key}


def needs_static_keys(version: Version) -> bool:
    """Whether exports of a release need an access key, because it cannot use a role."""
    return version < versions.EXPORT_WITHOUT_STATIC_KEYS


def role_prefixes(*, version: Version, exports: bool, media: bool) -> list[str]:
    """Prefixes of the objects that a release accesses by role; none if it needs no role."""
    if versions.needs(version):
        return list(_purposes(exports=exports, media=media).values())
    prefixes: list[str] = []
    if exports and not needs_static_keys(version):
        prefixes.append(EXPORT_PREFIX)
    if media and version >= versions.MEDIA_UPLOAD:
        prefixes.append(MEDIA_PREFIX)
    return prefixes


def endpoint(region: str) -> str:
    """S3's endpoint in a region."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://s3.{region}.{suffix}"

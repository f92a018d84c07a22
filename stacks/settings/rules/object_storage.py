"""Rules of object storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.langfuse import storage_environment, versions
from components.langfuse.versions import Version
from components.secrets.masking import MASK
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    set_command,
    to_decide,
)
from stacks.settings.rules.aws import of_stack
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.object_storage import S3ObjectStorage


def needs_eks(object_storage: S3ObjectStorage, cluster: Cluster) -> Iterator[Problem]:
    if cluster.eks_name is None:
        rule = "needs an EKS cluster (cluster.eksName): pods reach the bucket from its account"
        yield Problem(full_key("objectStorage"), "(an object)", rule, "")


def stores_something(object_storage: S3ObjectStorage) -> Iterator[Problem]:
    if not (object_storage.exports or object_storage.media):
        rule = "must be true, or objectStorage.media: the bucket would hold nothing"
        yield to_decide("objectStorage.exports", object_storage.exports, rule)


def existing_bucket(object_storage: S3ObjectStorage) -> Iterator[Problem]:
    if object_storage.bucket is not None and "export_days" in object_storage.model_fields_set:
        rule = "is for a bucket that the program creates; an existing one keeps its own rules"
        yield to_decide("objectStorage.exportDays", object_storage.export_days, rule)


def media_by_version(object_storage: S3ObjectStorage, langfuse: Langfuse) -> Iterator[Problem]:
    since = versions.MEDIA_UPLOAD
    if object_storage.media and Version.parse(langfuse.version) < since:
        rule = f"needs Langfuse {since} or newer; this is {langfuse.version}"
        yield to_decide("objectStorage.media", True, rule)


def keys_by_version(object_storage: S3ObjectStorage, langfuse: Langfuse) -> Iterator[Problem]:
    since = versions.EXPORT_WITHOUT_STATIC_KEYS
    needed = storage_environment.needs_static_keys(Version.parse(langfuse.version))
    given = {
        "objectStorage.accessKeyId": object_storage.access_key_id,
        "objectStorage.secretAccessKey": object_storage.secret_access_key,
    }
    for path, value in given.items():
        key = full_key(path)
        if value is not None and not needed:
            rule = f"has no use from Langfuse {since} on, which takes the role of its pods"
            yield Problem(key, MASK, rule, "")
        if value is None and needed and object_storage.exports:
            rule = (
                f"is required for exports before Langfuse {since}, which take no role; "
                f"this is {langfuse.version}"
            )
            yield Problem(key, "(nothing)", rule, set_command(key, "", secret=True))


def storage_key(object_storage: S3ObjectStorage, aws: Aws) -> Iterator[Problem]:
    yield from of_stack("objectStorage.kmsKeyArn", object_storage.kms_key_arn, aws)


CHECKS: Final[tuple[Check, ...]] = (
    storage_key,
    needs_eks,
    stores_something,
    existing_bucket,
    media_by_version,
    keys_by_version,
)

"""Rules of object storage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from components.langfuse import storage_environment, versions
from components.langfuse.versions import Version
from components.secrets.masking import MASK
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.fields.network import is_local
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    set_command,
    show,
    to_change,
    to_decide,
    to_remove,
)
from stacks.settings.rules.aws import of_stack
from stacks.settings.rules.resources import within_limit
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.object_storage import (
    ExternalObjectStorage,
    S3ObjectStorage,
    StatefulSetObjectStorage,
)

_HTTPS: Final = 443

_OLDEST: Final = (4, 44)
"""Of SeaweedFS, as its key says."""


def needs_eks(object_storage: S3ObjectStorage, cluster: Cluster) -> Iterator[Problem]:
    if cluster.eks_name is None:
        rule = "needs an EKS cluster (cluster.eksName): pods reach the bucket from its account"
        yield Problem(full_key("objectStorage"), "(an object)", rule, "")


def _keeps_events(langfuse: Langfuse) -> bool:
    """Whether the release has accepted events in object storage, as all have from version 3 on."""
    return bool(versions.needs(Version.parse(langfuse.version)))


def stores_something(object_storage: S3ObjectStorage, langfuse: Langfuse) -> Iterator[Problem]:
    used = object_storage.exports or object_storage.media or _keeps_events(langfuse)
    if not used and not langfuse.is_prepared:
        rule = "must be true, or objectStorage.media: the bucket would hold nothing"
        yield to_decide("objectStorage.exports", object_storage.exports, rule)


def existing_bucket(object_storage: S3ObjectStorage) -> Iterator[Problem]:
    if object_storage.bucket is not None:
        rule = "is for a bucket that the program creates; an existing one keeps its own rules"
        if "export_days" in object_storage.model_fields_set:
            yield to_decide("objectStorage.exportDays", object_storage.export_days, rule)
        if "event_days" in object_storage.model_fields_set:
            yield to_decide("objectStorage.eventDays", object_storage.event_days, rule)


def events_by_version(object_storage: S3ObjectStorage, langfuse: Langfuse) -> Iterator[Problem]:
    if _keeps_events(langfuse) or langfuse.is_prepared:
        return
    if "event_days" in object_storage.model_fields_set:
        rule = f"has no use: Langfuse {langfuse.version} keeps no events in object storage"
        yield to_decide("objectStorage.eventDays", object_storage.event_days, rule)
    if object_storage.media_bucket is not None:
        rule = f"is for Langfuse 3 and newer; {langfuse.version} has one bucket"
        yield to_decide("objectStorage.mediaBucket", object_storage.media_bucket, rule)


def media_bucket_is_used(object_storage: S3ObjectStorage, langfuse: Langfuse) -> Iterator[Problem]:
    bucket, key = object_storage.media_bucket, "objectStorage.mediaBucket"
    if bucket is None or not _keeps_events(langfuse):
        return
    if not object_storage.media:
        yield to_decide(key, bucket, "is for media, which this stack does not store")
    if bucket == object_storage.bucket:
        rule = "is objectStorage.bucket too, which has the media without it"
        yield to_remove(key, bucket, rule)


def media_from_pages(
    object_storage: S3ObjectStorage, langfuse: Langfuse, endpoint: None
) -> Iterator[Problem]:
    url = langfuse.public_url
    if object_storage.media and _keeps_events(langfuse) and (is_local(url) or "*" in url):
        why = "the machine of each reader" if is_local(url) else "no origin of a page"
        rule = (
            f"needs a public URL: Langfuse's pages upload media to the bucket, which admits pages "
            f"of that URL alone, and {url} (langfuse.publicUrl) is {why}; give an endpoint, or "
            "langfuse.publicUrl"
        )
        yield to_decide("objectStorage.media", True, rule)


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


def reachable(object_storage: S3ObjectStorage, langfuse: Langfuse) -> Iterator[Problem]:
    """From version 3 on nothing is accepted without the store."""
    ports = langfuse.egress_ports
    if _keeps_events(langfuse) and _HTTPS not in ports:
        rule = (
            f"does not have {_HTTPS}, by which pods reach S3 and take their role: Langfuse's "
            "NetworkPolicy lets its pods reach no other port"
        )
        fix = set_command(full_key(f"langfuse.egressPorts[{len(ports)}]"), _HTTPS)
        yield Problem(full_key("langfuse.egressPorts"), show([*ports]), rule, fix)


def reachable_store(object_storage: ExternalObjectStorage) -> Iterator[Problem]:
    if is_local(object_storage.endpoint):
        rule = "leads to Langfuse's own pod"
        yield to_decide("objectStorage.endpoint", object_storage.endpoint, rule)


def bucket_once(object_storage: ExternalObjectStorage) -> Iterator[Problem]:
    """Langfuse puts the bucket into the host or the path of each request by itself. Only of S3 the
    name tells that the host has it: another store may be called like its bucket."""
    endpoint, bucket = object_storage.endpoint, object_storage.bucket
    url = urlsplit(endpoint)
    if (url.hostname or "").startswith((f"{bucket}.s3.", f"{bucket}.s3-")):
        rule = "must not begin with objectStorage.bucket, which Langfuse adds to each request"
        fitting = f"{url.scheme}://{url.netloc[len(bucket) + 1 :]}"
        yield to_change("objectStorage.endpoint", endpoint, rule, fitting)


def region_of_amazon(object_storage: ExternalObjectStorage) -> Iterator[Problem]:
    """S3 redirects requests of another region, which Langfuse does not follow
    (https://docs.aws.amazon.com/general/latest/gr/s3.html)."""
    host = urlsplit(object_storage.endpoint).hostname or ""
    found = re.fullmatch(r"(?:.+\.)?s3(?:\.dualstack)?[.-]([a-z]+-[a-z-]+-\d)\.amazonaws\..+", host)
    if found is not None and found[1] != object_storage.region:
        rule = "must be the region that objectStorage.endpoint names"
        yield to_decide("objectStorage.region", object_storage.region, rule)


def store_image(object_storage: StatefulSetObjectStorage) -> Iterator[Problem]:
    image = object_storage.image
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    found = re.match(r"v?(\d+)\.(\d+)(?![\d.])", tag, re.ASCII)
    if found is not None and (int(found[1]), int(found[2])) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        rule = f"is older than {oldest}, the oldest SeaweedFS that is supported"
        newest = StatefulSetObjectStorage.model_fields["image"].default.rpartition(":")[2]
        repository = image.partition("@")[0].removesuffix(f":{tag}")
        yield to_change("objectStorage.image", image, rule, f"{repository}:{newest}")


def store_memory(object_storage: StatefulSetObjectStorage) -> Iterator[Problem]:
    yield from within_limit("objectStorage.resources", object_storage.resources)


def exports_kept(object_storage: StatefulSetObjectStorage) -> Iterator[Problem]:
    if object_storage.public_endpoint is None and "export_days" in object_storage.model_fields_set:
        rule = (
            "has no use without objectStorage.publicEndpoint: exports are off, because their links "
            "would lead browsers to an address in the cluster"
        )
        yield to_decide("objectStorage.exportDays", object_storage.export_days, rule)


CHECKS: Final[tuple[Check, ...]] = (
    storage_key,
    needs_eks,
    stores_something,
    existing_bucket,
    events_by_version,
    media_bucket_is_used,
    media_by_version,
    media_from_pages,
    keys_by_version,
    reachable,
    reachable_store,
    bucket_once,
    region_of_amazon,
    store_image,
    store_memory,
    exports_kept,
)

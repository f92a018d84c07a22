"""Rules of ClickHouse, each for the engines that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from components.clickhouse import releases
from components.clickhouse.connection import (
    HTTP_PORT,
    HTTPS_PORT,
    NATIVE_PORT,
    NATIVE_TLS_PORT,
    authority,
)
from components.kubernetes import quantities
from components.langfuse import versions
from components.langfuse.versions import Version
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.fields.network import is_local
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    remove_command,
    to_change,
    to_decide,
    to_give,
)
from stacks.settings.rules.resources import within_limit
from stacks.settings.rules.volumes import one_class
from stacks.settings.sections.clickhouse import (
    ExternalClickHouse,
    OperatorClickHouse,
    StatefulSetClickHouse,
)
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.object_storage import (
    ExternalObjectStorage,
    S3ObjectStorage,
    StatefulSetObjectStorage,
)

_FILE_SYSTEMS: Final = re.compile(
    r"(?<![a-z])(efs|nfs|smb|cifs|azurefile|azure-file|filestore)(?![a-z])"
)
"""Network file systems in the name of a class. ClickHouse renames folders in one step (renameat2),
which they cannot: Langfuse's migration 36 stops half-way
(https://github.com/langfuse/langfuse-k8s/issues/382)."""

_LEAST: Final = {StatefulSetClickHouse: "2Gi", OperatorClickHouse: "4Gi"}
"""Memory below which the server is killed under little load."""


def known_release(clickhouse: StatefulSetClickHouse | OperatorClickHouse) -> Iterator[Problem]:
    images = {"clickhouse.image": (clickhouse.image, releases.IMAGE)}
    if isinstance(clickhouse, OperatorClickHouse):
        images = {
            "clickhouse.image": (clickhouse.image, releases.SERVER_IMAGE),
            "clickhouse.keeper.image": (clickhouse.keeper.image, releases.KEEPER_IMAGE),
        }
    for path, (image, fitting) in images.items():
        if (reason := releases.problem(image)) is not None:
            yield to_change(path, image, reason, releases.with_tag_of(image, fitting))


def images_of_their_own(clickhouse: OperatorClickHouse) -> Iterator[Problem]:
    """The operator starts each image by its own entrypoint."""
    of_server, of_keeper = (
        image.rpartition("/")[2].partition(":")[0]
        for image in (releases.SERVER_IMAGE, releases.KEEPER_IMAGE)
    )
    for path, image, other, own in (
        ("clickhouse.image", clickhouse.image, of_keeper, of_server),
        ("clickhouse.keeper.image", clickhouse.keeper.image, of_server, of_keeper),
    ):
        folder, slash, name = image.rpartition("/")
        if re.match(rf"{other}[:@]", name):
            rule = f"is the image {other}, in place of {own}"
            # A digest is of one image.
            fitting = f"{folder}{slash}{own}{name.removeprefix(other)}"
            if "@" in image:
                yield to_decide(path, image, rule)
            else:
                yield to_change(path, image, rule, fitting)


def block_storage(clickhouse: StatefulSetClickHouse | OperatorClickHouse) -> Iterator[Problem]:
    name = clickhouse.storage_class
    if name is not None and _FILE_SYSTEMS.search(name):
        rule = (
            "is by its name a network file system, on which ClickHouse's migrations break; "
            "it needs block storage, such as EBS"
        )
        yield to_decide("clickhouse.storageClass", name, rule)


def storage_class(clickhouse: StatefulSetClickHouse | OperatorClickHouse) -> Iterator[Problem]:
    yield from one_class("clickhouse", clickhouse)


def memory(clickhouse: StatefulSetClickHouse | OperatorClickHouse) -> Iterator[Problem]:
    limit, least = clickhouse.resources.memory_limit, _LEAST[type(clickhouse)]
    if quantities.parse(limit) < quantities.parse(least):
        rule = f"must be at least {least}: with less, ClickHouse is killed under little load"
        yield to_change("clickhouse.resources.memoryLimit", limit, rule, least)
    else:
        yield from within_limit("clickhouse.resources", clickhouse.resources)


def keeper_memory(clickhouse: OperatorClickHouse) -> Iterator[Problem]:
    yield from within_limit("clickhouse.keeper.resources", clickhouse.keeper.resources)


def _is_cloud(clickhouse: ExternalClickHouse) -> bool:
    """Whether the host is by its name one of ClickHouse Cloud."""
    return (urlsplit(clickhouse.url).hostname or "").endswith(".clickhouse.cloud")


def kind_of_host(clickhouse: ExternalClickHouse) -> Iterator[Problem]:
    if clickhouse.kind != "cloud" and _is_cloud(clickhouse):
        rule = "must be cloud: by its name, the host is one of ClickHouse Cloud"
        yield to_change("clickhouse.kind", clickhouse.kind, rule, "cloud")


def external_url(clickhouse: ExternalClickHouse) -> Iterator[Problem]:
    url = urlsplit(clickhouse.url)
    host, port = url.hostname or "", url.port
    if is_local(clickhouse.url):
        yield to_decide("clickhouse.url", clickhouse.url, "leads to Langfuse's own pod")
        return
    scheme, usual = ("https", HTTPS_PORT) if url.scheme == "https" else ("http", HTTP_PORT)
    if clickhouse.kind == "cloud" and (scheme, port) != ("https", HTTPS_PORT):
        rule = f"must begin with https:// and have port {HTTPS_PORT}, as ClickHouse Cloud has it"
        scheme, port = "https", HTTPS_PORT
    elif port in {NATIVE_PORT, NATIVE_TLS_PORT}:
        rule = "must not have the port of the native protocol: queries go over HTTP"
        tls = port == NATIVE_TLS_PORT
        scheme, port = ("https", HTTPS_PORT) if tls else (scheme, usual)
    elif port is None:
        rule = f"must have a port, such as {usual}: without one it would be that of web servers"
        port = usual
    elif url.path:
        rule = "must have no path"
    else:
        return
    fitting = f"{scheme}://{authority(host, port)}"
    yield to_change("clickhouse.url", clickhouse.url, rule, fitting)


def one_replica_migrates(clickhouse: ExternalClickHouse) -> Iterator[Problem]:
    host = clickhouse.migration_host
    if clickhouse.kind == "cluster" and host is None and not _is_cloud(clickhouse):
        rule = (
            "is required with kind cluster: the host name of one replica. A migration that is "
            "spread over replicas reads old records of what it did, and stops"
        )
        yield to_give("clickhouse.migrationHost", rule)
    if clickhouse.kind != "cluster" and host is not None:
        rule = (
            f"is for kind cluster; with kind {clickhouse.kind}, migrations take the host of the URL"
        )
        yield to_decide("clickhouse.migrationHost", host, rule)


def backups_in_s3(
    clickhouse: StatefulSetClickHouse | OperatorClickHouse,
    object_storage: S3ObjectStorage | StatefulSetObjectStorage | ExternalObjectStorage,
    langfuse: Langfuse,
) -> Iterator[Problem]:
    if clickhouse.backups is None:
        return
    key, found = full_key("clickhouse.backups"), "(an object)"
    if not isinstance(object_storage, S3ObjectStorage):
        rule = (
            "needs objectStorage.engine s3: the server writes with a role, and another store's "
            "keys would have to be given to it"
        )
        yield Problem(key, found, rule, "")
    elif (adopted := object_storage.media_bucket or object_storage.bucket) is not None:
        rule = (
            f"needs a bucket of media that this program creates: in {adopted} it sets no rule by "
            "which backups expire. Remove objectStorage.bucket and mediaBucket, or make backups "
            "outside of this program"
        )
        yield Problem(key, found, rule, "")
    elif not versions.needs(Version.parse(langfuse.version)):
        rule = f"begins with Langfuse 3: {langfuse.version} keeps nothing in ClickHouse"
        yield Problem(key, found, rule, remove_command(key))


CHECKS: Final[tuple[Check, ...]] = (
    known_release,
    images_of_their_own,
    block_storage,
    storage_class,
    memory,
    keeper_memory,
    kind_of_host,
    external_url,
    one_replica_migrates,
    backups_in_s3,
)

"""Settings of object storage from Langfuse 3 on: what is refused, and what is just right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from stacks import translation
from stacks.settings import Problem
from stacks.settings.rules import object_storage
from stacks.settings.sections.object_storage import ExternalObjectStorage
from tests.support.component_run import run_component
from tests.support.configurations import (
    ABSENT,
    ON_EKS,
    Encrypted,
    bad,
    endpoint,
    problem,
    problems,
    settings,
)

URL: Final = "https://langfuse.example.com"
VERSION_4: Final[Mapping[str, Any]] = {
    **ON_EKS,
    "langfuse": {"version": "4.16.0", "publicUrl": URL},
    "clickhouse": {"engine": "statefulSet"},
    "cache": {"engine": "statefulSet"},
}
LOCAL: Final = (
    "needs a public URL: Langfuse's pages upload media to the bucket, which admits pages of that "
    "URL alone, and {} (langfuse.publicUrl) is {}; give an endpoint, or langfuse.publicUrl"
)
CREATED: Final = "is for a bucket that the program creates; an existing one keeps its own rules"


def storage(*, url: object = URL, version: str = "4.16.0", **section: object) -> dict[str, Any]:
    langfuse = {"version": version, "publicUrl": url}
    return {**VERSION_4, "langfuse": langfuse, "objectStorage": {"engine": "s3", **section}}


def in_cluster(**section: object) -> dict[str, Any]:
    """On any cluster."""
    stack = {key: VERSION_4[key] for key in ("langfuse", "clickhouse", "cache")}
    return {**stack, "objectStorage": {"engine": "statefulSet", **section}}


def version_2(**section: object) -> dict[str, Any]:
    return {**ON_EKS, "objectStorage": {"engine": "s3", **section}}


BAD = [
    bad(
        "an old SeaweedFS",
        in_cluster(image="mirror.example.com:5000/seaweedfs:4.43"),
        problem(
            "objectStorage.image",
            '"mirror.example.com:5000/seaweedfs:4.43"',
            "is older than 4.44, the oldest SeaweedFS that is supported",
            "pulumi config set --path @objectStorage.image mirror.example.com:5000/seaweedfs:4.47",
        ),
    ),
    bad(
        "events that expire while Langfuse may still read them",
        storage(eventDays=29),
        problem(
            "objectStorage.eventDays",
            "29",
            "must be greater than or equal to 30",
            "",
        ),
    ),
    bad(
        "an expiry in a bucket that exists",
        storage(bucket="ours", exportDays=7, eventDays=60),
        problem("objectStorage.exportDays", "7", CREATED, ""),
        problem("objectStorage.eventDays", "60", CREATED, ""),
    ),
    bad(
        "an expiry of events that version 2 does not keep",
        version_2(eventDays=60),
        problem(
            "objectStorage.eventDays",
            "60",
            "has no use: Langfuse 2.95.12 keeps no events in object storage",
            "",
        ),
    ),
    bad(
        "two buckets for version 2",
        version_2(media=True, mediaBucket="pictures"),
        problem(
            "objectStorage.mediaBucket",
            '"pictures"',
            "is for Langfuse 3 and newer; 2.95.12 has one bucket",
            "",
        ),
    ),
    bad(
        "a bucket for media that are not stored",
        storage(mediaBucket="pictures"),
        problem(
            "objectStorage.mediaBucket",
            '"pictures"',
            "is for media, which this stack does not store",
            "",
        ),
    ),
    bad(
        "one bucket named twice",
        storage(media=True, bucket="ours", mediaBucket="ours"),
        problem(
            "objectStorage.mediaBucket",
            '"ours"',
            "is objectStorage.bucket too, which has the media without it",
            "pulumi config rm --path @objectStorage.mediaBucket",
        ),
    ),
    *(
        bad(
            f"media for pages of {url}",
            storage(media=True, url=ABSENT if url.endswith(":3000") else url),
            problem("objectStorage.media", "true", LOCAL.format(url, why), ""),
        )
        for url, why in (
            ("http://localhost:3000", "the machine of each reader"),
            ("http://127.0.0.1:8080", "the machine of each reader"),
            ("https://[::1]", "the machine of each reader"),
            ("https://*.example.com", "no origin of a page"),
        )
    ),
    bad(
        "media in a bucket that exists, for pages of nobody's URL",
        storage(media=True, bucket="ours", url="http://localhost"),
        problem(
            "objectStorage.media",
            "true",
            LOCAL.format("http://localhost", "the machine of each reader"),
            "",
        ),
    ),
    bad(
        "pods that cannot reach S3",
        {
            **storage(),
            "langfuse": {"version": "4.16.0", "publicUrl": URL, "egressPorts": [587, 8443]},
        },
        problem(
            "langfuse.egressPorts",
            "[587, 8443]",
            "does not have 443, by which pods reach S3 and take their role: Langfuse's "
            "NetworkPolicy lets its pods reach no other port",
            "pulumi config set --path '@langfuse.egressPorts[2]' 443",
        ),
    ),
    bad(
        "a store in the cluster for version 2",
        {"objectStorage": {"engine": "statefulSet"}},
        problem(
            "objectStorage",
            "(an object)",
            "is for Langfuse 3 and newer; Langfuse 2.95.12 stores exports and media in Amazon S3 "
            "(engine s3)",
            "",
        ),
    ),
    bad(
        "an expiry of exports that have no address for browsers",
        in_cluster(exportDays=7),
        problem(
            "objectStorage.exportDays",
            "7",
            "has no use without objectStorage.publicEndpoint: exports are off, because their links "
            "would lead browsers to an address in the cluster",
            "",
        ),
    ),
    bad(
        "more memory than the limit",
        in_cluster(resources={"memory": "2Gi"}),
        problem(
            "objectStorage.resources.memory",
            '"2Gi"',
            "must not be above the limit, objectStorage.resources.memoryLimit, which is 1Gi",
            "pulumi config set --path @objectStorage.resources.memoryLimit 2Gi",
        ),
    ),
    bad(
        "an expiry that the store cannot keep, in a volume that is too small",
        in_cluster(eventDays=256, storageGiB=9),
        problem("objectStorage.storageGiB", "9", "must be greater than or equal to 10", ""),
        problem("objectStorage.eventDays", "256", "must be less than or equal to 255", ""),
    ),
    bad(
        "a path in the address for browsers",
        in_cluster(publicEndpoint="https://objects.example.com/langfuse"),
        problem(
            "objectStorage.publicEndpoint",
            '"https://objects.example.com/langfuse"',
            "must be an http:// or https:// URL without path, credentials, query or trailing "
            "slash: the bucket is a key of its own",
            "",
        ),
    ),
    bad(
        "an access key, which no release after version 2 takes",
        storage(accessKeyId=Encrypted("AKIAEXAMPLE")),
        problem(
            "objectStorage.accessKeyId",
            "[secret]",
            "has no use from Langfuse 2.81.1 on, which takes the role of its pods",
            "",
        ),
    ),
]

JUST_RIGHT: Final[Mapping[str, Mapping[str, Any]]] = {
    "events alone": storage(exports=False, media=False),
    "nothing said": storage(),
    "version 3": storage(version="3.225.4", media=True, exportDays=1, eventDays=30),
    "media for pages of an endpoint": {
        **VERSION_4,
        **endpoint(),
        "langfuse": {"version": "4.16.0"},
        "objectStorage": {"engine": "s3", "media": True},
    },
    "events on a machine of one's own": storage(url=ABSENT),
    "S3 beside other ports": {
        **storage(),
        "langfuse": {"version": "4.16.0", "publicUrl": URL, "egressPorts": [587, 443]},
    },
    "version 2, whose exports alone would fail": {
        **version_2(),
        "langfuse": {"egressPorts": [587]},
    },
    "one bucket that exists": storage(media=True, bucket="ours"),
    "two buckets that exist": storage(media=True, bucket="ours", mediaBucket="pictures"),
    "media in a bucket that exists, and events in a new one": storage(
        media=True, mediaBucket="pictures", eventDays=60, exportDays=7
    ),
    "a store in the cluster": in_cluster(),
    "the oldest SeaweedFS": in_cluster(image="docker.io/chrislusf/seaweedfs:4.44"),
    "a SeaweedFS whose tag is of another kind": in_cluster(
        image="mirror.example.com/weed:3.2026.1"
    ),
    "a store in the cluster that keeps what it can as long as it can": in_cluster(
        storageGiB=10,
        eventDays=255,
        exportDays=255,
        publicEndpoint="http://localhost:8333",
        media=True,
    ),
    "version 2's media on a machine of one's own": version_2(media=True),
}


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_what_cannot_work_is_refused(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


@pytest.mark.parametrize("change", JUST_RIGHT.values(), ids=JUST_RIGHT.keys())
def test_what_is_just_right_is_accepted(change: Mapping[str, Any]) -> None:
    assert problems(change) == []


@pytest.mark.parametrize(
    ("endpoint_", "port"),
    [
        ("https://objects.example.com", 443),
        ("http://objects.example.com", 80),
        ("https://objects.example.com:9000", 9000),
    ],
)
def test_pods_may_reach_a_store_at_the_port_of_its_url(endpoint_: str, port: int) -> None:
    store = {
        "engine": "external",
        "endpoint": endpoint_,
        "bucket": "ours",
        "accessKeyId": Encrypted("AKIAEXAMPLE"),
        "secretAccessKey": Encrypted("hunter2"),
    }
    section = settings({**in_cluster(), "objectStorage": store}).object_storage
    assert isinstance(section, ExternalObjectStorage)
    seen: list[str] = []

    def body() -> None:
        backing = translation.external_storage(section)
        assert (backing.role, backing.port, backing.pods) == ("storage", port, None)
        backing.address.apply(seen.append)

    run_component(body)
    assert seen == [f"objects.example.com:{port}"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://langfuse.example.com", "https://langfuse.example.com"),
        ("https://Langfuse.Example.com", "https://langfuse.example.com"),
        ("https://langfuse.example.com:443", "https://langfuse.example.com"),
        ("http://langfuse.example.com:80", "http://langfuse.example.com"),
        ("https://langfuse.example.com:8443", "https://langfuse.example.com:8443"),
        ("http://langfuse.example.com:443", "http://langfuse.example.com:443"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert translation.origin(settings({"langfuse": {"publicUrl": url}})) == origin


def test_the_origin_of_an_endpoint_is_its_host() -> None:
    assert translation.origin(settings(endpoint())) == "https://langfuse.example.com"


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("events.s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"),
        ("events.s3-eu-west-1.amazonaws.com:8443", "s3-eu-west-1.amazonaws.com:8443"),
        ("events.s3.example.com", "s3.example.com"),
        ("s3.example.com", None),
        ("events.example.com", None),
    ],
)
def test_a_bucket_stands_in_the_host_of_no_store(host: str, meant: str | None) -> None:
    section = ExternalObjectStorage.model_construct(endpoint=f"https://{host}", bucket="events")

    commands = [problem.fix for problem in object_storage.bucket_once(section)]

    key = "agent-observability:objectStorage.endpoint"
    expected = [f"pulumi config set --path {key} https://{meant}"] if meant else []
    assert commands == expected

"""Mistakes around Langfuse 3 and 4: workers, cache, storage, protection. Each exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from stacks.settings import Problem
from tests.support.configurations import (
    ABSENT,
    ON_EKS,
    VERSION_4_ELSEWHERE,
    Encrypted,
    bad,
    endpoint,
    problem,
    problems,
    rds,
)

CACHE: Final = {"engine": "statefulSet"}
OKTA: Final = {
    "clientId": "0oa7kq2m9x",
    "clientSecret": Encrypted("hunter2"),
    "issuer": "https://example.okta.com",
}
STEPS: Final = "A stack of version 2 gets there by the steps in docs/upgrade.md"
DIGEST: Final = f"sha256:{64 * '0'}"
NO_LONGER: Final = "is a risk that this stack does not take; left here, it would hide a mistake"
CLICKHOUSE: Final = "set the clickhouse section, from Langfuse 3 on"
SLOTS: Final = (
    "is not offered: Langfuse's queues use several keys in one command, which fails with CROSSSLOT "
    "where keys are spread over slots"
)


def stack(**sections: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """As a change: version 4 with some sections in place of those that it has."""
    langfuse = {"version": "4.16.0", **sections.pop("langfuse", {})}
    return {**VERSION_4_ELSEWHERE, "cache": CACHE, **sections, "langfuse": langfuse}


def worker(**given: Any) -> dict[str, Any]:  # noqa: ANN401
    return stack(langfuse={"worker": given})


def cache(**given: Any) -> dict[str, Any]:  # noqa: ANN401
    return stack(cache={**CACHE, **given})


def redis(host: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    server = {"engine": "external", "host": host, "password": Encrypted("hunter2"), **given}
    return stack(cache=server)


def store(endpoint: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    section = {**VERSION_4_ELSEWHERE["objectStorage"], "endpoint": endpoint, **given}
    return stack(objectStorage=section)


def buckets(*risks: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    accepted = {"acknowledge": [*risks]} if risks else {}
    storage = {"engine": "s3", **given}
    return {**ON_EKS, **stack(objectStorage=storage), **accepted}


def open_to_the_world(*risks: str, **sso: Any) -> dict[str, Any]:  # noqa: ANN401
    """Version 2, in which anyone may register at the URL."""
    return {
        **endpoint(scheme="internet-facing", inboundCidrs=["0.0.0.0/0"]),
        "langfuse": {"signUp": "open", "sso": sso},
        "acknowledge": ["openToTheWorld", *risks],
    }


def not_offered(path: str, found: str, reason: str) -> Problem:
    return problem(path, found, f"is not offered: {reason}", "")


REGISTERS: Final = problem(
    "langfuse.signUp",
    "[secret]",
    "lets anyone in the world register, make projects and fill the database, as "
    "endpoint.inboundCidrs lets the world in; 'openSignUp' in acknowledge accepts that",
    "pulumi config set --path @langfuse.signUp disabled",
)

BAD = [
    # -- Workers
    bad(
        "fewer workers at most than at least",
        worker(minReplicas=3, maxReplicas=2),
        problem(
            "langfuse.worker.minReplicas",
            "3",
            "must not be above langfuse.worker.maxReplicas, which is 2",
            "",
        ),
    ),
    bad(
        "more workers at least than the default",
        worker(minReplicas=6),
        problem(
            "langfuse.worker.minReplicas",
            "6",
            "must not be above langfuse.worker.maxReplicas, which is 4",
            "pulumi config set --path @langfuse.worker.maxReplicas 6",
        ),
    ),
    bad(
        "a worker's request above its limit",
        worker(resources={"memory": "8Gi"}),
        problem(
            "langfuse.worker.resources.memory",
            '"8Gi"',
            "must not be above the limit, langfuse.worker.resources.memoryLimit, which is 4Gi",
            "pulumi config set --path @langfuse.worker.resources.memoryLimit 8Gi",
        ),
    ),
    bad(
        "little memory for a worker",
        worker(resources={"memory": "512Mi", "memoryLimit": "768Mi"}),
        problem(
            "langfuse.worker.resources.memoryLimit",
            '"768Mi"',
            "must be at least 1Gi from Langfuse 3 on: with less, pods are killed",
            "pulumi config set --path @langfuse.worker.resources.memoryLimit 1Gi",
        ),
    ),
    bad(
        "little memory for a web pod",
        stack(langfuse={"resources": {"memoryLimit": "1Gi"}}),
        problem(
            "langfuse.resources.memoryLimit",
            '"1Gi"',
            "must be at least 1536Mi from Langfuse 3 on: with less, pods are killed",
            "pulumi config set --path @langfuse.resources.memoryLimit 1536Mi",
        ),
    ),
    bad(
        "another release for workers",
        worker(version="4.15.0"),
        not_offered(
            "langfuse.worker.version",
            '"4.15.0"',
            "web pods and workers are of one release: langfuse.version",
        ),
    ),
    bad(
        "an environment of their own",
        worker(environment={"LANGFUSE_INGESTION_QUEUE_PROCESSING_CONCURRENCY": "5"}),
        not_offered(
            "langfuse.worker.environment",
            "(an object)",
            "web pods and workers share langfuse.environment",
        ),
    ),
    bad(
        "the image of web pods for workers",
        worker(repository="mirror.example.com/langfuse/langfuse"),
        problem(
            "langfuse.worker.repository",
            '"mirror.example.com/langfuse/langfuse"',
            "is the image of web pods, whose key is langfuse.repository",
            "pulumi config set --path @langfuse.worker.repository "
            "mirror.example.com/langfuse/langfuse-worker",
        ),
    ),
    bad(
        "the image of workers for web pods",
        stack(langfuse={"repository": "mirror.example.com/langfuse-worker"}),
        problem(
            "langfuse.repository",
            '"mirror.example.com/langfuse-worker"',
            "is the image of workers, whose key is langfuse.worker.repository",
            "pulumi config set --path @langfuse.repository mirror.example.com/langfuse",
        ),
    ),
    bad(
        "one digest for two images",
        stack(langfuse={"digest": DIGEST, "worker": {"digest": DIGEST}}),
        problem(
            "langfuse.worker.digest",
            f'"{DIGEST}"',
            "is langfuse.digest too, which is of another image",
            "",
        ),
    ),
    # -- The cache
    bad(
        "an old Valkey",
        cache(image="docker.io/valkey/valkey:7.1-bookworm"),
        problem(
            "cache.image",
            '"docker.io/valkey/valkey:7.1-bookworm"',
            "is older than 7.2, the oldest release that is supported",
            "pulumi config set --path @cache.image docker.io/valkey/valkey:8.1.4-bookworm",
        ),
    ),
    bad(
        "Redis in place of Valkey",
        cache(image="docker.io/library/redis:7.4"),
        problem(
            "cache.image",
            '"docker.io/library/redis:7.4"',
            "is Redis, and the pod runs valkey-server: take Valkey, or engine external",
            "pulumi config set --path @cache.image docker.io/valkey/valkey:8.1.4-bookworm",
        ),
    ),
    bad(
        "replicas of one pod, and keys that may be evicted",
        cache(replicas=2, maxmemoryPolicy="allkeys-lru"),
        not_offered("cache.replicas", "2", "it is one pod; engine elastiCache keeps copies"),
        not_offered(
            "cache.maxmemoryPolicy",
            '"allkeys-lru"',
            "nothing is evicted: an evicted job is a lost event",
        ),
    ),
    bad(
        "a cluster of Redis",
        redis("redis.example.com", clusterMode=True),
        problem("cache.clusterMode", "true", SLOTS, ""),
    ),
    bad(
        "a Redis by its URL",
        redis("redis.example.com", url="redis://redis.example.com:6379"),
        not_offered(
            "cache.url",
            "[secret]",
            "it is made from host, port, username and password, which are encoded in it",
        ),
    ),
    bad(
        "a Redis that is found by Sentinel",
        redis("redis.example.com", sentinel=True),
        not_offered(
            "cache.sentinel",
            "true",
            "Langfuse would need the names of its nodes; give the primary's address",
        ),
    ),
    bad(
        "no TLS to an endpoint that has it",
        redis("master.langfuse.abc.apn2.cache.amazonaws.com", tls=False),
        problem(
            "cache.tls",
            "false",
            "must be true: by its name, the endpoint answers with TLS alone",
            "pulumi config set --path @cache.tls true",
        ),
    ),
    bad(
        "TLS to an endpoint that has none",
        redis("langfuse.abc.ng.0001.apn2.cache.amazonaws.com"),
        problem(
            "cache.tls",
            "true",
            "cannot be true: by its name, the endpoint has no TLS. Turn on encryption in transit "
            "in ElastiCache; false sends the password and all jobs in clear",
            "",
        ),
    ),
    # -- Object storage
    bad(
        "a store on Langfuse's own pod",
        store("http://localhost:9000"),
        problem("objectStorage.endpoint", "[secret]", "leads to Langfuse's own pod", ""),
    ),
    bad(
        "a store at every address of the pod",
        store("http://0.0.0.0:9000"),
        problem("objectStorage.endpoint", "[secret]", "leads to Langfuse's own pod", ""),
    ),
    bad(
        "S3 by the host of the bucket",
        store("https://langfuse.s3.us-east-1.amazonaws.com", bucket="langfuse"),
        problem(
            "objectStorage.endpoint",
            "[secret]",
            "must not begin with objectStorage.bucket, which Langfuse adds to each request",
            "pulumi config set --secret --path @objectStorage.endpoint",
        ),
    ),
    *(
        bad(
            f"the region {given!r} of a store",
            store("https://objects.example.com", region=given),
            problem(
                "objectStorage.region",
                "[secret]",
                "must be the name of a region, such as 'us-east-1' or 'auto'",
                fix and "pulumi config set --secret --path @objectStorage.region",
            ),
        )
        for given, fix in (
            ("eu west 1", "eu-west-1"),
            (" auto ", "auto"),
            ("Frankfurt, Germany", ""),
            ("eu/west", ""),
        )
    ),
    bad(
        "S3 of another region than the default",
        store("https://s3.eu-west-1.amazonaws.com"),
        problem(
            "objectStorage.region",
            "[secret]",
            "must be the region that objectStorage.endpoint names",
            "",
        ),
    ),
    bad(
        "S3 of another region than the one given",
        store("https://s3.dualstack.cn-north-1.amazonaws.com.cn", region="cn-northwest-1"),
        problem(
            "objectStorage.region",
            "[secret]",
            "must be the region that objectStorage.endpoint names",
            "",
        ),
    ),
    bad(
        "an endpoint with its bucket as a path",
        store("https://objects.example.com/langfuse-events"),
        problem(
            "objectStorage.endpoint",
            "[secret]",
            "must be an http:// or https:// URL without path, credentials, query or trailing "
            "slash: the bucket is a key of its own",
            "",
        ),
    ),
    bad(
        "buckets without protection",
        buckets(protect=False),
        problem(
            "objectStorage.protect",
            "false",
            "lets one `pulumi up` or `destroy` delete the buckets with everything in them; "
            "'noProtection' in acknowledge accepts that",
            "pulumi config set --path @objectStorage.protect true",
        ),
    ),
    *(
        bad(
            f"a risk that {what} do not take",
            buckets("noProtection", **given),
            problem(
                "acknowledge[0]",
                '"noProtection"',
                NO_LONGER,
                "pulumi config rm --path '@acknowledge[0]'",
            ),
        )
        for what, given in (
            ("protected buckets", {}),
            ("buckets that exist", {"protect": False, "bucket": "ours"}),
        )
    ),
    # -- The services themselves
    *(
        bad(
            f"version 4 without {key} alone",
            stack(**{key: ABSENT}),
            problem(key, "(nothing)", f"is required by Langfuse 4: {purpose}", ""),
        )
        for key, purpose in (
            ("clickhouse", f"traces are in ClickHouse. {STEPS}"),
            ("cache", "queues between web and worker are in Redis or Valkey"),
            ("objectStorage", "accepted events are in object storage until they are processed"),
        )
    ),
    bad(
        "more workers than the database has connections for",
        {
            **worker(maxReplicas=50),
            "database": {"maxConnections": 60, "connectionLimit": 1},
        },
        problem(
            "langfuse.worker.maxReplicas",
            "50",
            "54 pods of 1 connections, plus 10 pods that start or still end during a rollout, a "
            "migration and a reserve, make 69; database.maxConnections is 60",
            "",
        ),
    ),
    bad(
        "a PostgreSQL below the floor of version 4, on RDS",
        {**stack(**rds(version="14"))},
        problem(
            "database.version",
            '"14"',
            "is PostgreSQL 14, and Langfuse 4.16.0 needs 15 or newer. The data of one major "
            "version cannot be read by another without an upgrade",
            "",
        ),
    ),
    *(
        bad(
            f"{name} by hand",
            stack(langfuse={"environment": {name: value}}),
            problem(
                f"langfuse.environment.{name}",
                f'"{value}"',
                f"is not for the environment; {advice}",
                "",
            ),
        )
        for name, value, advice in (
            ("CLICKHOUSE_CLUSTER_ENABLED", "false", CLICKHOUSE),
            ("CLICKHOUSE_URL", "http://ch:8123", CLICKHOUSE),
            (
                "CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY",
                "1000000000",
                "set the memory of ClickHouse, from which it follows, in the clickhouse section",
            ),
            ("REDIS_HOST", "redis", "set the cache section, from Langfuse 3 on"),
            ("LANGFUSE_S3_EVENT_UPLOAD_BUCKET", "ours", "set the objectStorage section"),
            (
                "LANGFUSE_INGESTION_CLICKHOUSE_MAX_ATTEMPTS",
                "3",
                "remove it: fewer attempts would lose events",
            ),
            (
                "LANGFUSE_AUTO_CLICKHOUSE_MIGRATION_DISABLED",
                "false",
                "remove it: a Job runs the migrations",
            ),
        )
    ),
    bad(
        "version 3 without any of its services",
        {"langfuse": {"version": "3.225.4"}},
        *(
            problem(key, "(nothing)", f"is required by Langfuse 3: {purpose}", "")
            for key, purpose in (
                ("clickhouse", f"traces are in ClickHouse. {STEPS}"),
                ("cache", "queues between web and worker are in Redis or Valkey"),
                (
                    "objectStorage",
                    "accepted events are in object storage until they are processed",
                ),
            )
        ),
    ),
    bad(
        "version 5",
        stack(langfuse={"version": "5.0.0"}),
        problem(
            "langfuse.version",
            '"5.0.0"',
            "supported are the Langfuse releases 2.75.0 to 2.95.12, 3.225.4 and newer ones of "
            "version 3, and 4.0.0 and newer ones of version 4",
            "",
        ),
    ),
    # -- Who can register
    bad("passwords beside a provider", open_to_the_world(providers={"okta": OKTA}), REGISTERS),
    *(
        bad(
            f"a provider that lets everyone in: {name}",
            open_to_the_world(providers={name: {**OKTA, **given}}, passwordLogin=False),
            REGISTERS,
        )
        for name, given in (
            ("github", {"issuer": None}),
            ("google", {"issuer": None}),
            ("gitlab", {"issuer": None}),
            ("azureAd", {"issuer": None, "tenantId": "common"}),
        )
    ),
    bad(
        "an open registration that a provider closes",
        open_to_the_world("openSignUp", providers={"okta": OKTA}, passwordLogin=False),
        problem(
            "acknowledge[1]",
            '"openSignUp"',
            NO_LONGER,
            "pulumi config rm --path '@acknowledge[1]'",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


GOOD: Final[Mapping[str, Mapping[str, Any]]] = {
    "what tunes the services": stack(
        langfuse={
            "environment": {
                "CLICKHOUSE_MAX_OPEN_CONNECTIONS": "50",
                "REDIS_KEY_PREFIX": "langfuse",
                "LANGFUSE_S3_CONCURRENT_WRITES": "100",
                "LANGFUSE_S3_MEDIA_MAX_CONTENT_LENGTH": "1000000",
            }
        }
    ),
    "the memory of ClickHouse elsewhere": stack(
        clickhouse={**VERSION_4_ELSEWHERE["clickhouse"], "memory": "16Gi"}
    ),
    "as many workers as at most": worker(minReplicas=4),
    "the least memory": stack(
        langfuse={
            "resources": {"memory": "1Gi", "memoryLimit": "1536Mi"},
            "worker": {"resources": {"memory": "1Gi", "memoryLimit": "1Gi"}},
        }
    ),
    "less for version 2": {"langfuse": {"resources": {"memory": "512Mi", "memoryLimit": "1Gi"}}},
    "images of a mirror": stack(
        langfuse={
            "repository": "mirror.example.com/langfuse-web",
            "worker": {"repository": "mirror.example.com/langfuse-jobs"},
        }
    ),
    "the oldest Valkey": cache(image="docker.io/valkey/valkey:7.2-bookworm"),
    "a Valkey of a mirror": cache(image="mirror.example.com/cache:stable"),
    "a Valkey by its digest": cache(image=f"docker.io/valkey/valkey@{DIGEST}"),
    "a store that is called like its bucket": store(
        "https://langfuse.objects.example.com", bucket="langfuse"
    ),
    "S3 by keys": store("https://s3.eu-west-1.amazonaws.com", region="eu-west-1"),
    "S3 without a region in its name": store("https://s3.amazonaws.com", region="eu-west-1"),
    "a store elsewhere": store("https://s3.eu-west-1.example.com"),
    "buckets that may be lost": buckets("noProtection", protect=False),
    "a bucket that exists": buckets(protect=False, bucket="ours"),
    "providers of a team": open_to_the_world(
        providers={
            "okta": OKTA,
            "google": {**OKTA, "issuer": None, "allowedDomains": ["example.com"]},
            "azureAd": {**OKTA, "issuer": None, "tenantId": "example.com"},
        },
        passwordLogin=False,
    ),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
def test_accepts(change: Mapping[str, Any]) -> None:
    assert problems(change) == []

"""What waits in the cache, and whether workers take it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.databases import told
from tests.support.doctor import IN_NAMESPACE, PLACE, error, warning
from tooling.doctor.databases.queues import findings
from tooling.doctor.findings import Finding

NOW = 1_800_000_000_000
LOOK = f"{IN_NAMESPACE} get pods -l app.kubernetes.io/component=cache -o wide"
AGAIN = f"{IN_NAMESPACE} rollout restart deployment/langfuse-worker"
VALKEY = {
    "redis_version": "7.2.4",
    "valkey_version": "8.1.4",
    "maxmemory_policy": "noeviction",
    "maxmemory": "1000",
    "used_memory": "850",
    "evicted_keys": "0",
}


def info(**changed: str | None) -> str:
    lines = {**VALKEY, **changed}
    return "# Memory\r\n" + "\r\n".join(f"{k}:{v}" for k, v in lines.items() if v is not None)


def cache(**changed: str | None) -> list[Finding]:
    return [*findings(told(redis={"info": info(**changed), "queues": {}}), PLACE)]


def queue(**counts: Any) -> list[Finding]:  # noqa: ANN401 - JSON
    found = {"waiting": 0, "active": 0, "failed": 0, "oldest": None, **counts}
    return [
        *findings(
            told(redis={"info": info(), "now": NOW, "queues": {"otel-ingestion-queue": found}}),
            PLACE,
        )
    ]


def test_a_cache_as_it_should_be_and_empty_queues_are_fine() -> None:
    assert cache() == []
    assert queue() == []
    assert [*findings(told(), PLACE)] == []


@pytest.mark.parametrize(
    ("evicted", "lost"), [(None, ""), ("0", ""), ("12", ", and it has evicted 12 keys")]
)
def test_a_cache_that_evicts_is_refused(evicted: str | None, lost: str) -> None:
    assert cache(maxmemory_policy="volatile-lru", evicted_keys=evicted) == [
        error(
            "cache-unsuitable",
            "The cache",
            f"It evicts by volatile-lru when it is full{lost}. An evicted job is a lost trace: its "
            "maxmemory-policy has to be noeviction",
            LOOK,
        )
    ]


@pytest.mark.parametrize(("version", "found"), [("6.2.14", 1), ("7.0.15", 0), ("8.0.1", 0)])
def test_an_old_redis_is_refused(version: str, found: int) -> None:
    said = cache(redis_version=version, valkey_version=None)

    assert said == found * [
        error(
            "cache-unsuitable",
            "The cache",
            "It is Redis 6.2.14, and Langfuse needs 7 or newer",
            LOOK,
        )
    ]


def test_a_valkey_is_newer_than_the_redis_that_it_calls_itself() -> None:
    assert cache(redis_version="6.2.14") == []


def test_a_nearly_full_cache_is_a_warning_and_one_without_a_limit_is_none() -> None:
    assert cache(used_memory="900") == [
        warning(
            "cache-full",
            "The cache",
            "90% of its memory are in use. When it is full, Langfuse answers agents with errors",
            LOOK,
        )
    ]
    assert cache(used_memory="900", maxmemory="0") == []


@pytest.mark.parametrize(("seconds", "found"), [(600, 0), (601, 1), (699, 1)])
def test_a_job_that_waits_for_more_than_ten_minutes_is_a_backlog(seconds: int, found: int) -> None:
    assert queue(waiting=800, active=5, oldest=NOW - seconds * 1000) == found * [
        warning(
            "queue-backlog",
            "Queue otel-ingestion-queue",
            f"800 jobs wait in it, the oldest for {seconds / 60:.0f} minutes, and 5 are worked on: "
            "workers do not keep up, or do not take any",
            f"{IN_NAMESPACE} top pods -l app.kubernetes.io/component=worker",
        )
    ]


def test_jobs_that_have_failed_for_good_are_counted() -> None:
    assert queue(failed=7) == [
        warning(
            "queue-failed",
            "Queue otel-ingestion-queue",
            "7 jobs have failed for good. Nothing tries them again by itself",
            f"{IN_NAMESPACE} logs -l app.kubernetes.io/component=worker --tail=200 --prefix",
        )
    ]


# The worker's own page, which fails for neither unless it is asked to.


def health(**page: Any) -> list[Finding]:  # noqa: ANN401 - JSON
    staging = page.pop("staging", [])
    return [*findings(told(health={"status": "ok", **page}, staging=staging), PLACE)]


def test_a_worker_that_takes_no_job_is_stuck() -> None:
    stuck = {"stuck": True, "secondsSinceLastActivity": 4500}

    assert health(queueConsumption=stuck) == [
        error(
            "worker-stuck",
            "Workers",
            "A worker has taken no job for 75 minutes, and its health page is green all the same: "
            "it has lost the cache in a failover",
            AGAIN,
        )
    ]
    assert health(queueConsumption={**stuck, "stuck": False}) == []


PROPAGATION = {
    "stuck": False,
    "propagationDelaySeconds": 49 * 3600,
    "lastProcessedPartition": "2026-11-01 10:00:00",
}
STANDS = [
    error(
        "worker-stuck",
        "Workers",
        "What older SDKs send does not get to the tables of version 4, since 49 hours: the job "
        "that copies it stands still. After 48 hours it is lost to them",
        AGAIN,
    )
]


def test_a_copy_that_is_stuck_is_an_error() -> None:
    assert health(eventPropagation={**PROPAGATION, "stuck": True}) == STANDS


def test_a_page_that_does_not_say_since_when_is_read_all_the_same() -> None:
    (copy,) = health(eventPropagation={"stuck": True, "propagationDelaySeconds": None})
    (jobs,) = health(queueConsumption={"stuck": True})

    assert copy.cause.startswith(
        "What older SDKs send does not get to the tables of version 4: the job"
    )
    assert jobs.cause.startswith("A worker has taken no job, and")


@pytest.mark.parametrize(
    ("newest", "found"),
    [("2026-11-01 10:00:00", []), ("2026-11-01 10:03:00", STANDS), (None, [])],
)
@pytest.mark.parametrize("reached", ["2026-11-01 10:00:00", "2026-11-01T10:00:00.000Z"])
def test_a_copy_that_says_it_is_well_is_compared_with_what_waits_for_it(
    newest: str | None, found: list[Finding], reached: str
) -> None:
    staging = [{"newest": newest}]
    page = {**PROPAGATION, "lastProcessedPartition": reached}

    assert health(eventPropagation=page, staging=staging) == found


def test_a_copy_that_does_not_say_how_far_it_is_is_believed() -> None:
    page = {**PROPAGATION, "lastProcessedPartition": None}

    assert health(eventPropagation=page, staging=[{"newest": "2026-11-01 10:03:00"}]) == []


def test_a_copy_with_nothing_to_do_may_be_long_behind() -> None:
    assert health(eventPropagation=PROPAGATION) == []

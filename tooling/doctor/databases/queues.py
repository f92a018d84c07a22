"""What waits in the cache, and whether workers take it. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from stacks.names import NAMES
from tooling.doctor.databases.answers import Told
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.json_values import as_mapping

_OLDEST: Final = 600.0
"""Seconds that a trace may wait: it is worked on after 15 s, in the background up to minutes."""

_FULL: Final = 0.85
"""Part of the cache's memory above which it is nearly full."""

_NOEVICTION: Final = "noeviction"
_REDIS: Final = 7
"""The oldest major version; each Valkey is newer."""

_CACHE: Final = "The cache"


def findings(told: Told, place: Place) -> Iterator[Finding]:
    info = _info(str(told.redis.get("info", "")))
    yield from _cache(info, place)
    queues: Mapping[str, Mapping[str, Any]] = told.redis.get("queues") or {}
    for name, counts in queues.items():
        yield from _queue(name, counts, float(told.redis.get("now", 0)), place)
    yield from _health(told, place)


def _info(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in pairs}


def _cache(info: Mapping[str, str], place: Place) -> Iterator[Finding]:
    policy = info.get("maxmemory_policy", _NOEVICTION)
    evicted = int(info.get("evicted_keys", 0))
    if policy != _NOEVICTION:
        lost = f", and it has evicted {evicted} keys" if evicted else ""
        yield Finding.error(
            "cache-unsuitable",
            _CACHE,
            f"It evicts by {policy} when it is full{lost}. An evicted job is a lost trace: its "
            "maxmemory-policy has to be noeviction",
            place.look_at_cache,
        )
    version = info.get("redis_version", "")
    if "valkey_version" not in info and version and int(version.partition(".")[0]) < _REDIS:
        yield Finding.error(
            "cache-unsuitable",
            _CACHE,
            f"It is Redis {version}, and Langfuse needs {_REDIS} or newer",
            place.look_at_cache,
        )
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if limit and used > limit * _FULL:
        yield Finding.warning(
            "cache-full",
            _CACHE,
            f"{used / limit:.0%} of its memory are in use. When it is full, Langfuse answers "
            "agents with errors",
            place.look_at_cache,
        )


def _queue(name: str, counts: Mapping[str, Any], now: float, place: Place) -> Iterator[Finding]:
    oldest = counts.get("oldest")
    age = (now - float(oldest)) / 1000 if oldest else 0.0
    if age > _OLDEST:
        yield Finding.warning(
            "queue-backlog",
            f"Queue {name}",
            f"{counts['waiting']} jobs wait in it, the oldest for {age / 60:.0f} minutes, and "
            f"{counts['active']} are worked on: workers do not keep up, or do not take any",
            place.own("top", "pods", "-l", "app.kubernetes.io/component=worker"),
        )
    if counts.get("failed"):
        yield Finding.warning(
            "queue-failed",
            f"Queue {name}",
            f"{counts['failed']} jobs have failed for good. Nothing tries them again by itself",
            place.own(
                *("logs", "-l", "app.kubernetes.io/component=worker"),
                *("--tail=200", "--prefix"),
            ),
        )


def _health(told: Told, place: Place) -> Iterator[Finding]:
    restart = place.own("rollout", "restart", f"deployment/{NAMES.worker}")
    consumption = as_mapping(told.health.get("queueConsumption")) or {}
    if consumption.get("stuck"):
        seconds = float(consumption.get("secondsSinceLastActivity") or 0)
        since = f" for {seconds / 60:.0f} minutes" if seconds else ""
        yield Finding.error(
            "worker-stuck",
            "Workers",
            f"A worker has taken no job{since}, and its health page is green all the same: it has "
            "lost the cache in a failover",
            restart,
        )
    propagation = as_mapping(told.health.get("eventPropagation")) or {}
    if propagation.get("stuck") or _stands_still(told, propagation):
        seconds = float(propagation.get("propagationDelaySeconds") or 0)
        yield Finding.error(
            "worker-stuck",
            "Workers",
            "What older SDKs send does not get to the tables of version 4"
            + (f", since {seconds / 3600:.0f} hours" if seconds else "")
            + ": the job that copies it stands still. After 48 hours it is lost to them",
            restart,
        )


def _stands_still(told: Told, propagation: Mapping[str, Any]) -> bool:
    """Whether there is something older than an hour that the job has not reached."""
    reached, waits = propagation.get("lastProcessedPartition"), told.row("staging").get("newest")
    if not reached or not waits:
        return False
    return _time(str(waits)) > _time(str(reached))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "")).replace(tzinfo=None)

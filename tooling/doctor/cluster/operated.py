"""What ClickHouse's operator says about the clusters that it makes. Pure; imports no SDK.

Conditions and reasons are those of github.com/ClickHouse/clickhouse-operator,
``api/v1alpha1/conditions.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tooling.doctor import servers
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.doctor.pods.reasons import describe
from tooling.kit.masking import quote
from tooling.kubernetes.objects import Object, age, conditions, subject, words

_SLOW: Final = 120.0
"""Seconds within which the operator has looked at a new object."""

_IMMUTABLE: Final = "updates to statefulset spec"
"""In the API server's refusal of a change that the operator tries again and again."""

_PROBE: Final = "VersionProbeFailed"

_CAUSES: Final = (
    # What is wrong by itself, before what follows from it.
    "SpecValid",
    "ReconcileSucceeded",
    "VersionInSync",
    "ConfigurationInSync",
    "SchemaInSync",
)
_CONSEQUENCES: Final = ("ReplicaStartupSucceeded", "Ready")

_TOLD: Final = {
    "ConfigReloadFailed": "servers did not take the new configuration",
    "DatabasesNotCreated": "a replica has not got the databases of the others yet",
    "DefaultDatabaseNotReplicated": (
        "the database default was made by something else than the operator, and is not replicated: "
        "each replica would have other traces"
    ),
    "InconsistentState": "the Keepers do not agree who leads",
    "NoLeader": "the Keepers have no leader: two of three have to run and to reach each other",
    "NotEnoughFollowers": "too few Keepers follow the leader to take a write",
    "ReconcileStepFailed": "the operator cannot go on",
    "ReplicaError": "a pod does not start",
    "ReplicasNotCleanedUp": "what a removed replica left in Keeper is still there",
    "SomeShardsNotReady": "no replica is ready",
    "SpecInvalid": "the operator refuses the specification",
}


def findings(snapshot: Snapshot, place: Place, others: Iterable[Finding]) -> Iterator[Finding]:
    """``others``: what is known of the pods and volumes, which is nearer to the cause."""
    explained = [*others]
    for cluster in snapshot.clusters:
        found = conditions(cluster)
        if not found:
            if age(cluster, snapshot.now) > _SLOW:
                cause = "ClickHouse's operator has not looked at it: it does not run"
                yield _finding(cluster, cause, place.doctor(before=True))
            continue
        wrong = [type_ for type_ in _CAUSES if _is_wrong(found.get(type_, {}))]
        if not wrong and not explained:
            wrong = [type_ for type_ in _CONSEQUENCES if _is_wrong(found.get(type_, {}))]
        for type_ in wrong[:1]:
            yield _explained(cluster, found[type_], place)


def _is_wrong(condition: Object) -> bool:
    # Its status is Unknown: the release is not known.
    return condition.get("status") == "False" or condition.get("reason") == _PROBE


def _explained(cluster: Object, condition: Object, place: Place) -> Finding:
    reason, message = str(condition.get("reason")), str(condition.get("message") or "")
    said = quote(words(condition))
    if reason == _PROBE:
        return _finding(
            cluster,
            "Its operator did not find out which release the image is, and makes no server before "
            f"that: {said}. Operators up to 0.0.7 do not run the Job that asks again by themselves",
            place.own("delete", "jobs", "-l", "clickhouse.com/role=version-probe"),
        )
    if _IMMUTABLE in message:
        return _finding(
            cluster,
            f"Its operator tries to change what cannot change in a StatefulSet: {said}. Without "
            "them it makes them again; pods and volumes stay",
            place.own(
                *("delete", "statefulsets", "--cascade=orphan"),
                *("-l", f"app={servers.app(cluster)}"),
            ),
        )
    told = _TOLD.get(reason)
    return _finding(cluster, f"{told}: {said}" if told else said, describe(cluster, place))


def _finding(cluster: Object, cause: str, command: str) -> Finding:
    cause = cause[:1].upper() + cause[1:]
    return Finding.error("clickhouse-not-ready", subject(cluster), cause, command)

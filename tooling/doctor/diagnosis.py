"""Every cause in a snapshot, once, without the consequences of another cause.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from stacks.names import NAMES
from tooling.doctor.agents import egress, environment, telemetry
from tooling.doctor.asking import NOT_CHECKED
from tooling.doctor.cluster import (
    controllers,
    migrations,
    operated,
    volumes,
    workloads,
)
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.failed_run import Log
from tooling.doctor.findings import Finding
from tooling.doctor.patterns.known import GENERAL
from tooling.doctor.place import Place
from tooling.doctor.pods import logs, reasons, scheduling
from tooling.kubernetes.objects import Object, conditions, containers, name, part, role

FOLLOWS: Final[Mapping[str, frozenset[str]]] = {
    "autoscaler-blind": frozenset({"metrics-server-missing"}),
    "claim-pending": frozenset({"storage-class-missing"}),
    "clickhouse-not-ready": frozenset({"clickhouse-operator-missing", "clickhouse-nodes"}),
    "clickhouse-unreachable": frozenset({"clickhouse-not-ready", "clickhouse-operator-missing"}),
    "cluster-unreachable": frozenset({"aws-credentials", "eks-cluster"}),
    "context-unusable": frozenset({"aws-cli-missing", "aws-credentials"}),
    "ingress-without-address": frozenset({"auto-mode-tags", "load-balancer-controller-missing"}),
    "secret-not-synced": frozenset({"external-secrets-missing"}),
    "start-failed": frozenset(
        {"database-password", "database-unreachable", "database-url", "environment-invalid"}
    ),
}
"""Consequences, and the causes that explain each."""

_UNREACHABLE: Final[Mapping[str, str]] = {
    NAMES.postgres: "database-unreachable",
    NAMES.clickhouse: "clickhouse-unreachable",
    NAMES.valkey: "cache-unreachable",
    NAMES.seaweedfs: "storage-unreachable",
}
"""What clients say of a server that is down, by the name of its StatefulSet."""

_OF_PODS: Final = {"not-ready", "unknown-error"}

_LISTED: Final = 3
"""Subjects of one finding that are named: without credentials it is about twenty checks of AWS."""


def diagnose(snapshot: Snapshot, place: Place) -> list[Finding]:
    """Findings about a stack that was deployed, or that failed to be."""
    place = replace(place, running=snapshot.running)
    refused = [*workloads.refused(snapshot, place)]
    in_pods = [*_of_pods(snapshot, place)]
    claims = [*volumes.pending(snapshot, place)]
    gone = [*workloads.missing(snapshot, place, controllers.undelivered(snapshot))]
    if gone:
        names = [item.rpartition("/")[2] for item in snapshot.missing]
        in_pods = [item for item in in_pods if not _is_about(item, names)]
    found = [
        *controllers.terminating(snapshot, place),
        *controllers.secrets(snapshot, place),
        *gone,
        *workloads.scaled_to_zero(snapshot, place),
        *claims,
        *refused,
        *in_pods,
        *operated.findings(snapshot, place, [*claims, *_about_clickhouse(in_pods)]),
        *migrations.findings(snapshot, place),
        *controllers.load_balancers(snapshot, place),
        *controllers.autoscalers(snapshot, place),
        *environment.findings(snapshot.agents, place),
        *egress.findings(
            snapshot.agents, snapshot.namespaces.get(place.namespace), snapshot.pods, place
        ),
        *telemetry.findings(
            snapshot.agents,
            snapshot.running_logs,
            place,
            explained=any(f"/{NAMES.gateway}-" in item.subject for item in in_pods),
        ),
    ]
    # Clients of a server that is down report it too; its own finding is the cause, if there is one.
    down = _down(snapshot)
    others = [finding for finding in found if finding.section not in down]
    found = others or found
    if snapshot.complete and not any(finding.severity == "error" for finding in found):
        found += workloads.unexplained(snapshot, place)
    return [*together(found)]


def _about_clickhouse(found: Iterable[Finding]) -> Iterator[Finding]:
    """Findings about pods that ClickHouse's operator makes."""
    begins = f"/{NAMES.clickhouse}-"
    return (finding for finding in found if begins in finding.subject)


def _is_about(finding: Finding, secrets: Iterable[str]) -> bool:
    """Whether a pod only waits for one of these."""
    return finding.section == "secret-missing" and any(name in finding.cause for name in secrets)


def _of_pods(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    undelivered = controllers.undelivered(snapshot)
    for pod in snapshot.pods:
        if not _counts(pod, snapshot):
            continue
        scheduled = conditions(pod).get("PodScheduled", {})
        message = str(scheduled.get("message"))
        if scheduled.get("status") == "False" and scheduling.UNBOUND.search(message):
            known = [*volumes.pending(snapshot, place)]
            yield from known or volumes.waits_for_volume(snapshot, place, message)
            continue
        yield from logs.from_running(pod, snapshot, place)
        finding = reasons.diagnose(pod, snapshot, place)
        if finding is None or _waits_for(pod, undelivered):
            continue
        yield finding


def _counts(pod: Object, snapshot: Snapshot) -> bool:
    """Whether a pod's state says something about the stack now."""
    if "deletionTimestamp" in part(pod, "metadata"):
        return False
    if part(pod, "status").get("phase") in {"Succeeded", "Failed"}:
        return False  # a Job's, which is asked itself, or one that was evicted and replaced
    if role(pod) == "migration":
        job = snapshot.job
        return job is not None and pod in snapshot.owned([pod], job)
    return True


def _waits_for(pod: Object, secrets: set[str]) -> bool:
    for container in containers(pod):
        message = str(part(part(container, "state"), "waiting").get("message"))
        if any(f'"{secret}" not found' in message for secret in secrets):
            return True
    return False


def _down(snapshot: Snapshot) -> set[str]:
    """What clients say of the servers of which no pod is ready now."""
    down = set[str]()
    for server, section in _UNREACHABLE.items():
        # ClickHouse's operator makes one for each replica.
        operated = f"{server}-clickhouse-"
        sets = [
            item
            for item in snapshot.stateful_sets
            if name(item) == server or name(item).startswith(operated)
        ]
        if sets and not any(part(item, "status").get("readyReplicas") for item in sets):
            down.add(section)
    return down


def causes(
    preconditions: Sequence[Finding],
    aws: Sequence[Finding],
    failures: Sequence[Finding],
    log: Log,
) -> list[Finding]:
    """The findings of four sources, each cause once.

    A missing precondition replaces its consequences; AWS's answer replaces the cluster's, except
    about pods; a finding from a log is used only where no other source has it, and what was not
    understood of it always.
    """
    aws = [item for item in aws if _adds(item, preconditions)]
    aws = [item for item in aws if item.section not in _OF_PODS or not _among(item, failures)]
    failures = [item for item in failures if _adds(item, [*preconditions, *aws])]
    found = [*preconditions, *aws, *failures]
    failed = any(item.severity == "error" for item in found)
    found += (
        item
        for item in log.known
        if not _among(item, found) and not (failed and item.section == GENERAL)
    )
    found += log.unknown
    sections = {item.section for item in found}
    independent = (item for item in found if not sections & FOLLOWS.get(item.section, frozenset()))
    return [*together(independent)]


def _adds(finding: Finding, others: Sequence[Finding]) -> bool:
    return finding.section in {*_OF_PODS, NOT_CHECKED} or not _among(finding, others)


def _among(finding: Finding, others: Iterable[Finding]) -> bool:
    return any(other.section == finding.section for other in others)


def together(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding for all subjects with the same cause."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.section, finding.severity, finding.cause), []).append(finding)
    for group in groups.values():
        subjects = list(dict.fromkeys(finding.subject for finding in group))
        yield replace(group[0], subject=_joined(subjects))


def _joined(subjects: Sequence[str]) -> str:
    """Objects of one kind are counted, for their names say little; of anything else the first are
    listed."""
    kinds = {subject.partition(" ")[0] for subject in subjects}
    listed = 1 if len(kinds) == 1 else _LISTED
    if len(subjects) <= listed:
        return ", ".join(subjects)
    return f"{', '.join(subjects[:listed])} and {len(subjects) - listed} more"

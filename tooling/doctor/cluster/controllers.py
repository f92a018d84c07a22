"""Findings about the work of controllers: secrets, scaling, load balancer, removal.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.findings import Finding, Severity
from tooling.doctor.patterns.known import explain
from tooling.doctor.place import Place
from tooling.doctor.pods.reasons import describe
from tooling.kit.json_values import as_list
from tooling.kit.masking import quote
from tooling.kubernetes.objects import (
    Object,
    age,
    conditions,
    items,
    moment,
    name,
    namespace,
    part,
    subject,
    words,
)

_STUCK: Final = 120.0
"""Seconds after which a deletion is considered stuck."""

_SLOW: Final = 60.0
"""Seconds within which a controller handles a new object."""

_LOAD_BALANCER: Final = 300.0
"""Seconds within which a load balancer gets its name: it takes 2 to 4 minutes."""


def terminating(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """Objects whose deletion is stuck, and what blocks it."""
    held = set[str]()
    kinds = (
        snapshot.ingresses,
        snapshot.external_secrets,
        snapshot.clusters,
        snapshot.claims,
        snapshot.jobs,
        snapshot.deployments,
        snapshot.stateful_sets,
        snapshot.pods,
    )
    for object_ in (item for kind in kinds for item in kind if _stuck(item, snapshot)):
        finalizers = as_list(part(object_, "metadata").get("finalizers")) or []
        if "foregroundDeletion" in finalizers:
            continue  # waits for what it owns, which is said by itself
        held.add(namespace(object_))
        by = f"by {', '.join(finalizers)}" if finalizers else "by its node, which does not answer"
        yield _finding(
            "stuck-terminating",
            object_,
            f"It was deleted and is held {by}: the controller that removes it does not run, or is "
            "refused",
            describe(object_, place),
        )
    for object_ in snapshot.namespaces.values():
        if _stuck(object_, snapshot) and name(object_) not in held:
            reasons = [
                str(condition.get("message"))
                for condition in conditions(object_).values()
                if condition.get("status") == "True"
            ]
            yield _finding(
                "stuck-terminating",
                object_,
                "It was deleted, and something in it is not removed: " + quote(" ".join(reasons)),
                place.kubectl(
                    "get", "namespace", name(object_), "-o", "jsonpath={.status.conditions}"
                ),
            )


def _stuck(object_: Object, snapshot: Snapshot) -> bool:
    deleted = moment(part(object_, "metadata").get("deletionTimestamp"))
    return deleted is not None and (snapshot.now - deleted).total_seconds() > _STUCK


def secrets(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """SecretStores and ExternalSecrets that are not ready; those of a broken store with it."""
    broken = set[tuple[str, str]]()
    for store in snapshot.secret_stores:
        finding = _not_synced(store, snapshot, place)
        if finding is not None:
            broken.add((namespace(store), name(store)))
            yield finding
    for secret in snapshot.external_secrets:
        store = part(part(secret, "spec"), "secretStoreRef").get("name")
        if (namespace(secret), store) not in broken:
            finding = _not_synced(secret, snapshot, place)
            if finding is not None:
                yield finding


def undelivered(snapshot: Snapshot) -> set[str]:
    """Names of the Secrets that no ExternalSecret has delivered yet."""
    return {
        str(part(part(secret, "spec"), "target").get("name") or name(secret))
        for secret in snapshot.external_secrets
        if conditions(secret).get("Ready", {}).get("status") != "True"
    }


def _not_synced(object_: Object, snapshot: Snapshot, place: Place) -> Finding | None:
    ready = conditions(object_).get("Ready")
    if ready is not None and ready.get("status") == "True":
        return None
    if ready is None:
        if age(object_, snapshot.now) < _SLOW:
            return None
        cause = "External Secrets has not looked at it: its controller does not run"
        return _finding("secret-not-synced", object_, cause, describe(object_, place))
    event = snapshot.warning(object_)
    # The condition is often no more than "could not get secret data from provider".
    said = str(event.get("message")) if event else ""
    text = f"{words(ready)} {said}"
    for explanation in explain(text, place, {"secret-not-synced"}):
        return explanation.about(subject(object_))
    cause = f"It is not ready: {quote(text)}"
    return _finding("secret-not-synced", object_, cause, describe(object_, place))


def autoscalers(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """Autoscalers without metrics."""
    for scaler in snapshot.autoscalers:
        active = conditions(scaler).get("ScalingActive", {})
        blind = active.get("status") == "False" and active.get("reason") != "ScalingDisabled"
        if blind and age(scaler, snapshot.now) > _STUCK:
            yield _finding(
                "autoscaler-blind",
                scaler,
                f"It gets no metrics and keeps the number of pods: {quote(words(active))}",
                place.kubectl("get", "apiservice", "v1beta1.metrics.k8s.io"),
                "warning",
            )


def load_balancers(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """Ingresses without a load balancer, or whose last change was refused."""
    for ingress in snapshot.ingresses:
        event = snapshot.newest_event(ingress)
        failed = event is not None and event.get("type") == "Warning"
        address = items(part(part(ingress, "status"), "loadBalancer"), "ingress")
        if event is not None and failed:
            message = str(event.get("message"))
            sections = {"ingress-without-address", "bucket-policy"}
            found = [*explain(message, place, sections)]
            if found:
                yield found[0].about(subject(ingress))
            else:
                cause = f"The controller cannot build it: {quote(message)}"
                command = describe(ingress, place)
                yield _finding("ingress-without-address", ingress, cause, command)
        elif not address and age(ingress, snapshot.now) > _LOAD_BALANCER:
            yield _finding(
                "ingress-without-address",
                ingress,
                "It has no address, and no controller says why: none watches its class "
                f"{part(ingress, 'spec').get('ingressClassName')}",
                place.kubectl("get", "ingressclasses"),
            )


def _finding(
    section: str, object_: Object, cause: str, command: str, severity: Severity = "error"
) -> Finding:
    return Finding(
        section=section, severity=severity, subject=subject(object_), cause=cause, command=command
    )

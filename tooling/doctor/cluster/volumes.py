"""Why the database's volume is not there. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tooling.doctor.before.storage import DEFAULT_CLASS
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.doctor.pods.reasons import describe
from tooling.doctor.pods.scheduling import shortened
from tooling.kit.masking import quote
from tooling.kubernetes.objects import Object, age, annotations_of, name, part, subject

SLOW: Final = 60.0
"""Seconds within which a provisioner has answered."""

_NO_PROVISIONER: Final = "kubernetes.io/no-provisioner"


def pending(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """Claims without a volume. One that only waits for its pod is not reported."""
    classes = {name(item): item for item in snapshot.storage_classes}
    default = [
        key for key, item in classes.items() if annotations_of(item).get(DEFAULT_CLASS) == "true"
    ]
    for claim in snapshot.claims:
        if part(claim, "status").get("phase") != "Pending":
            continue
        wanted = part(claim, "spec").get("storageClassName")
        event = snapshot.warning(claim)
        look = place.kubectl("get", "storageclasses")
        if not wanted and not default:
            cause = "It names no StorageClass, and the cluster has no default one"
            yield _pending(claim, cause, look)
        elif wanted and wanted not in classes:
            known = ", ".join(sorted(classes)) or "none"
            cause = f"There is no StorageClass {wanted}; the cluster has {known}"
            yield _pending(claim, cause, look)
        elif event is not None:
            said = f"{event.get('reason')}: {quote(str(event.get('message')))}"
            cause = f"No volume is made for it: {said}"
            yield _pending(claim, cause, describe(claim, place))
        elif age(claim, snapshot.now) > SLOW and not _waits_for_pod(classes.get(wanted or "")):
            yield _pending(claim, _silent(classes, wanted), look)


def waits_for_volume(snapshot: Snapshot, place: Place, message: str) -> Iterator[Finding]:
    """The pending claims of a pod that the scheduler keeps back for them."""
    classes = {name(item): item for item in snapshot.storage_classes}
    for claim in snapshot.claims:
        if part(claim, "status").get("phase") == "Pending":
            wanted = part(claim, "spec").get("storageClassName")
            class_ = classes.get(wanted or "", {})
            cause = f"No volume is there for it: {shortened(message)}"
            if class_.get("provisioner") == _NO_PROVISIONER:
                cause += f". StorageClass {wanted} makes none by itself"
            yield _pending(claim, cause, describe(claim, place))


def _silent(classes: Mapping[str, Object], wanted: object) -> str:
    provisioner = classes.get(str(wanted), {}).get("provisioner")
    return f"Nothing has answered for its StorageClass {wanted}: {provisioner} does not run"


def _waits_for_pod(class_: Object | None) -> bool:
    """Whether the class makes a volume only where a pod is."""
    return class_ is not None and class_.get("volumeBindingMode") == "WaitForFirstConsumer"


def _pending(claim: Object, cause: str, command: str) -> Finding:
    return Finding.error("claim-pending", subject(claim), cause, command)

"""Whether the database's volume can be made. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from components.kubernetes import cluster_mode
from components.kubernetes.cluster_mode import ClusterMode
from stacks.settings import Settings
from stacks.settings.sections.database import StatefulSetDatabase
from tooling.doctor.findings import Finding, Severity
from tooling.doctor.place import Place
from tooling.kubernetes.objects import Object, annotations_of, name, part

_MIGRATED: Final = {"kubernetes.io/aws-ebs": cluster_mode.SELF_MANAGED.volume_provisioner}
"""Provisioners that Kubernetes hands to a CSI driver:
https://kubernetes.io/docs/concepts/storage/volumes/#aws-ebs-csi-migration"""
_OUTSIDE: Final = ".eks.amazonaws.com"
"""End of the drivers of EKS Auto Mode, which run outside of the cluster."""

DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"


def storage_class(
    settings: Settings,
    classes: Sequence[Object],
    drivers: Sequence[Object],
    claim: Object | None,
    place: Place,
    *,
    mode: ClusterMode = cluster_mode.SELF_MANAGED,
) -> Iterator[Finding]:
    """``claim``: the database's, from an earlier run. A volume that is there needs no class.

    ``mode``: that of a class that the stack creates.
    """
    database = settings.database
    if not isinstance(database, StatefulSetDatabase):
        return
    if claim is not None and part(claim, "status").get("phase") == "Bound":
        return
    wanted = database.storage_class
    if database.create_storage_class:
        subject, provisioner = "The StorageClass that the stack creates", mode.volume_provisioner
    elif wanted is not None:
        named = [item for item in classes if name(item) == wanted]
        if not named:
            yield _no_class(place, f"StorageClass {wanted}", _not_there(classes))
            return
        subject, provisioner = f"StorageClass {wanted}", named[0].get("provisioner", "")
    else:
        defaults = [item for item in classes if annotations_of(item).get(DEFAULT_CLASS) == "true"]
        if not defaults:
            cause = f"The database's volume takes the default class. {_not_there(classes)}"
            yield _no_class(place, "The default StorageClass", cause, classes)
            return
        # Of several the API server takes the newest.
        newest = max(defaults, key=lambda item: str(item["metadata"].get("creationTimestamp")))
        if len(defaults) > 1:
            names = ", ".join(sorted(map(name, defaults)))
            cause = f"{names} are all marked as default; a new volume takes {name(newest)}"
            yield _no_class(place, "The default StorageClass", cause, [newest], severity="warning")
        subject, provisioner = f"StorageClass {name(newest)}", newest.get("provisioner", "")
    driver = _MIGRATED.get(provisioner, provisioner)
    is_driver = ".csi." in driver and not driver.endswith(_OUTSIDE)
    if is_driver and driver not in map(name, drivers):
        cause = f"Its provisioner {provisioner} needs the CSI driver {driver}, which is not there"
        yield Finding.error(
            "storage-class-missing", subject, cause, place.kubectl("get", "csidrivers")
        )


def _not_there(classes: Sequence[Object]) -> str:
    names = sorted(map(name, classes))
    return f"The cluster has {', '.join(names)}" if names else "The cluster has no class at all"


def _no_class(
    place: Place,
    subject: str,
    cause: str,
    offered: Sequence[Object] = (),
    severity: Severity = "error",
) -> Finding:
    command = place.kubectl("get", "storageclasses")
    if offered:
        command = place.config_set("database.storageClass", name(offered[0]))
    prefix = "It is not there. " if severity == "error" else ""
    return Finding(
        section="storage-class-missing",
        severity=severity,
        subject=subject,
        cause=prefix + cause,
        command=command,
    )

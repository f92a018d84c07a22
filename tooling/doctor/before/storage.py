"""Whether the volumes of the servers in the cluster can be made, and suit them.

Pure; imports no SDK.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from components.kubernetes import cluster_mode
from components.kubernetes.cluster_mode import ClusterMode
from stacks.settings import Settings
from tooling.doctor import servers
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.doctor.servers import Server
from tooling.kubernetes.objects import Object, annotations_of, name, part

_MIGRATED: Final = {"kubernetes.io/aws-ebs": cluster_mode.SELF_MANAGED.volume_provisioner}
"""Provisioners that Kubernetes hands to a CSI driver:
https://kubernetes.io/docs/concepts/storage/volumes/#aws-ebs-csi-migration"""
_OUTSIDE: Final = ".eks.amazonaws.com"
"""End of the drivers of EKS Auto Mode, which run outside of the cluster."""

_NETWORK: Final = re.compile(
    r"\b(?:efs|nfs|smb|fsx|filestore|cephfs|glusterfs)\b|\bnfs|file\.csi\.azure|azure-file"
)
"""Provisioners of network file systems, such as ``efs.csi.aws.com`` and ``nfs.csi.k8s.io``."""

DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """A class, and the servers whose volumes are of it."""

    subject: str
    provisioner: str
    of: Sequence[Server]


def storage_classes(
    settings: Settings,
    classes: Sequence[Object],
    drivers: Sequence[Object],
    claims: Sequence[Object],
    place: Place,
    *,
    mode: ClusterMode = cluster_mode.SELF_MANAGED,
) -> Iterator[Finding]:
    """``claims``: those of the namespace, from an earlier run. A volume that is there needs no
    class.

    ``mode``: that of a class that the stack creates.
    """
    needing = [item for item in servers.in_cluster(settings) if not _has_volume(item, claims)]
    created = [item for item in needing if item.create_storage_class]
    by_default = [item for item in needing if not (item in created or item.storage_class)]
    choices: list[_Choice] = []
    if created:
        subject = "The StorageClass that the stack creates"
        choices.append(_Choice(subject=subject, provisioner=mode.volume_provisioner, of=created))
    for wanted in dict.fromkeys(item.storage_class for item in needing if item.storage_class):
        of = [item for item in needing if item.storage_class == wanted]
        named = [item for item in classes if name(item) == wanted]
        if named:
            choices.append(_choice(named[0], of))
        else:
            look = place.kubectl("get", "storageclasses")
            yield _missing(f"StorageClass {wanted}", _not_there(classes), look)
    if by_default:
        defaults = [item for item in classes if annotations_of(item).get(DEFAULT_CLASS) == "true"]
        yield from _default(place, defaults, classes, by_default)
        if defaults:
            choices.append(_choice(_newest(defaults), by_default))
    for choice in choices:
        yield from _driver(choice, drivers, place)
        yield from _kind(choice, place)


def _has_volume(server: Server, claims: Sequence[Object]) -> bool:
    own = [item for item in claims if name(item).startswith(server.claims_begin)]
    return bool(own) and all(part(item, "status").get("phase") == "Bound" for item in own)


def _choice(class_: Object, of: Sequence[Server]) -> _Choice:
    subject = f"StorageClass {name(class_)}"
    return _Choice(subject=subject, provisioner=class_.get("provisioner", ""), of=of)


def _newest(classes: Sequence[Object]) -> Object:
    """What the API server takes of several default classes."""
    return max(classes, key=lambda item: str(item["metadata"].get("creationTimestamp")))


def _default(
    place: Place, defaults: Sequence[Object], classes: Sequence[Object], of: Sequence[Server]
) -> Iterator[Finding]:
    """What is wrong with the default class."""
    subject = "The default StorageClass"
    if not defaults:
        take = f"{_volumes(of)} {'take' if len(of) > 1 else 'takes'} the default class"
        command = (
            _set_class(place, classes[0], of) if classes else place.kubectl("get", "storageclasses")
        )
        yield _missing(subject, f"{take}. {_not_there(classes)}", command)
    elif len(defaults) > 1:
        newest = _newest(defaults)
        names = ", ".join(sorted(map(name, defaults)))
        cause = f"{names} are all marked as default; a new volume takes {name(newest)}"
        command = _set_class(place, newest, of)
        yield Finding.warning("storage-class-missing", subject, cause, command)


def _driver(choice: _Choice, drivers: Sequence[Object], place: Place) -> Iterator[Finding]:
    driver = _MIGRATED.get(choice.provisioner, choice.provisioner)
    is_driver = ".csi." in driver and not driver.endswith(_OUTSIDE)
    if is_driver and driver not in map(name, drivers):
        cause = (
            f"Its provisioner {choice.provisioner} needs the CSI driver {driver}, which is not "
            "there"
        )
        yield Finding.error(
            "storage-class-missing", choice.subject, cause, place.kubectl("get", "csidrivers")
        )


def _kind(choice: _Choice, place: Place) -> Iterator[Finding]:
    """A network file system, for servers that need a disk."""
    if not _NETWORK.search(choice.provisioner):
        return
    kind = f"Its provisioner {choice.provisioner} makes a network file system"
    look = place.kubectl("get", "storageclasses")
    strict = [item for item in choice.of if item.needs_block_storage]
    others = [item for item in choice.of if not item.needs_block_storage]
    if strict:
        cause = (
            f"{kind}, on which ClickHouse cannot exchange two files: migrations stop half-way. "
            "Take one of block storage"
        )
        yield Finding.error("storage-class-unsuitable", choice.subject, cause, look)
    if others:
        cause = (
            f"{kind}. {_volumes(others)} would be slow, and may lose what was written when the "
            "network fails. Take one of block storage"
        )
        yield Finding.warning("storage-class-unsuitable", choice.subject, cause, look)


def _volumes(of: Sequence[Server]) -> str:
    """``The volume of the database``, or those of several."""
    names = [server.what for server in of]
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f"The volume{'s' if len(names) > 1 else ''} of {listed}"


def _not_there(classes: Sequence[Object]) -> str:
    names = sorted(map(name, classes))
    return f"The cluster has {', '.join(names)}" if names else "The cluster has no class at all"


def _missing(subject: str, cause: str, command: str) -> Finding:
    return Finding.error("storage-class-missing", subject, f"It is not there. {cause}", command)


def _set_class(place: Place, class_: Object, of: Sequence[Server]) -> str:
    """The command that gives servers a class by name."""
    chosen = name(class_)
    return " && ".join(place.config_set(f"{item.key}.storageClass", chosen) for item in of)

"""Rules about encryption at rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..kubernetes.objects import manifests
from ..model import UNKNOWN, Rule, Seen, at, is_on, items

_SWITCHES: Final = {
    "aws:rds/instance:Instance": "storageEncrypted",
    "aws:rds/cluster:Cluster": "storageEncrypted",
    "aws:rds/globalCluster:GlobalCluster": "storageEncrypted",
    "aws:docdb/cluster:Cluster": "storageEncrypted",
    "aws:neptune/cluster:Cluster": "storageEncrypted",
}
_OTHERS: Final = {
    "aws:ebs/volume:Volume": "encrypted",
    "aws:efs/fileSystem:FileSystem": "encrypted",
    "aws:redshift/cluster:Cluster": "encrypted",
    "aws:ebs/encryptionByDefault:EncryptionByDefault": "enabled",
    "aws:elasticache/replicationGroup:ReplicationGroup": "atRestEncryptionEnabled",
    "aws:elasticsearch/domain:Domain": "encryptAtRest.enabled",
    "aws:opensearch/domain:Domain": "encryptAtRest.enabled",
}
_DISKS: Final = {
    "aws:ec2/launchTemplate:LaunchTemplate": (("blockDeviceMappings", "ebs"),),
    "aws:ec2/instance:Instance": (("rootBlockDevice", ""), ("ebsBlockDevices", "")),
}
"""Inputs that describe volumes, and where in one of them the switch is."""
_EBS: Final = ("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com", "kubernetes.io/aws-ebs")
_LONGEST_ROTATION: Final = 365
"""Days between two rotations of a key: what AWS does if nothing is said."""


def at_rest(seen: Seen) -> Iterator[str]:
    if (switch := _SWITCHES.get(seen.type)) is not None:
        if not is_on(seen.get(switch)):
            yield f"{switch} is not true: set it when the database is made, it cannot change"
    elif (switch := _OTHERS.get(seen.type)) is not None:
        if not is_on(seen.get(switch)):
            yield f"{switch} is not true: set it when it is made"
    elif seen.type == "aws:sns/topic:Topic":
        if not seen.get("kmsMasterKeyId"):
            yield "kmsMasterKeyId is missing: name a key, alias/aws/sns at least"
    elif seen.type == "aws:sqs/queue:Queue" and not (
        seen.get("kmsMasterKeyId") or is_on(seen.get("sqsManagedSseEnabled"))
    ):
        yield "neither kmsMasterKeyId nor sqsManagedSseEnabled is set: choose one"
    for name, inner in _DISKS.get(seen.type, ()):
        for disk in items(seen.get(name)):
            volume = at(disk, inner) if inner else disk
            if volume not in (None, UNKNOWN) and not is_on(at(volume, "encrypted")):
                yield f"{name} has a volume without encrypted: set it, the default is the account's"
    for manifest in manifests(seen):
        of_ebs = manifest.kind == "StorageClass" and manifest.get("provisioner") in _EBS
        if of_ebs and not is_on(manifest.get("parameters.encrypted")):
            yield 'parameters.encrypted is not "true": volumes of EBS are encrypted only if asked'


def key_rotation(seen: Seen) -> Iterator[str]:
    if seen.type == "aws:kms/externalKey:ExternalKey":
        yield "a key of external material is never rotated: let AWS make the key"
    if seen.type != "aws:kms/key:Key":
        return
    if not is_on(seen.get("enableKeyRotation")):
        yield "enableKeyRotation is not true: set it"
    days = seen.get("rotationPeriodInDays")
    if days is not UNKNOWN and isinstance(days, int | float) and days > _LONGEST_ROTATION:
        yield f"rotationPeriodInDays is {days:g}: rotate it every {_LONGEST_ROTATION} days"


RULES: Final = (
    Rule(
        name="encryption-at-rest",
        protects="Data in databases, caches, queues and volumes is unreadable without the key.",
        check=at_rest,
    ),
    Rule(
        name="key-rotation",
        protects="A leaked key decrypts the data of one year at most.",
        check=key_rotation,
    ),
)

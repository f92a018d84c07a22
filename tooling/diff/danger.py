"""Which changes a reviewer should look at first: a table. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tooling.diff.model import ABSENT, PropertyChange, Resource
from tooling.kit.json_values import covers

Condition = Callable[[Any, Any], bool]


def _always(_before: object, _after: object) -> bool:
    return True


def _switched_on(_before: object, after: object) -> bool:
    return after is True


def _switched_off(before: object, after: object) -> bool:
    return before is True and after is not True


def _less(before: object, after: object) -> bool:
    old, new = (0 if value is ABSENT else value for value in (before, after))
    return isinstance(old, int) and isinstance(new, int) and new < old


@dataclass(frozen=True)
class _Danger:
    path: str
    says: str
    when: Condition = _always


_DATABASE: Final = "aws:rds/instance:Instance"
_CACHE: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
_DANGERS: Final[dict[str, tuple[_Danger, ...]]] = {
    _DATABASE: (
        _Danger("deletionProtection", "RDS no longer refuses to delete it", _switched_off),
        _Danger("skipFinalSnapshot", "no final snapshot when it is deleted", _switched_on),
        _Danger("deleteAutomatedBackups", "its backups go with it", _switched_on),
        _Danger("backupRetentionPeriod", "fewer days to go back to", _less),
        _Danger("publiclyAccessible", "an address on the internet", _switched_on),
        _Danger("multiAz", "the loss of a zone is the loss of the database", _switched_off),
        _Danger("engineVersion", "the database restarts; a major version cannot be taken back"),
        _Danger("instanceClass", "the database restarts, or fails over"),
        _Danger("parameterGroupName", "the database may restart"),
        _Danger("vpcSecurityGroupIds", "who may connect"),
        _Danger("caCertIdentifier", "clients have to trust the new authority"),
    ),
    _CACHE: (
        _Danger("numCacheClusters", "fewer copies in other zones", _less),
        _Danger("automaticFailoverEnabled", "the loss of a zone is an outage", _switched_off),
        _Danger("multiAzEnabled", "the loss of a zone is an outage", _switched_off),
        _Danger("snapshotRetentionLimit", "fewer days to go back to", _less),
        _Danger("finalSnapshotIdentifier", "another name of the last snapshot, or none"),
        _Danger("engineVersion", "the cache fails over; a lower version is another cache"),
        _Danger("nodeType", "the cache fails over"),
        _Danger("parameterGroupName", "what waits in queues may be evicted"),
        _Danger("securityGroupIds", "who may connect"),
        _Danger("transitEncryptionMode", "connections without encryption"),
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": (
        _Danger("parameters", "what waits in queues may be evicted"),
    ),
    "aws:iam/role:Role": (_Danger("assumeRolePolicy", "who may act as this role"),),
    "aws:iam/rolePolicy:RolePolicy": (_Danger("policy", "what the role may do"),),
    "aws:kms/key:Key": (
        _Danger("policy", "who may use the key"),
        _Danger("deletionWindowInDays", "less time to save the key", _less),
    ),
    "aws:s3/bucket:Bucket": (_Danger("forceDestroy", "deleted with its content", _switched_on),),
    "aws:s3/bucketPolicy:BucketPolicy": (_Danger("policy", "who may reach the bucket"),),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        _Danger("*", "the bucket may become public", _switched_off),
    ),
    "aws:secretsmanager/secret:Secret": (
        _Danger("recoveryWindowInDays", "less time to restore it", _less),
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": (_Danger("policy", "who may read the secret"),),
    "aws:sns/topicPolicy:TopicPolicy": (_Danger("policy", "who may publish"),),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (_Danger("*", "who may connect"),),
    "kubernetes:core/v1:Namespace": (_Danger("metadata.labels", "what the namespace admits"),),
    "kubernetes:networking.k8s.io/v1:Ingress": (
        _Danger("metadata.annotations", "how the load balancer is reached"),
        _Danger("spec", "which hosts and paths are public"),
    ),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": (_Danger("spec", "who may connect"),),
}
_IN_PODS: Final = ("securityContext", "hostNetwork", "hostPID", "hostIPC", "serviceAccountName")

_WEIGHTY: Final[dict[str, str]] = {
    "aws:iam/role:Role": "a new role",
    "aws:iam/rolePolicy:RolePolicy": "a new permission",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "a new permission",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "who may connect",
    "kubernetes:networking.k8s.io/v1:Ingress": "a public way in",
}
_KEEPS: Final[dict[str, str]] = {
    _DATABASE: "all data is in it",
    _CACHE: "events that wait in its queues go with it",
    "aws:s3/bucket:Bucket": "its content goes with it",
    "aws:kms/key:Key": "what it encrypted cannot be read again",
    "aws:secretsmanager/secret:Secret": "what reads it fails",
    "kubernetes:apps/v1:StatefulSet": "its volumes stay behind or are lost",
    "kubernetes:core/v1:Namespace": "everything in it goes with it",
    "kubernetes:core/v1:PersistentVolumeClaim": "its data goes with it",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": "more traffic is admitted",
    "random:index/randomPassword:RandomPassword": "another value is generated",
}


def of_change(resource: Resource, change: PropertyChange) -> str | None:
    """Why one changed value is dangerous."""
    for danger in _DANGERS.get(resource.type, ()):
        if covers(danger.path, change.path) and danger.when(change.before, change.after):
            return danger.says
    if resource.type.startswith("kubernetes:") and "spec" in change.path[:1]:
        found = [part for part in change.path if part in _IN_PODS]
        if found:
            return "what the pods are allowed"
    return None


def of_creation(resource: Resource) -> str | None:
    """Why a new resource needs a review."""
    return _WEIGHTY.get(resource.type)


def of_loss(resource: Resource) -> str | None:
    """What is lost with a resource."""
    return _KEEPS.get(resource.type)

"""Rules about the permissions of roles, users and groups."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model import Rule, Seen, leaves
from .documents import Statement, has_wildcard, statements

_NO_RESOURCE: Final = frozenset(
    {
        "cloudwatch:getmetricdata",
        "cloudwatch:listmetrics",
        "cloudwatch:putmetricdata",
        "ecr:getauthorizationtoken",
        "s3:listallmybuckets",
        "secretsmanager:listsecrets",
        "sts:getcalleridentity",
    }
)
"""Actions that take no resource, so that ``*`` is the only one that can be written
(https://docs.aws.amazon.com/service-authorization/latest/reference/)."""

_MANAGED: Final = re.compile(r"arn:aws[\w-]*:iam::aws:policy/(?P<name>.+)")
_ACCESS_POLICY: Final = re.compile(r"arn:aws[\w-]*:eks::aws:cluster-access-policy/(?P<name>.+)")
_FITTING: Final = frozenset(
    {
        "service-role/AmazonRDSEnhancedMonitoringRole",
        "service-role/AmazonEBSCSIDriverPolicy",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEC2ContainerRegistryReadOnly",
        "AmazonEKSBlockStoragePolicy",
        "AmazonEKSClusterPolicy",
        "AmazonEKSComputePolicy",
        "AmazonEKSLoadBalancingPolicy",
        "AmazonEKSNetworkingPolicy",
        "AmazonEKSWorkerNodeMinimalPolicy",
        "AmazonEKSWorkerNodePolicy",
        "AmazonEKS_CNI_Policy",
        "AmazonSSMManagedInstanceCore",
        "CloudWatchAgentServerPolicy",
    }
)
"""Managed policies that AWS asks for where its own service works. All others reach what is not
this stack's, whatever they are called (SecretsManagerReadWrite, AmazonS3ReadOnlyAccess)."""
_ATTACHED: Final = frozenset({"policyarn", "policyarns", "managedpolicyarn", "managedpolicyarns"})


def wildcard_action(seen: Seen) -> Iterator[str]:
    for statement in _permissions(seen):
        for action in statement.actions:
            if has_wildcard(action):
                yield f"Action {action!r}: name the actions that are needed"
        if "notaction" in statement.fields:
            yield "NotAction allows every action but some: name those that are needed"
    for path, leaf in leaves(seen.inputs) if seen.type.startswith("aws") else ():
        keys = {str(key).lower() for key in path}
        if not isinstance(leaf, str) or not keys & _ATTACHED:
            continue
        managed = _MANAGED.fullmatch(leaf)
        if managed and managed["name"] not in _FITTING:
            yield f"policy {leaf!r} allows a whole service: write one of its own"
        if (access := _ACCESS_POLICY.fullmatch(leaf)) and access["name"] != "AmazonEKSViewPolicy":
            yield f"policy {leaf!r} allows to change the cluster: take AmazonEKSViewPolicy"


def wildcard_resource(seen: Seen) -> Iterator[str]:
    for statement in _permissions(seen):
        if "notresource" in statement.fields:
            yield "NotResource allows every resource but some: name those that are meant"
        for resource in statement.resources:
            if not _reaches_neighbours(resource, _stack(seen)):
                continue
            for action in statement.actions:
                if resource == "*" and action.lower() in _NO_RESOURCE:
                    continue
                yield f"{action} on Resource {resource!r}: name the resources"


def _reaches_neighbours(resource: str, stack: str | None) -> bool:
    """Whether a pattern holds resources that are not this stack's."""
    if not has_wildcard(resource):
        return False
    fields = resource.split(":", 5)
    if len(fields) < 6 or any(has_wildcard(field) for field in fields[:5]):
        return True
    literal = re.split(r"[*?]|\$\{", fields[5])[0]
    if fields[2] == "s3" and not fields[4]:
        return "/" not in literal  # the wildcard is in the bucket's name, and not in the object's
    return stack is None or not re.search(
        rf"(?<![A-Za-z0-9]){re.escape(stack)}[^A-Za-z0-9]", literal
    )


def _stack(seen: Seen) -> str | None:
    """The stack's name: ``urn:pulumi:<stack>::<project>::…``."""
    name = seen.urn.partition("::")[0].rpartition(":")[2]
    return name if seen.urn.startswith("urn:pulumi:") else None


def _permissions(seen: Seen) -> Iterator[Statement]:
    for statement in statements(seen):
        if statement.allows and not statement.is_about_who:
            yield statement


RULES: Final = (
    Rule(
        name="no-wildcard-action",
        protects="A role may do only the actions that its policy names. Managed policies are "
        "attached only where an AWS service requires them.",
        check=wildcard_action,
    ),
    Rule(
        name="no-wildcard-resource",
        protects="A role reaches entries and buckets of this stack, not those of its neighbours.",
        check=wildcard_resource,
    ),
)

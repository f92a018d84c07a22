"""Rules about the permissions of roles, users and groups."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model import Rule, Seen, leaves
from .conditions import keeps_to_cluster, keeps_to_stack
from .documents import Statement, has_wildcard, statements

_NO_RESOURCE: Final = frozenset(
    {
        *("acm:listcertificates", "acm:requestcertificate"),
        *("cloudwatch:getmetricdata", "cloudwatch:listmetrics", "cloudwatch:putmetricdata"),
        *("ec2:describenetworkinterfaces", "ec2:describeroutetables"),
        *("ec2:describesecuritygrouprules", "ec2:describesecuritygroups", "ec2:describesubnets"),
        *("ec2:describevpcs", "ecr:getauthorizationtoken"),
        "elasticache:describecacheengineversions",
        *("elasticloadbalancing:describelisteners", "elasticloadbalancing:describetags"),
        *("elasticloadbalancing:describeloadbalancerattributes",),
        *("elasticloadbalancing:describeloadbalancers",),
        *("elasticloadbalancing:describetargethealth", "iam:listopenidconnectproviders"),
        *("kms:createkey", "rds:describedbengineversions"),
        *("rds:describeorderabledbinstanceoptions", "route53:listhostedzones"),
        *("s3:listallmybuckets", "secretsmanager:listsecrets"),
        *("sns:getsubscriptionattributes", "sns:unsubscribe"),
        *("sts:getcalleridentity", "tag:getresources"),
    }
)
"""Actions that take no resource, so that ``*`` is the only one that can be written
(https://docs.aws.amazon.com/service-authorization/latest/reference/)."""

_RESTORES: Final = ("rds:restoredbinstancefromdbsnapshot", "rds:restoredbinstancetopointintime")
_OF_THE_ACCOUNT: Final = (
    # A group is made in a network, whose id only a look-up knows.
    ("ec2:vpc/", frozenset({"ec2:createsecuritygroup", "ec2:describevpcattribute"})),
    ("iam:oidc-provider/", frozenset({"iam:getopenidconnectprovider"})),
    # Of every group that logs of RDS go to, as AWS's own policy for Enhanced Monitoring names them.
    (
        "logs:log-group:RDS",
        frozenset(
            {
                *("logs:createloggroup", "logs:createlogstream", "logs:describelogstreams"),
                *("logs:getlogevents", "logs:putlogevents", "logs:putretentionpolicy"),
            }
        ),
    ),
    # A look with a filter is a look at all of them.
    ("elasticache:replicationgroup:", frozenset({"elasticache:describereplicationgroups"})),
    ("rds:db:", frozenset({"rds:describedbinstances"})),
    # AWS's own option groups, which no one can change.
    ("rds:og:default:", frozenset({"rds:createdbinstance", "rds:modifydbinstance", *_RESTORES})),
    ("route53:change/", frozenset({"route53:getchange"})),
    (
        "route53:hostedzone/",
        frozenset(
            {
                *("route53:gethostedzone", "route53:listresourcerecordsets"),
                *("route53:listtagsforresource",),
            }
        ),
    ),
)
"""What all stacks of an account have together, by service and beginning of the resource, and the
actions that change nothing of it: a wildcard there reaches nothing of a neighbour's."""

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
_WORKFLOWS: Final = "agent-observability:index:WorkflowRoles"
_CLUSTER: Final = "agent-observability:index:Cluster"
_OF_WORKFLOWS: Final = frozenset({"AmazonEKSAdminViewPolicy", "AmazonEKSClusterAdminPolicy"})
"""Access policies of the roles that GitHub's workflows assume, and of no other."""
_STREAMS: Final = re.compile(r"log-group:[^:]+:")
"""Streams of one log group, which is named in full."""
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
        if (access := _ACCESS_POLICY.fullmatch(leaf)) and not _fits(seen, access["name"]):
            yield f"policy {leaf!r} allows to change the cluster: take AmazonEKSViewPolicy"


def _fits(seen: Seen, policy: str) -> bool:
    """Whether an access policy of EKS is no more than whoever gets it needs.

    What deploys a stack makes namespaces, and what is in them; what previews it reads that.
    """
    if policy == "AmazonEKSViewPolicy":
        return True
    parents = "".join(seen.urn.split("::")[2:3]).split("$")[:-1]
    if policy == "AmazonEKSClusterAdminPolicy" and _CLUSTER in parents:
        return True  # those whom the configuration names, when the cluster is made
    return policy in _OF_WORKFLOWS and f"::{_WORKFLOWS}$" in seen.urn


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
                if _is_the_accounts(resource, action.lower()):
                    continue
                condition = statement.fields.get("condition")
                if keeps_to_stack(condition, action, _stack(seen)):
                    continue
                if keeps_to_cluster(condition, action):
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
    own = stack is not None and bool(
        re.search(rf"(?<![A-Za-z0-9]){re.escape(stack)}[^A-Za-z0-9]", literal)
    )
    if fields[2] == "logs" and _STREAMS.match(literal):
        return False
    if fields[2] == "s3" and not fields[4]:
        # Buckets of all accounts have names together: it is the stack's and of one length, or the
        # wildcard is in the object's name.
        bucket = fields[5].partition("/")[0]
        of_one_length = "*" not in bucket and "${" not in bucket
        return "/" not in literal and not (own and of_one_length)
    return not own


def _is_the_accounts(resource: str, action: str) -> bool:
    """Whether an action on a pattern is on what no stack has alone."""
    _, _, service, _, _, name = [*resource.split(":", 5), *[""] * 5][:6]
    return any(
        f"{service}:{name}".startswith(begins) and action in actions
        for begins, actions in _OF_THE_ACCOUNT
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

"""Rules of region, account and tags, and what other sections have to keep to in AWS."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Final

from components.aws import partitions
from components.project import PROJECT
from stacks.names import as_stack, stack_problem
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    join,
    show,
    to_decide,
    to_give,
)
from stacks.settings.rules.lists import distinct
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.endpoint import Endpoint

# What IAM refuses; other services refuse less, and the load balancer's annotation more
# (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html).
_NOT_IN_TAGS: Final = re.compile(r"[^\w .:/=+@-]+")

_RESERVED_TAGS: Final = {
    f"{PROJECT}:": "the program gives its own tag with it, by which roles keep to their stack",
    "aws:": "AWS keeps 'aws:' for itself",
    "elbv2.k8s.aws/": "the AWS Load Balancer Controller finds what it may delete by this tag",
    "ingress.k8s.aws/": "the AWS Load Balancer Controller finds what it may delete by this tag",
}

_LONGEST_KEY: Final = 128
_LONGEST_VALUE: Final = 256

_MOST_TAGS: Final = 40
"""Of AWS's 50 for a resource; what AWS and the cluster's controllers add needs room."""


def stack_name(name: str, cluster: Cluster | None) -> Iterator[Problem]:
    """A stack's name is part of names in AWS. ``cluster``: None where it is not valid by itself."""
    if cluster is None or cluster.eks_name is None:
        return
    if (rule := stack_problem(name)) is not None:
        meant = as_stack(name)
        same = re.sub(r"[\W_]+", "-", name.lower()).strip("-") == meant != ""
        rename = shlex.join(["pulumi", "stack", "rename", meant])
        yield Problem("stack", show(name), rule, rename if same else "")


def region_of_eks(cluster: Cluster, aws: Aws) -> Iterator[Problem]:
    if cluster.eks_name is not None and aws.region is None:
        rule = "is required with cluster.eksName: the cluster's region, and that of all beside it"
        yield to_give("aws:region", rule)


def of_stack(path: str, arn: str | None, aws: Aws) -> Iterator[Problem]:
    """Problems of an ARN, at ``path``, of another region or account than the stack's."""
    if arn is None:
        return
    yield from of_region(path, arn, aws)
    yield from of_account(path, arn, aws)


def of_account(path: str, arn: str | None, aws: Aws) -> Iterator[Problem]:
    """Problems of an ARN, at ``path``, of another account or partition than the stack's."""
    if arn is None:
        return
    _, partition, *_, account, _ = arn.split(":", 5)
    if account not in (aws.allowed_account_ids or (account,)):
        rule = f"is of account {account}, which aws:allowedAccountIds does not name"
        yield to_decide(path, arn, rule)
    elif aws.region is not None and partition != partitions.of_region(aws.region):
        rule = f"is of partition {partition}, in which aws:region, {aws.region}, is not"
        yield to_decide(path, arn, rule)


def of_region(path: str, arn: str | None, aws: Aws, why: str = "") -> Iterator[Problem]:
    """The problem of an ARN, at ``path``, of another region than the stack's."""
    if arn is None or aws.region is None:
        return
    if (region := arn.split(":")[3]) != aws.region:
        rule = f"is of {region or 'no region'}, and has to be of aws:region, {aws.region}{why}"
        yield to_decide(path, arn, rule)


def in_two_zones(path: str, subnet_ids: tuple[str, ...], purpose: str) -> Iterator[Problem]:
    """Problems of subnets, at ``path``, that are in one zone.

    ``purpose`` says what happens without any subnet.
    """
    if len(set(subnet_ids)) == 1:
        rule = f"needs subnets in two zones at least, and a subnet is in one: {purpose}"
        yield to_decide(path, subnet_ids, rule)
        return
    yield from distinct(path, subnet_ids)


def default_tags(aws: Aws, cluster: Cluster, endpoint: Endpoint | None) -> Iterator[Problem]:
    if cluster.eks_name is not None:
        yield from tags(aws, in_annotation=endpoint is not None)


def tags(aws: Aws, *, in_annotation: bool) -> Iterator[Problem]:
    """Problems of the tags that everything in AWS gets; ``in_annotation``: the load balancer
    too."""
    given, wrong = aws.default_tags.get("tags", {}), dict[str, str]()
    for key, value in given.items():
        same = [other for other in given if other.lower() == key.lower()]
        if (rule := _rule_of_key(key, in_annotation=in_annotation)) is not None:
            wrong[key] = rule
            continue
        if same[0] != key:
            wrong[key] = f"has the key {same[0]} in other letters, which IAM takes for the same"
        if len(value) > _LONGEST_VALUE:
            wrong[key] = f"must have {_LONGEST_VALUE} characters at most, and has {len(value)}"
        if _NOT_IN_TAGS.search(value):
            wrong[key] = (
                "must be letters, digits, spaces and _ . : / = + - @ only: IAM refuses others, and "
                "at a comma the load balancer's tags would be cut"
            )
    for key, rule in wrong.items():
        yield Problem(join("aws:defaultTags.tags", [key]), show(given[key]), rule, "")
    if len(given) > _MOST_TAGS:
        rule = f"must be {_MOST_TAGS} tags at most: AWS takes 50 for a resource, its own included"
        yield Problem("aws:defaultTags.tags", f"({len(given)} tags)", rule, "")


def _rule_of_key(key: str, *, in_annotation: bool) -> str | None:
    """What is wrong with the key of a tag."""
    for start, reason in _RESERVED_TAGS.items():
        if key.lower().startswith(start):
            return f"has a key that is taken: {reason}"
    if not key or _NOT_IN_TAGS.search(key):
        return "has a key with characters that IAM refuses in tags; take letters, digits and -"
    if len(key) > _LONGEST_KEY:
        return f"has a key of {len(key)} characters, and AWS takes {_LONGEST_KEY}"
    if in_annotation and "=" in key:
        return "has a key with '=', where the load balancer's tags would be cut"
    return None


CHECKS: Final[tuple[Check, ...]] = (
    region_of_eks,
    default_tags,
)

"""Rules of region, account and tags, and what other sections have to keep to in AWS."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Final

from components.project import PROJECT
from stacks.names import as_stack, stack_problem
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    join,
    set_command,
    show,
    to_change,
    to_remove,
)
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

_MOST_TAGS: Final = 40
"""Of AWS's 50 for a resource; what AWS and the cluster's controllers add needs room."""


def stack_name(name: str, cluster: Cluster | None) -> Iterator[Problem]:
    """A stack's name is part of names in AWS. ``cluster``: None where it is not valid by itself."""
    if cluster is None or cluster.eks_name is None:
        return
    if (rule := stack_problem(name)) is not None:
        rename = shlex.join(["pulumi", "stack", "rename", as_stack(name) or "prod"])
        yield Problem("stack", show(name), rule, rename)


def region_of_eks(cluster: Cluster, aws: Aws) -> Iterator[Problem]:
    if cluster.eks_name is not None and aws.region is None:
        rule = "is required with cluster.eksName: the cluster's region, and that of all beside it"
        yield to_change("aws:region", None, rule, "ap-northeast-2")


def of_stack(path: str, arn: str | None, aws: Aws) -> Iterator[Problem]:
    """Problems of an ARN, at ``path``, of another region or account than the stack's."""
    if arn is None:
        return
    *service, region, account, resource = arn.split(":", 5)
    own_region, own_accounts = aws.region or region, aws.allowed_account_ids or (account,)
    own_account = account if account in own_accounts else own_accounts[0]
    own = ":".join((*service, own_region, own_account, resource))
    if region != own_region:
        rule = f"is of {region or 'no region'}, and has to be of aws:region, {own_region}"
        yield to_change(path, arn, rule, own)
    if account != own_account:
        rule = f"is of account {account}, which aws:allowedAccountIds does not name"
        yield to_change(path, arn, rule, own)


def in_two_zones(path: str, subnet_ids: tuple[str, ...], purpose: str) -> Iterator[Problem]:
    """Problems of subnets, at ``path``, that are in one zone.

    ``purpose`` says what happens without any subnet.
    """
    if len(set(subnet_ids)) == 1:
        rule = f"needs subnets in two zones at least, and a subnet is in one: {purpose}"
        yield to_remove(path, subnet_ids, rule)
        return
    for index, subnet in reversed(list(enumerate(subnet_ids))):
        if (first := subnet_ids.index(subnet)) < index:
            yield to_remove(f"{path}[{index}]", subnet, f"is named by {path}[{first}] already")


def default_tags(aws: Aws, cluster: Cluster, endpoint: Endpoint | None) -> Iterator[Problem]:
    """One command fixes all tags: the CLI finds no path to a key with a colon."""
    if cluster.eks_name is None:
        return
    tags, fixed, wrong = aws.default_tags.get("tags", {}), dict[str, str](), dict[str, str]()
    for key, value in tags.items():
        if (rule := _rule_of_key(key, in_annotation=endpoint is not None)) is not None:
            wrong[key] = rule
            continue
        fixed[key] = _NOT_IN_TAGS.sub(" ", value).strip()
        if _NOT_IN_TAGS.search(value):
            wrong[key] = (
                "must be letters, digits, spaces and _ . : / = + - @ only: IAM refuses others, and "
                "at a comma the load balancer's tags would be cut"
            )
    fix = set_command("aws:defaultTags", {"tags": dict([*fixed.items()][:_MOST_TAGS])})
    for key, rule in wrong.items():
        yield Problem(join("aws:defaultTags.tags", [key]), show(tags[key]), rule, fix)
    if len(tags) > _MOST_TAGS:
        rule = f"must be {_MOST_TAGS} tags at most: AWS takes 50 for a resource, its own included"
        yield Problem("aws:defaultTags.tags", f"({len(tags)} tags)", rule, fix)


def _rule_of_key(key: str, *, in_annotation: bool) -> str | None:
    """What is wrong with the key of a tag."""
    for start, reason in _RESERVED_TAGS.items():
        if key.startswith(start):
            return f"has a key that is taken: {reason}"
    if not key or _NOT_IN_TAGS.search(key):
        return "has a key with characters that IAM refuses in tags; take letters, digits and -"
    if in_annotation and "=" in key:
        return "has a key with '=', where the load balancer's tags would be cut"
    return None


CHECKS: Final[tuple[Check, ...]] = (
    region_of_eks,
    default_tags,
)

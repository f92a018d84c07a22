"""Rules between settings of a stack in AWS: region, account, subnets, tags, secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from stacks.settings.machinery.problems import (
    MASK,
    Check,
    Problem,
    full_key,
    join,
    remove_command,
    set_command,
    show,
    to_change,
    to_remove,
)
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.database import Database, RdsDatabase, StatefulSetDatabase
from stacks.settings.sections.endpoint import Endpoint
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.object_storage import ObjectStorage
from stacks.settings.sections.secrets import Secrets

# What IAM refuses; other services refuse less, and the load balancer's annotation more
# (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html).
_NOT_IN_TAGS: Final = re.compile(r"[^\w .:/=+@-]+")

_RESERVED_TAGS: Final = {
    "aws:": "AWS keeps 'aws:' for itself",
    "elbv2.k8s.aws/": "the AWS Load Balancer Controller finds what it may delete by this tag",
    "ingress.k8s.aws/": "the AWS Load Balancer Controller finds what it may delete by this tag",
}

_MOST_TAGS: Final = 40
"""Of AWS's 50 for a resource; what AWS and the cluster's controllers add needs room."""

_ENTRY_BYTES: Final = 65536
"""https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html"""

_GENERATED_BYTES: Final = 1024
"""For the names and values that the program adds to Langfuse's entry; they take about 600."""


def region_of_eks(cluster: Cluster, aws: Aws) -> Iterator[Problem]:
    if cluster.eks_name is not None and aws.region is None:
        rule = "is required with cluster.eksName: the cluster's region, and that of all beside it"
        yield to_change("aws:region", None, rule, "ap-northeast-2")


def _own(path: str, arn: str | None, aws: Aws) -> Iterator[Problem]:
    """Problems of an ARN of another region or account than the stack's."""
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


def endpoint_arns(endpoint: Endpoint, aws: Aws) -> Iterator[Problem]:
    yield from _own("endpoint.certificateArn", endpoint.certificate_arn, aws)
    yield from _own("endpoint.webAclArn", endpoint.web_acl_arn, aws)


def secrets_key(secrets: Secrets, aws: Aws) -> Iterator[Problem]:
    yield from _own("secrets.kmsKeyArn", secrets.kms_key_arn, aws)


def database_key(database: Database, aws: Aws) -> Iterator[Problem]:
    if isinstance(database, RdsDatabase):
        yield from _own("database.kmsKeyArn", database.kms_key_arn, aws)


def storage_key(object_storage: ObjectStorage, aws: Aws) -> Iterator[Problem]:
    yield from _own("objectStorage.kmsKeyArn", object_storage.kms_key_arn, aws)


def _two_zones(path: str, subnet_ids: tuple[str, ...], purpose: str) -> Iterator[Problem]:
    if len(set(subnet_ids)) == 1:
        rule = f"needs subnets in two zones at least, and a subnet is in one: {purpose}"
        yield to_remove(path, subnet_ids, rule)
        return
    for index, subnet in reversed(list(enumerate(subnet_ids))):
        if (first := subnet_ids.index(subnet)) < index:
            yield to_remove(f"{path}[{index}]", subnet, f"is named by {path}[{first}] already")


def endpoint_subnets(endpoint: Endpoint) -> Iterator[Problem]:
    purpose = "without any, the load balancer's are found by their role tags"
    yield from _two_zones("endpoint.subnetIds", endpoint.subnet_ids, purpose)


def database_subnets(database: Database) -> Iterator[Problem]:
    if isinstance(database, RdsDatabase):
        purpose = "without any, the database takes the cluster's"
        yield from _two_zones("database.subnetIds", database.subnet_ids, purpose)


def default_tags(aws: Aws, cluster: Cluster, endpoint: Endpoint | None) -> Iterator[Problem]:
    """One command mends all tags: the CLI finds no path to a key with a colon."""
    if cluster.eks_name is None:
        return
    tags, mended, wrong = aws.default_tags.get("tags", {}), dict[str, str](), dict[str, str]()
    for key, value in tags.items():
        if (rule := _rule_of_key(key, in_annotation=endpoint is not None)) is not None:
            wrong[key] = rule
            continue
        mended[key] = _NOT_IN_TAGS.sub(" ", value).strip()
        if _NOT_IN_TAGS.search(value):
            wrong[key] = (
                "must be letters, digits, spaces and _ . : / = + - @ only: IAM refuses others, and "
                "at a comma the load balancer's tags would be cut"
            )
    fix = set_command("aws:defaultTags", {"tags": dict([*mended.items()][:_MOST_TAGS])})
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


def recovery_window(secrets: Secrets) -> Iterator[Problem]:
    if 0 < secrets.recovery_days < 7:
        rule = "must be 0 (deleted at once) or 7 to 30 days: Secrets Manager knows no other"
        yield to_change("secrets.recoveryDays", secrets.recovery_days, rule, 7)
    if secrets.delivery == "secretsManager" and secrets.protect and secrets.recovery_days == 0:
        rule = "must not be 0 with secrets.protect: a deleted entry would be gone at once"
        yield to_change("secrets.recoveryDays", secrets.recovery_days, rule, 7)


def delivery_needs_eks(secrets: Secrets, cluster: Cluster) -> Iterator[Problem]:
    if secrets.delivery == "secretsManager" and cluster.eks_name is None:
        rule = (
            "needs an EKS cluster (cluster.eksName): External Secrets logs in to AWS by the "
            "cluster's OIDC provider"
        )
        yield to_change("secrets.delivery", secrets.delivery, rule, "kubernetes")


def settings_of_delivery(secrets: Secrets) -> Iterator[Problem]:
    if secrets.delivery == "secretsManager":
        return
    if secrets.install_external_secrets:
        rule = "has no use with delivery kubernetes: the operator would have nothing to read"
        yield to_change("secrets.installExternalSecrets", True, rule, value=False)
    if secrets.kms_key_arn is not None:
        rule = "is for Secrets Manager; with delivery kubernetes nothing is encrypted with it"
        yield to_remove("secrets.kmsKeyArn", secrets.kms_key_arn, rule)


def protected_secrets_of_lost_data(secrets: Secrets, database: Database) -> Iterator[Problem]:
    protected = secrets.delivery == "secretsManager" and secrets.protect
    if protected and isinstance(database, StatefulSetDatabase):
        rule = (
            "has no backup, and secrets.protect asks to keep what would be lost with it; take rds "
            "or external"
        )
        yield to_change("database.engine", database.engine, rule, "rds")


def entry_size(langfuse: Langfuse, secrets: Secrets) -> Iterator[Problem]:
    values = {key: v.get_secret_value() for key, v in langfuse.secret_environment.items()}
    size = len(json.dumps(values).encode()) + _GENERATED_BYTES
    if secrets.delivery == "secretsManager" and size > _ENTRY_BYTES:
        largest = max(values, key=lambda key: len(values[key]))
        rule = (
            f"makes an entry of about {size} bytes (an estimate, with the generated credentials); "
            f"Secrets Manager takes {_ENTRY_BYTES}, and {largest} is the largest"
        )
        path = full_key("langfuse.secretEnvironment")
        yield Problem(path, MASK, rule, remove_command(f"{path}.{largest}"))


CHECKS: Final[tuple[Check, ...]] = (
    region_of_eks,
    endpoint_arns,
    secrets_key,
    database_key,
    storage_key,
    endpoint_subnets,
    database_subnets,
    default_tags,
    recovery_window,
    delivery_needs_eks,
    settings_of_delivery,
    protected_secrets_of_lost_data,
    entry_size,
)

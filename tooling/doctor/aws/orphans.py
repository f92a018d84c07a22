"""What has the stack's tag and is not the stack's: left by an update that was killed.

The engine writes a resource into the state when AWS has answered. One that AWS was still making
then is in no state; the next `up` makes another, and `destroy` leaves the first. Which of two is
the stack's own the tag does not say, so every finding shows how to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from stacks.names import STACK_TAG, UNIQUE
from tooling.doctor.aws.prerequisites import entry_names
from tooling.doctor.aws.session.account import Account
from tooling.doctor.findings import Finding


@dataclass(frozen=True)
class _Kind:
    """A kind of resource of which a stack has one."""

    called: str
    """For people, in the plural."""
    arn: str
    """Pattern of the part of an ARN behind the account; its group is what the command takes. Two
    with the same text before the group are of one kind."""
    tell: str
    """How to see which is the stack's own."""
    show: tuple[str, ...]
    """The command of the AWS CLI that shows them."""


_STATE: Final = "`pulumi stack --show-ids` shows the id of the stack's own."

_KINDS: Final[Mapping[str, _Kind]] = {
    "rds": _Kind(
        "RDS instances",
        r"db:(.+)",
        "`pulumi stack output databaseAddress` begins with the name of the stack's own. Deletion "
        "protection keeps the other, which costs as much.",
        (
            *("rds", "describe-db-instances", "--query"),
            "DBInstances[].[DBInstanceIdentifier,InstanceCreateTime,DeletionProtection]",
        ),
    ),
    "elasticache": _Kind(
        "ElastiCache groups",
        r"replicationgroup:(.+)",
        "`pulumi stack output cacheAddress` holds the name of the stack's own. The other costs as "
        "much.",
        (
            *("elasticache", "describe-replication-groups", "--query"),
            "ReplicationGroups[].[ReplicationGroupId,ReplicationGroupCreateTime]",
        ),
    ),
    "acm": _Kind(
        "certificates",
        r"certificate/(.+)",
        _STATE,
        ("acm", "list-certificates", "--output", "table"),
    ),
    "kms": _Kind("KMS keys", r"key/(.+)", _STATE, ("kms", "list-keys", "--output", "table")),
    "sns": _Kind("SNS topics", r"(.+)", _STATE, ("sns", "list-topics", "--output", "table")),
    "s3": _Kind(
        "S3 buckets",
        rf"(?:.+-)(.{{{UNIQUE}}})",
        _STATE,
        ("s3api", "list-buckets", "--output", "table"),
    ),
    "ec2": _Kind(
        "security groups",
        r"security-group/(.+)",
        _STATE,
        ("ec2", "describe-security-groups", "--output", "table"),
    ),
}
"""By the service of the ARN. What the account has once by name, an update finds again."""


def orphans(account: Account) -> Iterator[Finding]:
    """Resources with the stack's tag that the stack cannot have: too many, or of no name of its."""
    mappings = account.aws.pages(
        "resourcegroupstaggingapi",
        "GetResources",
        "ResourceTagMappingList",
        TagFilters=[{"Key": STACK_TAG, "Values": [account.settings.stack]}],
    )
    arns = sorted(mapping["ResourceARN"] for mapping in mappings)
    for (service, _), found in _by_kind(arns).items():
        if len(found) > 1:
            yield _too_many(account, _KINDS[service], found)
    yield from _entries(account, arns)


def _by_kind(arns: list[str]) -> dict[tuple[str, str], list[str]]:
    """Names of what a stack has once, by service and what is the same in all ARNs of the kind."""
    groups: dict[tuple[str, str], list[str]] = {}
    for arn in arns:
        _, _, service, _, _, rest = arn.split(":", 5)
        kind = _KINDS.get(service)
        found = kind and re.fullmatch(kind.arn, rest)
        if found:
            name = rest if service == "s3" else found[1]
            groups.setdefault((service, rest[: found.start(1)]), []).append(name)
    return groups


def _too_many(account: Account, kind: _Kind, found: list[str]) -> Finding:
    return Finding.warning(
        "orphans",
        f"{kind.called} {', '.join(found)}",
        "A stack has one, and these have its tag. Unless an `up` is replacing it now, the others "
        f"were being made when an `up` was killed. {kind.tell}",
        account.aws.command(*kind.show),
    )


def _entries(account: Account, arns: list[str]) -> Iterator[Finding]:
    expected = set(entry_names(account.settings))
    for arn in arns:
        # AWS adds a hyphen and six characters to the name.
        entry = re.fullmatch(r"arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:(.+)-.{6}", arn)
        if entry and entry[1] not in expected:
            yield Finding.warning(
                "orphans",
                f"Secrets Manager entry {entry[1]}",
                "It has the stack's tag, and the stack has no entry of that name: an agent "
                "namespace was removed while the state did not have its entry. Nothing reads it.",
                account.aws.command("secretsmanager", "describe-secret", "--secret-id", entry[1]),
            )

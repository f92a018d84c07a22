"""What GitHub's workflows may do: trust and permissions, from the table of needed actions.

Nothing here has a wildcard action. ``Resource`` is ``*`` only where an action takes no resource, or
where AWS invents the id of what is made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from access.actions import DOCTOR, NEEDS, Given, Need
from access.limits import Conditions
from access.place import Place
from components.aws.iam_documents import PolicyDocument, Statement, dns_suffix, document
from components.langfuse.storage_environment import EVENT_PREFIX, MEDIA_PREFIX
from components.project import PROJECT
from components.storage import object_storage_iam
from stacks import names
from stacks.names import UNIQUE

ISSUER: Final = "token.actions.githubusercontent.com"
"""Who signs the tokens of GitHub's workflows, without its scheme
(https://docs.github.com/actions/reference/security/oidc)."""

LARGEST_POLICY: Final = 6_144
"""Characters of a managed policy, spaces not counted
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""

_READS: Final = re.compile(r"\w+:(Describe|Get|List|BatchGet|Lookup|Simulate)\w*")
_ON_BEHALF: Final = ("through rds", "through elasticache", "through secretsmanager")
"""Limits of what a service does for whoever writes. No read needs it."""

_KEYS: Final[tuple[Given, ...]] = ("database_key", "cache_key", "entries_key", "bucket_key")

_MONITORING_POLICY: Final = "service-role/AmazonRDSEnhancedMonitoringRole"
_MONITORING_SERVICE: Final = "monitoring.rds.amazonaws.com"
_BOUND: Final = ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy")
"""What could give a role more than the boundary, if the role had none."""


def github_trust(*, provider_arn: str, repository: str, environment: str) -> PolicyDocument:
    """Trust in the jobs of one environment of one repository, compared exactly.

    Who may use the environment, and from which branches, is set in GitHub. Without the claim
    ``sub`` every repository of the world could take the role, with the repository alone every
    branch.
    """
    return document(
        {
            "Sid": "Environment",
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{ISSUER}:sub": f"repo:{repository}:environment:{environment}",
                    f"{ISSUER}:aud": "sts.amazonaws.com",
                }
            },
        }
    )


def reading(place: Place) -> list[Statement]:
    """What a preview and a look for drift read. No value of an entry is among it."""
    statements = list(_questions(place))
    for need in _needs(place):
        if need.limit not in _ON_BEHALF:
            reads = [action for action in need.actions if _READS.fullmatch(action)]
            statements += _statement(place, need, reads)
    return _numbered(statements)


def writing(place: Place, *, bounded: bool) -> list[Statement]:
    """What an update, a replacement and a removal need.

    ``bounded``: roles may be made and given permissions only with the permissions boundary. Without
    it, the deploying role can grant a role anything, and so has it.
    """
    statements = list(_questions(place))
    for need in _needs(place):
        plain: list[str] = []
        for action in (*need.actions, *need.removal):
            condition = _condition(action, place, bounded=bounded)
            if condition is None:
                plain.append(action)
            else:
                statements += _statement(place, need, [action], condition)
        statements += _statement(place, need, plain)
    if bounded:
        statements += _kept_boundary(place)
    if "topic" in place.parts:
        keys = [place.given[name] for name in _KEYS if name in place.given]
        statements += _kept_keys("KeysAreKept", keys)
    return _numbered(statements)


def state(
    place: Place, *, bucket: str, prefix: str, key_arn: str | None, write: bool
) -> list[Statement]:
    """The stack's own state in S3, in the layout of Pulumi's backend, and the key of its secrets.

    A preview takes no lock (``diyBackend.Preview`` in
    https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/backend.go), so that reading is
    enough for it. Names of all stacks can be listed, and the file with the layout's version read.
    """
    arn = f"arn:{place.partition}:s3:::{bucket}"
    below = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    objects = ["s3:GetObject"] + (["s3:PutObject", "s3:DeleteObject"] if write else [])
    stack = f"{PROJECT}/{place.stack}"
    files = (
        # With a suffix for compression and for the copy before the last change.
        *(f"stacks/{stack}.json*", f"stacks/{stack}.pulumi-tags"),
        *(f"{folder}/{stack}/*" for folder in ("backups", "history", "journal")),
        f"locks/organization/{stack}/*",
    )
    statements: list[Statement] = [
        {"Sid": "StateList", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn},
        {
            "Sid": "StateLayout",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"{arn}/{below}.pulumi/meta.yaml",
        },
        {
            "Sid": "StateObjects",
            "Effect": "Allow",
            "Action": objects,
            "Resource": [f"{arn}/{below}.pulumi/{file}" for file in files],
        },
    ]
    if key_arn is not None:
        # Encrypting too: the engine encrypts what it shows in a preview.
        statements.append(
            {
                "Sid": "StateKey",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:Encrypt"],
                "Resource": key_arn,
            }
        )
        if write:
            statements += _kept_keys("StateKeyIsKept", [key_arn])
    return statements


def boundary(place: Place) -> PolicyDocument:
    """The most that any role of the stack may do, whatever policies it is given."""
    here = f"{place.region}:{place.account}"
    entries = f"secret:{names.entry(place.stack, '*')}"
    statements: list[Statement] = [
        {
            "Sid": "Entries",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": f"arn:{place.partition}:secretsmanager:{here}:{entries}",
        },
        *_objects(place),
        {
            # What AmazonRDSEnhancedMonitoringRole allows, here. The log group is the account's.
            "Sid": "DatabaseLogs",
            "Effect": "Allow",
            "Action": [
                *("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:CreateLogStream"),
                *("logs:PutLogEvents", "logs:DescribeLogStreams", "logs:GetLogEvents"),
            ],
            "Resource": f"arn:{place.partition}:logs:{here}:log-group:RDS*",
        },
    ]
    if place.metrics is not None:
        statements.append(object_storage_iam.publishes(place.metrics))
    # Keys of the database and the cache are used by RDS and ElastiCache, by a grant.
    used: tuple[tuple[str, Given, str, list[str]], ...] = (
        ("EntriesKey", "entries_key", "secretsmanager", ["kms:Decrypt"]),
        ("BucketKey", "bucket_key", "s3", ["kms:Decrypt", "kms:GenerateDataKey"]),
    )
    for sid, key, service, actions in used:
        if key in place.given:
            through = f"{service}.{place.region}.{dns_suffix(place.boundary_arn)}"
            statements.append(
                {
                    "Sid": sid,
                    "Effect": "Allow",
                    "Action": actions,
                    "Resource": place.given[key],
                    "Condition": {"StringEquals": {"kms:ViaService": through}},
                }
            )
    return document(*statements)


def _objects(place: Place) -> Iterator[Statement]:
    """Objects that a role of the stack may use: in a bucket that is there already, not all."""
    manages = EVENT_PREFIX in place.prefixes
    own = [place.names.storage, *([place.names.events] if manages else [])]
    bucket, media = place.given.get("bucket"), place.given.get("media_bucket")
    adopted = [
        (holder, prefix)
        for prefix in place.prefixes
        if (holder := (media if prefix == MEDIA_PREFIX and media else bucket))
    ]
    arn = f"arn:{place.partition}:s3:::"
    made = [f"{arn}{prefix}-{'?' * UNIQUE}" for prefix in own]
    yield {
        "Sid": "Objects",
        "Effect": "Allow",
        "Action": [*(object_storage_iam.MANAGES if manages else object_storage_iam.WRITES)],
        "Resource": [
            *(f"{own_bucket}/*" for own_bucket in made),
            *(f"{arn}{holder}/{prefix}*" for holder, prefix in adopted),
        ],
    }
    if manages:
        yield {
            "Sid": "Lists",
            "Effect": "Allow",
            "Action": object_storage_iam.LISTS,
            "Resource": [*made, *dict.fromkeys(f"{arn}{holder}" for holder, _ in adopted)],
            "Condition": {"StringLike": {"s3:prefix": [f"{p}*" for p in place.prefixes]}},
        }


def policies(statements: Sequence[Statement]) -> list[PolicyDocument]:
    """Statements in as few documents as their size allows, in order."""
    documents: list[list[Statement]] = [[]]
    for statement in statements:
        if size([*documents[-1], statement]) > LARGEST_POLICY:
            documents.append([])
        documents[-1].append(statement)
    return [document(*part) for part in documents if part]


def size(statements: Sequence[Statement]) -> int:
    """Characters of a document, as AWS counts them: without spaces."""
    return len(re.sub(r"\s", "", json.dumps(document(*statements), separators=(",", ":"))))


def _needs(place: Place) -> Iterator[Need]:
    return (need for need in NEEDS if need.part in place.parts)


def _questions(place: Place) -> Iterator[Statement]:
    """What the doctor asks about: what is there already, which it shows."""
    for need in DOCTOR:
        if need.part in place.parts:
            yield from _statement(place, need, need.actions)


def _statement(
    place: Place,
    need: Need,
    actions: Sequence[str],
    condition: Conditions | None = None,
) -> Iterator[Statement]:
    if not actions:
        return
    statement: Statement = {
        "Sid": need.component.title().replace("_", ""),
        "Effect": "Allow",
        "Action": sorted({*actions}),
        "Resource": place.arn(need),
    }
    if limits := {**place.conditions(need), **(condition or {})}:
        statement["Condition"] = limits
    yield statement


def _condition(action: str, place: Place, *, bounded: bool) -> Conditions | None:
    """What an action on a role is limited to, besides the role."""
    limits: dict[str, dict[str, str]] = {}
    if action in {"iam:AttachRolePolicy", "iam:DetachRolePolicy"}:
        limits["ArnEquals"] = {
            "iam:PolicyARN": f"arn:{place.partition}:iam::aws:policy/{_MONITORING_POLICY}"
        }
    if action == "iam:PassRole":
        limits["StringEquals"] = {"iam:PassedToService": _MONITORING_SERVICE}
    if action in _BOUND and bounded:
        limits["StringEquals"] = {"iam:PermissionsBoundary": place.boundary_arn}
    return limits or None


def _kept_boundary(place: Place) -> Iterator[Statement]:
    yield {
        "Sid": "BoundaryIsKept",
        "Effect": "Deny",
        "Action": ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"],
        "Resource": f"arn:{place.partition}:iam::{place.account}:role/*",
    }
    yield {
        "Sid": "BoundaryIsNotEdited",
        "Effect": "Deny",
        "Action": [
            *("iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion"),
            "iam:SetDefaultPolicyVersion",
        ],
        "Resource": place.boundary_arn,
    }


def _kept_keys(sid: str, keys: Sequence[str]) -> Iterator[Statement]:
    """A key that has neither tag nor alias would pass for one that was just made."""
    if keys:
        yield {
            "Sid": sid,
            "Effect": "Deny",
            "Action": ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource"],
            "Resource": sorted({*keys}),
        }


def _numbered(statements: Sequence[Statement]) -> list[Statement]:
    """Statements with a Sid each of its own: a policy takes no two alike."""
    seen: dict[str, int] = {}
    numbered: list[Statement] = []
    for statement in statements:
        sid = statement["Sid"]
        seen[sid] = seen.get(sid, 0) + 1
        copied = statement.copy()
        copied["Sid"] = sid if seen[sid] == 1 else f"{sid}{seen[sid]}"
        numbered.append(copied)
    return numbered

"""Rules about who may use a resource or act as a role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model import UNKNOWN, Rule, Seen, is_asked, items, mapping
from .conditions import names_audience, names_subject, narrows
from .documents import Statement, account_of, accounts, has_wildcard, statements

_PASSED: Final = frozenset(
    {
        *("ec2", "ecs-tasks", "eks", "lambda", "pods.eks"),
    }
)
"""Services to which a user of the account passes a role (``iam:PassRole``), and which have no
account to name in a condition when they act as it."""

_OWN_LOGS: Final = re.compile(r"/AWSLogs/\d{12}/")
_EXTERNAL: Final = {
    "aws:rds/snapshot:Snapshot": "sharedAccounts",
    "aws:rds/clusterSnapshotCopy:ClusterSnapshotCopy": "sharedAccounts",
    "aws:rds/snapshotCopy:SnapshotCopy": "sharedAccounts",
}
_SHARING: Final = frozenset(
    {
        "aws:ec2/amiLaunchPermission:AmiLaunchPermission",
        "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission",
    }
)


def wildcard_principal(seen: Seen) -> Iterator[str]:
    for statement in statements(seen):
        known = statement.fields.get("condition") is not UNKNOWN
        if statement.allows and statement.is_about_who and known:
            yield from _of_statement(statement, seen)
    yield from _beside_documents(seen)


def _of_statement(statement: Statement, seen: Seen) -> Iterator[str]:
    own = accounts(seen)
    condition = statement.fields.get("condition")
    if "notprincipal" in statement.fields:
        yield "NotPrincipal allows everybody but some: name those who are meant"
    for kind, name in statement.principals():
        if has_wildcard(name):
            if not narrows(condition, own):
                how = (
                    "with one that does not say who"
                    if mapping(condition)
                    else "without a condition"
                )
                yield f"Principal {name!r} {how}: anybody in the world may use it"
        elif (account := account_of(name)) and own and account not in own:
            yield f"Principal {name!r} is of another account: name one of this one"
        elif kind == "CanonicalUser":
            yield f"Principal {name!r} is a canonical user: name a role of this account"
        elif kind == "Federated":
            yield from _of_federation(name, condition)
        elif kind == "Service" and not _is_bound(statement, name, seen, own):
            yield (
                f"Service {name!r} without a condition on aws:SourceAccount or aws:SourceArn: it "
                "may be sent by anybody"
            )


def _of_federation(provider: str, condition: object) -> Iterator[str]:
    if ":saml-provider/" in provider:
        if not narrows(condition, frozenset()):
            yield f"Federated {provider!r} without SAML:aud or SAML:sub: name who may log in"
        return
    if not names_subject(condition):
        yield f"Federated {provider!r} without its subject: name the service account (…:sub)"
    elif not names_audience(condition):
        yield f"Federated {provider!r} without its audience: name whom its tokens are for (…:aud)"


def _is_bound(statement: Statement, service: str, seen: Seen, own: frozenset[str]) -> bool:
    """Whether a service acts only for the resources of known accounts."""
    if narrows(statement.fields.get("condition"), own):
        return True
    name = service.partition(".amazonaws.com")[0]
    if statement.is_trust:
        return name in _PASSED
    # A key opens only what is encrypted with it, and who may send that, the topic's policy says.
    if seen.type == "aws:kms/key:Key":
        return True
    return bool(statement.resources) and all(map(_OWN_LOGS.search, statement.resources))


def _beside_documents(seen: Seen) -> Iterator[str]:
    """Ways to grant access without a document."""
    own = accounts(seen)
    if seen.type == "aws:lambda/permission:Permission":
        principal = str(seen.get("principal"))
        bound = seen.get("principalOrgId") or seen.get("sourceAccount") or seen.get("sourceArn")
        if bound is None and (has_wildcard(principal) or principal.endswith(".amazonaws.com")):
            yield f"principal {principal!r} without sourceAccount or sourceArn: anybody may call it"
    for key in ("principal", "granteePrincipal"):
        account = account_of(seen.get(key))
        if account and own and account not in own:
            yield f"{key} {seen.get(key)!r} is of another account: name one of this one"
    if seen.type == "aws:secretsmanager/secretPolicy:SecretPolicy" and seen.get(
        "blockPublicPolicy"
    ) in (None, False, "false"):
        yield "blockPublicPolicy is not true: AWS would not look for what lets everybody in"
    if seen.type == "aws:ram/resourceShare:ResourceShare" and is_asked(
        seen.get("allowExternalPrincipals")
    ):
        yield "allowExternalPrincipals is true: share within the organization"
    for account in items(seen.get(_EXTERNAL.get(seen.type, ""))):
        if isinstance(account, str) and account not in own:
            yield f"the snapshot is shared with {account!r}: share it with no other account"
    if seen.type in _SHARING:
        for whom in (seen.get(key) for key in ("accountId", "group", "organizationArn")):
            if isinstance(whom, str) and whom not in own:
                yield f"the disk is shared with {whom!r}: share it with no other account"


RULES: Final = (
    Rule(
        name="no-wildcard-principal",
        protects="Keys, secrets, buckets, topics and roles are not open to other accounts, and a "
        "role is not open to every workload of a cluster or every customer of a service.",
        check=wildcard_principal,
    ),
)

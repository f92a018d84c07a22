"""Whether the caller may enter the cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tooling.doctor.findings import Finding
from tooling.platform.account import PlatformAccount


def is_among(caller: str, principals: Sequence[str]) -> bool:
    """Whether a caller, as STS names it, is one of these users and roles. The session of a role
    does not show the role's path."""
    session = re.fullmatch(r"arn:[^:]+:sts::(\d+):assumed-role/([^/]+)/.+", caller)
    if session is None:
        return caller in principals
    account, role = session.groups()
    return any(
        arn.split(":")[4] == account and re.search(rf":role/(.+/)?{re.escape(role)}$", arn)
        for arn in principals
    )


def caller_is_admin(account: PlatformAccount) -> Iterator[Finding]:
    """Whether who runs `make platform` is an administrator of the cluster that it makes."""
    arn, admins = account.caller().arn, account.settings.access.admins
    if is_among(arn, admins):
        return
    yield _finding(
        account,
        arn,
        "is not among platform:access.admins. EKS lets nobody in who has no entry, not even who "
        "makes the cluster: `make platform` would make it, and then no object in it.",
        len(admins),
    )


def caller_has_entry(account: PlatformAccount) -> Iterator[Finding]:
    """Whether the cluster that is there has an entry of the caller."""
    cluster = account.cluster()
    principals = account.aws.pages(
        "eks", "ListAccessEntries", "accessEntries", clusterName=cluster.name
    )
    arn = account.caller().arn
    if not is_among(arn, principals):
        yield _finding(
            account,
            arn,
            f"has no access entry of the cluster {cluster.name}: its API server answers "
            "Unauthorized. An administrator adds it to platform:access.",
            len(account.settings.access.admins),
        )


def _finding(account: PlatformAccount, arn: str, cause: str, index: int) -> Finding:
    session = re.fullmatch(r"(arn:[^:]+):sts::(\d+):assumed-role/([^/]+)/.+", arn)
    if session is None:
        principal = arn
    elif session[3].startswith("AWSReservedSSO_"):
        # Of IAM Identity Center: with a path that only IAM tells.
        command = account.aws.command(
            *("iam", "get-role", "--role-name", session[3]),
            *("--query", "Role.Arn", "--output", "text"),
        )
        more = f"{cause} The command shows the ARN to enter."
        return Finding.error("platform-caller", f"Caller {arn}", f"It {more}", command)
    else:
        principal = f"{session[1]}:iam::{session[2]}:role/{session[3]}"
    command = account.config_set(f"platform:access.admins[{index}]", principal)
    return Finding.error("platform-caller", f"Caller {arn}", f"It {cause}", command)

"""Turns a question about an account into a check: what it needs first, and what a refusal means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from tooling.doctor.aws.session.account import Account, AwsAccount
from tooling.doctor.aws.session.client import DeniedError, UnansweredError
from tooling.doctor.findings import Check, Finding, Unanswerable

A = TypeVar("A", bound=AwsAccount)

Question = Callable[[Account], Iterable[Finding]]


def check(account: A, title: str, question: Callable[[A], Iterable[Finding]]) -> Check:
    """A check that needs working credentials for an account of the stack.

    Without them it is unanswered: the checks of credentials and account say why, once.
    """

    def run() -> list[Finding]:
        try:
            account.admitted()
        except Unanswerable:
            raise UnansweredError("needs AWS credentials of the stack's account") from None
        return answers(account, title, question)

    return Check(title=title, run=run)


def answers(account: A, title: str, question: Callable[[A], Iterable[Finding]]) -> list[Finding]:
    """What a question finds; a refusal ends it with a warning."""
    found = list[Finding]()
    try:
        for finding in question(account):
            found.append(finding)
    except DeniedError as denied:
        found.append(not_checked(account, title, denied.permission))
    return found


def not_checked(account: AwsAccount, title: str, permission: str) -> Finding:
    """A warning about a question that the caller may not ask."""
    return Finding.warning(
        "aws-permission-missing",
        permission,
        f"{title}: could not be checked, because the caller has no permission {permission}. "
        "The command shows who the caller is.",
        account.aws.command("sts", "get-caller-identity"),
    )

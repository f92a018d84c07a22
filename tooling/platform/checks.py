"""Which questions the doctor of a platform asks, before `make platform` and at any other time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from tooling.doctor.asking import answers, ask
from tooling.doctor.aws import eks
from tooling.doctor.aws.session import caller
from tooling.doctor.aws.session.checking import check
from tooling.doctor.diagnosis import together
from tooling.doctor.findings import Check, Finding
from tooling.doctor.report import Report
from tooling.kit.deadline import Deadline
from tooling.platform import cluster, delegation, entries, leftovers, quotas
from tooling.platform.account import PlatformAccount

SECONDS: Final = 15.0
"""For all questions together."""

Question = Callable[[PlatformAccount], Iterable[Finding]]

_BEFORE: Final[tuple[tuple[str, Question], ...]] = (
    ("Caller among the administrators", entries.caller_is_admin),
    ("Quota of elastic IP addresses", quotas.addresses),
    ("Quota of VPCs", quotas.networks),
    ("Quota of CPUs", quotas.cpus),
    ("Name of the cluster", cluster.in_the_way),
    ("Log of an earlier cluster", cluster.log_group),
    ("Support of the Kubernetes version", cluster.support),
)
_AFTER: Final[tuple[tuple[str, Question], ...]] = (
    ("Access entry of the caller", entries.caller_has_entry),
    ("Support of the Kubernetes version", cluster.support),
    ("Delegation of the zone", delegation.zone),
    ("IAM identity provider", eks.identity_provider),
)
_GONE: Final[tuple[tuple[str, Question], ...]] = (
    ("What a removed cluster left", leftovers.leftovers),
)


def checks(account: PlatformAccount, *, before: bool) -> list[Check]:
    """The checks, to run in parallel. ``before``: of what `make platform` needs."""
    questions = _BEFORE if before else _now(account)
    return [
        Check(title="AWS CLI", run=lambda: list(caller.command_line(account))),
        Check(title="AWS credentials", run=lambda: list(caller.credentials(account))),
        Check(title="AWS account", run=lambda: list(caller.account_allowed(account))),
        *(check(account, title, question) for title, question in questions),
    ]


def _now(account: PlatformAccount) -> tuple[tuple[str, Question], ...]:
    """A cluster that is not there has left something, or was never made."""
    try:
        there = account.found_cluster() is not None
    except Exception:  # each check then says why by itself
        there = True
    return _AFTER if there else _GONE


def examine(account: PlatformAccount, *, before: bool, seconds: float = SECONDS) -> Report:
    """Ask everything."""
    start = time.monotonic()
    deadline = Deadline(seconds)
    found = answers(ask(checks(account, before=before)), deadline, account.doctor(before=before))
    return Report(
        stack=f"platform/{account.settings.stack}",
        findings=[*together(finding for answer in found for finding in answer.findings)],
        well=[answer.title for answer in found if not answer.findings],
        seconds=time.monotonic() - start,
    )

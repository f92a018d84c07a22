"""One examination of a stack: what is asked, in which order, and what becomes of the answers."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from stacks.settings import Settings
from tooling.doctor import before, diagnosis, place, reading
from tooling.doctor.asking import (
    Answer,
    Deadline,
    Question,
    UnansweredError,
    answers,
    ask,
    unanswered,
)
from tooling.doctor.findings import Finding, Unanswerable
from tooling.doctor.place import Place
from tooling.doctor.report import Report
from tooling.doctor.server import Server, connect
from tooling.stack_files import ROOT

SECONDS: Final = 7.5
"""For all questions together; the program's own start comes on top."""

_OF_UP: Final = {"namespace-exists", "stuck-terminating"}
"""Preconditions that say nothing, or less than the diagnosis, once a stack was deployed."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Which cluster to look at."""

    kubeconfig: str
    """Files as kubectl reads them, joined as in ``$KUBECONFIG``."""
    place: Place


def access(settings: Settings, kubeconfig: str | None, context: str | None) -> Access:
    """The stack's cluster, or another one that was named; raises ``Unanswerable``."""
    cluster = settings.cluster
    if context is None and cluster.eks_name is not None:
        from tooling.doctor import aws  # noqa: PLC0415 - boto3 takes a second that others save

        folder = ROOT / ".local" / "doctor" / settings.stack
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = aws.kubeconfig(settings, folder)
        shown = os.path.relpath(written)
        return Access(kubeconfig=str(written), place=place.of(settings, cluster.eks_name, shown))
    named = kubeconfig or (cluster.kubeconfig if context is None else None)
    files = named or os.environ.get("KUBECONFIG") or "~/.kube/config"
    expanded = os.pathsep.join(
        str(Path(part).expanduser()) for part in files.split(os.pathsep) if part
    )
    chosen = context or cluster.context or ""
    return Access(
        kubeconfig=expanded,
        place=place.of(settings, chosen, expanded if named else None),
    )


def examine(
    settings: Settings,
    *,
    before_up: bool,
    kubeconfig: str | None = None,
    context: str | None = None,
    log: str = "",
    seconds: float = SECONDS,
    now: datetime | None = None,
) -> Report:
    """Ask everything. ``log``: the text of a failed run; ``now``: what ages count from."""
    start, deadline = time.monotonic(), Deadline(seconds)
    aws = Question(lambda: _ask_aws(settings, before_up=before_up))
    chosen = context or settings.cluster.context or settings.cluster.eks_name or ""
    reach = Question(lambda: _reach(settings, kubeconfig, context))
    # Until the cluster is reached, a command can only name what was asked for.
    where = place.of(settings, chosen, kubeconfig)
    again = where.doctor(before=before_up)
    asked: list[Answer] = []
    failures: list[Finding] = []
    well: list[str] = []
    try:
        server, where = reach.answer(deadline)
    except (Unanswerable, UnansweredError) as error:
        asked.append(Answer(title=f"context {chosen}", findings=[_no_server(error, where)]))
    else:
        asked.append(Answer(title=f"context {chosen}"))
        questions = ask(before.checks(server, settings, where))
        if not before_up:
            read = reading.read(server, settings, where, deadline, now)
            failures = [*diagnosis.diagnose(read.snapshot, where), *read.unread]
            well = [] if failures else [f"what runs in {where.namespace}"]
        asked += answers(questions, deadline, again)
    try:
        from_aws = answers(aws.answer(deadline), deadline, again)
    except UnansweredError:
        reason = f"No answer within {seconds:g} s"
        from_aws = [Answer(title="AWS", findings=[unanswered("AWS", reason, again)])]
    preconditions = [
        finding
        for answer in asked
        for finding in answer.findings
        if before_up or finding.section not in _OF_UP
    ]
    findings = diagnosis.causes(
        preconditions,
        [finding for answer in from_aws for finding in answer.findings],
        failures,
        [*diagnosis.of_log(log, where)],
    )
    titles = [answer.title for answer in (*asked, *from_aws) if not answer.findings]
    return Report(
        stack=settings.stack,
        findings=findings,
        well=[*titles, *well],
        seconds=time.monotonic() - start,
    )


def _reach(settings: Settings, kubeconfig: str | None, context: str | None) -> tuple[Server, Place]:
    found = access(settings, kubeconfig, context)
    return connect(found.kubeconfig, found.place), found.place


def _ask_aws(settings: Settings, *, before_up: bool) -> list[tuple[str, Question[list[Finding]]]]:
    if settings.cluster.eks_name is None:
        return []
    from tooling.doctor import aws  # noqa: PLC0415 - as above

    return ask((aws.checks_before if before_up else aws.checks_after)(settings))


def _no_server(error: Unanswerable | UnansweredError, where: Place) -> Finding:
    if isinstance(error, Unanswerable):
        return error.finding
    return Finding(
        section="cluster-unreachable",
        severity="error",
        subject=f"Context {where.context}",
        cause="The API server does not answer in time: its address is wrong, it is down, or a VPN, "
        "a firewall or the command that gets its token is in between",
        command=where.kubectl("version"),
    )

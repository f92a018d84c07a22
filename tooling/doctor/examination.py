"""One run of the doctor: which checks, in which order, and how the answers are combined."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from stacks.settings import Settings
from stacks.stack_files import ROOT
from tooling.doctor import diagnosis, failed_run
from tooling.doctor.agents import environment, telemetry
from tooling.doctor.asking import Answer, Asked, answers, ask, in_words, unanswered
from tooling.doctor.before import checks as before
from tooling.doctor.cluster import reading
from tooling.doctor.cluster.reading import Reading
from tooling.doctor.cluster.server import Server, connect
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.databases.ask import ask as ask_databases
from tooling.doctor.findings import Finding, Unanswerable
from tooling.doctor.place import Place
from tooling.doctor.report import Report
from tooling.kit.deadline import Deadline, OverdueError, Question
from tooling.kit.private import private_folder
from tooling.kubernetes.kubeconfig import files

SECONDS: Final = 7.5
"""For all questions together; the program's own start comes on top."""

_DATABASES: Final = 9.0
"""Seconds for what the databases say, after the rest of the cluster has answered."""

_OF_UP: Final = frozenset({"namespace-exists", "stuck-terminating"})
"""Preconditions that the diagnosis covers better once a stack was deployed."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Which cluster to look at."""

    kubeconfig: str
    """Files as kubectl reads them, joined as in ``$KUBECONFIG``."""
    place: Place


def access(settings: Settings, place: Place) -> Access:
    """Access to the cluster of ``place``; raises ``Unanswerable``."""
    if place.login:
        from tooling.doctor import aws  # noqa: PLC0415 - boto3 takes a second that others save

        folder = ROOT / ".local" / "doctor" / settings.stack
        written = aws.kubeconfig(settings, private_folder(folder))
        # The file stays, so a command needs no login before it.
        return Access(
            kubeconfig=str(written),
            place=replace(place, kubeconfig=os.path.relpath(written), login=""),
        )
    return Access(kubeconfig=str(files(place.kubeconfig)), place=place)


def examine(
    settings: Settings,
    place: Place,
    *,
    before_up: bool,
    databases: bool = True,
    log: str = "",
    seconds: float = SECONDS,
    now: datetime | None = None,
) -> Report:
    """Ask everything. ``place``: the cluster to look at; ``databases``: whether they are asked too,
    by a command in a pod; ``log``: the text of a failed run; ``now``: what ages count from."""
    start, deadline = time.monotonic(), Deadline(seconds)
    aws = Question(lambda: _ask_aws(settings, place.stack, before_up=before_up))
    reach = Question(lambda: _reach(settings, place))
    try:
        server, where = reach.answer(deadline)
    except Exception as error:  # any error: the rest of the report is still useful
        # Commands name the cluster that the options ask for.
        found = Answer(title=f"context {place.context}", findings=[_no_server(error, place)])
        seen = _Seen(answers=[found], place=place)
    else:
        seen = _look(server, settings, where, deadline, now, before_up=before_up)
        if databases and seen.read is not None:
            seen = _with_databases(seen, server, settings, seen.read.snapshot)
    again = seen.place.doctor(before=before_up)
    try:
        in_before, in_after = aws.answer(deadline)
    except OverdueError as error:
        from_aws = [Answer(title="AWS", findings=[unanswered("AWS", str(error), again)])]
    else:
        # Objects that were never created are not reported as missing.
        asked = [*in_before, *(in_after if seen.deployed else ())]
        from_aws = answers(asked, deadline, again)
    findings = diagnosis.causes(
        _findings(seen.answers, without=frozenset() if before_up else _OF_UP),
        _findings(from_aws),
        seen.failures,
        failed_run.read(log, seen.place),
    )
    return Report(
        stack=settings.stack,
        findings=findings,
        well=[answer.title for answer in (*seen.answers, *from_aws) if not answer.findings],
        state=seen.state,
        seconds=time.monotonic() - start,
    )


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """Findings from the cluster."""

    answers: list[Answer]
    place: Place
    failures: list[Finding] = field(default_factory=list[Finding])
    deployed: bool = True
    """Whether any object of the stack exists; true if that is unknown."""
    read: Reading | None = None
    """Everything that runs; None where it was not looked at."""
    state: Sequence[str] = ()
    """Where the stack is."""


def _look(
    server: Server,
    settings: Settings,
    where: Place,
    deadline: Deadline,
    now: datetime | None,
    *,
    before_up: bool,
) -> _Seen:
    questions = ask(before.checks(server, settings, where))
    reached = Answer(title=f"context {where.context}")
    again = where.doctor(before=before_up)
    if before_up:
        return _Seen(answers=[reached, *answers(questions, deadline, again)], place=where)
    read = reading.read(server, settings, where, deadline, now)
    failures = [*diagnosis.diagnose(read.snapshot, where), *read.unread]
    told = read.snapshot.agents
    runs = [] if failures else [Answer(title=f"what runs in {where.namespace}")]
    return _Seen(
        answers=[reached, *answers(questions, deadline, again), *runs],
        place=where,
        failures=failures,
        deployed=read.snapshot.deployed or not read.snapshot.complete,
        read=read,
        state=(
            *environment.state(told, settings.agents.every_namespace),
            *telemetry.state(told),
        )
        if read.snapshot.deployed
        else (),
    )


def _with_databases(seen: _Seen, server: Server, settings: Settings, snapshot: Snapshot) -> _Seen:
    """With what the databases say; without it, why not."""
    if not snapshot.deployed:
        return seen
    question = Question(lambda: ask_databases(server.run, settings, snapshot, seen.place))
    try:
        told = question.answer(Deadline(_DATABASES))
    except Exception as error:  # any error: the rest of the report is still useful
        return replace(
            seen, state=[f"the databases were not asked: {in_words(error)}", *seen.state]
        )
    failures = [
        finding
        for finding in seen.failures
        if not (told.copies_known and finding.section == "background-migration-failed")
    ]
    known = {finding.section for finding in failures}
    more = [finding for finding in told.findings if finding.section not in known]
    return replace(seen, failures=[*failures, *more], state=[*told.state, *seen.state])


def _findings(found: Iterable[Answer], without: frozenset[str] = frozenset()) -> list[Finding]:
    every = (finding for answer in found for finding in answer.findings)
    return [finding for finding in every if finding.section not in without]


def _reach(settings: Settings, place: Place) -> tuple[Server, Place]:
    found = access(settings, place)
    return connect(found.kubeconfig, found.place), found.place


def _ask_aws(settings: Settings, stack: str, *, before_up: bool) -> tuple[list[Asked], list[Asked]]:
    """Checks of what `up` needs and of what it made, without duplicates."""
    if settings.cluster.eks_name is None:
        return [], []
    from tooling.doctor import aws  # noqa: PLC0415 - as above

    needed = aws.checks_before(settings, stack=stack)
    titles = {check.title for check in needed}
    made = [] if before_up else aws.checks_after(settings, stack=stack)
    return ask(needed), ask(check for check in made if check.title not in titles)


def _no_server(error: Exception, where: Place) -> Finding:
    if isinstance(error, Unanswerable):
        return error.finding
    reason = (
        "The API server does not answer in time: its address is wrong, it is down, or a VPN, a "
        "firewall or the command that gets its token is in between"
        if isinstance(error, OverdueError)
        else f"It cannot be reached: {in_words(error)}"
    )
    return Finding.error(
        "cluster-unreachable", f"Context {where.context}", reason, where.kubectl("version")
    )

"""Asks a stack's databases, from within its own pods: nothing else reaches them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from components.langfuse.versions import Version
from stacks.settings import Settings
from stacks.settings.sections.clickhouse import ExternalClickHouse, OperatorClickHouse
from tooling.doctor import servers, statements
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.databases import answers, background, clickhouse, path, questions, queues
from tooling.doctor.databases.answers import Told
from tooling.doctor.findings import Finding
from tooling.doctor.patterns.known import explain
from tooling.doctor.place import Place
from tooling.doctor.pods import logs
from tooling.kit.masking import last_line, quote
from tooling.kubernetes.api import LiveError
from tooling.kubernetes.execution import Container, Ran
from tooling.kubernetes.objects import Object, containers, items, moment, name, namespace, part

Run = Callable[[Container, Sequence[str]], Ran]
"""Runs a command in a container; raises ``LiveError``."""

_OF_CLICKHOUSE: Final = frozenset({"clickhouse-grants", "clickhouse-password"})
_OF_CACHE: Final = frozenset({"cache-password"})
"""What a refusal can say."""

_NAMES: Final = {
    "postgres": "PostgreSQL",
    "clickhouse": "ClickHouse",
    "redis": "The cache",
    "health": "The worker's page",
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the databases say of a stack."""

    findings: Sequence[Finding] = ()
    state: Sequence[str] = ()
    """Where the stack is, and what could not be asked."""
    copies_known: bool = False
    """Whether the background migrations could be asked: a log of theirs may be older."""


class _FailedError(Exception):
    """A command that did not do its work; the text says why."""


def ask(run: Run, settings: Settings, snapshot: Snapshot, place: Place) -> Seen:
    """The databases' answers, and what they mean."""
    release = Version.parse(snapshot.running or settings.langfuse.version)
    clustered = _clustered(settings)
    worker, web, database = (_ready(role, snapshot) for role in ("worker", "web", "database"))
    told, reasons = Told(), list[str]()
    age = 0.0
    if worker is not None:
        age = _age(worker, snapshot)
        told, reasons = _asked(run, worker, questions.of_worker(clustered=clustered))
    elif web is not None and settings.clickhouse is not None:
        told, reasons = _asked(run, web, questions.of_web(clustered=clustered))
    if not told.postgres and database is not None:
        told = _of_database(run, database, told)
    away = tuple(_away(told, place))
    paused = settings.langfuse.paused
    if not (told.postgres or told.clickhouse or paused):
        return Seen(findings=away, state=tuple(_not_asked(told, reasons)))
    stack = clickhouse.Stack(
        release=release,
        clustered=clustered,
        own_disk=not (
            isinstance(settings.clickhouse, ExternalClickHouse)
            and settings.clickhouse.kind == "cloud"
        ),
    )
    return Seen(
        findings=[
            *away,
            *background.findings(told, place, age),
            *clickhouse.findings(told, stack, place),
            *queues.findings(told, place),
            *path.findings(told, release, place),
        ],
        state=[
            *path.state(
                told, path.Known(release=release, paused=paused, prepared=_prepared(settings))
            ),
            *_not_asked(told, reasons),
        ],
        copies_known=told.background is not None,
    )


def _prepared(settings: Settings) -> bool:
    return None not in (settings.clickhouse, settings.cache, settings.object_storage)


def _ready(role: str, snapshot: Snapshot) -> Object | None:
    """A ready pod of a role."""
    pods = (pod for pod in snapshot.pods if servers.component(pod) == role)
    return next((pod for pod in pods if logs.is_ready(pod)), None)


def _clustered(settings: Settings) -> bool:
    section = settings.clickhouse
    if isinstance(section, ExternalClickHouse):
        return section.kind == "cluster"
    return isinstance(section, OperatorClickHouse)


def _age(pod: Object, snapshot: Snapshot) -> float:
    """Seconds since the container of a pod started."""
    starts = (
        moment(part(part(status, "state"), "running").get("startedAt"))
        for status in containers(pod)
    )
    ages = [(snapshot.now - start).total_seconds() for start in starts if start is not None]
    return min(ages, default=0.0)


def _asked(run: Run, pod: Object, command: Sequence[str]) -> tuple[Told, list[str]]:
    try:
        return answers.read(_output(run, pod, command)), []
    except (LiveError, _FailedError) as error:
        return Told(), [quote(str(error))]
    except ValueError:
        return Told(), [f"{name(pod)} answered something else"]


def _of_database(run: Run, pod: Object, told: Told) -> Told:
    """With what PostgreSQL in the cluster answers itself."""
    found: dict[str, Any] = {}
    problem = ""
    for question, statement in statements.POSTGRES.items():
        try:
            found[question] = json.loads(_output(run, pod, questions.of_database(statement)))
        except (LiveError, _FailedError, ValueError) as error:
            problem = quote(str(error))
    others = {key: value for key, value in told.problems.items() if key != "postgres"}
    problems = others if found or not problem else {**others, "postgres": problem}
    return replace(told, postgres=found, problems=problems)


def _output(run: Run, pod: Object, command: Sequence[str]) -> str:
    container = Container(
        namespace=namespace(pod),
        pod=name(pod),
        name=items(part(pod, "spec"), "containers")[0]["name"],
    )
    ran = run(container, command)
    if ran.code:
        raise _FailedError(last_line(ran.errors) or f"{name(pod)} ended with code {ran.code}")
    return ran.output


def _away(told: Told, place: Place) -> Iterator[Finding]:
    """Servers that do not answer a pod of Langfuse, or refuse it."""
    for what, known, section, look in (
        ("clickhouse", _OF_CLICKHOUSE, "clickhouse-unreachable", place.look_at_clickhouse),
        ("redis", _OF_CACHE, "cache-unreachable", place.look_at_cache),
    ):
        problem = told.problems.get(what)
        if problem is None:
            continue
        subject = _NAMES[what]
        explained = next(explain(problem, place, known), None)
        if explained is not None:
            yield explained.about(subject)
        else:
            cause = f"It does not answer the pods of Langfuse: {quote(problem)}"
            yield Finding.error(section, subject, cause, look)


def _not_asked(told: Told, reasons: Sequence[str]) -> Iterator[str]:
    """A line for each part without an answer."""
    for reason in reasons:
        yield f"the databases were not asked: {reason}"
    for what, reason in told.problems.items():
        yield f"{_NAMES[what]} was not asked: {quote(reason, 160)}"

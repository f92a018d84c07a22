"""Which pod is asked what, and what becomes of an answer or of none."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pytest

from tests.support import stacks
from tests.support.doctor import (
    LONG_AGO,
    PLACE,
    Object,
    condition,
    container,
    error,
    obj,
    pod,
    snapshot,
)
from tooling.doctor import statements
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.databases import questions
from tooling.doctor.databases.ask import Seen, ask
from tooling.doctor.findings import Finding
from tooling.kubernetes.api import ApiError, LiveError
from tooling.kubernetes.execution import Container, Ran

IN_CLUSTER: Final = "version 4 in the cluster"
BY_OPERATOR: Final = "version 4 with the operator of ClickHouse"
ELSEWHERE: Final = "version 4 with services elsewhere"

Given = Ran | LiveError


class Runner:
    """Runs nothing: it has an answer for the first pod of a role."""

    def __init__(self, **given: Given | Callable[[Sequence[str]], Given]) -> None:
        self._given = given
        self.asked: list[tuple[Container, Sequence[str]]] = []

    def __call__(self, container: Container, command: Sequence[str]) -> Ran:
        self.asked.append((container, command))
        given = self._given[container.pod.partition("-")[0]]
        answer = given(command) if callable(given) else given
        if isinstance(answer, LiveError):
            raise answer
        return answer


def ready(
    role: str, *, container_name: str = "main", serves: bool = True, since: str | None = LONG_AGO
) -> Object:
    running = container(name=container_name, ready=True, running={"startedAt": since})
    status = [condition("Ready", str(serves))]
    made = pod(f"{role}-1", running, phase="Running", role=role, conditions=status)
    return {**made, "spec": {"containers": [{"name": container_name}]}}


def seen(*roles: str, running: str = "4.16.0", **more: Any) -> Snapshot:  # noqa: ANN401
    labels = {"app.kubernetes.io/version": running}
    deployments = [obj("Deployment", "langfuse", labels=labels)]
    return snapshot(pods=[ready(role) for role in roles], deployments=deployments, **more)


def said(**parts: Any) -> Ran:  # noqa: ANN401 - JSON
    answered = {part: {"answer": answer} for part, answer in parts.items()}
    return Ran(code=0, output=json.dumps({"flags": {}, **answered}), errors="")


def asked(run: Runner, found: Snapshot, variant: str = IN_CLUSTER) -> Seen:
    return ask(run, stacks.settings(variant), found, PLACE)


BACKGROUND: Mapping[str, Any] = {
    "background": {"answer": [{"name": "a", "finished": False, "failed": True, "reason": "x"}]}
}


def test_a_ready_worker_is_asked_everything() -> None:
    run = Runner(worker=said(postgres=BACKGROUND, clickhouse={}))

    found = asked(run, seen("database", "web", "worker"))

    assert run.asked == [
        (
            Container(namespace="observability", pod="worker-1", name="main"),
            questions.of_worker(clustered=False),
        )
    ]
    assert [f.section for f in found.findings] == ["background-migration-failed"]
    assert found.copies_known
    assert found.state[0] == "Langfuse 4.16.0"


def test_replicas_are_asked_about_where_there_are_some() -> None:
    run = Runner(worker=said(postgres=BACKGROUND))
    asked(run, seen("worker"), BY_OPERATOR)

    assert run.asked[0][1] == questions.of_worker(clustered=True)


@pytest.mark.parametrize(
    ("kind", "clustered", "full"), [("server", False, 1), ("cluster", True, 1), ("cloud", False, 0)]
)
def test_a_server_elsewhere_has_replicas_and_a_disk_by_its_kind(
    kind: str, full: int, *, clustered: bool
) -> None:
    few = {**SERVER, "free": "1", "size": "100"}
    run = Runner(worker=said(clickhouse={"server": {"answer": [few]}}))
    elsewhere = stacks.settings(ELSEWHERE)
    section = elsewhere.clickhouse
    assert section is not None
    settings = elsewhere.model_copy(
        update={"clickhouse": section.model_copy(update={"kind": kind})}
    )

    found = ask(run, settings, seen("worker"), PLACE)

    assert run.asked[0][1] == questions.of_worker(clustered=clustered)
    assert [f.section for f in found.findings] == full * ["clickhouse-disk"]


@pytest.mark.parametrize(
    ("since", "found"),
    [
        (LONG_AGO, ["background-migration-stalled"]),
        ("2026-11-01T11:59:00Z", []),
        (None, []),
    ],
)
def test_a_worker_that_has_just_started_is_given_time(since: str | None, found: list[str]) -> None:
    waits = {"answer": [{"name": "a", "finished": False, "failed": False}]}
    run = Runner(worker=said(postgres={"background": waits}))

    told = asked(run, snapshot(pods=[ready("worker", since=since)]))

    assert [f.section for f in told.findings] == found


def test_the_release_is_the_one_that_runs_and_not_the_one_that_is_configured() -> None:
    found = asked(Runner(worker=said(postgres=BACKGROUND)), seen("worker", running="3.225.4"))

    assert found.state[0] == "Langfuse 3.225.4"


def test_without_a_ready_worker_postgresqls_own_pod_and_a_web_pod_are_asked() -> None:
    def database(command: Sequence[str]) -> Given:
        answers: dict[str, Any] = {
            statements.POSTGRES["schema"]: {"newest": "20260101010101_a", "broken": None},
            statements.POSTGRES["background"]: [],
        }
        return Ran(code=0, output=json.dumps(answers[command[-1]]), errors="")

    web = said(clickhouse={"server": {"answer": [{**SERVER}]}})
    run = Runner(database=database, web=web)
    pods = [ready("worker", serves=False), ready("database"), ready("web")]

    found = asked(run, snapshot(pods=pods))

    assert [(c.pod, command) for c, command in run.asked] == [
        ("web-1", questions.of_web(clustered=False)),
        *(("database-1", questions.of_database(s)) for s in statements.POSTGRES.values()),
    ]
    assert found.state[0] == (
        "Langfuse 4.16.0; PostgreSQL's schema 20260101010101; ClickHouse 26.4.1.1"
    )


SERVER: Final = {"version": "26.4.1.1", "timezone": "UTC", "free": "9", "size": "10"}


def test_version_2_is_asked_in_postgresqls_pod_alone() -> None:
    failed = Ran(
        code=1, output="", errors='ERROR:  relation "background_migrations" does not exist'
    )

    def database(command: Sequence[str]) -> Given:
        schema = command[-1] == statements.POSTGRES["schema"]
        output = '{"newest": "20251101010101_x", "broken": null}'
        return Ran(code=0, output=output, errors="") if schema else failed

    run = Runner(database=database)
    found = ask(
        run, stacks.settings("version 2 dev"), seen("database", "web", running="2.95.12"), PLACE
    )

    assert {c.pod for c, _ in run.asked} == {"database-1"}
    assert found.findings == []
    assert found.state == [
        "Langfuse 2.95.12; PostgreSQL's schema 20251101010101",
        'next: "1. Prepare" in docs/upgrade.md',
    ]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (ApiError("running env was refused: forbidden"), "running env was refused: forbidden"),
        (Ran(code=1, output="", errors="a\nnode: not found\n"), "node: not found"),
        (Ran(code=137, output="", errors=""), "worker-1 ended with code 137"),
        (Ran(code=0, output="<html>", errors=""), "worker-1 answered something else"),
        (Ran(code=0, output="[]", errors=""), "worker-1 answered something else"),
    ],
)
def test_a_worker_that_cannot_be_asked_is_said_so_and_no_finding(given: Given, reason: str) -> None:
    found = asked(Runner(worker=given), seen("worker"), ELSEWHERE)

    assert found == Seen(state=(f"the databases were not asked: {reason}",))


def test_a_page_of_a_worker_without_an_answer_is_named() -> None:
    output = {"flags": {}, "postgres": {"answer": BACKGROUND}, "health": {"error": "timed out"}}
    ran = Ran(code=0, output=json.dumps(output), errors="")

    found = asked(Runner(worker=ran), seen("worker"), ELSEWHERE)

    assert found.state[-1] == "The worker's page was not asked: timed out"


def test_a_part_without_an_answer_is_named_beside_the_others() -> None:
    output = {
        "flags": {},
        "clickhouse": {"answer": {"server": {"answer": [SERVER]}}},
        "postgres": {"error": "Cannot find module '@prisma/client'"},
        "redis": {"error": "connect ECONNREFUSED"},
    }
    ran = Ran(code=0, output=json.dumps(output), errors="")

    found = asked(Runner(worker=ran), seen("worker"), ELSEWHERE)

    assert found.state == [
        "Langfuse 4.16.0; ClickHouse 26.4.1.1",
        "PostgreSQL was not asked: Cannot find module '@prisma/client'",
        "The cache was not asked: connect ECONNREFUSED",
    ]
    assert not found.copies_known
    assert found.findings == [away("cache", "The cache", "connect ECONNREFUSED")]


def away(what: str, subject: str, problem: str) -> Finding:
    look = {"cache": PLACE.look_at_cache, "clickhouse": PLACE.look_at_clickhouse}[what]
    cause = f"It does not answer the pods of Langfuse: {problem}"
    return error(f"{what}-unreachable", subject, cause, look)


WRONG = (
    "Code: 516. DB::Exception: langfuse: Authentication failed: password is incorrect, or there is "
    "no user with such name. (AUTHENTICATION_FAILED)"
)


@pytest.mark.parametrize(
    ("problem", "section"),
    [
        ("fetch failed: ECONNREFUSED", "clickhouse-unreachable"),
        (WRONG, "clickhouse-password"),
        (
            "Code: 497. DB::Exception: langfuse: Not enough privileges. To execute this query, "
            "it's necessary to have the grant SELECT(version) ON default.schema_migrations",
            "clickhouse-grants",
        ),
    ],
)
def test_a_clickhouse_of_which_every_question_fails_is_away_or_refuses_langfuse(
    problem: str, section: str
) -> None:
    questions = {name: {"error": problem} for name in statements.CLICKHOUSE}
    answer = said(clickhouse=questions, postgres=BACKGROUND)

    found = asked(Runner(worker=answer), seen("worker"), ELSEWHERE)

    assert [f.section for f in found.findings] == [section, "background-migration-failed"]
    assert found.findings[0].subject == "ClickHouse"


def test_a_cache_that_refuses_langfuse_is_not_away() -> None:
    output = {"redis": {"error": "WRONGPASS invalid username-password pair or user is disabled."}}
    ran = Ran(code=0, output=json.dumps(output), errors="")

    found = asked(Runner(worker=ran), seen("worker"), ELSEWHERE)

    assert [(f.section, f.subject) for f in found.findings] == [("cache-password", "The cache")]


def test_one_question_that_fails_is_no_sign_of_that() -> None:
    answer = said(clickhouse={"server": {"answer": [SERVER]}, "sdks": {"error": "Code: 60"}})

    assert asked(Runner(worker=answer), seen("worker"), ELSEWHERE).findings == []


def test_postgresql_in_the_cluster_is_asked_itself_where_the_worker_could_not() -> None:
    output = {"flags": {}, "postgres": {"error": "Cannot find module '@prisma/client'"}}
    worker = Ran(code=0, output=json.dumps(output), errors="")

    def database(command: Sequence[str]) -> Given:
        schema = command[-1] == statements.POSTGRES["schema"]
        output = '{"newest": "20260101010101_a", "broken": null}' if schema else "[]"
        return Ran(code=0, output=output, errors="")

    run = Runner(worker=worker, database=database)
    found = asked(run, seen("worker", "database"))

    assert found.state[0] == "Langfuse 4.16.0; PostgreSQL's schema 20260101010101"
    assert [line for line in found.state if "not asked" in line] == []


def test_what_postgresql_itself_says_counts_where_neither_answers() -> None:
    output = {"flags": {}, "postgres": {"error": "Cannot find module '@prisma/client'"}}
    worker = Ran(code=0, output=json.dumps(output), errors="")
    database = Ran(code=2, output="", errors="psql: error: no space left on device\n")

    found = asked(Runner(worker=worker, database=database), seen("worker", "database"))

    assert found.state == ("PostgreSQL was not asked: psql: error: no space left on device",)


def test_a_stack_without_a_ready_pod_is_not_asked() -> None:
    run = Runner()

    assert asked(run, snapshot(pods=[ready("worker", serves=False)])) == Seen()
    assert run.asked == []


def test_a_paused_stack_has_no_pod_to_ask_and_its_next_step_is_known_all_the_same() -> None:
    labels = {"app.kubernetes.io/version": "2.95.12"}
    paused = snapshot(deployments=[obj("Deployment", "langfuse", labels=labels)])

    found = asked(Runner(), paused, "version 2 prod, paused")

    assert found.state == ["Langfuse 2.95.12, paused", 'next: "1. Prepare" in docs/upgrade.md']


def test_clickhouse_cloud_has_no_disk_of_its_own() -> None:
    full = {**SERVER, "free": "1", "size": "100"}
    answer = said(clickhouse={"server": {"answer": [full]}})

    assert asked(Runner(worker=answer), seen("worker"), ELSEWHERE).findings == []
    assert [
        f.section for f in asked(Runner(worker=answer), seen("worker"), IN_CLUSTER).findings
    ] == ["clickhouse-disk"]

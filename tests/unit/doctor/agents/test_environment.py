"""Whether agents have the variables that they need, and of which age."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.doctor import KUBECTL, PLACE, Object, container, error, obj, warning
from tooling.doctor.agents import environment, way
from tooling.doctor.agents.way import Needs, Seen
from tooling.doctor.findings import Finding

WRITTEN = datetime(2026, 11, 1, 10, 30, tzinfo=UTC)
BEFORE, AFTER = "2026-11-01T10:29:59Z", "2026-11-01T10:30:00Z"
WHOLE: Object = {
    "envFrom": [{"configMapRef": {"name": "x"}}, {"secretRef": {"name": "agent-observability"}}]
}
ONE: Object = {
    "env": [
        {"name": "A", "value": "a"},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "agent-observability", "key": "K"}}},
    ]
}


def agent(name: str, started: str, source: Object = WHOLE, namespace: str = "research") -> Object:
    return obj(
        "Pod",
        name,
        namespace=namespace,
        spec={"containers": [{"name": "agent", **source}, {"name": "other"}]},
        status={
            "containerStatuses": [
                container(name="other", running={"startedAt": BEFORE}),
                container(name="agent", running={"startedAt": started}),
            ]
        },
    )


def said(*pods: Object) -> list[Finding]:
    seen = Seen(pods=pods, written={"research": WRITTEN})
    return [*environment.findings(seen, PLACE)]


def old(names: str) -> list[Finding]:
    return [
        warning(
            "agents-refused",
            "Namespace research",
            f"{names} started before the Secret agent-observability was last written (2026-11-01 "
            "10:30 UTC), and a container reads its environment at the start only: if the keys were "
            "rotated, Langfuse answers these agents with 401",
            f"{KUBECTL} -n research rollout restart deployments",
        )
    ]


@pytest.mark.parametrize("source", [WHOLE, ONE])
def test_an_agent_that_is_older_than_its_secret_is_named(source: Object) -> None:
    assert said(agent("a-1", BEFORE, source), agent("a-2", AFTER, source)) == old("a-1")


def test_of_many_agents_a_few_are_named_and_all_counted() -> None:
    found = said(*(agent(f"a-{number}", BEFORE) for number in range(7)))

    assert found == old("a-0, a-1, a-2, a-3, a-4 and 2 more")


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"envFrom": [{"secretRef": {"name": "another"}}]},
        {"volumeMounts": [{"name": "agent-observability"}]},
    ],
)
def test_a_pod_that_reads_no_environment_of_it_is_silence(source: Object) -> None:
    assert said(agent("a-1", BEFORE, source), agent("a-2", AFTER)) == []


def test_a_pod_that_has_ended_is_not_old() -> None:
    ended = agent("a-1", BEFORE)
    ended["status"]["phase"] = "Succeeded"

    assert said(ended, agent("a-2", AFTER)) == []


def test_a_pod_elsewhere_and_one_that_has_not_started_are_silence() -> None:
    waits = agent("a-1", BEFORE)
    waits["status"]["containerStatuses"][1]["state"] = {"waiting": {}}

    assert said(agent("a-2", BEFORE, namespace="elsewhere"), waits) == []


def secret(name: str, *entries: dict[str, Any]) -> Object:
    return {"metadata": {"name": name, "managedFields": list(entries)}}


def entry(time: str | None, *fields: str) -> dict[str, Any]:
    keys: dict[str, Any] = {".": {}, "f:KEY": {}}
    return {"time": time, "fieldsV1": dict.fromkeys(fields, keys)}


def test_the_data_of_the_secret_count_and_not_its_labels() -> None:
    found = secret(
        "agent-observability",
        entry("2026-11-01T09:00:00Z", "f:data", "f:type"),
        entry("2026-11-01T10:30:00Z", "f:metadata", "f:data"),
        entry("2026-11-01T11:00:00Z", "f:metadata"),
        entry(None, "f:data"),
    )
    other = secret("other", entry("2026-11-01T12:00:00Z", "f:data"))

    assert way.written([other, found]) == WRITTEN
    assert way.variables([other, found]) == {"KEY"}


@pytest.mark.parametrize("secrets", [[], [secret("other")], [secret("agent-observability")]])
def test_without_a_time_nothing_is_known_of_the_secret(secrets: list[Object]) -> None:
    assert way.written(secrets) is None
    assert way.variables(secrets) == frozenset()


def test_keys_of_several_writers_are_keys_of_the_secret() -> None:
    def wrote(*keys: str) -> dict[str, Any]:
        return {"fieldsV1": {"f:data": {f"f:{key}": {} for key in keys}}}

    found = secret("agent-observability", wrote("A", "B"), wrote("C"))

    assert way.variables([found]) == {"A", "B", "C"}


NEEDED = Needs(variables=frozenset({"LANGFUSE_HOST", "OTEL_A", "OTEL_B"}))


def of_variables(*keys: str) -> list[Finding]:
    seen = Seen(needs=NEEDED, variables={"research": frozenset(keys)})
    return [*environment.findings(seen, PLACE)]


def test_a_secret_without_a_variable_that_the_stack_writes_is_of_an_earlier_deployment() -> None:
    assert of_variables("LANGFUSE_HOST", "MORE") == [
        error(
            "agents-variables",
            "Secret research/agent-observability",
            "It lacks OTEL_A, OTEL_B: it is of an earlier deployment, External Secrets has not "
            "written it since, or something else writes it",
            "make up STACK=dev",
        )
    ]


def test_a_secret_with_every_variable_is_silence_and_so_is_one_of_which_none_is_known() -> None:
    assert of_variables(*NEEDED.variables) == []
    assert [*environment.findings(Seen(needs=NEEDED), PLACE)] == []


def test_pods_of_which_none_has_the_secret_are_counted() -> None:
    pods = [agent("a-1", AFTER, {}), agent("a-2", AFTER, {}), agent("b-1", AFTER, namespace="b")]

    assert said(*pods) == [
        warning(
            "agents-unconnected",
            "Namespace research",
            "2 pods run there, and none has the Secret agent-observability in its environment "
            "(envFrom): without it an SDK does not know where to send traces, and most say nothing",
            f"{KUBECTL} -n research get pods -o wide",
        )
    ]


def test_pods_that_have_ended_need_no_secret() -> None:
    done = agent("a-1", AFTER, {})
    done["status"]["phase"] = "Failed"

    assert said(done) == []


def test_each_namespace_says_how_many_of_its_pods_have_the_secret() -> None:
    pods = [agent("a-1", AFTER), agent("a-2", AFTER, {}), agent("b-1", AFTER, namespace="b")]

    assert [*environment.state(Seen(pods=pods), ["research", "b", "c"])] == [
        "agents in research: 1 of 2 pods have the Secret agent-observability in their environment",
        "agents in b: 1 of 1 pods have the Secret agent-observability in their environment",
        "agents in c: no pod runs there",
    ]

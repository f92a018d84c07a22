"""Agents that started before their Secret was last written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.doctor import KUBECTL, PLACE, Object, container, obj, snapshot, warning
from tooling.doctor.cluster import agents
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
    seen = snapshot(agents=pods, agents_secrets={"research": WRITTEN})
    return [*agents.before_their_secret(seen, PLACE)]


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
    assert said(agent("a-1", BEFORE, source)) == []


def test_a_pod_elsewhere_and_one_that_has_not_started_are_silence() -> None:
    waits = agent("a-1", BEFORE)
    waits["status"]["containerStatuses"][1]["state"] = {"waiting": {}}

    assert said(agent("a-2", BEFORE, namespace="elsewhere"), waits) == []


def secret(name: str, *entries: dict[str, Any]) -> Object:
    return {"metadata": {"name": name, "managedFields": list(entries)}}


def entry(time: str | None, *fields: str) -> dict[str, Any]:
    return {"time": time, "fieldsV1": {name: {} for name in fields}}


def test_the_data_of_the_secret_count_and_not_its_labels() -> None:
    found = secret(
        "agent-observability",
        entry("2026-11-01T09:00:00Z", "f:data", "f:type"),
        entry("2026-11-01T10:30:00Z", "f:metadata", "f:data"),
        entry("2026-11-01T11:00:00Z", "f:metadata"),
        entry(None, "f:data"),
    )
    other = secret("other", entry("2026-11-01T12:00:00Z", "f:data"))

    assert agents.written([other, found]) == WRITTEN


@pytest.mark.parametrize("secrets", [[], [secret("other")], [secret("agent-observability")]])
def test_without_a_time_nothing_is_known_of_the_secret(secrets: list[Object]) -> None:
    assert agents.written(secrets) is None

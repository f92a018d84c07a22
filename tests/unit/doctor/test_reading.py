"""What is read of a cluster. The API server is a table of answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

import pytest

from stacks.settings import Settings
from tests.support import stacks
from tests.support.doctor import (
    NOW,
    PLACE,
    Object,
    condition,
    container,
    obj,
    pod,
    stack,
    terminated,
    warning,
)
from tooling.doctor.cluster import reading
from tooling.doctor.cluster.reading import Reading
from tooling.doctor.cluster.server import Server
from tooling.kit.deadline import Deadline
from tooling.kit.exposition import Sample
from tooling.kubernetes.api import ApiError, LiveError, UnknownKindError

MINE = pod("langfuse-1", container(terminated=terminated(1)))
STRANGER: Object = {"kind": "Pod", "metadata": {"name": "other", "namespace": "observability"}}
CLAIM: Object = {"kind": "PersistentVolumeClaim", "metadata": {"name": "data-langfuse-postgres-0"}}
OTHER_CLAIM: Object = {"kind": "PersistentVolumeClaim", "metadata": {"name": "data-other-0"}}
NAMESPACES = [obj("Namespace", name, namespace=None) for name in ("observability", "elsewhere")]


GATEWAY = "version 4 with a gateway"


class Answers:
    """Answers by kind; a missing one is an empty list."""

    def __init__(
        self,
        found: Mapping[str, list[Object] | LiveError],
        log: str | LiveError = "last words",
        unknown: Mapping[str, LiveError] | None = None,
        metadata: list[Object] | None = None,
    ) -> None:
        self._metadata = metadata or []
        self._found = found
        self._log = log
        self._unknown = unknown
        self.listed: list[tuple[str, str | None]] = []
        self.named: list[tuple[str, str]] = []
        self.logs: list[tuple[str, str, str, bool]] = []
        self.hours: list[tuple[str, str, str]] = []
        self.pages: list[tuple[str, str, int, str]] = []

    def list(self, _version: str, kind: str, namespace: str | None) -> list[Object]:
        self.listed.append((kind, namespace))
        answer = self._found.get(kind, [])
        if isinstance(answer, LiveError):
            raise answer
        return answer

    def names(self, _version: str, kind: str, namespace: str) -> set[str]:
        self.named.append((kind, namespace))
        if self._unknown and kind in self._unknown:
            raise self._unknown[kind]
        return {"agent-observability", "langfuse", "langfuse-migration", "langfuse-postgres"}

    def metadata(self, _version: str, kind: str, namespace: str) -> list[Object]:
        self.named.append((kind, namespace))
        if self._unknown and kind in self._unknown:
            raise self._unknown[kind]
        return self._metadata

    def page(self, namespace: str, pod: str, port: int, path: str) -> str:
        self.pages.append((namespace, pod, port, path))
        if isinstance(self._log, LiveError):
            raise self._log
        return "up 1\n"

    def last_hour(self, namespace: str, name: str, container: str) -> str:
        self.hours.append((namespace, name, container))
        if isinstance(self._log, LiveError):
            raise self._log
        return self._log

    def log(self, namespace: str, name: str, container: str, *, previous: bool) -> str:
        self.logs.append((namespace, name, container, previous))
        if isinstance(self._log, LiveError):
            raise self._log
        return self._log


def read(server: Answers, stack_name: str = "dev", settings: Settings | None = None) -> Reading:
    settings = settings or stack(stack_name, monitoring=None, gateway=None)
    return reading.read(cast("Server", server), settings, PLACE, Deadline(5), NOW)


def test_only_the_stacks_own_objects_are_looked_at() -> None:
    server = Answers(
        {
            "Pod": [MINE, STRANGER],
            "PersistentVolumeClaim": [CLAIM, OTHER_CLAIM],
            "Namespace": NAMESPACES,
        }
    )

    found = read(server)

    assert found.snapshot.now == NOW
    assert found.snapshot.pods == [MINE]
    assert found.snapshot.claims == [CLAIM]
    assert found.snapshot.namespaces == {"observability": NAMESPACES[0]}
    assert found.snapshot.complete
    assert found.unread == []


def test_no_secret_is_read() -> None:
    server = Answers({})

    read(server, "prod")

    assert sorted(server.listed, key=str) == [
        ("ClickHouseCluster", "observability"),
        ("Deployment", "observability"),
        ("Event", "ai-agents"),
        ("Event", "observability"),
        ("ExternalSecret", "ai-agents"),
        ("ExternalSecret", "observability"),
        ("HorizontalPodAutoscaler", "observability"),
        ("Ingress", "observability"),
        ("Job", "observability"),
        ("KeeperCluster", "observability"),
        ("Namespace", None),
        ("NetworkPolicy", "ai-agents"),
        ("PersistentVolumeClaim", "observability"),
        ("Pod", "ai-agents"),
        ("Pod", "observability"),
        ("ReplicaSet", "observability"),
        ("SecretStore", "ai-agents"),
        ("SecretStore", "observability"),
        ("StatefulSet", "observability"),
        ("StorageClass", None),
    ]


def test_the_logs_of_pods_in_trouble_are_read_and_of_a_few_only() -> None:
    crashed = [pod(f"langfuse-{n}", container(terminated=terminated(1))) for n in range(9)]
    sound = pod("sound", container(ready=True, running={}))
    server = Answers({"Pod": [sound, *crashed]})

    found = read(server)

    assert sorted(server.logs) == [
        ("observability", f"langfuse-{n}", "langfuse", False) for n in range(6)
    ]
    assert found.snapshot.logs == {f"langfuse-{n}": "last words" for n in range(6)}


SERVES = {"conditions": [condition("Ready", "True")]}


def ready(name: str, role: str) -> Object:
    made = pod(name, container(ready=True, running={}), phase="Running", role=role)
    return {**made, "status": {**made["status"], **SERVES}}


def test_of_ready_pods_the_last_hour_is_read_of_two_of_each_role_that_writes_to_services() -> None:
    roles = ("web", "worker", "clickhouse", "cache", "storage", "database", "migration")
    pods = [ready(f"{role}-{number}", role) for role in roles for number in range(3)]
    server = Answers({"Pod": [pod("langfuse-1"), *pods]}, log="said")

    found = read(server)

    read_of = {f"{role}-{number}" for role in roles[:5] for number in range(2)}
    assert sorted(server.hours) == sorted(("observability", name, "langfuse") for name in read_of)
    assert found.snapshot.running_logs == dict.fromkeys(read_of, "said")
    assert found.snapshot.logs == {}


def test_what_the_operator_made_is_the_stacks_own_and_its_custom_resources_are_read() -> None:
    app = "langfuse-clickhouse-server-clickhouse"
    server_pod: Object = {
        "kind": "Pod",
        "metadata": {
            "name": f"{app}-0-0-0",
            "namespace": "observability",
            "labels": {"app": app, "clickhouse.com/role": "clickhouse-server"},
        },
    }
    volume: Object = {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": f"clickhouse-storage-volume-{app}-0-0-0"},
    }
    clusters = [obj(kind, "langfuse-clickhouse-server") for kind in ("A", "B")]
    server = Answers(
        {
            "Pod": [server_pod, STRANGER],
            "PersistentVolumeClaim": [volume, OTHER_CLAIM],
            "ClickHouseCluster": clusters[:1],
            "KeeperCluster": clusters[1:],
        }
    )

    settings = stacks.settings("version 4 with the operator of ClickHouse")
    found = read(server, settings=settings).snapshot

    assert (found.pods, found.claims, found.clusters) == ([server_pod], [volume], clusters)


@pytest.mark.parametrize(
    ("paused", "least"),
    [
        (False, {"langfuse": 3, "langfuse-worker": 1}),
        (True, {"langfuse": 0, "langfuse-worker": 0}),
    ],
)
def test_the_fewest_pods_that_are_wanted_are_those_of_each_deployment_and_none_of_a_paused_stack(
    *, paused: bool, least: dict[str, int]
) -> None:
    settings = stack(langfuse={"paused": paused, "minReplicas": 3, "maxReplicas": 4})

    assert read(Answers({}), settings=settings).snapshot.least == least


def test_a_log_that_cannot_be_read_is_left_out() -> None:
    server = Answers({"Pod": [MINE]}, log=ApiError("no kubelet"))

    found = read(server)

    assert (found.snapshot.logs, found.unread, found.snapshot.complete) == ({}, [], True)


def test_what_may_not_be_read_is_named_and_nothing_is_concluded_from_it() -> None:
    found = read(Answers({"ReplicaSet": ApiError("listing ReplicaSet was refused: forbidden")}))

    assert found.unread == [
        warning(
            "not-checked",
            "replica sets",
            "It could not be checked: listing ReplicaSet was refused: forbidden",
            "make doctor STACK=dev",
        )
    ]
    assert not found.snapshot.complete


def test_of_agents_their_pods_are_read_and_when_their_secret_was_written() -> None:
    agent: Object = {"kind": "Pod", "metadata": {"name": "a-1", "namespace": "ai-agents"}}
    data: Object = {"f:data": {"f:KEY": {}}}
    field: Object = {"time": "2026-11-01T10:30:00Z", "fieldsV1": data}
    secret: Object = {"metadata": {"name": "agent-observability", "managedFields": [field]}}
    policy: Object = {"metadata": {"name": "closed", "namespace": "ai-agents"}}
    server = Answers({"Pod": [agent], "NetworkPolicy": [policy]}, metadata=[secret])

    found = read(server, "prod")

    assert found.snapshot.agents.pods == [agent]
    assert found.snapshot.pods == []
    assert found.snapshot.agents.written == {"ai-agents": datetime(2026, 11, 1, 10, 30, tzinfo=UTC)}
    assert found.snapshot.agents.variables == {"ai-agents": {"KEY"}}
    assert found.snapshot.agents.policies == [policy]
    assert server.named.count(("Secret", "ai-agents")) == 1
    assert found.snapshot.complete


def test_what_agents_need_follows_from_the_stack() -> None:
    without = read(Answers({}), "prod").snapshot.agents.needs
    with_ = read(Answers({}), settings=stacks.settings(GATEWAY)).snapshot.agents.needs

    assert [stop.what for stop in without.stops] == ["Langfuse"]
    assert [stop.what for stop in with_.stops] == ["the gateway", "Langfuse"]
    assert sorted(key for key in with_.variables if key.startswith("OTEL_")) == [
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    ]
    assert not [key for key in without.variables if key.startswith("OTEL_")]


def test_agents_that_take_the_public_url_need_nothing_of_the_cluster() -> None:
    settings = stack("prod", agents={"namespaces": ["ai-agents"], "url": "public"}, gateway=None)

    assert read(Answers({}), settings=settings).snapshot.agents.needs.stops == []


def gateway(name: str, *statuses: Object) -> Object:
    return pod(name, *statuses, role="gateway")


def test_pods_of_the_gateway_that_run_are_asked_for_their_metrics() -> None:
    waits = gateway("langfuse-gateway-1", container(waiting={"reason": "x"}))
    runs = gateway("langfuse-gateway-0", container(running={}))
    runs["status"]["conditions"] = [condition("Ready", "True")]
    web = pod("langfuse-1", container(running={}))
    own, other = (
        obj("EndpointSlice", name, labels={"kubernetes.io/service-name": name})
        for name in ("langfuse-gateway", "langfuse")
    )
    server = Answers({"Pod": [waits, runs, web], "EndpointSlice": [own, other]})

    found = read(server, settings=stacks.settings(GATEWAY)).snapshot.agents

    assert server.pages == [("observability", "langfuse-gateway-0", 8888, "/metrics")]
    assert found.telemetry == {"langfuse-gateway-0": [Sample(name="up", labels={}, value=1)]}
    assert found.endpoints == [own]
    assert server.hours == [("observability", "langfuse-gateway-0", "langfuse")]


def test_a_gateway_that_does_not_answer_says_why_and_hides_nothing_else() -> None:
    runs = gateway("langfuse-gateway-0", container(running={}))
    server = Answers(
        {"Pod": [runs], "EndpointSlice": ApiError("refused")}, log=ApiError("forbidden")
    )

    found = read(server, settings=stacks.settings(GATEWAY))

    assert found.snapshot.agents.telemetry == {"langfuse-gateway-0": "forbidden"}
    assert found.snapshot.agents.endpoints is None
    assert found.unread == []


def test_agents_that_may_not_be_read_are_a_finding_and_the_rest_is_complete() -> None:
    refused = ApiError("listing Secret was refused: forbidden")
    found = read(Answers({}, unknown={"Secret": refused}), "prod")

    assert found.unread == [
        warning(
            "not-checked",
            "agents in ai-agents",
            "It could not be checked: listing Secret was refused: forbidden",
            "make doctor STACK=dev",
        )
    ]
    assert found.snapshot.complete


@pytest.fixture
def unknown_kind() -> LiveError:
    return UnknownKindError("the cluster does not know external-secrets.io/v1 ExternalSecret")


def test_a_kind_that_the_cluster_does_not_know_is_left_to_the_preconditions(
    unknown_kind: LiveError,
) -> None:
    found = read(Answers({"ExternalSecret": unknown_kind, "SecretStore": unknown_kind}), "prod")

    assert (found.unread, found.snapshot.complete) == ([], True)


def test_names_of_a_kind_that_the_cluster_does_not_know_are_left_to_the_preconditions(
    unknown_kind: LiveError,
) -> None:
    found = read(Answers({}, unknown={"NetworkPolicy": unknown_kind}))

    assert found.unread == []
    assert [item for item in found.snapshot.missing if item.startswith("NetworkPolicy")] == []


def test_names_that_could_not_be_read_are_a_finding() -> None:
    refused = ApiError("listing NetworkPolicy was refused: forbidden")
    found = read(Answers({}, unknown={"NetworkPolicy": refused}))

    assert found.unread == [
        warning(
            "not-checked",
            "NetworkPolicy in observability",
            "It could not be checked: listing NetworkPolicy was refused: forbidden",
            "make doctor STACK=dev",
        )
    ]

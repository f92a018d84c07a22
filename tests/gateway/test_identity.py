"""The credential decides whose a trace is, and nothing that an agent says."""

from __future__ import annotations

import base64
from collections.abc import Generator
from pathlib import Path

import pytest

from components.agents.gateway.settings import GatewaySettings
from tests.support.collector import TENANT, TENANTS, Collector, basic, collector, prepared, until
from tests.support.otlp import Span
from tests.support.trace_recorder import TraceRecorder

pytestmark = pytest.mark.gateway

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 3}


@pytest.fixture(scope="module")
def recorder() -> Generator[TraceRecorder]:
    with TraceRecorder() as made:
        yield made


@pytest.fixture(scope="module")
def gateway(
    recorder: TraceRecorder, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Collector]:
    settings = GatewaySettings(
        langfuse_url=recorder.url, memory_limit=256 * 2**20, queue_bytes=100 * 2**20
    )
    with collector(settings, tmp_path_factory.mktemp("gateway")) as running:
        yield running


def pair(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param([], id="none"),
        pytest.param([""], id="empty"),
        pytest.param([pair("agents-a:wrong")], id="another password"),
        pytest.param([pair("agents-c:secret-of-agents-a")], id="another namespace"),
        pytest.param([pair("agents-a")], id="no password"),
        pytest.param([basic("agents-a").replace("Basic", "Bearer")], id="another scheme"),
        pytest.param([pair("agents-a:wrong"), basic("agents-a")], id="the right one second"),
    ],
)
def test_a_request_without_a_right_credential_is_refused(
    gateway: Collector, authorization: list[str]
) -> None:
    assert gateway.send([Span(name="refused")], authorization=authorization) == 401


def test_the_namespace_of_the_credential_is_the_tenant(
    gateway: Collector, recorder: TraceRecorder
) -> None:
    for tenant in TENANTS:
        assert gateway.send([Span(name=f"of {tenant}", attributes=CHAT)], tenant) == 200

    until(lambda: len(recorder.spans) >= len(TENANTS), "a span of each")
    found = {span.name: span.resource["agent.tenant"] for span in recorder.spans}
    for tenant in TENANTS:
        assert found[f"of {tenant}"] == tenant


def test_what_an_agent_says_about_its_tenant_counts_for_nothing(
    gateway: Collector, recorder: TraceRecorder
) -> None:
    false: dict[str, object] = dict.fromkeys(
        (
            *("tenant", "agent.tenant", "agent", "k8s.namespace.name", "model", "error_kind"),
            *("langfuse.trace.metadata.tenant", "langfuse.metadata.tenant"),
            "ai.telemetry.metadata.tenant",
        ),
        "someone-else",
    )
    calls = {**CHAT, "gen_ai.request.model": "spoofed", "usage.input": 1000, "usage.cost": 1000}
    span = Span(name="spoofed", attributes={**calls, **false}, resource=false, scope=false)

    # The second header is not the one that was checked.
    status = gateway.send([span], authorization=[basic("agents-a"), pair("someone-else:x")])

    assert status == 200
    until(lambda: [each for each in recorder.spans if each.name == "spoofed"], "the span")
    [got] = [each for each in recorder.spans if each.name == "spoofed"]
    tenants = {key: value for key, value in got.attributes.items() if key.endswith(".tenant")}
    assert tenants == {
        "langfuse.trace.metadata.tenant": "agents-a",
        "langfuse.observation.metadata.tenant": "agents-a",
    }
    assert got.resource["agent.tenant"] == "agents-a"
    until(lambda: ("agent_request_calls_total", 1.0) in counted(gateway), "it is counted")
    assert counted(gateway) >= {
        ("agent_request_calls_total", 1.0),
        ("gen_ai_client_inference_usage_input_tokens_total", 3.0),
    }
    assert "agent_cost_usd_total" not in dict(counted(gateway))
    assert not [
        labels for _, labels in gateway.metrics() if "someone-else" in dict(labels).values()
    ]


def counted(gateway: Collector) -> set[tuple[str, float]]:
    """Series of the model ``spoofed``."""
    found = gateway.metrics().items()
    return {(name, value) for (name, of), value in found if ("model", "spoofed") in of}


def test_there_is_no_other_way_in(gateway: Collector) -> None:
    for path in ("/v1/traces", "/api/public/otel/v1/metrics", "/api/public/otel/v1/logs"):
        assert gateway.send([Span()], path=path) == 404


def test_no_credential_is_written_to_the_disk(gateway: Collector, recorder: TraceRecorder) -> None:
    recorder.status = 503
    assert gateway.send([Span(name="it waits")]) == 200
    written = b"".join(file.read_bytes() for file in (gateway.folder / "queue").iterdir())
    recorder.status = 200

    assert b"it waits" in written
    assert basic(TENANT).removeprefix("Basic ").encode() not in written
    assert b"secret-of-" not in written
    assert b"uthorization" not in written


def test_a_collector_without_credentials_does_not_start(tmp_path: Path) -> None:
    settings = GatewaySettings(
        langfuse_url="http://127.0.0.1:9", memory_limit=256 * 2**20, queue_bytes=2**20
    )
    made = prepared(settings, tmp_path)
    (tmp_path / "passwords").unlink()

    with pytest.raises(AssertionError, match=r"open htpasswd file: .*no such file"):
        made.start()

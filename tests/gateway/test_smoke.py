"""The smoke test's run of an agent through a real collector, to a server that answers as Langfuse
4.16.0 does."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from components.agents.environment import otlp_headers
from components.agents.gateway import settings as ports
from components.agents.gateway.settings import GatewaySettings
from tests.support.collector import basic, prepared
from tests.support.fake_langfuse import PUBLIC_KEY, SECRET_KEY
from tests.support.fake_langfuse_4 import FakeLangfuse4
from tests.support.loopback import serving
from tests.support.smoke import SDKS, needs_sdk_4, promised
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.smoke import gateway
from tooling.smoke.keys import KeyPair
from tooling.smoke.tracing.agent_run import AgentRun, Way
from tooling.smoke.tracing.trace import Trip
from tooling.smoke.web import Web

pytestmark = [pytest.mark.gateway, needs_sdk_4]

PROMISED = promised("dev", gateway={"replicas": 1})
OWN = base64.b64encode(f"{PUBLIC_KEY}:{SECRET_KEY}".encode()).decode()


def test_one_run_passes_twice_and_a_wrong_credential_is_told(tmp_path: Path) -> None:
    langfuse = FakeLangfuse4()
    with serving(langfuse) as port:
        settings = GatewaySettings(
            langfuse_url=f"http://127.0.0.1:{port}",
            memory_limit=256 * 2**20,
            queue_bytes=100 * 2**20,
            masking="drop",
        )
        collector = replace(prepared(settings, tmp_path), authorization=f"Basic {OWN}")
        collector.start()
        try:
            said = [
                [(verdict.status, verdict.seen) for verdict in gateway.verdicts(made)]
                for made in (
                    AgentRun(trip(port, "r1"), way(collector.ports, basic("agents-a"))),
                    AgentRun(trip(port, "r2"), way(collector.ports, basic("agents-a"))),
                    AgentRun(trip(port, "r3"), way(collector.ports, "Basic eDp5")),
                )
            ]
        finally:
            collector.kill()

    first, second, third = ([(status, stable(seen)) for status, seen in run] for run in said)
    assert first == [
        (
            "ok",
            "a run of an agent in agents-a, TRACE, was accepted and read back from Langfuse with 3 "
            "observations, in N s; it stays",
        ),
        (
            "ok",
            "the gateway has counted the run's tokens for namespace agents-a, in Prometheus' "
            "format: input 12 of 12, output 34 of 34",
        ),
        ("ok", "Langfuse says that the run cost 0.0000222 dollars (gpt-4o-mini)"),
    ]
    assert second == first
    assert third[0] == ("FAIL", "/api/public/otel/v1/traces answers 401")
    assert [status for status, _ in third] == ["FAIL", "skip", "skip"]
    assert {span["langfuse.trace.metadata.tenant"] for span in langfuse.spans} == {"agents-a"}


def trip(port: int, run: str) -> Trip:
    return Trip(
        web=Web(Deadline(60)),
        url=f"http://127.0.0.1:{port}",
        keys=KeyPair(public=PUBLIC_KEY, secret=SECRET_KEY, source="a test"),
        expected=PROMISED,
        commands=Commands(stack="dev", namespace="observability"),
        run=run,
        sdk=SDKS / ".venv-smoke-4",
    )


def way(own: Mapping[int, int], authorization: str) -> Way:
    return Way(
        namespace="agents-a",
        endpoint=f"http://127.0.0.1:{own[ports.OTLP_PORT]}{ports.TRACES_PATH}",
        metrics=f"http://127.0.0.1:{own[ports.METRICS_PORT]}",
        headers=otlp_headers(authorization),
    )


def stable(seen: str) -> str:
    return re.sub(r"\b[0-9]+(\.[0-9])? s\b", "N s", re.sub(r"\b[0-9a-f]{32}\b", "TRACE", seen))

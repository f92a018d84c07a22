"""SDKs as agents use them, through the gateway: the exact series, and what Langfuse gets."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from components.agents.gateway.settings import GatewaySettings
from stacks.stack_files import ROOT
from tests.support.collector import Collector, basic, collector, until
from tests.support.otlp import Span
from tests.support.trace_recorder import TraceRecorder

pytestmark = pytest.mark.gateway

SENDERS: Final = Path(__file__).with_name("senders")

AGENTS: Final = {
    "langfuse-4": (".venv-smoke-4", "langfuse_agent"),
    "langfuse-5": (".venv-gateway", "langfuse_agent"),
    "opentelemetry": (".venv-gateway", "opentelemetry_agent"),
    "openinference": (".venv-gateway", "openinference_agent"),
    "langsmith": (".venv-gateway", "langsmith_agent"),
}
"""Environment and program of each agent. Each runs in a namespace of its own, with its name."""

Counts = Mapping[str, Mapping[str, float]]
"""By metric, then by the values of its labels without the tenant."""


@dataclass(frozen=True)
class Run:
    gateway: Collector
    langfuse: TraceRecorder

    def counts(self, tenant: str) -> Counts:
        """All series of a tenant, but the buckets and sums of time, which differ each time."""
        found: dict[str, dict[str, float]] = {}
        for (name, labels), value in self.gateway.metrics().items():
            pairs = dict(labels)
            if pairs.pop("tenant", None) == tenant and not name.endswith(("_bucket", "_sum")):
                found.setdefault(name, {})[" ".join(pairs[key] or "-" for key in sorted(pairs))] = (
                    value
                )
        return found

    def spans(self, tenant: str) -> list[Span]:
        return [span for span in self.langfuse.spans if span.resource["agent.tenant"] == tenant]

    def span(self, tenant: str, name: str) -> Mapping[str, Any]:
        [span] = [span for span in self.spans(tenant) if span.name == name]
        return span.attributes


def environment(gateway: Collector, tenant: str) -> dict[str, str]:
    """What the agents' Secret has, and a name for the agent."""
    return {
        "PATH": os.environ["PATH"],
        "LANGFUSE_PUBLIC_KEY": "pk-lf-of-the-test",
        "LANGFUSE_SECRET_KEY": "sk-lf-of-the-test",
        "LANGFUSE_BASE_URL": "http://127.0.0.1:9",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": gateway.url,
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": f"Authorization={quote(basic(tenant))}",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": "bot",
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_OTEL_ENABLED": "true",
        "LANGSMITH_OTEL_ONLY": "true",
        "LANGSMITH_API_KEY": "lsv2_of_the_test",
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Generator[Run]:
    """All agents have run."""
    with TraceRecorder() as langfuse:
        settings = GatewaySettings(
            langfuse_url=langfuse.url, memory_limit=256 * 2**20, queue_bytes=100 * 2**20
        )
        folder = tmp_path_factory.mktemp("gateway")
        with collector(settings, folder, tenants=tuple(AGENTS)) as gateway:
            started = [
                subprocess.Popen(
                    [ROOT / venv / "bin/python", SENDERS / f"{program}.py"],
                    env=environment(gateway, tenant),
                    stdin=subprocess.DEVNULL,
                )
                for tenant, (venv, program) in AGENTS.items()
            ]
            for each in started:
                assert each.wait(timeout=60) == 0
            yield Run(gateway, langfuse)


def same(found: Mapping[str, float]) -> Counts:
    """Requests, each counted and timed."""
    values = dict(found)
    return {"agent_request_calls_total": values, "agent_request_duration_seconds_count": values}


INPUT: Final = "gen_ai_client_inference_usage_input_tokens_total"
OUTPUT: Final = "gen_ai_client_inference_usage_output_tokens_total"
CACHED: Final = "gen_ai_client_inference_usage_cache_read_input_tokens_total"
WITHOUT: Final = "gen_ai_client_inference_without_usage_total"
COST: Final = "agent_cost_usd_total"

# Labels in the order of their names. Of requests: agent, error_kind, model, operation, status_code;
# of tokens: agent, model, operation, provider.
OF_LANGFUSE: Final = {
    **same(
        {
            "bot - unknown invoke_agent STATUS_CODE_UNSET": 1,
            "bot - gpt-4o chat STATUS_CODE_UNSET": 1,
            "bot - gpt-4o-mini chat STATUS_CODE_UNSET": 1,
            "bot rate_limit gpt-4o chat STATUS_CODE_ERROR": 1,
            "bot - unknown execute_tool STATUS_CODE_UNSET": 1,
        }
    ),
    INPUT: {"bot gpt-4o chat unknown": 100, "bot gpt-4o-mini chat unknown": 50},
    OUTPUT: {"bot gpt-4o chat unknown": 30, "bot gpt-4o-mini chat unknown": 5},
    CACHED: {"bot gpt-4o chat unknown": 20, "bot gpt-4o-mini chat unknown": 40},
    COST: {"bot gpt-4o chat unknown": 0.25},
}

EXPECTED: Final[Mapping[str, Counts]] = {
    "langfuse-4": OF_LANGFUSE,
    "langfuse-5": OF_LANGFUSE,
    "opentelemetry": {
        **same(
            {
                "planner - unknown invoke_agent STATUS_CODE_UNSET": 1,
                "bot - gpt-4o chat STATUS_CODE_UNSET": 2,
                "bot - claude-sonnet-4-5 chat STATUS_CODE_UNSET": 1,
                "bot rate_limit claude-sonnet-4-5 chat STATUS_CODE_ERROR": 1,
                "bot TimeoutError claude-sonnet-4-5 chat STATUS_CODE_ERROR": 1,
                "bot - unknown execute_tool STATUS_CODE_UNSET": 1,
                "bot - unknown other STATUS_CODE_UNSET": 1,
            }
        ),
        INPUT: {"bot gpt-4o chat openai": 100, "bot claude-sonnet-4-5 chat anthropic": 65},
        OUTPUT: {"bot gpt-4o chat openai": 20, "bot claude-sonnet-4-5 chat anthropic": 7},
        CACHED: {"bot gpt-4o chat openai": 60, "bot claude-sonnet-4-5 chat anthropic": 5},
        WITHOUT: {"bot gpt-4o chat openai": 1},
    },
    "openinference": {
        **same(
            {
                "researcher - unknown invoke_agent STATUS_CODE_UNSET": 1,
                "bot - gpt-4.1-2025-04-14 chat STATUS_CODE_UNSET": 1,
                "bot - unknown execute_tool STATUS_CODE_UNSET": 1,
                "bot - unknown retrieval STATUS_CODE_UNSET": 1,
                "bot - text-embedding-3-small embeddings STATUS_CODE_UNSET": 1,
            }
        ),
        INPUT: {
            "bot gpt-4.1-2025-04-14 chat openai": 70,
            "bot text-embedding-3-small embeddings unknown": 11,
        },
        OUTPUT: {"bot gpt-4.1-2025-04-14 chat openai": 9},
        CACHED: {"bot gpt-4.1-2025-04-14 chat openai": 30},
        COST: {"bot gpt-4.1-2025-04-14 chat openai": 0.5},
    },
    "langsmith": {
        **same(
            {
                "bot - gpt-4o chat STATUS_CODE_OK": 1,
                "bot - unknown execute_tool STATUS_CODE_OK": 1,
                "bot - unknown retrieval STATUS_CODE_OK": 1,
            }
        ),
        INPUT: {"bot gpt-4o chat openai": 40},
        OUTPUT: {"bot gpt-4o chat openai": 8},
        CACHED: {"bot gpt-4o chat openai": 10},
    },
}


@pytest.mark.parametrize("tenant", AGENTS)
def test_each_sdk_gives_exactly_these_series(run: Run, tenant: str) -> None:
    expected = EXPECTED[tenant]
    # A new counter is 0 at first, so that Prometheus sees it increase.
    counted = "agent_request_calls_total"
    until(
        lambda: run.counts(tenant).get(counted) == expected[counted],
        f"{counted} is {expected[counted]}",
    )

    assert run.counts(tenant) == expected


@pytest.mark.parametrize(
    ("tenant", "spans"),
    {
        "langfuse-4": 6,
        "langfuse-5": 6,
        "opentelemetry": 9,
        "openinference": 6,
        "langsmith": 5,
    }.items(),
)
def test_langfuse_gets_every_span_with_its_owner(run: Run, tenant: str, spans: int) -> None:
    until(lambda: len(run.spans(tenant)) == spans, f"{spans} spans of {tenant}")

    owners = {span.attributes["langfuse.trace.metadata.tenant"] for span in run.spans(tenant)}
    assert owners == {tenant}


@pytest.mark.parametrize("tenant", ["langfuse-4", "langfuse-5"])
def test_langfuse_gets_what_its_own_sdk_says(run: Run, tenant: str) -> None:
    attributes = run.span(tenant, "answer")

    assert attributes["langfuse.observation.type"] == "generation"
    assert attributes["user.id"] == "user-1"
    assert attributes["session.id"] == "session-1"
    assert attributes["langfuse.observation.input"] == "Who is ****?"
    assert not {"tenant", "operation", "usage.input"} & set(attributes)


def test_langfuse_gets_the_name_of_written_cache_tokens_that_it_knows(run: Run) -> None:
    usage = {
        key.removeprefix("gen_ai.usage."): value
        for key, value in run.span("opentelemetry", "chat gpt-4o").items()
        if key.startswith("gen_ai.usage.")
    }

    assert usage == {
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read.input_tokens": 60,
        "cache_creation.input_tokens": 8,
    }


def test_requests_to_langfuse_have_its_key_and_the_header_that_shows_them_at_once(
    run: Run,
) -> None:
    assert {request.path for request in run.langfuse.requests} == {"/api/public/otel/v1/traces"}
    for request in run.langfuse.requests:
        assert request.headers["authorization"] == "Basic bGFuZ2Z1c2U="
        assert request.headers["x-langfuse-ingestion-version"] == "4"
        assert request.headers["content-type"] == "application/x-protobuf"
        assert request.headers["content-encoding"] == "gzip"

"""What looks like a secret or a person never leaves the gateway, wherever in a span it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from components.agents.gateway.settings import GatewaySettings
from tests.support.collector import collector, until
from tests.support.otlp import Span
from tests.support.trace_recorder import TraceRecorder

pytestmark = pytest.mark.gateway

MAIL = "kim@example.co.kr"
SECRETS = {
    "mail": MAIL,
    "mail between brackets": f"Kim <{MAIL}>",
    "card": "4111 1111 1111 1111",
    "card in one piece": "5500005555555559",
    "american express": "378282246310005",
    "langfuse": "sk-lf-11111111-2222-3333",
    "langsmith": "lsv2_pt_0123456789abcdef",
    "openai": "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
    "anthropic": "sk-ant-api03-abcdefgh12345678",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "github": "ghp_abcdefghijklmnopqrstuvwxyz012345",
    "google": "AIzaSyA0123456789abcdefghijklmnopqrstuv",
    "slack": "xoxb-0123456789-abcdef",
    "hugging face": "hf_abcdefghijklmnopqrstuv0123",
    "groq": "gsk_abcdefghijklmnopqrstuvwxyz0123456789abcd",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "own": "order 4711-0815",
}
"""Texts that are to be masked, by what they are."""

HARMLESS = {
    "tokens": 4111,
    "price": 0.25,
    "flag": True,
    "identifier": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "milliseconds": 1764266400000,
    "text": "the task-force at noon: risk-assessment-of-the-company, 12 @ 4 EUR",
    "tool": "tools__get_weather in task-4711-fix-the-login-form",
    "list": ["a", 1, {"b": "c"}],
}


@pytest.fixture
def settings(settings: GatewaySettings) -> GatewaySettings:
    return replace(settings, masked_patterns=(r"\b\d{4}-\d{4}\b",))


def through(settings: GatewaySettings, folder: Path, recorder: TraceRecorder, span: Span) -> Span:
    """The span as Langfuse gets it."""
    with collector(settings, folder) as gateway:
        assert gateway.send([span]) == 200
        until(lambda: recorder.spans, "the span")
    [got] = recorder.spans
    return got


def everywhere(values: dict[str, object]) -> Span:
    """A span that has these values wherever a span can have some."""
    nested = {f"nested {key}": {"of": [{"a": value}]} for key, value in values.items()}
    listed = {f"listed {key}": ["x", value] for key, value in values.items()}
    every = {**values, **nested, **listed}
    text = "; ".join(str(value) for value in values.values())
    return Span(
        name=f"name {text}",
        attributes=every,
        resource=every,
        scope=every,
        events=[(f"event {text}", every)],
        status="error",
        message=f"429 for {text}",
    )


def test_secrets_are_masked_in_every_part_of_a_span(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    got = through(settings, tmp_path, langfuse, everywhere({**SECRETS}))

    seen = repr(got)
    assert {key: secret for key, secret in SECRETS.items() if secret in seen} == {}
    assert MAIL not in seen
    [(event, in_event)] = got.events
    parts = (got.attributes, got.resource, got.scope, in_event)
    for part in parts:
        assert part["mail"] == "****"
        assert part["mail between brackets"] == "Kim <****>"
        assert part["own"] == "order ****"
        assert part["listed mail"] == '["x","****"]'
        assert part["nested mail"] == '{"of":[{"a":"****"}]}'
        assert part["nested own"] == '{"of":[{"a":"order ****"}]}'
        assert {key for key in SECRETS if "****" not in part[key]} == set()
    for text in (got.name, event, got.message):
        assert text.count("****") == len(SECRETS)


def test_what_is_none_passes_unchanged(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    sent = Span(name="chat gpt-4o", attributes=HARMLESS, events=[("note", HARMLESS)], message="ok")
    got = through(settings, tmp_path, langfuse, sent)

    assert {key: got.attributes[key] for key in HARMLESS} == HARMLESS
    assert got.events == sent.events
    assert (got.name, got.message) == (sent.name, sent.message)


def test_without_masks_everything_passes(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    sent = everywhere({**SECRETS})
    got = through(replace(settings, masking="none"), tmp_path, langfuse, sent)

    assert {key: got.attributes[key] for key in sent.attributes} == sent.attributes
    assert (got.name, got.message, got.events) == (sent.name, sent.message, sent.events)


CONTENT = "the patient's question"
CONTENT_KEYS = (
    *("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"),
    *("gen_ai.prompt", "gen_ai.completion", "gen_ai.prompt.0.content", "gen_ai.tool.call.result"),
    *("gen_ai.tool.call.arguments", "gen_ai.tool.definitions", "gen_ai.tool.description"),
    *("langfuse.observation.input", "langfuse.observation.output", "langfuse.trace.input"),
    *("langfuse.trace.output", "langfuse.observation.metadata.note", "langfuse.trace.metadata.x"),
    *("langfuse.observation.status_message", "input.value", "output.value"),
    *("llm.input_messages.0.message.content", "llm.prompts", "llm.prompt_template.variables"),
    *("retrieval.documents.0.document.content", "traceloop.entity.input", "tool.parameters"),
    *("langsmith.metadata.note", "gen_ai.evaluation.explanation", "exception.message"),
    *("exception.stacktrace", "ai.prompt.messages", "db.query.text", "url.full", "made.up"),
)
STAYS = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.request.temperature": 0.5,
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.agent.name": "planner",
    "gen_ai.tool.name": "search",
    "langfuse.observation.type": "generation",
    "langfuse.observation.usage_details": '{"input":12}',
    "langfuse.environment": "prod",
    "user.id": "user-1",
    "session.id": "session-1",
    "openinference.span.kind": "LLM",
    "langsmith.span.kind": "llm",
    "langsmith.metadata.thread_id": "thread-1",
    "llm.request.model_name": "gpt-4o",
    "llm.token_count.prompt": 12,
    "error.type": "TimeoutError",
    "exception.type": "TimeoutError",
}


def test_dropping_leaves_no_prompt_or_answer_at_all(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    content = dict.fromkeys(CONTENT_KEYS, CONTENT) | {"deep": [{"in": CONTENT}]}
    every = {**content, **STAYS, "service.name": MAIL}
    sent = Span(
        name="chat",
        attributes=every,
        resource=every,
        scope=every,
        events=[("gen_ai.user.message", every)],
        status="error",
        message=CONTENT,
    )
    got = through(replace(settings, masking="drop"), tmp_path, langfuse, sent)

    assert CONTENT not in repr(got)
    kept = {**STAYS, "service.name": "****"}
    assert got.attributes == {
        **kept,
        "langfuse.trace.metadata.tenant": "agents-a",
        "langfuse.observation.metadata.tenant": "agents-a",
    }
    assert got.resource == {**kept, "agent.tenant": "agents-a"}
    assert got.scope == kept
    assert got.events == [("gen_ai.user.message", kept)]
    assert (got.name, got.status, got.message) == ("chat", "error", "")


def test_links_are_the_one_part_that_is_not_masked(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    # The collector has no way to change them: docs/gateway.md says so.
    got = through(settings, tmp_path, langfuse, Span(links=[{"note": MAIL}]))

    assert got.links == [{"note": MAIL}]

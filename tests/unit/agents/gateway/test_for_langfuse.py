"""What is said to Langfuse under the names that it reads. tests/gateway shows what arrives."""

from __future__ import annotations

import pytest

from components.agents.gateway.for_langfuse import FOR_LANGFUSE

[TOKENS, LANGSMITH, ENVIRONMENT] = FOR_LANGFUSE["trace_statements"]


def test_an_environment_is_set_only_where_langfuse_would_read_none() -> None:
    assert ENVIRONMENT["conditions"] == [
        'span.attributes["langfuse.environment"] == nil '
        'and resource.attributes["langfuse.environment"] == nil '
        'and span.attributes["deployment.environment.name"] == nil '
        'and resource.attributes["deployment.environment.name"] == nil '
        'and span.attributes["deployment.environment"] == nil '
        'and resource.attributes["deployment.environment"] == nil'
    ]
    assert ENVIRONMENT["statements"] == [
        'set(span.attributes["langfuse.environment"], resource.attributes["agent.tenant"])',
        'set(span.attributes["langfuse.environment"], '
        'Concat(["_", resource.attributes["agent.tenant"]], "")) '
        'where IsMatch(resource.attributes["agent.tenant"], "^langfuse")',
    ]


@pytest.mark.parametrize(
    ("known", "names"),
    [
        ("session.id", ["session_id", "thread_id", "conversation_id"]),
        ("user.id", ["user_id"]),
    ],
)
def test_sessions_and_users_of_langsmith_are_those_of_langfuse(
    known: str, names: list[str]
) -> None:
    target = f'span.attributes["{known}"]'
    sources = [f'span.attributes["langsmith.metadata.{name}"]' for name in names]

    assert [line for line in LANGSMITH["statements"] if line.startswith(f"set({target}")] == [
        f"set({target}, {source}) where {target} == nil and {source} != nil" for source in sources
    ]
    assert LANGSMITH["conditions"] == ['span.attributes["langsmith.span.kind"] != nil']


def test_tokens_written_to_a_cache_have_the_name_that_is_priced_once() -> None:
    written = 'span.attributes["gen_ai.usage.cache_write.input_tokens"]'

    assert {
        "context": "span",
        "conditions": [f"{written} != nil"],
        "statements": [
            f'set(span.attributes["gen_ai.usage.cache_creation.input_tokens"], {written})',
            'delete_key(span.attributes, "gen_ai.usage.cache_write.input_tokens")',
        ],
    } == TOKENS

"""What the smoke test expects of a stack, from its file alone."""

from __future__ import annotations

from typing import Any

import pytest

from components.langfuse.versions import Version
from tests.support import own_stacks
from tests.support.smoke import promised
from tooling.smoke.stack import Expected, LangSmith

HOST = "http://langfuse.observability.svc"
LANGFUSE_KEYS = ["LANGFUSE_HOST", "LANGFUSE_BASEURL", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"]
LANGSMITH_NAMES = ["TRACING", "ENDPOINT", "PROJECT"]


def test_the_dev_stack_is_asked_through_a_port_forward() -> None:
    found = promised()

    assert found == Expected(
        stack="test",
        version=Version(2, 95, 12),
        url="http://localhost:3000",
        sign_up_open=False,
        load_balancer=False,
        namespace="observability",
        agents=("ai-agents",),
        agents_host=HOST,
        agents_keys=LANGFUSE_KEYS,
        langsmith=None,
    )
    assert found.local


def test_the_prod_stack_is_asked_at_its_public_name() -> None:
    found = promised(own_stacks.PROD, agents={"url": "public"})

    assert found == Expected(
        stack="test",
        version=Version(2, 95, 12),
        url="https://langfuse.example.com",
        sign_up_open=False,
        load_balancer=True,
        namespace="observability",
        agents=("ai-agents",),
        agents_host="https://langfuse.example.com",
        agents_keys=LANGFUSE_KEYS,
        langsmith=None,
    )
    assert not found.local


def test_open_sign_up_and_adopted_namespaces_are_expected_where_the_stack_has_them() -> None:
    found = promised(langfuse={"signUp": "open"}, agents={"existingNamespaces": ["research"]})

    assert (found.sign_up_open, found.agents) == (True, ("ai-agents", "research"))


@pytest.mark.parametrize(
    ("section", "langsmith"),
    [
        (
            {"region": "eu", "workspaceId": "1234abcd-12ab-34cd-56ef-1234567890ab"},
            LangSmith(
                endpoint="https://eu.api.smith.langchain.com",
                region="eu",
                workspace="1234abcd-12ab-34cd-56ef-1234567890ab",
            ),
        ),
        (
            {"endpoint": "https://langsmith.example.com/api"},
            LangSmith(endpoint="https://langsmith.example.com/api", region=None, workspace=None),
        ),
        ({"tracing": False}, None),
    ],
)
def test_langsmith_is_tried_where_agents_trace_to_it(
    section: dict[str, Any], langsmith: LangSmith | None
) -> None:
    found = promised(langsmith={"apiKey": {"secure": "v1:x"}, **section})

    assert found.langsmith == langsmith


def test_agents_need_langsmiths_variables_too_where_the_stack_has_it() -> None:
    section = {"apiKey": {"secure": "v1:x"}, "legacyNames": False}

    assert promised(langsmith=section).agents_keys == [
        *LANGFUSE_KEYS,
        *(f"LANGSMITH_{name}" for name in LANGSMITH_NAMES),
        "LANGSMITH_API_KEY",
    ]


@pytest.mark.parametrize("release", ["3.225.4", "4.16.0"])
def test_agents_of_newer_sdks_need_the_name_of_the_url_that_these_read(release: str) -> None:
    assert promised(own_stacks.of_release(release)).agents_keys == [
        "LANGFUSE_HOST",
        "LANGFUSE_BASEURL",
        "LANGFUSE_BASE_URL",
        "LANGFUSE_PUBLIC_KEY",
        "LANGFUSE_SECRET_KEY",
    ]

"""What the smoke test expects of a stack, from its file alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from components.langfuse.versions import Version
from tests.support.smoke import promised
from tooling.smoke.stack import Expected, Gateway, LangSmith

HOST = "http://langfuse.observability.svc"
LANGFUSE_KEYS = ["LANGFUSE_HOST", "LANGFUSE_BASEURL", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"]
LANGSMITH_NAMES = ["TRACING", "ENDPOINT", "PROJECT"]


def test_the_dev_stack_is_asked_through_a_port_forward() -> None:
    found = promised("version 2 dev")

    assert found == Expected(
        stack="dev",
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
    found = promised("version 2 prod", agents={"url": "public"})

    assert found == Expected(
        stack="prod",
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
    found = promised(
        "version 2 dev", langfuse={"signUp": "open"}, agents={"existingNamespaces": ["research"]}
    )

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
    found = promised("version 2 dev", langsmith={"apiKey": {"secure": "v1:x"}, **section})

    assert found.langsmith == langsmith


def test_agents_need_langsmiths_variables_too_where_the_stack_has_it() -> None:
    section = {"apiKey": {"secure": "v1:x"}, "legacyNames": False}

    assert promised("version 2 dev", langsmith=section).agents_keys == [
        *LANGFUSE_KEYS,
        *(f"LANGSMITH_{name}" for name in LANGSMITH_NAMES),
        "LANGSMITH_API_KEY",
    ]


@pytest.mark.parametrize("release", ["3.225.4", "4.16.0"])
def test_agents_of_newer_sdks_need_the_name_of_the_url_that_these_read(release: str) -> None:
    assert promised("dev", langfuse={"version": release}, gateway=None).agents_keys == [
        "LANGFUSE_HOST",
        "LANGFUSE_BASEURL",
        "LANGFUSE_BASE_URL",
        "LANGFUSE_TRACING_ENVIRONMENT",
        "LANGFUSE_PUBLIC_KEY",
        "LANGFUSE_SECRET_KEY",
    ]


def test_agents_of_a_stack_with_a_gateway_need_its_address_and_its_credential() -> None:
    without, with_ = (promised("dev", gateway=section) for section in (None, {"sampling": 0.5}))

    assert list(with_.agents_keys)[len(without.agents_keys) :] == [
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    ]
    assert without.gateway is None
    assert with_.gateway == Gateway(
        endpoint="http://langfuse-gateway.observability.svc:4318/api/public/otel/v1/traces",
        whole=False,
    )
    whole = promised("dev", gateway={"replicas": 1}).gateway
    assert whole is not None
    assert replace(whole, whole=False) == with_.gateway


STORED = {"tables": ["events"], "media": False, "media_host": None, "exports": False}
IN_S3 = {"engine": "s3", "media": True}
ELSEWHERE = {
    "engine": "external",
    "storageGiB": None,
    "endpoint": "https://objects.example.com",
    "bucket": "langfuse-events",
    "accessKeyId": {"secure": "v1:x"},
    "secretAccessKey": {"secure": "v1:x"},
}


@pytest.mark.parametrize(
    ("release", "storage", "stored"),
    [
        ("4.16.0", {}, {}),
        ("3.225.4", {}, {"tables": ["traces"]}),
        (
            "4.16.0",
            {"media": True, "publicEndpoint": "http://localhost:8333"},
            {"media": True, "exports": True},
        ),
        ("4.16.0", ELSEWHERE, {"exports": True, "media_host": None}),
        (
            "4.16.0",
            {**ELSEWHERE, "media": True, "exports": False},
            {"media": True, "media_host": None},
        ),
    ],
)
def test_what_becomes_of_traces_and_files_follows_from_release_and_store(
    release: str, storage: dict[str, Any], stored: dict[str, Any]
) -> None:
    found = promised("dev", langfuse={"version": release}, objectStorage=storage, gateway=None)

    in_cluster = {"media_host": "langfuse-seaweedfs.observability.svc:8333"}
    assert {name: getattr(found, name) for name in STORED} == {**STORED, **in_cluster, **stored}
    assert found.worker


@pytest.mark.parametrize(
    ("mode", "tables"),
    [("legacy", ["traces"]), ("dual", ["events", "traces"]), ("eventsOnly", ["events"])],
)
def test_a_trace_has_to_be_in_every_table_that_is_written(mode: str, tables: list[str]) -> None:
    assert promised("dev", langfuse={"writeMode": mode}).tables == tables


def test_files_in_s3_are_fetched_by_their_links() -> None:
    found = promised("prod", objectStorage=IN_S3)

    assert (found.media, found.media_host, found.exports) == (True, None, True)


def test_version_2_has_no_worker_and_takes_no_opentelemetry() -> None:
    found = promised("version 2 prod", objectStorage=IN_S3)

    assert {name: getattr(found, name) for name in STORED} == {**STORED, "tables": ()}
    assert not found.worker

"""The collector's configuration as data: what runs before what, and what must never be in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
import yaml

from components.agents.gateway import configuration, masking
from components.agents.gateway.settings import GatewaySettings, LangSmithCopy, Masking

COPY = LangSmithCopy(endpoint="https://api.smith.langchain.com", project="agents")


BASE = GatewaySettings(langfuse_url="http://web:3000", memory_limit=2**29, queue_bytes=2**30)


def made(settings: GatewaySettings = BASE) -> dict[str, Any]:
    return configuration.configuration(settings)


def pipelines(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return document["service"]["pipelines"]


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [
            text for each in cast("Mapping[str, object]", value).values() for text in texts(each)
        ]
    if isinstance(value, Sequence):
        return [text for each in cast("Sequence[object]", value) for text in texts(each)]
    return []


def test_what_arrives_is_limited_filtered_masked_and_given_its_owner_in_this_order() -> None:
    assert pipelines(made())["traces/in"] == {
        "receivers": ["otlp"],
        "processors": [
            "memory_limiter",
            "filter/unsound",
            "transform/mask",
            "redaction",
            "transform/identity",
        ],
        "exporters": ["forward/langfuse", "forward/metrics"],
    }


@pytest.mark.parametrize(
    ("kind", "processors"),
    [
        ("none", []),
        ("patterns", ["transform/mask", "redaction"]),
        ("drop", ["transform/drop", "transform/mask", "redaction"]),
    ],
)
def test_masks_run_as_chosen(kind: Masking, processors: list[str]) -> None:
    document = made(replace(BASE, masking=kind))

    assert pipelines(document)["traces/in"]["processors"][2:-1] == processors
    for name in ("transform/drop", "transform/mask", "redaction"):
        assert (name in document["processors"]) == (name in processors)


def test_own_patterns_are_masked_in_names_status_and_attributes() -> None:
    document = made(replace(BASE, masked_patterns=(r'"\d{6}"$',)))

    assert document["processors"]["redaction"]["blocked_values"] == [
        *(pattern.replace("$", "$$") for pattern in masking.PATTERNS),
        r'"\d{6}"$$',
    ]
    [names, messages, events] = document["processors"]["transform/mask"]["trace_statements"]
    assert names["statements"][-1] == r'replace_pattern(span.name, "\"\\d{6}\"$$", "****")'
    assert messages["statements"][-1] == (
        r'replace_pattern(span.status.message, "\"\\d{6}\"$$", "****")'
    )
    assert events["statements"][-1] == r'replace_pattern(spanevent.name, "\"\\d{6}\"$$", "****")'


def test_only_two_texts_are_replaced_by_the_collector() -> None:
    document = made(
        replace(BASE, langsmith=LangSmithCopy(endpoint="https://smith/$api", project="${env:HOME}"))
    )

    assert [text for text in texts(document) if "$" in text.replace("$$", "")] == [
        "${env:LANGFUSE_AUTHORIZATION}",
        "${env:LANGSMITH_API_KEY}",
    ]
    assert document["exporters"]["otlp_http/langsmith"]["headers"]["Langsmith-Project"] == (
        "$${env:HOME}"
    )


@pytest.mark.parametrize("value", ["1e3", "0o17", ".5e3", "-1e3", "+12", "2026-1-2", "1_0", "yes"])
def test_a_text_that_looks_like_a_number_is_a_text_in_yaml_1_2(value: str) -> None:
    # PyYAML reads and writes YAML 1.1, where most of these need no quotes.
    text = configuration.rendered(replace(BASE, masked_patterns=(value,)))

    assert re.search(rf"^ *- (['\"]){re.escape(value)}\1$", text, re.MULTILINE)
    assert yaml.safe_load(text) == made(replace(BASE, masked_patterns=(value,)))


def test_nothing_is_batched_before_the_queue_on_the_disk() -> None:
    document = made(replace(BASE, langsmith=COPY, sampling=0.1))
    way = (
        pipelines(document)["traces/in"]["processors"]
        + (pipelines(document)["traces/langfuse"]["processors"])
    )

    assert [name for name in way if name.startswith(("batch", "tail", "group"))] == []
    queue = document["exporters"]["otlp_http/langfuse"]["sending_queue"]
    assert queue["storage"] == "file_storage/queue"
    assert (queue["sizer"], queue["queue_size"]) == ("bytes", 2**30)
    assert queue["block_on_overflow"] is False
    # What is larger would be dropped, and not be counted.
    assert "max_size" not in queue["batch"]
    retry = document["exporters"]["otlp_http/langfuse"]["retry_on_failure"]
    assert (retry["enabled"], retry["max_elapsed_time"]) == (True, "0s")
    file = document["extensions"]["file_storage/queue"]
    assert (file["recreate"], file["compaction"]["on_rebound"]) == (True, True)


def test_langsmith_has_a_way_of_its_own_behind_a_batch_that_returns_no_error() -> None:
    without, document = made(), made(replace(BASE, langsmith=COPY))

    assert pipelines(document)["traces/in"]["exporters"] == [
        "forward/langfuse",
        "forward/metrics",
        "forward/langsmith",
    ]
    assert pipelines(document)["traces/langsmith"] == {
        "receivers": ["forward/langsmith"],
        "processors": ["batch/langsmith"],
        "exporters": ["otlp_http/langsmith"],
    }
    queue = document["exporters"]["otlp_http/langsmith"]["sending_queue"]
    assert (queue["block_on_overflow"], queue["queue_size"]) == (False, 2**24)
    assert not [
        name
        for name in yaml.safe_dump(without).split()
        if "langsmith" in name.lower() and ".attributes[" not in name
    ]


def test_a_workspace_is_named_to_langsmith() -> None:
    copy = LangSmithCopy(endpoint="https://smith/api/v1", project="agents", workspace_id="w-1")
    exporter = made(replace(BASE, langsmith=copy))["exporters"]["otlp_http/langsmith"]

    assert exporter["endpoint"] == "https://smith/api/v1/otel"
    assert exporter["headers"] == {
        "x-api-key": "${env:LANGSMITH_API_KEY}",
        "Langsmith-Project": "agents",
        "x-tenant-id": "w-1",
    }


def test_metrics_count_what_sampling_leaves_out_and_both_copies_are_the_same_sample() -> None:
    document = made(replace(BASE, sampling=0.25, langsmith=COPY))

    assert document["processors"]["probabilistic_sampler"] == {
        "mode": "hash_seed",
        "sampling_percentage": 25,
    }
    assert {
        name: "probabilistic_sampler" in pipeline["processors"]
        for name, pipeline in pipelines(document).items()
    } == {
        "traces/in": False,
        "traces/langfuse": True,
        "traces/langsmith": True,
        "traces/metrics": False,
        "metrics": False,
    }


def test_every_trace_is_sent_unless_sampled() -> None:
    assert "probabilistic_sampler" not in made()["processors"]


def test_sums_become_cumulative_before_prometheus_reads_them() -> None:
    assert pipelines(made())["metrics"] == {
        "receivers": ["span_metrics", "signal_to_metrics"],
        "processors": ["delta_to_cumulative", "transform/without_resource"],
        "exporters": ["prometheus"],
    }


def test_one_number_limits_the_series() -> None:
    document = made(replace(BASE, series_limit=300))

    assert document["connectors"]["span_metrics"]["aggregation_cardinality_limit"] == 300
    assert document["processors"]["delta_to_cumulative"]["max_streams"] == 5 * 300


def test_no_label_is_of_a_single_run_user_or_session() -> None:
    document = made()
    counted = {
        label["key"]
        for metric in document["connectors"]["signal_to_metrics"]["spans"]
        for label in metric["attributes"]
    }
    timed = {label["name"] for label in document["connectors"]["span_metrics"]["dimensions"]}

    assert counted == {"tenant", "agent", "model", "provider", "operation"}
    assert timed == {"tenant", "agent", "operation", "model", "error_kind"}
    assert document["connectors"]["span_metrics"]["exclude_dimensions"] == [
        "span.name",
        "span.kind",
        "service.name",
        "collector.instance.id",
    ]


def test_the_collector_refuses_before_the_container_is_killed() -> None:
    assert made(replace(BASE, memory_limit=256 * 2**20))["processors"]["memory_limiter"] == {
        "check_interval": "1s",
        "limit_mib": 192,
        "spike_limit_mib": 51,
    }


def test_every_part_that_is_named_is_used() -> None:
    document = made(replace(BASE, masking="drop", sampling=0.5, langsmith=COPY))
    ways = pipelines(document).values()
    used = {name for way in ways for names in way.values() for name in names}

    for kind in ("receivers", "processors", "connectors", "exporters"):
        assert set(document[kind]) <= used
    assert set(document["extensions"]) == set(document["service"]["extensions"])


def test_the_header_of_a_request_is_not_kept() -> None:
    document = made()
    http = document["receivers"]["otlp"]["protocols"]["http"]

    # The queue would write it to the disk.
    assert "include_metadata" not in http
    assert http["auth"] == {"authenticator": "basicauth/agents"}


def test_one_span_that_cannot_be_counted_refuses_no_request() -> None:
    document = made()

    assert document["connectors"]["signal_to_metrics"]["error_mode"] == "ignore"
    assert document["processors"]["transform/dialects"]["error_mode"] == "ignore"


def test_it_is_yaml() -> None:
    assert yaml.safe_load(configuration.rendered(BASE)) == made()


@pytest.mark.parametrize("langsmith", [None, COPY])
def test_the_text_is_the_same_without_the_c_code_of_pyyaml(
    langsmith: LangSmithCopy | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = (r'"\d{6}"$', "ü😀: #1", "- '\"", "%{", "null", "\t\x07", f"{'long ' * 300}x")
    settings = replace(BASE, masked_patterns=odd, langsmith=langsmith)
    fast = configuration.rendered(settings)
    monkeypatch.setattr(configuration, "DUMPER", configuration.quoting(yaml.SafeDumper))

    assert configuration.rendered(settings) == fast

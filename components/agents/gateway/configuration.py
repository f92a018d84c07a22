"""The collector's configuration as a whole. Pure.

The names are those of release 0.161 (https://github.com/open-telemetry/opentelemetry-collector-contrib).
Agents' traces take one way in, and a way of their own to each place that they go to::

    otlp → limiter, filter, masks, identity → Langfuse: sampler → queue on the disk
                                            → metrics: dialects → counters → Prometheus
                                            → LangSmith: sampler → batch → queue in memory
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import yaml

from components.agents.gateway.dialects import NORMALISE, NOT_OF_AGENTS
from components.agents.gateway.exporting import (
    LANGSMITH_ALONE,
    QUEUE,
    STORAGE,
    Variable,
    to_langfuse,
    to_langsmith,
)
from components.agents.gateway.for_langfuse import FOR_LANGFUSE
from components.agents.gateway.masking import masks
from components.agents.gateway.metrics import (
    PROMETHEUS,
    SIGNAL_TO_METRICS,
    TELEMETRY,
    WITHOUT_RESOURCE,
    delta_to_cumulative,
    span_metrics,
)
from components.agents.gateway.receiving import (
    AUTHENTICATOR,
    EXTENSION,
    IDENTITY,
    RECEIVER,
    UNSOUND,
    memory_limiter,
)
from components.agents.gateway.settings import HEALTH_PORT, LISTEN, GatewaySettings


def quoting(base: type[yaml.SafeDumper]) -> type[yaml.SafeDumper]:
    """A dumper that puts quotes where YAML 1.2, which the collector reads, has a number: PyYAML
    writes 1.1, in which ``1e3`` and ``0o17`` are texts."""

    def text(dumper: Any, value: str) -> yaml.ScalarNode:  # noqa: ANN401 - not typed
        style = '"' if value[:1].isdigit() or value[:1] in {"+", "-", "."} else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)

    dumper = type("_Dumper", (base,), {})
    dumper.add_representer(str, text)
    return dumper


DUMPER = quoting(getattr(yaml, "CSafeDumper", yaml.SafeDumper))
"""PyYAML's C code, if it is there: the same text in a fifth of the time."""


def rendered(settings: GatewaySettings) -> str:
    """The configuration as the collector reads it."""
    return as_yaml(configuration(settings))


def as_yaml(document: Mapping[str, Any]) -> str:
    """A configuration as the text that the collector reads."""
    return yaml.dump(document, Dumper=DUMPER, sort_keys=False, width=1000)


def configuration(settings: GatewaySettings) -> dict[str, Any]:
    """The configuration as plain data.

    The collector replaces ``${…}`` in every text: only references to variables are left as that.
    """
    return cast("dict[str, Any]", _literal(_configuration(settings)))


def _literal(value: object) -> object:
    if isinstance(value, Variable):
        return str.__str__(value)
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value)
        return {key: _literal(each) for key, each in items.items()}
    if isinstance(value, Sequence):
        return [_literal(each) for each in cast("Sequence[object]", value)]
    return value


def _configuration(settings: GatewaySettings) -> dict[str, Any]:
    masking = masks(settings)
    sampling = _sampling(settings.sampling)
    copy = settings.langsmith
    langsmith = ["langsmith"] if copy else []
    return {
        "extensions": {
            "health_check": {"endpoint": f"{LISTEN}:{HEALTH_PORT}"},
            QUEUE: STORAGE,
            AUTHENTICATOR: EXTENSION,
        },
        "receivers": {"otlp": RECEIVER},
        "processors": {
            "memory_limiter": memory_limiter(settings.memory_limit),
            "filter/unsound": UNSOUND,
            **masking,
            "transform/identity": IDENTITY,
            **sampling,
            "transform/for_langfuse": FOR_LANGFUSE,
            **({"batch/langsmith": LANGSMITH_ALONE} if copy else {}),
            "transform/dialects": NORMALISE,
            "filter/not_of_agents": NOT_OF_AGENTS,
            "delta_to_cumulative": delta_to_cumulative(settings.series_limit),
            "transform/without_resource": WITHOUT_RESOURCE,
        },
        "connectors": {
            **{f"forward/{way}": {} for way in ("langfuse", "metrics", *langsmith)},
            "span_metrics": span_metrics(settings.series_limit),
            "signal_to_metrics": SIGNAL_TO_METRICS,
        },
        "exporters": {
            "otlp_http/langfuse": to_langfuse(settings),
            **({"otlp_http/langsmith": to_langsmith(copy, settings.memory_limit)} if copy else {}),
            "prometheus": PROMETHEUS,
        },
        "service": {
            "extensions": ["health_check", QUEUE, AUTHENTICATOR],
            "telemetry": TELEMETRY,
            "pipelines": _pipelines([*masking], [*sampling], langsmith),
        },
    }


def _sampling(part: float) -> dict[str, Any]:
    """By the trace's ID, so that every pod and way decides alike."""
    if part == 1:
        return {}
    return {"probabilistic_sampler": {"mode": "hash_seed", "sampling_percentage": 100 * part}}


def _pipelines(
    masking: Sequence[str], sampling: Sequence[str], langsmith: Sequence[str]
) -> dict[str, Any]:
    pipelines: dict[str, Any] = {
        "traces/in": {
            "receivers": ["otlp"],
            "processors": [
                "memory_limiter",
                "filter/unsound",
                *masking,
                "transform/identity",
            ],
            "exporters": [f"forward/{way}" for way in ("langfuse", "metrics", *langsmith)],
        },
        "traces/langfuse": {
            "receivers": ["forward/langfuse"],
            "processors": [*sampling, "transform/for_langfuse"],
            "exporters": ["otlp_http/langfuse"],
        },
        "traces/metrics": {
            "receivers": ["forward/metrics"],
            "processors": ["transform/dialects", "filter/not_of_agents"],
            "exporters": ["span_metrics", "signal_to_metrics"],
        },
        "metrics": {
            "receivers": ["span_metrics", "signal_to_metrics"],
            "processors": ["delta_to_cumulative", "transform/without_resource"],
            "exporters": ["prometheus"],
        },
    }
    for way in langsmith:
        pipelines[f"traces/{way}"] = {
            "receivers": [f"forward/{way}"],
            "processors": [*sampling, f"batch/{way}"],
            "exporters": [f"otlp_http/{way}"],
        }
    return pipelines

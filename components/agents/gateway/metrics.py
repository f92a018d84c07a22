"""Metrics that the gateway makes of spans. Pure."""

from __future__ import annotations

from typing import Any, Final

from components.agents.gateway.dialects import INFERENCE
from components.agents.gateway.ottl import attribute, group, text
from components.agents.gateway.settings import LISTEN, METRICS_PORT, TELEMETRY_PORT
from components.agents.gateway.usage import CACHED, COST, INPUT, OUTPUT

_DAY: Final = "24h"
"""How long a series stays that nothing is added to. A day, so that a nightly run has a series to
add to, and alerts see its increase."""

_BUCKETS: Final = (
    *("100ms", "250ms", "500ms", "1s", "2s", "3s", "5s", "7500ms"),
    *("10s", "15s", "30s", "60s", "120s"),
)

_UNKNOWN: Final = "unknown"

_USAGE: Final = "gen_ai.client.inference.usage"


def span_metrics(series_limit: int) -> dict[str, Any]:
    """``agent_request_calls_total`` and ``agent_request_duration_seconds``."""
    return {
        "namespace": "agent.request",
        "histogram": {"unit": "s", "explicit": {"buckets": [*_BUCKETS]}},
        # Names of spans may hold anything. status.code stays.
        "exclude_dimensions": ["span.name", "span.kind", "service.name", "collector.instance.id"],
        "dimensions": [
            {"name": "tenant"},
            {"name": "agent", "default": _UNKNOWN},
            {"name": "operation"},
            {"name": "model", "default": _UNKNOWN},
            {"name": "error_kind", "default": ""},
        ],
        # What is above goes to one series, with the label otel_metric_overflow.
        "aggregation_cardinality_limit": series_limit,
        "metrics_flush_interval": "5s",
        "series_expiration": _DAY,
    }


def _counter(name: str, description: str, unit: str, condition: str, value: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "unit": unit,
        "conditions": [condition],
        "attributes": [
            {"key": "tenant"},
            {"key": "agent", "default_value": _UNKNOWN},
            {"key": "model", "default_value": _UNKNOWN},
            {"key": "provider", "default_value": _UNKNOWN},
            {"key": "operation"},
        ],
        "sum": {"value": value, "monotonic": True},
    }


def _sum(name: str, description: str, unit: str, of: str) -> dict[str, Any]:
    return _counter(name, description, unit, f"{attribute(of)} != nil", attribute(of))


SIGNAL_TO_METRICS: Final[dict[str, Any]] = {
    # The default refuses a whole request for one span.
    "error_mode": "ignore",
    "spans": [
        _sum(f"{_USAGE}.input_tokens", "Input tokens, those from a cache too", "{token}", INPUT),
        _sum(f"{_USAGE}.output_tokens", "Output tokens", "{token}", OUTPUT),
        _sum(f"{_USAGE}.cache_read.input_tokens", "Input tokens from a cache", "{token}", CACHED),
        _sum("agent.cost.usd", "US dollars, where spans say what they cost", "1", COST),
        _counter(
            "gen_ai.client.inference.without_usage",
            "Answers of a model without a number of tokens",
            "{span}",
            f"IsMatch({attribute('operation')}, {text('^(' + '|'.join(INFERENCE) + ')$')}) and "
            f"{attribute(INPUT)} == nil and {attribute(OUTPUT)} == nil and "
            "span.status.code != STATUS_CODE_ERROR",
            "1",
        ),
    ],
}


def delta_to_cumulative(series_limit: int) -> dict[str, Any]:
    """Sums as Prometheus counts: without it the exporter shows the last addition alone."""
    return {"max_stale": _DAY, "max_streams": series_limit * len(SIGNAL_TO_METRICS["spans"])}


WITHOUT_RESOURCE: Final[dict[str, Any]] = {
    "error_mode": "ignore",
    # It would become a label and a series that say nothing.
    "metric_statements": [
        group("resource", [f"delete_matching_keys(resource.attributes, {text('.*')})"])
    ],
}

PROMETHEUS: Final[dict[str, Any]] = {
    "endpoint": f"{LISTEN}:{METRICS_PORT}",
    "metric_expiration": _DAY,
    "without_scope_info": True,
}

TELEMETRY: Final[dict[str, Any]] = {
    "logs": {"level": "info"},
    "metrics": {
        # For what agents are answered: no other metric has requests without a right credential.
        "level": "detailed",
        "views": [
            {
                "selector": {"instrument_name": "http.server.request.duration"},
                "stream": {
                    # Others follow from headers: a sender could make series without end.
                    "attribute_keys": {"included": ["http.response.status_code"]},
                    "aggregation": {"explicit_bucket_histogram": {"boundaries": [1]}},
                },
            },
            *(
                {"selector": {"instrument_name": name}, "stream": {"aggregation": {"drop": {}}}}
                for name in (
                    "http.server.request.body.size",
                    "http.server.response.body.size",
                    "http.client.request.body.size",
                    "http.client.request.duration",
                )
            ),
        ],
        "readers": [
            {
                "pull": {
                    "exporter": {
                        "prometheus": {
                            "host": LISTEN,
                            "port": TELEMETRY_PORT,
                            # Counters end with _total.
                            "without_type_suffix": False,
                        }
                    }
                }
            }
        ],
    },
}
"""What the collector says about itself."""

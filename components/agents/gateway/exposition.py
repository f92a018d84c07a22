"""The gateway's series as Prometheus has them: names, and values of labels. Pure.

Those of agents follow from ``metrics`` and ``dialects``, with underlines for dots and the suffixes
that the Prometheus exporter adds. The others are the collector's own
(https://opentelemetry.io/docs/collector/internal-telemetry/).
"""

from __future__ import annotations

from typing import Final

from components.agents.gateway.dialects import INFERENCE

# Of agents, from their spans.

CALLS: Final = "agent_request_calls_total"
"""Spans of agents, by ``tenant``, ``agent``, ``operation``, ``model``, ``error_kind`` and
``status_code``."""

SECONDS: Final = "agent_request_duration_seconds"
"""Histogram of how long they took, by the same labels."""

INPUT: Final = "gen_ai_client_inference_usage_input_tokens_total"
"""Tokens of prompts, those from a cache included; by ``tenant``, ``agent``, ``model``, ``provider``
and ``operation``, as the others that follow."""

OUTPUT: Final = "gen_ai_client_inference_usage_output_tokens_total"
CACHED: Final = "gen_ai_client_inference_usage_cache_read_input_tokens_total"
WITHOUT_USAGE: Final = "gen_ai_client_inference_without_usage_total"
"""Calls of a model that say nothing about tokens."""

REPORTED_COST: Final = "agent_cost_usd_total"
"""What agents themselves say that calls cost."""

OVERFLOW: Final = 'otel_metric_overflow="true"'
"""Matcher of the series that counts what is over the limit of series."""

ERROR: Final = "STATUS_CODE_ERROR"
"""Value of ``status_code``."""

RATE_LIMIT: Final = "rate_limit"
"""Value of ``error_kind``."""

AGENT: Final = "invoke_agent"
"""The ``operation`` that is one request of an agent."""

ANSWERS: Final = tuple(operation for operation in INFERENCE if operation != "embeddings")
"""The ``operation`` of calls of a model that answers."""

# Of the collector itself.

ANSWERED: Final = "http_server_request_duration_seconds_count"
"""Requests of agents, by ``http_response_status_code``."""


UPTIME: Final = "otelcol_process_uptime_seconds_total"
RESIDENT: Final = "otelcol_process_memory_rss_bytes"
ACCEPTED: Final = "otelcol_receiver_accepted_spans_total"
REFUSED: Final = "otelcol_receiver_refused_spans_total"
"""Because memory or the queue for Langfuse is full."""

SENT: Final = "otelcol_exporter_sent_spans_total"
SEND_FAILED: Final = "otelcol_exporter_send_failed_spans_total"
ENQUEUE_FAILED: Final = "otelcol_exporter_enqueue_failed_spans_total"
QUEUE_SIZE: Final = "otelcol_exporter_queue_size"
QUEUE_CAPACITY: Final = "otelcol_exporter_queue_capacity"
DATAPOINTS: Final = "otelcol_deltatocumulative_datapoints_total"

OVER_LIMIT: Final = 'error="limit"'
"""Matcher of the data that ``DATAPOINTS`` counts as over the limit of series."""

LANGFUSE: Final = "otlp_http/langfuse"
LANGSMITH: Final = "otlp_http/langsmith"
"""Values of ``exporter``."""

"""What people choose about the agents' gateway, and what its parts agree on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Masking = Literal["patterns", "drop", "none"]

OTLP_PORT: Final = 4318
"""Traces of agents: OTLP over HTTP, with the credential of an agent namespace."""

TELEMETRY_PORT: Final = 8888
"""The collector's metrics about itself."""

METRICS_PORT: Final = 8889
"""Metrics of agents, made from their spans."""

HEALTH_PORT: Final = 13133

TRACES_PATH: Final = "/api/public/otel/v1/traces"
"""The only path that answers on ``OTLP_PORT``: Langfuse's own."""

CONFIG_FILE: Final = "/etc/gateway/config.yaml"

PASSWORDS_FILE: Final = "/etc/gateway-credentials/passwords"
"""A line for each agent namespace: ``<namespace>:<password>``."""

QUEUE_FOLDER: Final = "/var/lib/gateway"
"""Where the volume is mounted."""

LISTEN: Final = "0.0.0.0"  # noqa: S104
"""Address that all ports listen on. A port-forward arrives at the pod's loopback address."""

LANGFUSE_AUTHORIZATION: Final = "LANGFUSE_AUTHORIZATION"
"""Variable with the value of Langfuse's header, ``Basic …``; secret."""

LANGSMITH_API_KEY: Final = "LANGSMITH_API_KEY"
"""Variable with LangSmith's key; secret."""


@dataclass(frozen=True, kw_only=True)
class LangSmithCopy:
    """Where the copy for LangSmith goes."""

    endpoint: str
    """API URL without ``/otel``, such as ``https://api.smith.langchain.com``; of a self-hosted one
    it ends with ``/api/v1``."""
    project: str
    workspace_id: str | None = None
    """For a key of a whole organisation."""


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """All that the collector's configuration follows from."""

    langfuse_url: str
    """Base URL of Langfuse, as the gateway reaches it."""
    memory_limit: int
    """Memory limit of the container, in bytes."""
    queue_bytes: int
    """What may wait on the volume for Langfuse, in bytes."""
    masking: Masking = "patterns"
    """``patterns``: what looks like a key or personal data is masked; ``drop``: prompts and answers
    are taken out as well; ``none``: everything passes."""
    masked_patterns: tuple[str, ...] = ()
    """Further RE2 patterns to mask."""
    sampling: float = 1
    """Part of the traces that is sent on, from 0 to 1. Metrics count all of them."""
    series_limit: int = 2000
    """Combinations of labels that one pod tells apart at most."""
    langsmith: LangSmithCopy | None = None
    """Send LangSmith a copy; None sends none."""


def memory_target(memory_limit: int) -> int:
    """GOMEMLIMIT in bytes: four fifths of the container's limit."""
    return memory_limit * 4 // 5

"""Langfuse's environment variables that are not secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from components.kubernetes.quantities import node_heap_mib
from components.langfuse import lifecycle, versions, write_modes
from components.langfuse.versions import Version
from components.langfuse.write_modes import Mode

PORT: Final = 3000
WORKER_PORT: Final = 3030
"""Of the worker's health pages."""

TRACES_OF_ITS_OWN: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""Where Langfuse sends spans of its own requests, queries and jobs, from version 3 on."""

_TRACES_NOTHING: Final = {
    # Of web pods, whose sampler is made from Langfuse's own variable. It has to be above 0; at this
    # one no trace ID is low enough.
    "OTEL_TRACE_SAMPLING_RATIO": "0.0000000001",
    # Of workers, which take OpenTelemetry's.
    "OTEL_TRACES_SAMPLER": "always_off",
}
"""What keeps both from sending every span to http://localhost:4318, where nothing listens
(web/src/observability.config.ts, worker/src/instrumentation.ts). Log lines keep their IDs and the
project, which OTEL_SDK_DISABLED would take from them."""

ORGANIZATION_ID: Final = "default"
PROJECT_ID: Final = "default"
"""Fixed: a changed id would create a second organisation or project, not rename the first."""


@dataclass(frozen=True, kw_only=True)
class LangfuseSettings:
    """Langfuse's settings that people choose, except secrets."""

    version: Version
    mode: Mode | None = None
    """Where traces are kept, of a release that has workers; None: as a new installation does."""
    public_url: str
    """URL that browsers use; must be exact, or logging in fails."""
    memory_limit: str
    """Memory limit of the container, as a Kubernetes quantity."""
    sign_up: bool = False
    """Whether new users can register."""
    telemetry: bool = False
    experimental_features: bool = False
    organization: str = "Default"
    project: str = "default"
    admin_email: str | None = None
    admin_name: str = "Administrator"
    log_level: str | None = None
    log_format: str | None = None
    exports_spans: bool = False
    """Whether people named a place for Langfuse's own spans (``TRACES_OF_ITS_OWN``)."""
    extra: Mapping[str, str] = field(default_factory=dict[str, str])


def plain_environment(settings: LangfuseSettings) -> dict[str, str]:
    """Variables that all pods share, sorted by name; of version 2, all that its only pods have.

    A variable that the release does not know, or that has no value, is left out. Before 2.84.0, an
    empty string fails the start-up check.
    """
    variables = {
        "AUTH_DISABLE_SIGNUP": _flag(not settings.sign_up),
        # Kubernetes sets HOSTNAME to the pod's name, and Next.js would listen on that alone.
        "HOSTNAME": "0.0.0.0",  # noqa: S104
        # The migration Job has migrated; two pods that migrate at once would deadlock
        # (https://github.com/langfuse/langfuse/issues/4032).
        "LANGFUSE_AUTO_POSTGRES_MIGRATION_DISABLED": "true",
        "LANGFUSE_ENABLE_EXPERIMENTAL_FEATURES": _flag(settings.experimental_features),
        "NEXTAUTH_URL": settings.public_url,
        "TELEMETRY_ENABLED": _flag(settings.telemetry),
    }
    if versions.has_worker(settings.version):
        variables["LANGFUSE_AUTO_CLICKHOUSE_MIGRATION_DISABLED"] = "true"
        variables |= write_modes.flags(settings.mode or write_modes.mode(settings.version))
        if not settings.exports_spans:
            variables |= _TRACES_NOTHING
    else:
        variables |= web_environment(settings.memory_limit)
    if settings.version >= versions.LOG_SETTINGS:
        variables["LANGFUSE_LOG_FORMAT"] = settings.log_format or "json"
        if settings.log_level is not None:
            variables["LANGFUSE_LOG_LEVEL"] = settings.log_level
    if settings.version >= versions.INIT and settings.admin_email is not None:
        variables |= {
            "LANGFUSE_INIT_ORG_ID": ORGANIZATION_ID,
            "LANGFUSE_INIT_ORG_NAME": settings.organization,
            "LANGFUSE_INIT_PROJECT_ID": PROJECT_ID,
            "LANGFUSE_INIT_PROJECT_NAME": settings.project,
            "LANGFUSE_INIT_USER_EMAIL": admin_login(settings.admin_email),
            "LANGFUSE_INIT_USER_NAME": settings.admin_name,
        }
    return dict(sorted({**variables, **settings.extra}.items()))


def web_environment(memory_limit: str) -> dict[str, str]:
    """Variables for the web container alone."""
    return {
        "KEEP_ALIVE_TIMEOUT": str(lifecycle.KEEP_ALIVE_TIMEOUT * 1000),
        "NODE_OPTIONS": _heap(memory_limit),
        "PORT": str(PORT),
    }


def worker_environment(memory_limit: str, *, queue_metrics: bool = False) -> dict[str, str]:
    """Variables for the worker's container alone.

    With its default of three attempts, a worker drops what it could not write to ClickHouse for
    two seconds, after agents were told that it was accepted. It holds the rows in memory meanwhile.

    ``queue_metrics``: publish metrics to CloudWatch, which is asked of workers alone: they know the
    queues, and each name costs as much again from web pods.
    """
    return {
        **({"ENABLE_AWS_CLOUDWATCH_METRIC_PUBLISHING": "true"} if queue_metrics else {}),
        "LANGFUSE_INGESTION_CLICKHOUSE_MAX_ATTEMPTS": "1000",
        "NODE_OPTIONS": _heap(memory_limit),
        "PORT": str(WORKER_PORT),
    }


def _heap(memory_limit: str) -> str:
    return f"--max-old-space-size={node_heap_mib(memory_limit)}"


def admin_login(email: str) -> str:
    """The address as Langfuse stores it.

    2.78.0 to 2.85.1 look for the address as it is given. With a capital letter they do not find
    the user at the second start, cannot create it again, and do not start.
    """
    return email.lower()


def _flag(value: bool) -> str:
    return "true" if value else "false"

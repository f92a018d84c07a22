"""The Secret that agents read, and Langfuse's client variables in it."""

from typing import Final, TypeVar
from urllib.parse import quote

SECRET_NAME: Final = "agent-observability"  # noqa: S105 - a name
"""Name of the Secret in every agent namespace. It is part of the product's interface: agents write
it into their manifests, so it never changes."""

T = TypeVar("T")


def client_environment(
    *, host: T, public_key: T, secret_key: T, tracing_environment: T, opentelemetry: bool
) -> dict[str, T]:
    """Variables of Langfuse's SDKs; ``host`` is the base URL as agents reach it.

    Each SDK knows some of its names: Python 2 only LANGFUSE_HOST, Python 3 and later also
    LANGFUSE_BASE_URL, JavaScript 3 only LANGFUSE_BASEURL, JavaScript 5 the last two. SDKs for a
    server without ``opentelemetry`` do not read LANGFUSE_BASE_URL, and such a server has no
    environments.
    """
    newer = {"LANGFUSE_BASE_URL": host, "LANGFUSE_TRACING_ENVIRONMENT": tracing_environment}
    return {
        "LANGFUSE_HOST": host,
        "LANGFUSE_BASEURL": host,
        **(newer if opentelemetry else {}),
        "LANGFUSE_PUBLIC_KEY": public_key,
        "LANGFUSE_SECRET_KEY": secret_key,
    }


def tracing_environment(namespace: str) -> str:
    """The environment in Langfuse that the traces of an agent namespace belong to: its name.

    Langfuse keeps names that start with "langfuse" for itself and cuts that word off, so that
    `langfuse-agents` and `agents` would be one environment, and `langfuse` none. No namespace has
    the underscore that keeps it here. An environment has at most 40 characters; the settings allow
    a namespace 39. Source: `PublicEnvironmentName` in Langfuse's
    `packages/shared/src/server/ingestion/types.ts`, 4.16.0.
    """
    return f"_{namespace}" if namespace.startswith("langfuse") else namespace


def opentelemetry_environment(*, endpoint: T, headers: T) -> dict[str, T | str]:
    """Variables of OpenTelemetry's SDKs for traces; ``endpoint`` is the whole URL.

    Those for traces alone: the exporters of metrics and logs would send to the same place, which
    takes traces only.
    """
    return {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": headers,
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
    }


def otlp_headers(authorization: str) -> str:
    """The value of ``OTEL_EXPORTER_OTLP_TRACES_HEADERS`` with one header.

    Everything is encoded: a space ends a value, and SDKs for Java read "+" as a space
    (https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables).
    """
    return f"Authorization={quote(authorization, safe='')}"

"""What the agent reads from its environment, and what it says if that is wrong."""

from __future__ import annotations

import os
import urllib.error
import urllib.request

from opentelemetry.util.re import parse_env_headers

GATEWAY = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
"""Set in the Secret where the stack has a gateway."""

ENV_FROM = "the Secret agent-observability has it: envFrom in the pod, in a namespace of `agents`"


class ConfigurationError(Exception):
    """The environment is wrong. Starting again does not help."""


class UnreachableError(Exception):
    """The gateway does not answer. It may come back."""


def required(*names: str, hint: str = ENV_FROM) -> tuple[str, ...]:
    """The values of variables that have to be there."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise ConfigurationError(f"{', '.join(missing)} is not set; {hint}")
    return tuple(os.environ[name] for name in names)


def optional(name: str, default: str) -> str:
    """The value of a variable, or its default."""
    return os.environ.get(name) or default


def check_gateway() -> None:
    """Ask the gateway whether it takes this namespace's credential.

    An exporter only logs that it was refused, and the agent would run untraced. The request holds
    no trace: no bytes are an empty message.
    """
    (endpoint,) = required(GATEWAY)
    headers = parse_env_headers(
        optional("OTEL_EXPORTER_OTLP_TRACES_HEADERS", optional("OTEL_EXPORTER_OTLP_HEADERS", "")),
        liberal=True,
    )
    request = urllib.request.Request(
        endpoint, b"", {**headers, "Content-Type": "application/x-protobuf"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10):
            pass
    except urllib.error.HTTPError as error:
        if error.code in (429, 502, 503, 504):  # what exporters try again after
            raise UnreachableError(f"{endpoint} answered {error.code}") from error
        raise ConfigurationError(
            f"{endpoint} answered {error.code}; "
            "restart the pod if the Secret agent-observability has changed since it started"
        ) from error
    except (OSError, ValueError) as error:
        raise UnreachableError(f"{endpoint} cannot be reached: {error}") from error

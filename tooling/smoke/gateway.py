"""The agents' gateway, by what agents of one namespace have."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from components.agents.environment import SECRET_NAME
from tooling.kubernetes.api import LiveError
from tooling.smoke.agents import HEADERS, TRACES
from tooling.smoke.cluster import Access
from tooling.smoke.reach import Reach
from tooling.smoke.report import Verdict, fail
from tooling.smoke.tracing.agent_run import COST, GATEWAY, TOKENS, AgentRun, Way
from tooling.smoke.web import UnreachableError


class _NoWayError(LiveError):
    """No namespace has what an agent sends with; the text says why."""


def way(reach: Reach, access: Access, data: Mapping[str, Mapping[str, str] | str | None]) -> Way:
    """How agents of the first namespace with a credential reach the gateway, over port-forwards.

    ``data``: values of their Secret by namespace, or why there are none. Raises ``LiveError`` or
    ``UnreachableError``.
    """
    why = ""
    for namespace, values in data.items():
        if not isinstance(values, Mapping):
            why = f"namespace {namespace}: {values or f'there is no Secret {SECRET_NAME}'}"
        elif TRACES not in values or HEADERS not in values:
            why = f"namespace {namespace}: its Secret lacks {TRACES} or {HEADERS}"
        else:
            takes, counts = reach.gateway(access)
            return Way(
                namespace=namespace,
                endpoint=f"{takes}{urlsplit(values[TRACES]).path}",
                metrics=counts,
                headers=values[HEADERS],
            )
    raise _NoWayError(why)


def verdicts(run: AgentRun) -> Iterator[Verdict]:
    """What became of one run of an agent."""
    trip, way = run.trip, run.way
    for name, check in ((GATEWAY, run.trace), (TOKENS, run.tokens), (COST, run.cost)):
        try:
            verdict = check()
        except UnreachableError as error:
            verdict = fail(
                name,
                f"{way.metrics if name == TOKENS else way.endpoint}: {error}",
                cause="the gateway's pod is not ready, or the port-forward has ended",
                command=trip.commands.own(
                    *("get", "pods", "-l", "app.kubernetes.io/component=gateway", "-o", "wide")
                ),
                section="gateway-not-ready",
            )
        yield verdict


def secrets(headers: str) -> Iterator[str]:
    """What of the value of OTEL_EXPORTER_OTLP_TRACES_HEADERS must not be seen, in each form."""
    if not headers:
        return
    yield headers
    plain = unquote(headers)
    yield plain
    encoded = plain.rpartition(" ")[2]
    yield encoded
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except ValueError:  # no Base64, or no text
        return
    yield pair
    yield pair.partition(":")[2]

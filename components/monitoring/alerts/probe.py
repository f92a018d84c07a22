"""Alerts about Langfuse as seen from outside.

From the blackbox exporter (https://github.com/prometheus/blackbox_exporter), scraped as the
Prometheus Operator's Probe says: ``instance`` is the URL, ``namespace`` the Probe's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.monitoring.definition import Alert, series
from components.monitoring.watched_workloads import Watched

INTERVAL: Final = 30
"""Seconds between two probes."""

TIMEOUT: Final = 10
"""Seconds for one probe. The JavaScript SDK waits that long, the Python one twice as long
(https://langfuse.com/faq/all/error-handling-and-timeouts), so a later answer does not count."""

SUCCESS: Final = 0.5
"""Share of the probes of five minutes, for two more minutes. A failover of the database, which
takes a minute or two, does not fire; an outage of five minutes does, also a partial one."""

_FAILING_MINUTES: Final = 2

SLOW_SECONDS: Final = 2
"""The probed page makes at most one trivial database query. When that takes two seconds, a batch of
traces takes several times as long, which is near the SDK's timeout of ten seconds. The load
balancer's timeout is 60."""

_SLOW_MINUTES: Final = 15

_CERTIFICATE_MINUTES: Final = 15
"""A node of the load balancer may still serve the old certificate for some minutes."""

_DAY: Final = 86_400


def alerts(watched: Watched, certificate_days: int) -> Iterator[Alert]:
    """Of a stack that is probed."""
    if watched.probe_job is None:
        return
    successes, durations, expiry = (
        series_of_probe(metric, watched)
        for metric in ("probe_success", "probe_duration_seconds", "probe_ssl_earliest_cert_expiry")
    )
    if not watched.paused:
        yield from _requests(successes, durations)
    if watched.probe_sees_certificate:
        yield _certificate(expiry, certificate_days)


def _requests(successes: str, durations: str) -> Iterator[Alert]:
    yield Alert(
        name="LangfuseProbeFailing",
        severity="critical",
        minutes=_FAILING_MINUTES,
        expression=_by_url("avg", f"avg_over_time({successes}[5m])") + f" < {SUCCESS}",
        summary="Langfuse cannot be reached at {{ $labels.instance }}",
        description=(
            "Of five minutes' requests to {{ $labels.instance }} "
            "{{ $value | humanizePercentage }} succeeded. People and agents who come the same way "
            "get errors, whatever the pods say of themselves."
        ),
    )
    yield Alert(
        name="LangfuseProbeSlow",
        severity="warning",
        minutes=_SLOW_MINUTES,
        expression=_by_url("avg", f"avg_over_time({durations}[5m])") + f" > {SLOW_SECONDS}",
        summary="Langfuse answers slowly at {{ $labels.instance }}",
        description=(
            f"For {_SLOW_MINUTES} minutes a page that does next to nothing has been slow, now "
            "{{ $value | humanizeDuration }} at {{ $labels.instance }}. Writing traces takes "
            "longer: agents' SDKs give up after 10 or 20 seconds, and what they could not send is "
            "lost."
        ),
    )


def _certificate(expiry: str, certificate_days: int) -> Alert:
    return Alert(
        name="LangfuseCertificateExpires",
        severity="warning",
        minutes=_CERTIFICATE_MINUTES,
        expression=_by_url("min", expiry) + f" - time() < {certificate_days} * {_DAY}",
        summary="The certificate of {{ $labels.instance }} expires",
        description=(
            "The certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}. "
            "It should have been renewed by now; when it ends, browsers and SDKs refuse to "
            "connect."
        ),
    )


def series_of_probe(metric: str, watched: Watched) -> str:
    """A metric of this stack's probe."""
    return series(metric, watched.namespace, f'job="{watched.probe_job}"')


def _by_url(aggregation: str, expression: str) -> str:
    return f"{aggregation} by (namespace, instance) ({expression})"

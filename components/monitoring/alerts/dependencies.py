"""Alerts about what Langfuse needs: a database in the cluster, volumes, secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from components.kubernetes import claims
from components.kubernetes.labels import PART_OF
from components.monitoring.definition import Alert, one_of, series
from components.monitoring.watched_workloads import Watched

_DATABASE_MINUTES: Final = 5
"""The pod can move to another node with its volume in less."""

FREE: Final = 0.2
"""PostgreSQL stops when the volume is full, and so do the other servers. Growing it is manual and
can take hours. ClickHouse also needs room to merge: a merge writes what it reads once more."""

_FREE_WHEN_PREDICTED: Final = 0.4
"""Predictions are ignored while more than this share is free: they are not reliable."""

_PREDICTED_DAYS: Final = 3
"""Long enough to cover a weekend without staff."""

_HISTORY: Final = "1d"
"""Agents work by day: a trend over less would fire every morning and resolve every night. A volume
with less history has no prediction."""

_VOLUME_MINUTES: Final = 15

_SECRET_MINUTES: Final = 10
"""Twice as long as a deployment waits (``external_secrets.READY_MINUTES``)."""


def alerts(watched: Watched) -> Iterator[Alert]:
    """Of a database and volumes in the cluster, and of secrets that an operator delivers."""
    if watched.postgres:
        yield _database(watched, watched.postgres)
    if volumes := _claims(watched):
        yield _volume(watched, volumes)
    if watched.secret_namespaces:
        yield _secrets(watched)


def ready_databases(namespace: str, postgres: str) -> str:
    """Database pods that accept connections."""
    name = f'statefulset="{postgres}"'
    selected = series("kube_statefulset_status_replicas_ready", namespace, name)
    return f"max by (namespace, statefulset) ({selected})"


def secret_conditions(watched: Watched, *matchers: str) -> str:
    """The conditions of this stack's ExternalSecrets, with their namespace as ``namespace``.

    The metric's own ``namespace`` arrives as ``exported_namespace`` unless the scrape honours
    labels, which the operator's ServiceMonitor does not by default; ``namespace`` is then the
    operator's (https://prometheus.io/docs/prometheus/latest/configuration/configuration/).
    """
    metric = "externalsecret_status_condition"  # https://external-secrets.io/latest/api/metrics/
    namespaces = "|".join(watched.secret_namespaces)
    # A shared namespace may have ExternalSecrets of other teams.
    names = f'name=~"{PART_OF}|{watched.langfuse}-.+"'
    further = ", ".join((names, 'condition="Ready"', *matchers))
    honoured = f'{metric}{{namespace=~"{namespaces}", exported_namespace="", {further}}}'
    moved = f'{metric}{{exported_namespace=~"{namespaces}", {further}}}'
    return f'{honoured}\nor label_replace({moved}, "namespace", "$1", "exported_namespace", "(.+)")'


def _database(watched: Watched, postgres: str) -> Alert:
    return Alert(
        name="LangfuseDatabaseDown",
        severity="critical",
        minutes=_DATABASE_MINUTES,
        expression=f"{ready_databases(watched.namespace, postgres)} == 0",
        summary="Langfuse's database is down",
        description=(
            f"For {_DATABASE_MINUTES} minutes "
            "{{ $labels.namespace }}/{{ $labels.statefulset }} has accepted no connections. "
            "Langfuse answers with errors, and traces that agents send do not arrive."
        ),
    )


def _claims(watched: Watched) -> list[str]:
    """The claims of all volumes."""
    return [
        *([claims.claim(watched.postgres)] if watched.postgres else []),
        *(claim for service in watched.servers for claim in service.claims),
    ]


def _volume(watched: Watched, volumes: Sequence[str]) -> Alert:
    """https://kubernetes.io/docs/reference/instrumentation/metrics/ (kubelet_volume_stats).

    Not every storage driver reports them. Without them the alert never fires.
    """
    claim = one_of("persistentvolumeclaim", volumes)
    database_alone = not watched.servers

    def of_claim(metric: str, modifier: str = "") -> str:
        selected = series(f"kubelet_volume_stats_{metric}_bytes", watched.namespace, claim)
        return f"min by (namespace, persistentvolumeclaim) ({selected}{modifier})"

    free = of_claim("available")
    share = f"{free}\n/ {of_claim('capacity')}"
    # The subquery joins the series of several nodes if the pod moved between them.
    predicted = f"predict_linear(({free})[{_HISTORY}:5m], {_PREDICTED_DAYS} * 86400)"
    return Alert(
        name="LangfuseVolumeFilling",
        severity="warning",
        minutes=_VOLUME_MINUTES,
        expression=(
            f"{share} < {FREE}\n"
            f"or ({share} < {_FREE_WHEN_PREDICTED}\n"
            f"and {predicted} < 0\n"
            f"and {of_claim('available', f' offset {_HISTORY}')})"
        ),
        summary=(
            "The volume of Langfuse's database fills up"
            if database_alone
            else "The volume {{ $labels.persistentvolumeclaim }} fills up"
        ),
        description=(
            "{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has "
            "{{ $value | humanizePercentage }} of its space left. It is nearly full, or will be in "
            f"{_PREDICTED_DAYS} days at the pace of the last one; "
            f"{'PostgreSQL' if database_alone else 'the server'} stops when it is."
        ),
    )


def _secrets(watched: Watched) -> Alert:
    refused = secret_conditions(watched, 'status="False"')
    return Alert(
        name="LangfuseSecretNotReady",
        severity="warning",
        minutes=_SECRET_MINUTES,
        expression=f"max by (namespace, name) ({refused}) == 1",
        summary="A secret does not arrive in {{ $labels.namespace }}",
        description=(
            f"For {_SECRET_MINUTES} minutes External Secrets has not delivered "
            "{{ $labels.namespace }}/{{ $labels.name }}. Pods that run keep what they have; a "
            "changed value does not arrive, and where the Secret is gone no new pod starts."
        ),
    )

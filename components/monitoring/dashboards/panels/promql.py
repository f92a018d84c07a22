"""The PromQL of the dashboards about a stack as a whole: one function for each query.

Metrics and their labels:
https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics (kube_*),
https://github.com/prometheus/blackbox_exporter (probe_*),
https://external-secrets.io/latest/api/metrics/ (externalsecret_*).

``max`` over the series of one object: two replicas of kube-state-metrics report it twice.
"""

from __future__ import annotations

from components.monitoring.alerts import dependencies, probe
from components.monitoring.definition import series
from components.monitoring.watched_workloads import Watched


def rollouts(watched: Watched) -> str:
    """1 for two minutes after a new ReplicaSet: a changed image, setting or secret."""
    names = f'replicaset=~"{watched.langfuse}-[a-z0-9]+"'
    created = series("kube_replicaset_created", watched.namespace, names)
    return f"time() - max({created}) < bool 120"


def migrations(watched: Watched) -> str:
    """Of each migration Job: 0 running or waiting, 1 complete, 2 failed."""
    names = f'job_name=~"{watched.migration}-.+"'

    def jobs(metric: str, *matchers: str) -> str:
        return f"max by (job_name) ({series(metric, watched.namespace, names, *matchers)})"

    true = 'condition="true"'
    return (
        f"2 * ({jobs('kube_job_failed', true)} == 1)"
        f" or ({jobs('kube_job_complete', true)} == 1)"
        f" or 0 * {jobs('kube_job_created')}"
    )


def since_backup(watched: Watched, cron_job: str) -> str:
    """Seconds since the last backup that succeeded."""
    name = f'cronjob="{cron_job}"'
    succeeded = series("kube_cronjob_status_last_successful_time", watched.namespace, name)
    return f"time() - max({succeeded})"


def secrets(watched: Watched) -> str:
    """Of each ExternalSecret: 1 ready, 0 not ready."""
    ready = dependencies.secret_conditions(watched, 'status="True"')
    return f"max by (namespace, name) ({ready})"


def firing(watched: Watched) -> str:
    matchers = f'alertname=~"(Langfuse|Agent).+", alertstate="firing", stack="{watched.stack}"'
    return f"count(ALERTS{{{matchers}}}) or vector(0)"


def probe_answers(watched: Watched) -> str:
    return f"min({_probe(watched, 'probe_success')})"


def probe_answered(watched: Watched, window: str) -> str:
    """Share of ``window`` in which the probe was answered."""
    return f"avg(avg_over_time({_probe(watched, 'probe_success')}[{window}]))"


def probe_duration(watched: Watched) -> str:
    return f"max({_probe(watched, 'probe_duration_seconds')})"


def probe_phases(watched: Watched) -> str:
    return f"max by (phase) ({_probe(watched, 'probe_http_duration_seconds')})"


def certificate_days(watched: Watched) -> str:
    return f"(min({_probe(watched, 'probe_ssl_earliest_cert_expiry')}) - time()) / 86400"


def _probe(watched: Watched, metric: str) -> str:
    return probe.series_of_probe(metric, watched)

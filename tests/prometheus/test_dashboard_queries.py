"""Every PromQL expression of the dashboards, evaluated by Prometheus on series a test gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from components.monitoring.dashboards.panels import promql
from components.monitoring.dashboards.panels.promql import Workload
from tests.support import dashboards
from tests.support.dashboards import IN_CLUSTER, ON_AWS
from tests.support.promtool import needs_promtool, run_tests

CLUSTER: Final = IN_CLUSTER.watched
AWS: Final = ON_AWS.watched
WEB: Final = promql.web(AWS)
SERVER: Final = promql.database(CLUSTER)

MINUTES: Final = 40
"""When expressions are evaluated; a series has one sample a minute."""
NOW: Final = MINUTES * 60

VARIABLES: Final = {"$__rate_interval": "5m", "$__range": "1h"}
"""What Grafana puts in."""


@dataclass(frozen=True)
class Case:
    """What an expression gives for some series."""

    expression: str
    series: dict[str, str | float]
    """By selector; ``NS`` is the namespace. A number is the value of each minute."""
    expected: dict[str, float]
    """By labels."""
    id: str = field(kw_only=True)


def web(metric: str, pod: str = "a", more: str = "") -> str:
    return f'{metric}{{NS,pod="langfuse-5d9f8c7b6-{pod * 5}",container="langfuse"{more}}}'


def server(metric: str, more: str = "") -> str:
    return f'{metric}{{NS,pod="langfuse-postgres-0",container="postgresql"{more}}}'


def deployment(metric: str) -> str:
    return f'kube_deployment_{metric}{{NS,deployment="langfuse"}}'


def autoscaler(metric: str, more: str = "") -> str:
    return f'kube_horizontalpodautoscaler_{metric}{{NS,horizontalpodautoscaler="langfuse"{more}}}'


def job(metric: str, name: str, more: str = "") -> str:
    return f'{metric}{{NS,job_name="langfuse-{name}"{more}}}'


def volume(metric: str, claim: str = "data-langfuse-postgres-0") -> str:
    return f'kubelet_volume_stats_{metric}_bytes{{NS,persistentvolumeclaim="{claim}"}}'


def probe(metric: str, more: str = "") -> str:
    return (
        f'probe_{metric}{{NS,job="langfuse-probe",instance="https://langfuse.example.com"{more}}}'
    )


def replica_set(name: str) -> str:
    return f'kube_replicaset_created{{NS,replicaset="{name}"}}'


A, B = '{pod="langfuse-5d9f8c7b6-aaaaa"}', '{pod="langfuse-5d9f8c7b6-bbbbb"}'
DB = '{pod="langfuse-postgres-0"}'
REQUESTS, LIMITS = "kube_pod_container_resource_requests", "kube_pod_container_resource_limits"
CPU, MEMORY = ',resource="cpu"', ',resource="memory"'
RESTARTS = "kube_pod_container_status_restarts_total"
REASON = "kube_pod_container_status_last_terminated_reason"
OOM, ERROR = ',reason="OOMKilled"', ',reason="Error"'
USED_CPU = "container_cpu_usage_seconds_total"
USED_MEMORY = "container_memory_working_set_bytes"
THROTTLED = "container_cpu_cfs_throttled_periods_total"
PERIODS = "container_cpu_cfs_periods_total"
INFO = "kube_pod_container_info"
READY = 'externalsecret_status_condition{condition="Ready",'

TWO_RESTARTS = "0x30 2x20"
"""The second half an hour sees two."""
LONG_AGO = "0 2x50"


def of_workload(workload: Workload, one: Any, label: str, id_: str) -> list[Case]:  # noqa: ANN401
    """What is the same for each workload; ``one`` selects its container."""
    return [
        Case(
            workload.cpu_of_request(),
            {one(USED_CPU): "0+15x60", one(REQUESTS, more=CPU): 0.5, one(REQUESTS, more=MEMORY): 9},
            {label: 0.5},
            id=f"{id_}: a quarter of a core of half a core",
        ),
        Case(
            workload.memory_of_limit(),
            {one(USED_MEMORY): 256, one(LIMITS, more=MEMORY): 1024, one(LIMITS, more=CPU): 1},
            {label: 0.25},
            id=f"{id_}: memory of limit",
        ),
        Case(
            workload.throttled(),
            {one(THROTTLED): "0+75x60", one(PERIODS): "0+600x60", one(INFO): 1},
            {label: 0.125},
            id=f"{id_}: throttled in one period of eight",
        ),
        Case(workload.throttled(), {one(INFO): 1}, {label: 0}, id=f"{id_}: no CPU limit"),
        Case(workload.restarts(), {one(RESTARTS): TWO_RESTARTS}, {label: 2}, id=f"{id_}: restarts"),
        Case(
            workload.restarts(),
            {one(RESTARTS): LONG_AGO},
            {label: 0},
            id=f"{id_}: restarts long ago",
        ),
        Case(
            workload.out_of_memory(),
            {one(RESTARTS): TWO_RESTARTS, one(REASON, more=OOM): 1, one(INFO): 1},
            {label: 2},
            id=f"{id_}: killed",
        ),
        Case(
            workload.out_of_memory(),
            {one(RESTARTS): LONG_AGO, one(REASON, more=OOM): 1, one(INFO): 1},
            {label: 0},
            id=f"{id_}: killed long ago, which the reason goes on saying",
        ),
        Case(
            workload.out_of_memory(),
            {one(RESTARTS): TWO_RESTARTS, one(REASON, more=ERROR): 1, one(INFO): 1},
            {label: 0},
            id=f"{id_}: restarted for another reason",
        ),
    ]


CASES: Final = [
    *of_workload(WEB, web, A, "web"),
    *of_workload(SERVER, server, DB, "database"),
    Case(
        WEB.restarts(),
        {web(RESTARTS, "a"): TWO_RESTARTS, web(RESTARTS, "b"): LONG_AGO},
        {A: 2, B: 0},
        id="each pod by itself",
    ),
    Case(
        WEB.restarts(),
        {web(RESTARTS): "_x14 1x10 2x20"},
        {A: 1},
        id="one restart in a series that is younger than the window",
    ),
    Case(
        WEB.fullest_memory(),
        {
            web(USED_MEMORY, "a"): 512,
            web(LIMITS, "a", MEMORY): 1024,
            web(USED_MEMORY, "b"): 768,
            web(LIMITS, "b", MEMORY): 1024,
        },
        {"{}": 0.75},
        id="fullest of two pods",
    ),
    Case(
        SERVER.fullest_memory(),
        {server(USED_MEMORY): 512, server(LIMITS, MEMORY): 1024},
        {"{}": 0.5},
        id="database's memory",
    ),
    Case(
        promql.available(AWS), {deployment("status_replicas_available"): 2}, {"{}": 2}, id="serve"
    ),
    Case(promql.wanted(AWS), {deployment("spec_replicas"): 3}, {"{}": 3}, id="wanted"),
    Case(
        promql.availability(AWS),
        {deployment("status_replicas_available"): 3, deployment("spec_replicas"): 4},
        {"{}": 0.75},
        id="three of four serve",
    ),
    Case(
        promql.availability(AWS),
        {deployment("status_replicas_available"): 0, deployment("spec_replicas"): 0},
        {"{}": 0},
        id="scaled to nothing is not available",
    ),
    Case(promql.minimum(AWS), {autoscaler("spec_min_replicas"): 2}, {"{}": 2}, id="minimum"),
    Case(promql.maximum(AWS), {autoscaler("spec_max_replicas"): 6}, {"{}": 6}, id="maximum"),
    Case(
        promql.of_maximum(AWS),
        {autoscaler("status_current_replicas"): 3, autoscaler("spec_max_replicas"): 6},
        {"{}": 0.5},
        id="of maximum",
    ),
    Case(
        promql.target_cpu(AWS),
        {
            autoscaler(
                "spec_target_metric", ',metric_name="cpu",metric_target_type="utilization"'
            ): 75,
            autoscaler("spec_target_metric", ',metric_name="cpu",metric_target_type="average"'): 9,
        },
        {"{}": 0.75},
        id="target",
    ),
    Case(
        promql.rollouts(AWS),
        {replica_set("langfuse-5d9f8c7b6"): NOW - 60, replica_set("langfuse-aaaaaaaaa"): 0},
        {"{}": 1},
        id="a ReplicaSet of a minute ago",
    ),
    Case(
        promql.rollouts(AWS),
        {replica_set("langfuse-5d9f8c7b6"): NOW - 120, replica_set("grafana-5d9f8c7b6"): NOW},
        {"{}": 0},
        id="a ReplicaSet of two minutes ago, and another Deployment's",
    ),
    Case(
        promql.migrations(AWS),
        {
            job("kube_job_created", "migration-a"): 1,
            job("kube_job_complete", "migration-a", ',condition="true"'): 1,
            job("kube_job_complete", "migration-a", ',condition="false"'): 0,
            job("kube_job_created", "migration-b"): 1,
            job("kube_job_failed", "migration-b", ',condition="true"'): 1,
            job("kube_job_failed", "migration-b", ',condition="false"'): 0,
            job("kube_job_created", "migration-c"): 1,
            job("kube_job_created", "backup-d"): 1,
            job("kube_job_failed", "backup-d", ',condition="true"'): 1,
        },
        {
            '{job_name="langfuse-migration-a"}': 1,
            '{job_name="langfuse-migration-b"}': 2,
            '{job_name="langfuse-migration-c"}': 0,
        },
        id="a migration that is complete, one that failed, one that runs, another Job",
    ),
    Case(
        promql.secrets(AWS),
        {
            f'{READY}status="True",NS,name="langfuse-app-1"}}': 1,
            f'{READY}status="False",NS,name="langfuse-app-1"}}': 0,
            f'{READY}status="True",namespace="agents",name="agent-observability"}}': 0,
            f'{READY}status="False",namespace="agents",name="agent-observability"}}': 1,
        },
        {
            '{namespace="observability",name="langfuse-app-1"}': 1,
            '{namespace="agents",name="agent-observability"}': 0,
        },
        id="secrets, of a scrape that honours labels",
    ),
    Case(
        promql.secrets(AWS),
        {
            f'{READY}status="True",namespace="eso",exported_namespace="agents",'
            'name="agent-observability"}': 1,
            f'{READY}status="True",namespace="eso",exported_namespace="others",'
            'name="agent-observability"}': 1,
        },
        {'{namespace="agents",name="agent-observability"}': 1},
        id="secrets, of a scrape that renames them",
    ),
    Case(
        promql.firing(AWS),
        {
            'ALERTS{alertname="LangfuseDown",alertstate="firing",stack="prod"}': 1,
            'ALERTS{alertname="LangfuseProbeFailing",alertstate="firing",stack="prod"}': 1,
            'ALERTS{alertname="LangfuseProbeSlow",alertstate="pending",stack="prod"}': 1,
            'ALERTS{alertname="LangfuseDown",alertstate="firing",stack="dev"}': 1,
            'ALERTS{alertname="Watchdog",alertstate="firing",stack="prod"}': 1,
        },
        {"{}": 2},
        id="two alerts fire",
    ),
    Case(promql.firing(AWS), {}, {"{}": 0}, id="no alert fires"),
    Case(promql.probe_answers(AWS), {probe("success"): "1x39 0x20"}, {"{}": 0}, id="no answer now"),
    Case(
        promql.probe_answers(AWS),
        {probe("success"): 1, probe("success").replace("https:", "http:"): 0},
        {"{}": 0},
        id="one of two addresses does not answer",
    ),
    Case(
        promql.probe_answered(AWS, "$__range"),
        {probe("success"): "1x19 0x19"},
        {"{}": 0.5},
        id="answered half of the range",
    ),
    Case(
        promql.probe_answered(AWS, "$__rate_interval"),
        {probe("success"): "1x37 0x20"},
        {"{}": 0.5},
        id="answered half of the last minutes",
    ),
    Case(
        promql.probe_duration(AWS), {probe("duration_seconds"): 0.25}, {"{}": 0.25}, id="duration"
    ),
    Case(
        promql.probe_phases(AWS),
        {
            probe("http_duration_seconds", ',phase="resolve"'): 0.125,
            probe("http_duration_seconds", ',phase="processing"'): 0.5,
        },
        {'{phase="resolve"}': 0.125, '{phase="processing"}': 0.5},
        id="phases",
    ),
    Case(
        promql.certificate_days(AWS),
        {probe("ssl_earliest_cert_expiry"): NOW + 30 * 86400},
        {"{}": 30},
        id="thirty days",
    ),
    Case(
        promql.database_ready(CLUSTER),
        {'kube_statefulset_status_replicas_ready{NS,statefulset="langfuse-postgres"}': 1},
        {"{}": 1},
        id="database ready",
    ),
    Case(
        promql.volume_used(CLUSTER, "langfuse-postgres"),
        {volume("available"): 25, volume("used"): 70, volume("capacity"): 100},
        {"{}": 0.75},
        id="what is reserved counts as used",
    ),
    Case(
        promql.volume_available(CLUSTER, "langfuse-postgres"),
        {volume("available"): 25, volume("available", "data-other-0"): 1},
        {"{}": 25},
        id="free, and another volume",
    ),
    Case(
        promql.volume_capacity(CLUSTER, "langfuse-postgres"),
        {volume("capacity"): 100},
        {"{}": 100},
        id="size",
    ),
]


def in_grafana(expression: str) -> str:
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    assert "$_" not in expression
    return expression


def constant(values: str | float) -> str:
    return values if isinstance(values, str) else f"{values}x60"


def with_others(series: dict[str, str | float]) -> list[dict[str, str]]:
    """The series, the same ones of another namespace, and a second kube-state-metrics' copies."""
    found = dict[str, str]()
    for selector, values in series.items():
        found[selector.replace("NS", 'namespace="observability"')] = constant(values)
        if "NS" in selector:
            found[selector.replace("NS", 'namespace="elsewhere"')] = "7777+7777x60"
        if selector.startswith("kube_"):
            copy = selector.replace("NS", 'namespace="observability",instance="second"')
            found[copy] = constant(values)
    return [{"series": selector, "values": values} for selector, values in found.items()]


@pytest.mark.programs
@needs_promtool
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_query_gives_exactly_this(case: Case) -> None:
    test = {
        "interval": "1m",
        "input_series": with_others(case.series),
        "promql_expr_test": [
            {
                "expr": in_grafana(case.expression),
                "eval_time": f"{MINUTES}m",
                "exp_samples": [
                    {"labels": labels, "value": value} for labels, value in case.expected.items()
                ],
            }
        ],
    }

    assert run_tests([], [test]) == ""


def test_every_query_of_every_dashboard_has_a_case_and_no_case_is_of_none() -> None:
    used = {
        target["expr"]
        for dashboard in dashboards.every().values()
        for target in dashboard.targets("prometheus")
    } | {
        annotation["expr"]
        for dashboard in dashboards.every().values()
        for annotation in dashboard.content["annotations"].get("list", [])
    }

    assert used == {case.expression for case in CASES}

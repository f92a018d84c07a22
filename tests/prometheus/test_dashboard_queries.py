"""Every PromQL expression of the dashboards, evaluated by Prometheus on series a test gives."""

from __future__ import annotations

import re
from typing import Final

import pytest

from components.monitoring.alerts.agents.telemetry import Telemetry
from components.monitoring.dashboards.panels import promql, workloads
from components.monitoring.dashboards.panels.agents.promql import Agents, Gateway
from components.monitoring.dashboards.panels.clickhouse_metrics import ClickHouse
from tests.support import dashboards
from tests.support.dashboards import (
    IN_CLUSTER,
    ON_AWS,
    VERSION_4_IN_CLUSTER,
    VERSION_4_ON_AWS,
)
from tests.support.promtool import needs_promtool, run_tests
from tests.support.query_cases.agents import of_agents, of_gateway, of_volumes
from tests.support.query_cases.case import MINUTES, NOW, Case
from tests.support.query_cases.clickhouse import of_clickhouse, of_keepers
from tests.support.query_cases.workloads import (
    LIMITS,
    LONG_AGO,
    MEMORY,
    RESTARTS,
    TWO_RESTARTS,
    USED_MEMORY,
    of_deployment,
    of_server,
    of_servers,
    of_workload,
    volume,
)

CLUSTER: Final = IN_CLUSTER.watched
AWS: Final = ON_AWS.watched
FOUR: Final = VERSION_4_ON_AWS.watched
SMALL: Final = VERSION_4_IN_CLUSTER.watched
WEB: Final = workloads.web(AWS)
DEPLOYMENT: Final = workloads.web_deployment(AWS)
DATABASE: Final = workloads.database(CLUSTER, "langfuse-postgres")
assert FOUR.worker
assert FOUR.clickhouse
assert FOUR.keeper
assert SMALL.clickhouse
assert SMALL.cache
assert SMALL.storage
WORKERS: Final = workloads.workers(FOUR, FOUR.worker)
REPLICAS: Final = workloads.servers(FOUR, FOUR.clickhouse)
KEEPERS: Final = workloads.servers(FOUR, FOUR.keeper)
ALONE: Final = workloads.servers(SMALL, SMALL.clickhouse)
assert FOUR.gateway
assert SMALL.gateway
TELEMETRY: Final = Telemetry(watched=FOUR, gateway=FOUR.gateway)
GATEWAYS: Final = workloads.servers(FOUR, FOUR.gateway.servers)
GATEWAY: Final = workloads.servers(SMALL, SMALL.gateway.servers)
CACHE: Final = workloads.servers(SMALL, SMALL.cache)
STORE: Final = workloads.servers(SMALL, SMALL.storage)

VARIABLES: Final = {"$__rate_interval": "5m", "$__range_s": "3600", "$__range": "1h"}
"""What Grafana puts in."""

NAMESPACE: Final = re.compile(r"\bNS\b")
"""What stands for the namespace in a case."""


def web(metric: str, pod: str = "a", more: str = "") -> str:
    return f'{metric}{{NS,pod="langfuse-5d9f8c7b6-{pod * 5}",container="langfuse"{more}}}'


def job(metric: str, name: str, more: str = "") -> str:
    return f'{metric}{{NS,job_name="langfuse-{name}"{more}}}'


def probe(metric: str, more: str = "") -> str:
    return (
        f'probe_{metric}{{NS,job="langfuse-probe",instance="https://langfuse.example.com"{more}}}'
    )


def replica_set(name: str) -> str:
    return f'kube_replicaset_created{{NS,replicaset="{name}"}}'


A, B = '{pod="langfuse-5d9f8c7b6-aaaaa"}', '{pod="langfuse-5d9f8c7b6-bbbbb"}'
READY = 'externalsecret_status_condition{condition="Ready",'

CASES: Final = [
    *of_workload(WEB, "langfuse-5d9f8c7b6-aaaaa", "web"),
    *of_workload(WORKERS, "langfuse-worker-5d9f8c7b6-aaaaa", "worker"),
    *of_workload(workloads.containers(DATABASE), "langfuse-postgres-0", "database"),
    *of_workload(workloads.containers(REPLICAS), "langfuse-servers-1-0", "replicas"),
    *of_workload(workloads.containers(KEEPERS), "langfuse-keepers-2-0", "Keepers", glance=False),
    *of_workload(workloads.containers(ALONE), "langfuse-clickhouse-0", "ClickHouse"),
    *of_workload(workloads.containers(CACHE), "langfuse-valkey-0", "cache"),
    *of_workload(workloads.containers(STORE), "langfuse-seaweedfs-0", "store"),
    *of_deployment(DEPLOYMENT),
    *of_deployment(workloads.worker_deployment(FOUR, FOUR.worker)),
    *(case for one in (DATABASE, ALONE, CACHE, STORE) for case in of_server(one)),
    *of_servers(REPLICAS, "replicas"),
    *of_servers(KEEPERS, "Keepers"),
    *of_clickhouse(ClickHouse(watched=FOUR, servers=FOUR.clickhouse), "replicas"),
    *of_clickhouse(ClickHouse(watched=SMALL, servers=SMALL.clickhouse), "ClickHouse"),
    *of_keepers(ClickHouse(watched=FOUR, servers=FOUR.keeper)),
    *of_workload(workloads.containers(GATEWAYS), "langfuse-gateway-1", "gateways"),
    *of_workload(workloads.containers(GATEWAY), "langfuse-gateway-0", "gateway"),
    *of_server(GATEWAY),
    *of_volumes(GATEWAYS),
    *of_agents(Agents(telemetry=TELEMETRY)),
    *of_gateway(Gateway(telemetry=TELEMETRY)),
    Case(
        REPLICAS.volume_used(),
        {
            volume("available", REPLICAS.servers.claims[0]): 25,
            volume("capacity", REPLICAS.servers.claims[0]): 100,
            volume("available", REPLICAS.servers.claims[1]): 50,
            volume("capacity", REPLICAS.servers.claims[1]): 100,
        },
        {"{}": 0.75},
        id="replicas: fullest volume",
    ),
    Case(
        workloads.containers(CACHE).resident_of(1_000_000),
        {'container_memory_rss{NS,pod="langfuse-valkey-0",container="valkey"}': 250_000},
        {'{pod="langfuse-valkey-0"}': 0.25},
        id="cache: a quarter of what it may hold",
    ),
    Case(
        promql.since_backup(FOUR, "langfuse-backup"),
        {'kube_cronjob_status_last_successful_time{NS,cronjob="langfuse-backup"}': NOW - 90},
        {"{}": 90},
        id="a backup a minute and a half ago",
    ),
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
            'ALERTS{alertname="AgentSlow",alertstate="firing",stack="prod"}': 1,
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
        found[NAMESPACE.sub('namespace="observability"', selector)] = constant(values)
        if NAMESPACE.search(selector):
            found[NAMESPACE.sub('namespace="elsewhere"', selector)] = "7777+7777x60"
        if selector.startswith("kube_"):
            copy = NAMESPACE.sub('namespace="observability",instance="second"', selector)
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

"""Cases of what the cluster says about one workload."""

from __future__ import annotations

from components.monitoring.dashboards.panels.workloads import Scaled, Servers, Workload
from tests.support.query_cases.case import Case

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
TWO_RESTARTS = "0x30 2x20"
"""The second half an hour sees two."""
LONG_AGO = "0 2x50"


def deployment(metric: str, name: str = "langfuse") -> str:
    return f'kube_deployment_{metric}{{NS,deployment="{name}"}}'


def autoscaler(metric: str, more: str = "", name: str = "langfuse") -> str:
    return f'kube_horizontalpodautoscaler_{metric}{{NS,horizontalpodautoscaler="{name}"{more}}}'


def volume(metric: str, claim: str = "data-langfuse-postgres-0") -> str:
    return f'kubelet_volume_stats_{metric}_bytes{{NS,persistentvolumeclaim="{claim}"}}'


def of_workload(workload: Workload, pod: str, id_: str, *, glance: bool = True) -> list[Case]:
    """What is the same for each workload. ``glance``: with the fullest of its pods."""
    label = f'{{pod="{pod}"}}'

    def one(metric: str, more: str = "") -> str:
        return f'{metric}{{NS,pod="{pod}",container="{workload.container}"{more}}}'

    fullest = Case(
        workload.fullest_memory(),
        {one(USED_MEMORY): 512, one(LIMITS, MEMORY): 1024},
        {"{}": 0.5},
        id=f"{id_}: fullest memory",
    )
    return [
        *([fullest] if glance else []),
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


def of_deployment(scaled: Scaled) -> list[Case]:
    """What is the same for each Deployment and its autoscaler."""
    name = scaled.name
    target = ',metric_name="cpu",metric_target_type='
    return [
        Case(
            scaled.available(),
            {deployment("status_replicas_available", name): 2},
            {"{}": 2},
            id=f"{name}: serve",
        ),
        Case(scaled.wanted(), {deployment("spec_replicas", name): 3}, {"{}": 3}, id=f"{name}: w"),
        Case(
            scaled.availability(),
            {
                deployment("status_replicas_available", name): 3,
                deployment("spec_replicas", name): 4,
            },
            {"{}": 0.75},
            id=f"{name}: three of four serve",
        ),
        Case(
            scaled.availability(),
            {
                deployment("status_replicas_available", name): 0,
                deployment("spec_replicas", name): 0,
            },
            {"{}": 0},
            id=f"{name}: scaled to nothing is not available",
        ),
        Case(
            scaled.minimum(),
            {autoscaler("spec_min_replicas", name=name): 2},
            {"{}": 2},
            id=f"{name}: minimum",
        ),
        Case(
            scaled.maximum(),
            {autoscaler("spec_max_replicas", name=name): 6},
            {"{}": 6},
            id=f"{name}: maximum",
        ),
        Case(
            scaled.of_maximum(),
            {
                autoscaler("status_current_replicas", name=name): 3,
                autoscaler("spec_max_replicas", name=name): 6,
            },
            {"{}": 0.5},
            id=f"{name}: of maximum",
        ),
        Case(
            scaled.target_cpu(),
            {
                autoscaler("spec_target_metric", f'{target}"utilization"', name): 75,
                autoscaler("spec_target_metric", f'{target}"average"', name): 9,
            },
            {"{}": 0.75},
            id=f"{name}: target",
        ),
    ]


def stateful_set(name: str) -> str:
    return f'kube_statefulset_status_replicas_ready{{NS,statefulset="{name}"}}'


def of_server(one: Servers) -> list[Case]:
    """What is the same for each service of one server."""
    (name,), (claim,) = one.servers.stateful_sets, one.servers.claims
    return [
        Case(one.ready(), {stateful_set(name): 1}, {"{}": 1}, id=f"{name}: ready"),
        Case(
            one.volume_used(),
            {
                volume("available", claim): 25,
                volume("used", claim): 70,
                volume("capacity", claim): 100,
            },
            {"{}": 0.75},
            id=f"{name}: what is reserved counts as used",
        ),
        Case(
            one.volume_available(),
            {volume("available", claim): 25, volume("available", "data-other-0"): 1},
            {"{}": 25},
            id=f"{name}: free, and another volume",
        ),
        Case(
            one.volume_capacity(), {volume("capacity", claim): 100}, {"{}": 100}, id=f"{name}: size"
        ),
    ]


def of_servers(several: Servers, id_: str) -> list[Case]:
    """What is the same for servers and Keepers."""
    sets, claims = several.servers.stateful_sets, several.servers.claims
    return [
        Case(
            several.ready(),
            {
                stateful_set(sets[0]): 1,
                stateful_set(sets[1]): 0,
                stateful_set(sets[2]): 1,
                stateful_set("other"): 1,
            },
            {"{}": 2},
            id=f"{id_}: two of three are ready",
        ),
        Case(
            several.each_ready(),
            {stateful_set(sets[0]): 1, stateful_set(sets[1]): 0, stateful_set("other"): 1},
            {f'{{statefulset="{sets[0]}"}}': 1, f'{{statefulset="{sets[1]}"}}': 0},
            id=f"{id_}: each by itself",
        ),
        Case(
            several.volume_available(),
            {volume("available", claims[0]): 25, volume("available", claims[1]): 50},
            {
                f'{{persistentvolumeclaim="{claims[0]}"}}': 25,
                f'{{persistentvolumeclaim="{claims[1]}"}}': 50,
            },
            id=f"{id_}: free on each",
        ),
        Case(
            several.volume_capacity(),
            {volume("capacity", claims[0]): 200, volume("capacity", claims[1]): 100},
            {"{}": 100},
            id=f"{id_}: size of the smallest",
        ),
    ]

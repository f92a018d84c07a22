"""A paused stack: no pod and no autoscaler, and everything else as it was."""

from __future__ import annotations

import json
from typing import Any

from components.monitoring.alarms import cache, definitions
from tests.support import stacks
from tests.support.recordings import all_before, depends_on, inputs, recorded, with_overrides
from tests.support.wiring.changes import REMOVED, changes
from tooling.engineless.recording import Recording

WEB, WORKER, JOB = "langfuse-deployment", "langfuse-worker-deployment", "langfuse-migration"
ACTION = "alb.ingress.kubernetes.io/actions.paused"
FOUR = "version 4 in the cluster"


def four(*, paused: bool) -> Recording:
    overrides = {**stacks.VARIANTS[FOUR].overrides}
    key = "agent-observability:langfuse"
    return with_overrides(
        stacks.VARIANTS[FOUR].base, {**overrides, key: {**overrides[key], "paused": paused}}
    )


def prod(**langfuse: Any) -> Recording:  # noqa: ANN401
    return recorded("prod", langfuse=langfuse)


def changed(before: Recording, after: Recording) -> set[str]:
    """The resources that differ, ``Kind/name``, with a sign before one that is gone."""
    found = changes(before, after)
    gone = {place.removesuffix(f" {REMOVED}") for place in found if place.endswith(REMOVED)}
    return {f"- {name}" for name in gone} | {place.partition(" ")[0] for place in found} - gone


def test_pods_and_autoscalers_go_and_nothing_else_changes() -> None:
    assert changed(four(paused=False), four(paused=True)) == {
        "Deployment/langfuse-deployment",
        "Deployment/langfuse-worker-deployment",
        "Job/langfuse-migration",
        # What the guard of a migration is told.
        "ConfigMap/langfuse-upgrade",
        "- HorizontalPodAutoscaler/langfuse-autoscaler",
        "- HorizontalPodAutoscaler/langfuse-worker-autoscaler",
    }


def test_no_pod_is_wanted_and_nothing_else_of_the_deployments_changes() -> None:
    running, paused = four(paused=False), four(paused=True)

    for name in (WEB, WORKER):
        deployment = inputs(paused, name)
        assert deployment["spec"].pop("replicas") == 0
        assert deployment == inputs(running, name)


def test_the_migration_is_the_same_and_starts_when_no_pod_is_wanted() -> None:
    running, paused = four(paused=False), four(paused=True)

    assert inputs(paused, JOB) == inputs(running, JOB)
    assert {WEB, WORKER} <= {*depends_on(paused, paused.named(JOB))}
    assert JOB not in all_before(paused, WEB) | all_before(paused, WORKER)
    assert {WEB, WORKER} & {*depends_on(running, running.named(JOB))} == set()
    assert JOB in all_before(running, WEB) & all_before(running, WORKER)


def test_the_load_balancer_answers_before_the_pods_go() -> None:
    running, paused = prod(), prod(paused=True)
    before, after = (inputs(run, "langfuse-endpoint-ingress") for run in (running, paused))

    action = json.loads(after["metadata"]["annotations"].pop(ACTION))
    (rule,) = after["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["backend"] == {"service": {"name": "paused", "port": {"name": "use-annotation"}}}
    page = action["fixedResponseConfig"].pop("messageBody")
    assert action == {
        "type": "fixed-response",
        "fixedResponseConfig": {"contentType": "text/html", "statusCode": "503"},
    }
    assert "Langfuse is paused" in page
    assert len(page) <= 1024  # AWS refuses a longer one
    path["backend"] = before["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    assert path["backend"] == {"service": {"name": "langfuse", "port": {"name": "http"}}}
    assert after == before
    assert "langfuse-endpoint-ingress" in all_before(paused, WEB)


def test_alarms_of_the_load_balancer_notify_nobody_and_the_others_go_on() -> None:
    alarms = prod(paused=True).of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    notifying = {
        alarm.inputs["name"].rpartition("/")[2]: alarm.inputs.get("actionsEnabled")
        for alarm in alarms
    }

    assert notifying == {
        **dict.fromkeys((*definitions.DATABASE_NAMES, *cache.NAMES)),
        # Agents of the stack send to the Service, so that a silent load balancer means nothing.
        **{n: False for n in definitions.LOAD_BALANCER_NAMES if n != "LoadBalancerSilent"},
        **dict.fromkeys(definitions.CERTIFICATE_NAMES),
    }

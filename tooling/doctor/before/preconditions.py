"""Checks what `up` needs in a cluster, from the API server's answers. Pure; imports no SDK."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from components.aws.cluster_support import OLDEST
from components.kubernetes import cluster_mode
from components.kubernetes.cluster_mode import ClusterMode
from components.langfuse.versions import Version, has_worker
from stacks.settings import Settings
from tooling.doctor.before import ingress_class
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.json_values import as_list, as_mapping
from tooling.kubernetes.objects import Object, conditions, is_ours, labels, name, part

EXTERNAL_SECRETS: Final = {
    "external-secrets": "controller",
    "external-secrets-webhook": "webhook",
}
"""Label ``app.kubernetes.io/name`` of the operator's Deployments, by what they are:
https://github.com/external-secrets/external-secrets/tree/main/deploy/charts/external-secrets"""

LOAD_BALANCER_CONTROLLER: Final = "aws-load-balancer-controller"
_IN_CLUSTER: Final = cluster_mode.SELF_MANAGED.ingress_controller
_CONTROLLERS: Final = {_IN_CLUSTER, cluster_mode.AUTO.ingress_controller}

AUTO_MODE: Final = ("eks.amazonaws.com/v1", "IngressClassParams")
"""A kind that clusters in EKS Auto Mode have."""


def kubernetes(version: Object, place: Place) -> Iterator[Finding]:
    """``version``: the answer to ``/version``."""
    # EKS and GKE write a minor such as `31+`.
    digits = (re.sub(r"\D", "", str(version[key])) for key in ("major", "minor"))
    found = tuple(int(text or 0) for text in digits)
    if found < OLDEST:
        yield Finding.error(
            "kubernetes-too-old",
            f"Kubernetes {version['gitVersion']}",
            f"The stack's pods need Kubernetes {OLDEST[0]}.{OLDEST[1]} or newer (preStop.sleep)",
            place.kubectl("version"),
        )


def external_secrets(
    definition: Object | None, deployments: Iterable[Object], place: Place
) -> Iterator[Finding]:
    """``definition``: the ExternalSecret's; ``deployments``: those of the operator."""

    def finding(cause: str, command: str) -> Finding:
        return Finding.error("external-secrets-missing", "External Secrets", cause, command)

    if definition is None:
        yield finding(
            "The operator that turns Secrets Manager entries into Secrets is not in the cluster",
            place.config_set("secrets.installExternalSecrets", True),
        )
        return
    versions: list[dict[str, Any]] = as_list(part(definition, "spec").get("versions")) or []
    served = [version["name"] for version in versions if version.get("served")]
    if "v1" not in served:
        yield finding(
            f"Its release serves {', '.join(served) or 'no version'} and not v1: it is older than "
            "0.16",
            place.kubectl("get", "crd", name(definition), "-o", "yaml"),
        )
        return
    by_name = {labels(item).get("app.kubernetes.io/name"): item for item in deployments}
    for label, role in EXTERNAL_SECRETS.items():
        if problem := unavailable(by_name.get(label)):
            yield finding(
                f"Its {role} {problem}",
                place.kubectl("get", "pods", "-A", "-l", f"app.kubernetes.io/name={label}"),
            )


def load_balancer_controller(
    settings: Settings,
    classes: Sequence[Object],
    deployments: Sequence[Object],
    place: Place,
    *,
    mode: ClusterMode = cluster_mode.SELF_MANAGED,
) -> Iterator[Finding]:
    """``classes``: IngressClasses; ``deployments``: those of the controller."""
    wanted = ingress_class.class_name(settings, mode)
    if wanted is None:
        return  # without an endpoint; or the stack makes a class, of a controller that AWS runs

    def finding(cause: str, command: str) -> Finding:
        return Finding.error(
            "load-balancer-controller-missing", f"IngressClass {wanted}", cause, command
        )

    by_name = {name(item): part(item, "spec").get("controller") for item in classes}
    look = place.kubectl("get", "ingressclasses")
    if wanted not in by_name:
        known = ", ".join(sorted(by_name)) or "none"
        cause = f"The AWS Load Balancer Controller brings it, and the cluster has {known}"
        yield finding(cause, look)
    elif by_name[wanted] not in _CONTROLLERS:
        cause = f"Its controller is {by_name[wanted]}, which makes no load balancer in AWS"
        yield finding(cause, look)
    elif by_name[wanted] == _IN_CLUSTER:
        running = [item for item in deployments if unavailable(item) is None]
        if not running:
            problem = unavailable(deployments[0] if deployments else None)
            selector = f"app.kubernetes.io/name={LOAD_BALANCER_CONTROLLER}"
            yield finding(
                f"Its controller, the AWS Load Balancer Controller, {problem}",
                place.kubectl("get", "pods", "-A", "-l", selector),
            )


def autoscaled(settings: Settings) -> list[str]:
    """Sections of the pods that an autoscaler may add to; none of a stack that is paused."""
    langfuse, worker = settings.langfuse, settings.langfuse.worker
    workers = has_worker(Version.parse(langfuse.version))
    if langfuse.paused:
        return []
    return [
        *(["langfuse"] if langfuse.min_replicas != langfuse.max_replicas else []),
        *(["langfuse.worker"] if workers and worker.min_replicas != worker.max_replicas else []),
    ]


def metrics_server(service: Object | None, settings: Settings, place: Place) -> Iterator[Finding]:
    """``service``: the APIService of ``metrics.k8s.io``."""
    sections = autoscaled(settings)
    if not sections:
        return
    available = conditions(service or {}).get("Available", {})
    if available.get("status") == "True":
        return
    reason = f"It does not answer: {available.get('message')}" if service else "It is not there"
    least = " and ".join(f"{section}.minReplicas" for section in sections)
    yield Finding.warning(
        "metrics-server-missing",
        "metrics-server",
        f"{reason}. The autoscalers read CPU from it: without it there are never more pods than "
        f"{least}",
        place.kubectl("get", "apiservice", "v1beta1.metrics.k8s.io"),
    )


def prometheus_operator(
    wanted: Iterable[str], definitions: Mapping[str, Object | None], place: Place
) -> Iterator[Finding]:
    """``definitions``: by the name of the custom resource, such as ``probes``."""
    missing = [kind for kind in wanted if definitions.get(kind) is None]
    if missing:
        yield Finding.error(
            "prometheus-operator-missing",
            "Prometheus Operator",
            f"The cluster does not know {' and '.join(missing)} of monitoring.coreos.com, "
            "which monitoring.prometheusRules needs",
            place.kubectl("api-resources", "--api-group", "monitoring.coreos.com"),
        )


def prometheus_kinds(settings: Settings) -> tuple[str, ...]:
    """The Prometheus Operator's resources that a stack uses."""
    rules = settings.monitoring.prometheus_rules if settings.monitoring else None
    if rules is None:
        return ()
    return (
        "prometheusrules",
        *(["probes"] if rules.prober else []),
        *(["podmonitors"] if rules.prometheus_namespace else []),
    )


def namespaces(settings: Settings, found: Mapping[str, Object], place: Place) -> Iterator[Finding]:
    """``found``: the cluster's namespaces by name."""
    cluster, agents = settings.cluster, settings.agents
    created = [cluster.namespace] if cluster.create_namespace else []
    adopted = [] if cluster.create_namespace else [cluster.namespace]
    for wanted in (*created, *adopted, *agents.every_namespace):
        if wanted in found and "deletionTimestamp" in part(found[wanted], "metadata"):
            yield Finding.error(
                "stuck-terminating",
                f"Namespace {wanted}",
                "It is being deleted: nothing can be made in it before it is gone",
                place.kubectl("wait", "--for=delete", f"namespace/{wanted}", "--timeout=120s"),
            )
    for wanted in (*created, *agents.namespaces):
        if wanted in found and not is_ours(found[wanted]):
            yield _foreign(settings, wanted, place)
    for wanted in (*adopted, *agents.existing_namespaces):
        if wanted not in found:
            yield Finding.error(
                "namespace-missing",
                f"Namespace {wanted}",
                "The stack adopts it, and it is not there",
                place.kubectl("create", "namespace", wanted),
            )


def _foreign(settings: Settings, wanted: str, place: Place) -> Finding:
    if wanted == settings.cluster.namespace:
        how = "adopt it"
        command = place.config_set("cluster.createNamespace", False)
    else:
        how = "move its name from agents.namespaces to agents.existingNamespaces"
        index = len(settings.agents.existing_namespaces)
        command = place.config_set(f"agents.existingNamespaces[{index}]", wanted)
    return Finding.error(
        "namespace-exists",
        f"Namespace {wanted}",
        f"The stack wants to create it, and it is there, made by something else: {how}, or "
        "choose another name",
        command,
    )


def unavailable(deployment: Object | None) -> str | None:
    """What is wrong with an operator's Deployment; None when it is available."""
    if deployment is None:
        return "is not in the cluster"
    available = conditions(deployment).get("Available", {})
    if available.get("status") == "True" and part(deployment, "status").get("availableReplicas"):
        return None
    place = as_mapping(deployment.get("metadata")) or {}
    return f"has no available pod (Deployment {place.get('namespace')}/{place.get('name')})"

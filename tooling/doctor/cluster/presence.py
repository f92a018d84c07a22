"""Which objects a stack has under names that never change, and what its pods read.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from components.agents.environment import SECRET_NAME
from components.clickhouse.operator_resources import API_VERSION
from components.langfuse.versions import Version, has_worker
from stacks.names import NAMES
from stacks.settings import Settings
from tooling.doctor import servers
from tooling.kubernetes.objects import Object, items, namespace, part


@dataclass(frozen=True, kw_only=True, order=True)
class Kind:
    """Objects of one kind in one namespace."""

    api_version: str
    kind: str
    namespace: str

    def subject(self, name: str) -> str:
        return f"{self.kind} {self.namespace}/{name}"


Names = dict[Kind, set[str]]


def fixed(settings: Settings) -> Names:
    """What the stack makes under a fixed name."""
    own = settings.cluster.namespace
    single = {server.name for server in servers.in_cluster(settings) if not server.by_operator}
    replicated = {NAMES.clickhouse} if servers.has_operator(settings) else set[str]()
    web, migration = {NAMES.langfuse}, {NAMES.migration}
    workers = has_worker(Version.parse(settings.langfuse.version))
    pods = web | ({NAMES.worker} if workers else set[str]())
    found: Names = {
        _kind("apps/v1", "Deployment", own): pods,
        _kind("v1", "Service", own): web | single | replicated,
        _kind("v1", "ServiceAccount", own): pods | migration,
        _kind("networking.k8s.io/v1", "NetworkPolicy", own): pods | migration | single | replicated,
        _kind("policy/v1", "PodDisruptionBudget", own): pods,
    }
    if not settings.langfuse.paused:
        found[_kind("autoscaling/v2", "HorizontalPodAutoscaler", own)] = pods
    if single:
        found[_kind("apps/v1", "StatefulSet", own)] = single
    if replicated:
        for kind in servers.CLUSTERS:
            found[_kind(API_VERSION, kind, own)] = replicated
    if settings.gateway is not None:
        _add_gateway(found, own, several=settings.gateway.replicas > 1)
    if settings.endpoint is not None:
        found[_kind("networking.k8s.io/v1", "Ingress", own)] = {NAMES.endpoint}
    by_entries = settings.secrets.delivery == "secretsManager"
    delivered = ("external-secrets.io/v1", "ExternalSecret") if by_entries else ("v1", "Secret")
    for where in settings.agents.every_namespace:
        found[_kind(*delivered, where)] = {SECRET_NAME}
    return found


def _add_gateway(found: Names, own: str, *, several: bool) -> None:
    for api_version, kind in (
        ("apps/v1", "StatefulSet"),
        ("v1", "Service"),
        ("v1", "ServiceAccount"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        *([("policy/v1", "PodDisruptionBudget")] if several else []),
    ):
        key = _kind(api_version, kind, own)
        found[key] = found.get(key, set()) | {NAMES.gateway}


def read_by(workloads: Iterable[Object]) -> Names:
    """Secrets and ConfigMaps that the pods of some workloads cannot start without."""
    found: Names = {}
    for workload in workloads:
        pod = part(part(part(workload, "spec"), "template"), "spec")
        for kind, name in _references(pod):
            found.setdefault(_kind("v1", kind, namespace(workload)), set()).add(name)
    return found


def _references(pod: Object) -> Iterator[tuple[str, str]]:
    sources = list[tuple[str, Object, str]]()
    for key in ("initContainers", "containers"):
        for container in items(pod, key):
            for source in items(container, "envFrom"):
                sources.append(("Secret", part(source, "secretRef"), "name"))
                sources.append(("ConfigMap", part(source, "configMapRef"), "name"))
            for variable in items(container, "env"):
                source = part(variable, "valueFrom")
                sources.append(("Secret", part(source, "secretKeyRef"), "name"))
                sources.append(("ConfigMap", part(source, "configMapKeyRef"), "name"))
    for volume in items(pod, "volumes"):
        sources.append(("Secret", part(volume, "secret"), "secretName"))
        sources.append(("ConfigMap", part(volume, "configMap"), "name"))
    for kind, reference, key in sources:
        if reference.get(key) and not reference.get("optional"):
            yield kind, str(reference[key])


def absent(wanted: Names, found: Names) -> list[str]:
    """``Kind namespace/name`` of what is wanted and was not found. ``found``: the kinds that could
    be read; of another kind nothing is known."""
    return [
        kind.subject(name)
        for kind, names in sorted(wanted.items())
        if kind in found
        for name in sorted(names - found[kind])
    ]


def _kind(api_version: str, kind: str, namespace: str) -> Kind:
    return Kind(api_version=api_version, kind=kind, namespace=namespace)

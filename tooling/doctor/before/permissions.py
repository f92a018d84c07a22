"""What the person who runs `up` has to be allowed to do in the cluster. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from components.clickhouse.operator_resources import API_VERSION
from components.kubernetes import cluster_mode
from components.kubernetes.cluster_mode import ClusterMode
from stacks.settings import Settings
from tooling.doctor import servers
from tooling.doctor.before.preconditions import prometheus_kinds
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place

WRITE: Final = ("create", "patch", "delete")
"""A server-side apply asks for the first two."""
READ: Final = ("list",)
"""What Pulumi reads while it waits."""


@dataclass(frozen=True, kw_only=True, order=True)
class Need:
    """Verbs on one kind of resource."""

    namespace: str | None
    """None: a resource of the cluster."""
    group: str
    resource: str
    verbs: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


_ALWAYS: Final = (
    ("", "configmaps"),
    ("", "secrets"),
    ("", "serviceaccounts"),
    ("", "services"),
    ("apps", "deployments"),
    ("batch", "jobs"),
    ("networking.k8s.io", "networkpolicies"),
    ("policy", "poddisruptionbudgets"),
)
_EXTERNAL_SECRETS: Final = (
    ("external-secrets.io", "externalsecrets"),
    ("external-secrets.io", "secretstores"),
)
_OPERATOR: Final = (
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("rbac.authorization.k8s.io", "clusterroles"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
)


def needs(settings: Settings, mode: ClusterMode = cluster_mode.SELF_MANAGED) -> Iterator[Need]:
    """Everything that a stack creates and reads, by namespace."""
    by_entries = settings.secrets.delivery == "secretsManager"
    kinds = [*_ALWAYS]
    if not settings.langfuse.paused:
        kinds.append(("autoscaling", "horizontalpodautoscalers"))
    in_cluster = [*servers.in_cluster(settings)]
    if any(not server.by_operator for server in in_cluster):
        kinds.append(("apps", "statefulsets"))
    if servers.has_operator(settings):
        group = API_VERSION.partition("/")[0]
        kinds += ((group, f"{kind.lower()}s") for kind in servers.CLUSTERS)
    if settings.endpoint is not None:
        kinds.append(("networking.k8s.io", "ingresses"))
    if by_entries:
        kinds += _EXTERNAL_SECRETS
    kinds += (("monitoring.coreos.com", kind) for kind in prometheus_kinds(settings))
    own = settings.cluster.namespace
    yield from (_write(own, *kind) for kind in kinds)
    for group, resource in (("", "events"), ("", "pods"), ("apps", "replicasets")):
        yield Need(namespace=own, group=group, resource=resource, verbs=READ)
    for namespace in settings.agents.every_namespace:
        agents = (*_EXTERNAL_SECRETS, ("", "serviceaccounts")) if by_entries else (("", "secrets"),)
        yield from (_write(namespace, *kind) for kind in agents)
    if settings.cluster.create_namespace or settings.agents.namespaces:
        yield _write(None, "", "namespaces")
    if any(server.create_storage_class for server in in_cluster):
        yield _write(None, "storage.k8s.io", "storageclasses")
    if settings.endpoint and not (settings.endpoint.ingress_class or mode.ingress_class):
        yield _write(None, "networking.k8s.io", "ingressclasses")
    if settings.secrets.install_external_secrets:
        yield from (_write(None, *kind) for kind in _OPERATOR)


def _write(namespace: str | None, group: str, resource: str) -> Need:
    return Need(namespace=namespace, group=group, resource=resource, verbs=WRITE)


def missing(denied: Iterable[Need], place: Place) -> Iterator[Finding]:
    """One finding for everything that is not allowed. ``denied``: only the verbs that are."""
    lacking = sorted(denied, key=lambda need: (need.namespace or "", need.full_name))
    if not lacking:
        return
    texts = (
        f"{', '.join(need.verbs)} {need.full_name}"
        + (f" in {need.namespace}" if need.namespace else "")
        for need in lacking
    )
    first = lacking[0]
    yield Finding.error(
        "permission-missing",
        f"Context {place.context}",
        f"Its user may not: {'; '.join(texts)}",
        place.kubectl("auth", "can-i", first.verbs[0], first.full_name, namespace=first.namespace),
    )

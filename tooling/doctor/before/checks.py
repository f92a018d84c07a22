"""The cluster's preconditions as checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from components.kubernetes import cluster_mode
from components.kubernetes.cluster_mode import ClusterMode
from stacks.settings import Settings
from stacks.settings.sections.clickhouse import OperatorClickHouse
from tooling.doctor import servers
from tooling.doctor.before import (
    clickhouse_operator,
    enforcement,
    ingress_class,
    permissions,
    preconditions,
    pull_secrets,
    shape,
    storage,
)
from tooling.doctor.before.permissions import Need
from tooling.doctor.cluster.server import Server
from tooling.doctor.findings import Check, Finding
from tooling.doctor.place import Place
from tooling.kit.deadline import Deadline, Question
from tooling.kubernetes.api import Reference, UnknownKindError
from tooling.kubernetes.objects import Object, name

_EVERYTHING: Final = Need(namespace=None, group="*", resource="*", verbs=("*",))
"""What an administrator of the cluster may do."""

_REVIEWS: Final = 6.0
"""Seconds for all questions about permissions."""


def checks(server: Server, settings: Settings, place: Place) -> list[Check]:
    """The checks of the cluster that apply to a stack."""
    asks = _Asks(server, settings, place)
    found = [
        Check(title="Kubernetes version", run=asks.version),
        Check(title="nodes and network", run=asks.shape),
        Check(title="permissions", run=asks.permissions),
    ]
    if any(servers.in_cluster(settings)):
        found.append(Check(title="StorageClasses", run=asks.storage))
    if servers.has_operator(settings):
        found += (
            Check(title="ClickHouse's operator", run=asks.clickhouse_operator),
            Check(title="nodes for ClickHouse", run=asks.clickhouse_nodes),
        )
    secrets = settings.secrets
    if secrets.delivery == "secretsManager" and not secrets.install_external_secrets:
        found.append(Check(title="External Secrets", run=asks.external_secrets))
    if settings.endpoint is not None:
        found.append(Check(title="AWS Load Balancer Controller", run=asks.load_balancers))
    if preconditions.autoscaled(settings):
        found.append(Check(title="metrics-server", run=asks.metrics))
    if preconditions.prometheus_kinds(settings):
        found.append(Check(title="Prometheus Operator", run=asks.prometheus))
    if settings.cluster.image_pull_secrets:
        found.append(Check(title="image pull Secrets", run=asks.pull_secrets))
    return [
        *found,
        Check(title="NetworkPolicy", run=asks.network_policies),
        Check(title="namespaces", run=asks.namespaces),
    ]


class _Asks:
    """What each check reads."""

    def __init__(self, server: Server, settings: Settings, place: Place) -> None:
        self._server = server
        self._settings = settings
        self._place = place

    def version(self) -> Iterator[Finding]:
        return preconditions.kubernetes(self._server.version(), self._place)

    def permissions(self) -> Iterator[Finding]:
        if self._server.allowed(_EVERYTHING, "*"):
            return iter(())
        deadline = Deadline(_REVIEWS)
        asked = [
            Question(partial(self._denied, need))
            for need in permissions.needs(self._settings, self._mode())
        ]
        denied = [need for question in asked if (need := question.answer(deadline)).verbs]
        return permissions.missing(denied, self._place)

    def _denied(self, need: Need) -> Need:
        verbs = (verb for verb in need.verbs if not self._server.allowed(need, verb))
        return replace(need, verbs=tuple(verbs))

    def storage(self) -> Iterator[Finding]:
        namespace = self._settings.cluster.namespace
        return storage.storage_classes(
            self._settings,
            self._server.list("storage.k8s.io/v1", "StorageClass"),
            self._server.list("storage.k8s.io/v1", "CSIDriver"),
            self._server.list("v1", "PersistentVolumeClaim", namespace),
            self._place,
            mode=self._mode() if self._settings.cluster.eks_name else cluster_mode.SELF_MANAGED,
        )

    def clickhouse_operator(self) -> Iterator[Finding]:
        section = self._settings.clickhouse
        if not isinstance(section, OperatorClickHouse):
            return
        names = clickhouse_operator.DEFINITIONS
        yield from clickhouse_operator.operator(
            section,
            {name: self._definition(name) for name in names},
            self._deployments(clickhouse_operator.SELECTOR),
            self._place,
        )
        yield from clickhouse_operator.cert_manager(
            self._definition(clickhouse_operator.CERTIFICATES),
            self._deployments(clickhouse_operator.CERT_MANAGER),
            self._place,
        )

    def clickhouse_nodes(self) -> Iterator[Finding]:
        return clickhouse_operator.nodes(self._server.list("v1", "Node"), self._place)

    def external_secrets(self) -> Iterator[Finding]:
        labels = ",".join(preconditions.EXTERNAL_SECRETS)
        return preconditions.external_secrets(
            self._definition("externalsecrets.external-secrets.io"),
            self._deployments(f"app.kubernetes.io/name in ({labels})"),
            self._place,
        )

    def load_balancers(self) -> Iterator[Finding]:
        controller = preconditions.LOAD_BALANCER_CONTROLLER
        mode = self._mode()
        classes = self._server.list("networking.k8s.io/v1", "IngressClass")
        yield from preconditions.load_balancer_controller(
            self._settings,
            classes,
            self._deployments(f"app.kubernetes.io/name={controller}"),
            self._place,
            mode=mode,
        )
        wanted = ingress_class.class_name(self._settings, mode)
        for class_ in (item for item in classes if name(item) == wanted):
            if (found := ingress_class.parameters_of(class_)) is not None:
                version, called = found
                parameters = self._custom(version, ingress_class.PARAMETERS, called)
                yield from ingress_class.overrides(self._settings, parameters, self._place)
        namespace = self._get("v1", "Namespace", self._settings.cluster.namespace)
        yield from ingress_class.gates(self._settings, namespace, classes, mode, self._place)

    def shape(self) -> Iterator[Finding]:
        return shape.unsupported(
            self._server.list("v1", "Node"),
            self._get("v1", "Service", "kubernetes", "default"),
            self._place,
        )

    def network_policies(self) -> Iterator[Finding]:
        return enforcement.network_policies(
            self._server.list("apps/v1", "DaemonSet"),
            self._get("v1", "ConfigMap", enforcement.VPC_CNI, enforcement.SYSTEM),
            self._mode(),
            self._place,
        )

    def metrics(self) -> Iterator[Finding]:
        service = self._get("apiregistration.k8s.io/v1", "APIService", "v1beta1.metrics.k8s.io")
        return preconditions.metrics_server(service, self._settings, self._place)

    def prometheus(self) -> Iterator[Finding]:
        wanted = preconditions.prometheus_kinds(self._settings)
        definitions = {kind: self._definition(f"{kind}.monitoring.coreos.com") for kind in wanted}
        return preconditions.prometheus_operator(wanted, definitions, self._place)

    def pull_secrets(self) -> Iterator[Finding]:
        where = self._settings.cluster.namespace
        there = self._get("v1", "Namespace", where) is not None
        found = self._server.names("v1", "Secret", where) if there else None
        return pull_secrets.missing(self._settings, found, self._place)

    def namespaces(self) -> Iterator[Finding]:
        found = {name(item): item for item in self._server.list("v1", "Namespace")}
        return preconditions.namespaces(self._settings, found, self._place)

    def _mode(self) -> ClusterMode:
        """By what the cluster has: a context may lead to a cluster in Auto Mode too."""
        in_auto_mode = self._server.knows(*preconditions.AUTO_MODE)
        return cluster_mode.AUTO if in_auto_mode else cluster_mode.SELF_MANAGED

    def _get(
        self, api_version: str, kind: str, name: str, namespace: str | None = None
    ) -> Object | None:
        return self._server.get(
            Reference(api_version=api_version, kind=kind, namespace=namespace, name=name)
        )

    def _custom(self, api_version: str, kind: str, name: str) -> Object | None:
        """A custom resource; None too where the cluster does not know its kind."""
        try:
            return self._get(api_version, kind, name)
        except UnknownKindError:
            return None

    def _definition(self, name: str) -> Object | None:
        return self._get("apiextensions.k8s.io/v1", "CustomResourceDefinition", name)

    def _deployments(self, selector: str) -> list[dict[str, object]]:
        return self._server.list("apps/v1", "Deployment", selector=selector)

"""Whether the cluster has what makes ClickHouse's servers, and nodes for them.

Pure; imports no SDK.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from components.clickhouse.operator_resources import API_VERSION, REPLICAS
from stacks.settings.sections.clickhouse import OperatorClickHouse
from tooling.doctor.before.preconditions import unavailable
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kubernetes.objects import Object, items, labels, name, namespace, part

DEFINITIONS: Final = ("clickhouseclusters.clickhouse.com", "keeperclusters.clickhouse.com")
CERTIFICATES: Final = "certificates.cert-manager.io"

SELECTOR: Final = "control-plane=controller-manager"
"""Labels of the operator's Deployment, and of those of others
(dist/chart/templates/manager/manager.yaml of github.com/ClickHouse/clickhouse-operator)."""

CERT_MANAGER: Final = "app.kubernetes.io/name=cert-manager"

_NAMED: Final = "clickhouse-operator"
"""What the label ``app.kubernetes.io/name`` of the operator's Deployment begins with."""

_ZONE: Final = "topology.kubernetes.io/zone"

# https://clickhouse.com/docs/products/kubernetes-operator/install/helm
_INSTALL: Final = (
    *("helm", "install", "clickhouse-operator"),
    "oci://ghcr.io/clickhouse/clickhouse-operator-helm",
)
_INSTALL_CERT_MANAGER: Final = (
    *("helm", "install", "cert-manager", "oci://quay.io/jetstack/charts/cert-manager"),
    *("--namespace", "cert-manager", "--create-namespace", "--set", "crds.enabled=true"),
)


def operator(
    section: OperatorClickHouse,
    definitions: Mapping[str, Object | None],
    deployments: Iterable[Object],
    place: Place,
) -> Iterator[Finding]:
    """``definitions``: by the names of ``DEFINITIONS``; ``deployments``: those of ``SELECTOR``."""

    def finding(cause: str, command: str) -> Finding:
        return Finding.error("clickhouse-operator-missing", "ClickHouse's operator", cause, command)

    wanted = section.operator_namespace
    own = [item for item in deployments if _is_operator(item)]
    if not own and not all(definitions.values()):
        where = ("--namespace", wanted, "--create-namespace")
        yield finding(
            "It makes ClickHouse's servers from the stack's resources, and is not in the cluster",
            shlex.join((*_INSTALL, *where)),
        )
        return
    version = API_VERSION.rpartition("/")[2]
    for called, definition in definitions.items():
        versions = items(part(definition or {}, "spec"), "versions")
        if not any(item["name"] == version and item.get("served") for item in versions):
            yield finding(
                f"The cluster does not know {called} in the version {version}: its definitions are "
                "missing or of another release",
                place.kubectl("get", "crd", called, "-o", "yaml"),
            )
            return
    here = [item for item in own if namespace(item) == wanted]
    if own and not here:
        found = ", ".join(sorted({namespace(item) for item in own}))
        yield finding(
            f"It runs in the namespace {found}, and only pods of {wanted} "
            "(clickhouse.operatorNamespace) may connect to the servers",
            place.config_set("clickhouse.operatorNamespace", namespace(own[0])),
        )
    elif (problem := unavailable(here[0] if here else None)) is not None:
        yield finding(f"It {problem}", place.kubectl("get", "pods", namespace=wanted))


def _is_operator(deployment: Object) -> bool:
    return str(labels(deployment).get("app.kubernetes.io/name")).startswith(_NAMED)


def cert_manager(
    definition: Object | None, deployments: Sequence[Object], place: Place
) -> Iterator[Finding]:
    """``definition``: that of ``CERTIFICATES``; ``deployments``: those of ``CERT_MANAGER``."""

    def finding(cause: str, command: str) -> Finding:
        # The operator runs without it as long as its certificate is valid, or without webhooks.
        told = f"{cause}. ClickHouse's operator gets the certificate of its webhooks from it"
        return Finding.warning("cert-manager-missing", "cert-manager", told, command)

    if definition is None:
        yield finding("It is not in the cluster", shlex.join(_INSTALL_CERT_MANAGER))
    elif (problem := unavailable(deployments[0] if deployments else None)) is not None:
        look = place.kubectl("get", "pods", "-A", "-l", CERT_MANAGER)
        yield finding(f"Its controller {problem}", look)


def nodes(found: Sequence[Object], place: Place) -> Iterator[Finding]:
    """``found``: every node. A cluster without nodes says nothing about those to come."""
    usable = [node for node in found if not part(node, "spec").get("unschedulable")]
    zoned = [node for node in usable if labels(node).get(_ZONE)]
    look = place.kubectl("get", "nodes", "-L", _ZONE)
    subject = "Nodes for ClickHouse"
    if usable and not zoned:
        yield Finding.error(
            "clickhouse-nodes",
            subject,
            f"No node has the label {_ZONE}, by which the operator spreads servers and Keepers: "
            "they all wait",
            look,
        )
    elif usable and len(zoned) < REPLICAS:
        yield Finding.warning(
            "clickhouse-nodes",
            subject,
            f"{len(zoned)} of {len(usable)} nodes can take a server ({', '.join(map(name, zoned))})"
            f", and each of the {REPLICAS} needs one of its own: the others wait until there are "
            "more",
            look,
        )

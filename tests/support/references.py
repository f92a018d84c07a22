"""What schemas do not catch: whether objects that name one another fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tests.support import names, pod_references, pod_rules
from tests.support.manifests import Cluster, Manifest, Pod, entries, matches, namespace_of, title

Rule = Callable[[Cluster], Iterator[str]]


def problems(cluster: Cluster) -> list[str]:
    """Every fault of a cluster's objects, one line each; none if they fit together."""
    return [problem for rule in RULES for problem in rule(cluster)]


def namespaces_exist(cluster: Cluster) -> Iterator[str]:
    known = {m["metadata"]["name"] for m in cluster.kind("Namespace")} | cluster.adopted
    for manifest in cluster.manifests:
        namespace = namespace_of(manifest)
        if namespace is not None and namespace not in known:
            yield f"{title(manifest)}: namespace {namespace} is neither created nor adopted"


def objects_are_unique(cluster: Cluster) -> Iterator[str]:
    for name, count in Counter(
        (m["apiVersion"].rpartition("/")[0], title(m)) for m in cluster.manifests
    ).items():
        if count > 1:
            yield f"{name[1]}: {count} objects have this name"


def workloads_select_their_pods_alone(cluster: Cluster) -> Iterator[str]:
    for pod in cluster.pods():
        selector = pod.owner["spec"].get("selector")
        if selector is None:  # a Job: the API server makes one
            continue
        if not matches(selector, pod.labels):
            yield f"{title(pod.owner)}: its selector does not match its own pod template"
        for other in cluster.selected(pod.namespace, selector):
            if other.owner is not pod.owner:
                yield f"{title(pod.owner)}: its selector also matches {title(other.owner)}"


def services_have_pods_and_ports(cluster: Cluster) -> Iterator[str]:
    for service in cluster.kind("Service"):
        selector = service["spec"].get("selector")
        if not selector:
            continue
        pods = _selected(cluster, service, {"matchLabels": selector})
        if not pods:
            yield f"{title(service)}: selects no pod"
        for port in service["spec"].get("ports", []):
            target = port.get("targetPort", port["port"])
            for pod in pods:
                if pod.port_number(target) is None:
                    yield f"{title(service)}: {title(pod.owner)} has no port {target}"


def stateful_sets_have_their_service(cluster: Cluster) -> Iterator[str]:
    for stateful_set in cluster.kind("StatefulSet"):
        name = stateful_set["spec"].get("serviceName")
        service = cluster.find("Service", namespace_of(stateful_set), name) if name else None
        if service is None:
            yield f"{title(stateful_set)}: there is no Service {name}"
        elif service["spec"].get("clusterIP") != "None":
            yield f"{title(stateful_set)}: {title(service)} is not headless"


def autoscalers_have_a_target(cluster: Cluster) -> Iterator[str]:
    for autoscaler in cluster.kind("HorizontalPodAutoscaler"):
        spec = autoscaler["spec"]
        target = spec["scaleTargetRef"]
        found = cluster.find(target["kind"], namespace_of(autoscaler), target["name"])
        if found is None or found["apiVersion"] != target.get("apiVersion"):
            yield f"{title(autoscaler)}: there is no {target['kind']} {target['name']}"
            continue
        if spec.get("minReplicas", 1) > spec["maxReplicas"]:
            yield (
                f"{title(autoscaler)}: minReplicas {spec['minReplicas']} is more than "
                f"maxReplicas {spec['maxReplicas']}"
            )
        if "replicas" in found["spec"]:
            yield f"{title(autoscaler)}: {title(found)} sets replicas as well"
        for metric in spec.get("metrics", []):
            if metric["type"] == "Resource":
                yield from _requested(autoscaler, found, metric["resource"]["name"], cluster)


def disruption_budgets_have_pods(cluster: Cluster) -> Iterator[str]:
    for budget in cluster.kind("PodDisruptionBudget"):
        if not _selected(cluster, budget, budget["spec"].get("selector", {})):
            yield f"{title(budget)}: selects no pod"
        if len({"minAvailable", "maxUnavailable"} & budget["spec"].keys()) != 1:
            yield f"{title(budget)}: needs one of minAvailable and maxUnavailable"


def network_policies_have_pods_and_ports(cluster: Cluster) -> Iterator[str]:
    for policy in cluster.kind("NetworkPolicy"):
        spec = policy["spec"]
        pods = _selected(cluster, policy, spec["podSelector"])
        if not pods:
            yield f"{title(policy)}: selects no pod"
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            if spec.get(direction) and direction.capitalize() not in spec.get("policyTypes", []):
                yield f"{title(policy)}: has {direction} rules and is no such policy"
            for rule in spec.get(direction, []):
                selected = list[Pod]()
                for peer in rule.get(peers, []):
                    found = _peers(cluster, policy, peer)
                    selected += found or []
                    if found == []:
                        yield f"{title(policy)}: an {direction} peer selects no pod"
                yield from _named_ports(policy, rule, pods if direction == "ingress" else selected)


def ingresses_have_a_service(cluster: Cluster) -> Iterator[str]:
    for ingress in cluster.kind("Ingress"):
        spec = ingress["spec"]
        paths = (path for rule in spec.get("rules", []) for path in rule["http"]["paths"])
        backends = [path["backend"] for path in paths]
        backends += [spec["defaultBackend"]] if "defaultBackend" in spec else []
        for backend in (b["service"] for b in backends if "service" in b):
            if backend["port"].get("name") == "use-annotation":
                action = f"alb.ingress.kubernetes.io/actions.{backend['name']}"
                if action not in ingress["metadata"].get("annotations", {}):
                    yield f"{title(ingress)}: there is no annotation {action}"
                continue
            service = cluster.find("Service", namespace_of(ingress), backend["name"])
            if service is None:
                yield f"{title(ingress)}: there is no Service {backend['name']}"
                continue
            wanted = set(backend["port"].values())
            known = {
                value for p in service["spec"]["ports"] for value in (p.get("name"), p["port"])
            }
            if not wanted <= known:
                yield f"{title(ingress)}: {title(service)} has no port {wanted.pop()}"


def external_secrets_have_a_store(cluster: Cluster) -> Iterator[str]:
    for secret in cluster.kind("ExternalSecret"):
        store = secret["spec"]["secretStoreRef"]
        kind, place = store.get("kind", "SecretStore"), namespace_of(secret)
        namespace = place if kind == "SecretStore" else None
        if cluster.find(kind, namespace, store["name"]) is None:
            yield f"{title(secret)}: there is no {kind} {store['name']}"
    for store in cluster.kind("SecretStore"):
        for _, key, account in entries(store["spec"]):
            if key != "serviceAccountRef":
                continue
            if not cluster.exists("ServiceAccount", namespace_of(store) or "", account["name"]):
                yield f"{title(store)}: there is no ServiceAccount {account['name']}"


def _selected(cluster: Cluster, manifest: Manifest, selector: Mapping[str, Any]) -> list[Pod]:
    return cluster.selected(namespace_of(manifest) or "", selector)


def _requested(
    autoscaler: Manifest, workload: Manifest, resource: str, cluster: Cluster
) -> Iterator[str]:
    for pod in cluster.pods():
        if pod.owner is workload:
            for container in pod.spec["containers"]:
                if resource not in container.get("resources", {}).get("requests", {}):
                    name = container["name"]
                    yield f"{title(autoscaler)}: container {name} requests no {resource}"


def _peers(cluster: Cluster, policy: Manifest, peer: Mapping[str, Any]) -> list[Pod] | None:
    """The pods of a peer in the policy's namespace; None for one that is elsewhere."""
    if "podSelector" not in peer or "namespaceSelector" in peer:
        return None
    return _selected(cluster, policy, peer["podSelector"])


def _named_ports(policy: Manifest, rule: Mapping[str, Any], pods: list[Pod]) -> Iterator[str]:
    for port in rule.get("ports", []):
        number = port.get("port")
        for pod in pods:
            if isinstance(number, str) and pod.port_number(number) is None:
                yield f"{title(policy)}: {title(pod.owner)} has no port {number}"


RULES: Final[tuple[Rule, ...]] = (
    namespaces_exist,
    objects_are_unique,
    names.names_are_valid,
    workloads_select_their_pods_alone,
    services_have_pods_and_ports,
    stateful_sets_have_their_service,
    autoscalers_have_a_target,
    disruption_budgets_have_pods,
    network_policies_have_pods_and_ports,
    ingresses_have_a_service,
    external_secrets_have_a_store,
    pod_references.references_exist,
    pod_rules.volumes_are_there,
    pod_rules.probe_ports_exist,
    pod_rules.environment_is_set_once,
    pod_rules.resources_are_quantities,
    pod_rules.tolerations_are_accepted,
)

"""Rules about NetworkPolicies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from components.endpoint.address_space import is_wide

from ..model import UNKNOWN, Seen, StackRule, at, items, mapping
from .objects import Manifest, manifests
from .pod_specs import Pod, pods

_OVERRULING: Final = frozenset(
    {
        *("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"),
        *("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"),
        *("GlobalNetworkPolicy", "StagedNetworkPolicy"),
    }
)
"""Policies that admit what a NetworkPolicy does not, or decide before it does."""
_CALICO: Final = ("crd.projectcalico.org", "projectcalico.org")
_MOST_PORTS: Final = 1024
"""Ports in one range, from which on it is as good as every port."""


def policy_for_every_workload(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    policies = [
        manifest
        for seen in stack
        for manifest in manifests(seen)
        if manifest.kind == "NetworkPolicy"
        and manifest.group in ("networking.k8s.io", "extensions")
    ]
    for seen in stack:
        for pod in pods(seen):
            if not pod.selectable:
                continue
            selecting = [policy for policy in policies if _selects(policy, pod)]
            limited = {kind for policy in selecting for kind in _kinds(policy)}
            if "Ingress" not in limited:
                yield seen, "no NetworkPolicy selects its pods: anything in the cluster may connect"
            elif "Egress" not in limited:
                yield seen, "no NetworkPolicy limits where its pods may connect to"
        for manifest in manifests(seen):
            for problem in _opened(manifest):
                yield seen, f"{manifest.place}{problem}"


def _selects(policy: Manifest, pod: Pod) -> bool:
    namespace = policy.get("metadata.namespace")
    if policy.partial or (namespace != pod.namespace and UNKNOWN not in (namespace, pod.namespace)):
        return False
    selector = mapping(policy.get("spec.podSelector"))
    wanted, have = mapping(selector.get("matchLabels")), mapping(pod.labels)
    # Expressions are not judged: a policy with them counts as one that does not select.
    return not selector.get("matchExpressions") and all(
        UNKNOWN in (value, pod.labels) or have.get(key) in (value, UNKNOWN)
        for key, value in wanted.items()
    )


def _kinds(policy: Manifest) -> set[str]:
    """The directions that a policy limits."""
    kinds = policy.get("spec.policyTypes")
    if kinds is UNKNOWN:
        return {"Ingress", "Egress"}
    if not items(kinds):
        return {"Ingress", "Egress"} if items(policy.get("spec.egress")) else {"Ingress"}
    return {str(kind) for kind in items(kinds)}


def _opened(manifest: Manifest) -> Iterator[str]:
    """What a policy admits so widely that it limits nothing: policies add up."""
    if manifest.kind in _OVERRULING or (
        manifest.group in _CALICO and manifest.kind == "NetworkPolicy"
    ):
        yield f"{manifest.kind} of {manifest.group} is not judged: write a NetworkPolicy"
    if manifest.kind != "NetworkPolicy":
        return
    for index, rule in enumerate(items(manifest.get("spec.ingress"))):
        peers = at(rule, "from")
        if peers is UNKNOWN or rule is UNKNOWN:
            continue
        if (who := _everybody(items(peers))) is not None:
            yield f"spec.ingress[{index}] admits {who}: name the pods that may connect"
    for index, rule in enumerate(items(manifest.get("spec.egress"))):
        peers = at(rule, "to")
        if peers is UNKNOWN or rule is UNKNOWN or _limits(at(rule, "ports")):
            continue
        if (who := _everybody(items(peers))) is not None:
            yield f"spec.egress[{index}] lets pods connect to {who} on every port: name the ports"


def _everybody(peers: list[Any]) -> str | None:
    """The description of peers that admit too much; None for limited ones."""
    if not peers:
        return "everything"
    if is_wide(at(peer, "ipBlock.cidr") for peer in peers):
        return "the whole world"
    for peer in peers:
        fields = mapping(peer)
        if peer is not UNKNOWN and not fields:
            return "everything"
        namespaces = fields.get("namespaceSelector")
        if namespaces is not None and namespaces is not UNKNOWN and not _chooses(namespaces):
            return "every namespace"
    return None


def _chooses(selector: object) -> bool:
    """Whether a selector names some: by labels, or by an expression that lists values."""
    labels = mapping(selector).get("matchLabels")
    expressions = items(mapping(selector).get("matchExpressions"))
    return (
        labels is UNKNOWN
        or bool(mapping(labels))
        or any(
            expression is UNKNOWN or at(expression, "operator") in ("In", UNKNOWN)
            for expression in expressions
        )
    )


def _limits(ports: object) -> bool:
    """Whether ports are some and not all."""
    if ports is UNKNOWN:
        return True
    return bool(items(ports)) and all(_is_narrow(entry) for entry in items(ports))


def _is_narrow(entry: object) -> bool:
    first, last = at(entry, "port"), at(entry, "endPort")
    if isinstance(first, int | float) and isinstance(last, int | float):
        return last - first < _MOST_PORTS
    return first is not None or entry is UNKNOWN


STACK_RULES: Final = (
    StackRule(
        name="network-policy-for-every-workload",
        protects="Every pod has a NetworkPolicy for both directions, and none admits every "
        "namespace, the world, or connections to all destinations.",
        check=policy_for_every_workload,
    ),
)

"""Who can connect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any, Final

from .model import UNKNOWN, Rule, Seen, StackRule, accepted, at, items, mapping

WORKLOADS: Final = (
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:batch/v1:Job",
    "kubernetes:batch/v1:CronJob",
)
_DATABASE_PORT: Final = 5432
_DATABASES: Final = ("aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance")
_ALB: Final = "alb.ingress.kubernetes.io/"
_RISK: Final = "openToTheWorld"


def public_database(seen: Seen) -> Iterator[str]:
    if seen.type in _DATABASES and seen.get("publiclyAccessible") in (True, "true"):
        yield "publiclyAccessible is true: the database would have an address on the internet"
    for networks, first, last in _admitted(seen):
        if _is_world(networks) and _holds(first, last, _DATABASE_PORT):
            yield f"port {_DATABASE_PORT} is open to the world: name a security group instead"


def exposed_service(seen: Seen) -> Iterator[str]:
    kind = seen.get("spec.type")
    if seen.type == "kubernetes:core/v1:Service" and kind in ("LoadBalancer", "NodePort"):
        yield f"spec.type is {kind}: only the Ingress leads in from outside; use ClusterIP"


def open_to_the_world(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    if _RISK in accepted(stack):
        return
    for seen in stack:
        for networks, _, _ in _admitted(seen):
            if _is_world(networks):
                yield seen, f"admits the whole world; acknowledge {_RISK}, or name the networks"
        if seen.type != "kubernetes:networking.k8s.io/v1:Ingress":
            continue
        annotations = mapping(seen.get("metadata.annotations"))
        networks = annotations.get(f"{_ALB}inbound-cidrs")
        if annotations.get(f"{_ALB}scheme") != "internet-facing" or networks is UNKNOWN:
            continue
        if networks is None:
            yield seen, "inbound-cidrs is missing: an internet-facing ALB then admits the world"
        elif _is_world(str(networks).split(",")):
            yield seen, f"inbound-cidrs is the whole world; acknowledge {_RISK}, or name networks"


def policy_for_every_workload(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    policies = [s for s in stack if s.type == "kubernetes:networking.k8s.io/v1:NetworkPolicy"]
    for seen in stack:
        if seen.type not in WORKLOADS:
            continue
        labels = mapping(pod_template(seen).get("metadata")).get("labels")
        selecting = [p for p in policies if _same_namespace(p, seen) and _selects(p, labels)]
        if not any("Ingress" in _kinds(policy) for policy in selecting):
            yield seen, "no NetworkPolicy selects its pods: anything in the cluster may connect"


def pod_template(seen: Seen) -> Mapping[str, Any]:
    """The pod template of a workload."""
    cron = seen.get("spec.jobTemplate.spec.template")
    return mapping(cron if cron is not None else seen.get("spec.template"))


def _admitted(seen: Seen) -> Iterator[tuple[list[Any], Any, Any]]:
    """Networks and ports that a security group lets in."""
    if seen.type == "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
        networks = [seen.get("cidrIpv4"), seen.get("cidrIpv6")]
        yield networks, seen.get("fromPort"), seen.get("toPort")
    elif seen.type == "aws:ec2/securityGroupRule:SecurityGroupRule":
        if seen.get("type") == "ingress":
            networks = [*items(seen.get("cidrBlocks")), *items(seen.get("ipv6CidrBlocks"))]
            yield networks, seen.get("fromPort"), seen.get("toPort")
    elif seen.type == "aws:ec2/securityGroup:SecurityGroup":
        for rule in items(seen.get("ingress")):
            networks = [*items(at(rule, "cidrBlocks")), *items(at(rule, "ipv6CidrBlocks"))]
            yield networks, at(rule, "fromPort"), at(rule, "toPort")


def _is_world(networks: Sequence[Any]) -> bool:
    """Whether networks are every address of IPv4 or IPv6, in one piece or in several."""
    known = [network for n in networks if (network := _network(n)) is not None]
    for version in (4, 6):
        of_version: list[Any] = [n for n in known if n.version == version]
        if any(network.prefixlen == 0 for network in collapse_addresses(of_version)):
            return True
    return False


def _network(text: object) -> IPv4Network | IPv6Network | None:
    """What a text names; None for what is no network, which AWS refuses itself."""
    try:
        return ip_network(str(text).strip(), strict=False)
    except ValueError:
        return None


def _holds(first: object, last: object, port: int) -> bool:
    """Whether a range of ports holds one; a range that is not known may."""
    if not (isinstance(first, int | float) and isinstance(last, int | float)):
        return True
    return first in {-1, 0} or first <= port <= last


def _same_namespace(policy: Seen, workload: Seen) -> bool:
    one, other = policy.get("metadata.namespace"), workload.get("metadata.namespace")
    return one == other or UNKNOWN in (one, other)


def _selects(policy: Seen, labels: object) -> bool:
    selector = mapping(policy.get("spec.podSelector"))
    wanted, have = mapping(selector.get("matchLabels")), mapping(labels)
    # Expressions are not judged: a policy with them counts as one that does not select.
    return not selector.get("matchExpressions") and all(
        value is UNKNOWN or have.get(key) in (value, UNKNOWN) for key, value in wanted.items()
    )


def _kinds(policy: Seen) -> list[Any]:
    kinds = policy.get("spec.policyTypes")
    return ["Ingress"] if kinds is None or kinds is UNKNOWN else items(kinds)


RULES: Final = (
    Rule(
        name="no-public-database",
        protects="The database has no address on the internet, and no rule that lets it in, "
        "whatever is acknowledged.",
        check=public_database,
    ),
    Rule(
        name="no-exposed-service",
        protects="The Ingress, with its certificate and its networks, is the only way in.",
        check=exposed_service,
    ),
)
STACK_RULES: Final = (
    StackRule(
        name="no-open-network",
        protects="Nothing admits 0.0.0.0/0 or ::/0 unless the stack acknowledges openToTheWorld.",
        check=open_to_the_world,
    ),
    StackRule(
        name="network-policy-for-every-workload",
        protects="No pod of another team connects to one of these by accident.",
        check=policy_for_every_workload,
    ),
)

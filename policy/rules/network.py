"""Rules about the networks that may connect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from components.endpoint.address_space import is_wide, is_world

from .aws.security_groups import Opening, listed, openings
from .kubernetes.objects import Manifest, manifests
from .model import UNKNOWN, Rule, Seen, StackRule, accepted, is_asked, is_off, items, mapping

_DATABASE_PORT: Final = 5432
_ALB: Final = "alb.ingress.kubernetes.io/"
_RISK: Final = "openToTheWorld"
_CLUSTER: Final = "aws:eks/cluster:Cluster"
_WIDE: Final = "as good as the whole world; name networks that are yours"


def public_database(seen: Seen) -> Iterator[str]:
    if seen.type.startswith("aws") and is_asked(seen.get("publiclyAccessible")):
        yield "publiclyAccessible is true: the database would have an address on the internet"
    for opening in openings(seen):
        if not is_wide(opening.networks) or opening.is_for_browsers:
            continue
        if opening.holds(_DATABASE_PORT):
            yield f"port {_DATABASE_PORT} is open to the world: name a security group instead"
        else:
            yield (
                f"ports {opening.first} to {opening.last} are open to the world: only 80 or 443 "
                "may be, those of a load balancer"
            )


def open_to_the_world(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    if _RISK in accepted(stack):
        return
    makes_lists = any(listed(seen) is not None for seen in stack)
    for seen in stack:
        for opening in openings(seen):
            if (width := _width(opening.networks)) is not None:
                yield seen, f"admits {width}"
            for name in () if makes_lists else opening.prefix_lists:
                yield seen, f"admits prefix list {name}, whose networks cannot be judged: name them"
        if (networks := listed(seen)) is not None and (width := _width(networks)) is not None:
            yield seen, f"lists {width}"
        if seen.type == _CLUSTER:
            yield from ((seen, message) for message in _of_cluster(seen))
        for manifest in manifests(seen):
            yield from ((seen, message) for message in _of_manifest(manifest))
    yield from _together(stack)


def _width(networks: Sequence[Any]) -> str | None:
    """The problem with networks that are open, and what to do."""
    if is_world(networks):
        return f"the whole world; acknowledge {_RISK}, or name the networks"
    return _WIDE if is_wide(networks) else None


def _together(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    """Rules of one group that are harmless alone: each a part of the world."""
    groups: dict[str, list[tuple[Seen, Opening]]] = {}
    for seen in stack:
        for opening in openings(seen):
            if not is_wide(opening.networks):
                groups.setdefault(opening.group, []).append((seen, opening))
    parts = [(seen, networks) for seen in stack if (networks := listed(seen)) is not None]
    if is_wide(network for _, networks in parts for network in networks):
        narrow = [seen for seen, networks in parts if not is_wide(networks)]
        yield from ((seen, f"lists, with the other prefix lists, {_WIDE}") for seen in narrow[:1])
    for rules in groups.values():
        if is_wide(network for _, opening in rules for network in opening.networks):
            yield rules[0][0], f"admits, with the other rules of its group, {_WIDE}"


def _of_cluster(seen: Seen) -> Iterator[str]:
    """The API server of an EKS cluster, which is public by default."""
    reach = seen.get("vpcConfig")
    networks = mapping(reach).get("publicAccessCidrs")
    if reach is UNKNOWN or is_off(mapping(reach).get("endpointPublicAccess")):
        return
    if networks is None:
        yield "vpcConfig.publicAccessCidrs is missing: the API server then admits the world"
    elif is_wide(items(networks)):
        yield "vpcConfig.publicAccessCidrs is the whole world: name networks"


def _of_manifest(manifest: Manifest) -> Iterator[str]:
    if manifest.kind == "IngressClassParams":
        spec = mapping(manifest.get("spec"))
        for key in ("inboundCIDRs", "inboundCidrs"):
            if (width := _width(items(spec.get(key)))) is not None:
                yield f"spec.{key} is {width}"
        if items(spec.get("prefixListsIDs")):
            yield "spec.prefixListsIDs are networks that cannot be judged: name them"
    if manifest.kind == "Ingress" and manifest.group in ("networking.k8s.io", "extensions"):
        yield from _of_ingress(manifest)
    if manifest.kind == "Service":
        yield from _of_ranges(manifest)


def _of_ranges(manifest: Manifest) -> Iterator[str]:
    if (width := _width(items(manifest.get("spec.loadBalancerSourceRanges")))) is not None:
        yield f"spec.loadBalancerSourceRanges is {width}"


def _of_ingress(manifest: Manifest) -> Iterator[str]:
    given = manifest.get("metadata.annotations")
    if given is UNKNOWN or (manifest.partial and not mapping(given)):
        return
    annotations = mapping(given)
    for key in ("security-groups", "security-group-prefix-lists"):
        if annotations.get(f"{_ALB}{key}") not in (None, UNKNOWN):
            yield (
                f"{key} is set: who is let in cannot be judged, and inbound-cidrs may not count; "
                "leave it out"
            )
    networks = annotations.get(f"{_ALB}inbound-cidrs")
    if annotations.get(f"{_ALB}scheme") in ("internal", UNKNOWN) or networks is UNKNOWN:
        return
    if networks is None:
        if not manifest.partial:
            yield "inbound-cidrs is missing: an internet-facing ALB then admits the world"
    elif is_world(str(networks).split(",")):
        yield f"inbound-cidrs is the whole world; acknowledge {_RISK}, or name networks"
    elif is_wide(str(networks).split(",")):
        yield f"inbound-cidrs is {_WIDE}"


RULES: Final = (
    Rule(
        name="no-public-database",
        protects="A database has no address on the internet, and no security group rule "
        "admits the world on a port other than 80 and 443, whatever is "
        "acknowledged.",
        check=public_database,
    ),
)
STACK_RULES: Final = (
    StackRule(
        name="no-open-network",
        protects="Nothing admits a public /8 of IPv4, a /20 of IPv6 or more, in one rule or "
        "in several, or unknown networks, unless the stack acknowledges "
        "openToTheWorld.",
        check=open_to_the_world,
    ),
)

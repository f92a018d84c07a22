"""NetworkPolicies of the agents' own namespaces that keep agents from Langfuse.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tooling.doctor.agents.environment import listed
from tooling.doctor.agents.way import Seen, Stop, connected, runs
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kubernetes import policies
from tooling.kubernetes.objects import Object, name, namespace, role
from tooling.kubernetes.policies import Target

_DNS: Final = 53


def findings(
    seen: Seen, home: Object | None, pods: Sequence[Object], place: Place
) -> Iterator[Finding]:
    """``home``: the stack's Namespace; ``pods``: the stack's own."""
    if home is None:
        return
    targets = {
        stop: Target(
            namespace=home,
            pods=[pod for pod in pods if role(pod) == stop.role],
            port=stop.port,
            port_name=stop.port_name,
        )
        for stop in seen.needs.stops
    }
    blocked: dict[tuple[str, str, str], list[str]] = {}
    for pod in seen.pods:
        limits = policies.limiting(seen.policies, pod) if connected(pod) and runs(pod) else []
        if limits:
            by = ", ".join(sorted(map(name, limits)))
            for what in _kept_from(limits, targets):
                blocked.setdefault((namespace(pod), by, what), []).append(name(pod))
    for (where, by, what), kept in blocked.items():
        yield Finding.warning(
            "agents-egress",
            f"Namespace {where}",
            f"The NetworkPolicies of this namespace ({by}) do not let {listed(kept)} reach {what}",
            place.kubectl("get", "networkpolicies", "-o", "yaml", namespace=where),
        )


def _kept_from(limits: Sequence[Object], targets: Mapping[Stop, Target]) -> Iterator[str]:
    """What the policies of one pod do not let it reach, in words."""
    if not policies.admits_port(limits, _DNS, "UDP"):
        yield f"DNS (port {_DNS}): no name resolves, that of Langfuse neither"
    for stop, target in targets.items():
        # Without pods nothing is known of their labels and addresses.
        if target.pods and not policies.admits(limits, target):
            ports = policies.ports_to(limits, target)
            instead = f". They admit {', '.join(ports)}: policies see pods' own" if ports else ""
            where = name(target.namespace)
            yield f"{stop.what}: pods in {where} at TCP port {stop.port}{instead}"

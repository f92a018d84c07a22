"""What pods are made of and may do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .model import UNKNOWN, Rule, Seen, at, items, mapping
from .network import WORKLOADS, pod_template

_VOLUMES: Final = frozenset(
    {
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"),
        *("persistentVolumeClaim", "projected", "secret"),
    }
)
_SYSCTLS: Final = frozenset(
    {
        *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies"),
        *("net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start"),
        *("net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time"),
        *("net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
        "net.ipv4.tcp_keepalive_probes",
    }
)
_SELINUX: Final = frozenset(
    {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
)
_FLOATING: Final = frozenset({"latest", "main", "master", "stable", "edge", "nightly", "2", "3"})
_IMAGE: Final = re.compile(r"^.+?(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?$")


def pinned_image(seen: Seen) -> Iterator[str]:
    for container in _containers(seen):
        image = container.get("image")
        if image is UNKNOWN:
            continue
        # The part after the last slash: a registry may have a port.
        found = _IMAGE.match(str(image).rpartition("/")[2])
        tag, digest = (found["tag"], found["digest"]) if found else (None, None)
        if digest is None and (tag is None or tag in _FLOATING or tag.startswith("latest")):
            yield f"container {container.get('name')}: image {image}: name a release or a digest"


def restricted(seen: Seen) -> Iterator[str]:
    for pod in _pods(seen):
        yield from _of_pod(pod)
        for kind, container in _all_containers(pod):
            for problem in _of_container(pod, container):
                yield f"{kind} {container.get('name')}: {problem}"


def _of_pod(pod: Mapping[str, Any]) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field) in (True, "true"):
            yield f"{field} is true: leave it out"
    shared = mapping(pod.get("securityContext"))
    if at(shared, "seccompProfile.type") == "Unconfined":
        yield "seccompProfile.type is Unconfined"
    if shared.get("runAsNonRoot") is False:
        yield "runAsNonRoot is false"
    yield from _of_both(shared)
    for volume in items(pod.get("volumes")):
        kinds = {key for key in mapping(volume) if key != "name"}
        for kind in sorted(kinds - _VOLUMES):
            yield f"volume {mapping(volume).get('name')} is a {kind}: pods may not use the node"
    for sysctl in items(at(pod, "securityContext.sysctls")):
        if str(at(sysctl, "name")) not in _SYSCTLS:
            yield f"sysctl {at(sysctl, 'name')} is not one of the safe ones"


def _of_both(context: Mapping[str, Any]) -> Iterator[str]:
    """What neither a pod nor a container may ask for."""
    kind = at(context, "seLinuxOptions.type")
    if kind is not UNKNOWN and str(kind or "") not in _SELINUX:
        yield f"seLinuxOptions.type is {kind}"
    if at(context, "windowsOptions.hostProcess") in (True, "true"):
        yield "windowsOptions.hostProcess is true"
    if at(context, "appArmorProfile.type") == "Unconfined":
        yield "appArmorProfile.type is Unconfined"


def _of_container(pod: Mapping[str, Any], container: Mapping[str, Any]) -> Iterator[str]:
    own, shared = mapping(container.get("securityContext")), mapping(pod.get("securityContext"))
    if own.get("allowPrivilegeEscalation") not in (False, UNKNOWN):
        yield "allowPrivilegeEscalation is not false"
    if own.get("privileged") is True:
        yield "privileged is true"
    dropped = items(at(own, "capabilities.drop"))
    if "ALL" not in dropped and at(own, "capabilities.drop") is not UNKNOWN:
        yield "capabilities.drop has no ALL"
    for capability in items(at(own, "capabilities.add")):
        if capability != "NET_BIND_SERVICE":
            yield f"capabilities.add has {capability}"
    if own.get("runAsNonRoot", shared.get("runAsNonRoot")) not in (True, UNKNOWN):
        yield "runAsNonRoot is not true"
    if own.get("runAsUser", shared.get("runAsUser")) == 0:
        yield "runAsUser is 0"
    profile = at(own, "seccompProfile.type") or at(shared, "seccompProfile.type")
    if profile not in ("RuntimeDefault", "Localhost", UNKNOWN):
        yield "seccompProfile.type is neither RuntimeDefault nor Localhost"
    yield from _of_both(own)
    if own.get("procMount") not in (None, "Default", UNKNOWN):
        yield f"procMount is {own.get('procMount')}"
    for port in items(container.get("ports")):
        if at(port, "hostPort") not in (None, 0, UNKNOWN):
            yield f"hostPort is {at(port, 'hostPort')}"


def requests_and_limits(seen: Seen) -> Iterator[str]:
    for container in _containers(seen):
        resources = container.get("resources")
        if resources is UNKNOWN:
            continue
        for path in ("requests.cpu", "requests.memory", "limits.memory"):
            if at(resources, path) is None:
                yield f"container {container.get('name')}: resources.{path} is missing"


def no_token(seen: Seen) -> Iterator[str]:
    for pod in _pods(seen):
        if pod.get("automountServiceAccountToken") not in (False, UNKNOWN):
            yield "automountServiceAccountToken is not false: no pod here talks to the API server"


def _pods(seen: Seen) -> Iterator[Mapping[str, Any]]:
    spec = None
    if seen.type in WORKLOADS:
        spec = pod_template(seen).get("spec")
    elif seen.type == "kubernetes:core/v1:Pod":
        spec = seen.get("spec")
    if spec is not None and spec is not UNKNOWN:
        yield mapping(spec)


def _all_containers(pod: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for field, kind in (
        ("initContainers", "init container"),
        ("containers", "container"),
        ("ephemeralContainers", "ephemeral container"),
    ):
        for container in items(pod.get(field)):
            yield kind, mapping(container)


def _containers(seen: Seen) -> Iterator[Mapping[str, Any]]:
    for pod in _pods(seen):
        yield from (container for _, container in _all_containers(pod))


RULES: Final = (
    Rule(
        name="pinned-image",
        protects="The image that was tested is the one that runs, on every node, tomorrow too.",
        check=pinned_image,
    ),
    Rule(
        name="restricted-pods",
        protects="A process that breaks out of Langfuse is still nobody on the node "
        "(Pod Security Standard `restricted`).",
        check=restricted,
    ),
    Rule(
        name="requests-and-limits",
        protects="Pods are scheduled by what they need, and one that leaks memory ends alone. "
        "A CPU limit is not asked for: it throttles what idle cores could do.",
        check=requests_and_limits,
    ),
    Rule(
        name="no-service-account-token",
        protects="A pod that is taken over has no credentials for the cluster's API.",
        check=no_token,
    ),
)

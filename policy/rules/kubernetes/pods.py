"""Rules about the security contexts and resources of pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..model import UNKNOWN, Rule, Seen, at, is_asked, items, mapping
from .objects import manifests
from .pod_specs import Pod, pods

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
_ENFORCED: Final = "pod-security.kubernetes.io/enforce"
_HANDLERS: Final = (
    *("livenessProbe", "readinessProbe", "startupProbe"),
    *("lifecycle.preStop", "lifecycle.postStart"),
)
_CONFINED: Final = "container.apparmor.security.beta.kubernetes.io/"


def restricted(seen: Seen) -> Iterator[str]:
    for pod in pods(seen):
        for problem in _of_pod(pod):
            yield f"{pod.place}{problem}"
        for kind, container in pod.containers():
            for problem in _of_container(pod, container):
                yield f"{pod.place}{kind} {container.get('name')}: {problem}"
    for manifest in manifests(seen):
        if manifest.kind == "PersistentVolume":
            for kind in ("hostPath", "local"):
                if manifest.get(f"spec.{kind}") is not None:
                    yield f"{manifest.place}a volume is a {kind}: pods may not use the node"
        level = mapping(manifest.get("metadata.labels")).get(_ENFORCED)
        if manifest.kind == "Namespace" and level not in (None, "restricted", UNKNOWN):
            yield f"{manifest.place}label {_ENFORCED} is {level}: take restricted"


def _of_pod(pod: Pod) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if is_asked(pod.spec.get(field)):
            yield f"{field} is true: leave it out"
    shared = mapping(pod.spec.get("securityContext"))
    if at(shared, "seccompProfile.type") == "Unconfined":
        yield "seccompProfile.type is Unconfined"
    if shared.get("runAsNonRoot") is False:
        yield "runAsNonRoot is false"
    yield from _of_both(shared)
    for volume in items(pod.spec.get("volumes")):
        kinds = {key for key in mapping(volume) if key != "name"}
        for kind in sorted(kinds - _VOLUMES):
            yield f"volume {mapping(volume).get('name')} is a {kind}: pods may not use the node"
    for sysctl in items(at(pod.spec, "securityContext.sysctls")):
        if str(at(sysctl, "name")) not in _SYSCTLS:
            yield f"sysctl {at(sysctl, 'name')} is not one of the safe ones"
    for key, value in pod.annotations.items():
        if key.startswith(_CONFINED) and value == "unconfined":
            yield f"annotation {key} is unconfined"


def _of_both(context: Mapping[str, Any]) -> Iterator[str]:
    """What neither a pod nor a container may ask for."""
    kind = at(context, "seLinuxOptions.type")
    if kind is not UNKNOWN and str(kind or "") not in _SELINUX:
        yield f"seLinuxOptions.type is {kind}"
    for key in ("user", "role"):
        if at(context, f"seLinuxOptions.{key}") not in (None, "", UNKNOWN):
            yield f"seLinuxOptions.{key} is set"
    if is_asked(at(context, "windowsOptions.hostProcess")):
        yield "windowsOptions.hostProcess is true"
    if at(context, "appArmorProfile.type") == "Unconfined":
        yield "appArmorProfile.type is Unconfined"


def _of_container(pod: Pod, container: Mapping[str, Any]) -> Iterator[str]:
    if container.get("securityContext") is not UNKNOWN:
        own = mapping(container.get("securityContext"))
        yield from _of_privileges(pod, own)
        yield from _of_both(own)
        if own.get("procMount") not in (None, "Default", UNKNOWN):
            yield f"procMount is {own.get('procMount')}"
    for port in items(container.get("ports")):
        if at(port, "hostPort") not in (None, 0, UNKNOWN):
            yield f"hostPort is {at(port, 'hostPort')}"
    for handler in _HANDLERS:
        for way in ("httpGet", "tcpSocket"):
            if at(container, f"{handler}.{way}.host") not in (None, "", UNKNOWN):
                yield f"{handler} asks another host than the pod"


def _of_privileges(pod: Pod, own: Mapping[str, Any]) -> Iterator[str]:
    # A missing value, in a patch or because it is not known yet, breaks no rule.
    unsaid = (UNKNOWN,) if pod.complete else (None, UNKNOWN)
    if own.get("allowPrivilegeEscalation") not in (False, *unsaid):
        yield "allowPrivilegeEscalation is not false"
    if is_asked(own.get("privileged")):
        yield "privileged is true"
    dropped = at(own, "capabilities.drop")
    if dropped not in unsaid and not any(name in ("ALL", UNKNOWN) for name in items(dropped)):
        yield "capabilities.drop has no ALL"
    for capability in items(at(own, "capabilities.add")):
        if capability not in ("NET_BIND_SERVICE", UNKNOWN):
            yield f"capabilities.add has {capability}"
    inherited = pod.spec.get("securityContext")
    if inherited is UNKNOWN:
        return
    if _either(own, mapping(inherited), "runAsNonRoot") not in (True, *unsaid):
        yield "runAsNonRoot is not true"
    if _either(own, mapping(inherited), "runAsUser") in (0, "0"):
        yield "runAsUser is 0"
    profile = _either(own, mapping(inherited), "seccompProfile.type")
    if profile not in ("RuntimeDefault", "Localhost", *unsaid):
        yield "seccompProfile.type is neither RuntimeDefault nor Localhost"


def _either(own: Mapping[str, Any], shared: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - JSON
    """A field of a container's security context, or else of its pod's."""
    value = at(own, path)
    return at(shared, path) if value is None else value


def requests_and_limits(seen: Seen) -> Iterator[str]:
    for pod in pods(seen):
        for _, container in pod.containers():
            resources = container.get("resources")
            if resources is UNKNOWN or not pod.complete:
                continue
            for path in ("requests.cpu", "requests.memory", "limits.memory"):
                place = f"{pod.place}container {container.get('name')}: resources.{path}"
                amount = at(resources, path)
                if amount is None:
                    yield f"{place} is missing"
                elif amount == 0 or (isinstance(amount, str) and not amount.strip("0.mKMGi")):
                    yield f"{place} is nothing: name what it needs"


RULES: Final = (
    Rule(
        name="restricted-pods",
        protects="A process that escapes from a container is an unprivileged user on the "
        "node (Pod Security Standard `restricted`).",
        check=restricted,
    ),
    Rule(
        name="requests-and-limits",
        protects="Pods are scheduled by what they need, and a memory leak ends only its own "
        "pod. A CPU limit is not required: it throttles pods while cores are idle.",
        check=requests_and_limits,
    ),
)

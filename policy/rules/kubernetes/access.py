"""Rules about the access of pods to the cluster's API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model import UNKNOWN, Rule, Seen, at, items, mapping
from .objects import Manifest, manifests
from .pod_specs import pods

_AUDIENCES: Final = frozenset({"sts.amazonaws.com", "pods.eks.amazonaws.com"})
"""For whom a token may be made: AWS, which lets a service account act as a role."""
_WIDE_VERBS: Final = frozenset({"*", "escalate", "bind", "impersonate"})
_STEPS: Final = frozenset(
    {
        *("pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers"),
        *("serviceaccounts/token", "nodes/proxy", "pods/proxy", "services/proxy"),
        *("certificatesigningrequests/approval", "clusterroles", "clusterrolebindings"),
        *("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
    }
)
"""Resources with which one right becomes many."""
_WORKLOADS: Final = frozenset(
    {
        *("pods", "deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs"),
        *("replicationcontrollers", "podtemplates"),
    }
)
"""Who makes a pod chooses its service account, and mounts any Secret of the namespace
(https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation)."""
_WRITING: Final = frozenset({"create", "update", "patch"})
_READING: Final = frozenset({"get", "list", "watch"})
_WIDE_ROLES: Final = frozenset({"cluster-admin", "admin", "edit"})
_EVERYBODY: Final = frozenset(
    {
        *("system:authenticated", "system:unauthenticated", "system:anonymous"),
        *("system:serviceaccounts", "system:masters"),
    }
)


def no_token(seen: Seen) -> Iterator[str]:
    for pod in pods(seen):
        mounted = pod.spec.get("automountServiceAccountToken")
        if mounted not in (False, UNKNOWN) and (mounted is not None or pod.complete):
            yield (
                f"{pod.place}automountServiceAccountToken is not false: no pod here talks to the "
                "API server"
            )
        for volume in items(pod.spec.get("volumes")):
            for source in items(at(volume, "projected.sources")):
                token = at(source, "serviceAccountToken")
                audience = at(token, "audience")
                if token is None or token is UNKNOWN or audience is UNKNOWN:
                    continue
                if str(audience) not in _AUDIENCES:
                    yield (
                        f"{pod.place}volume {at(volume, 'name')} has a token of the service "
                        f"account for {audience or 'the API server'}: leave it out"
                    )
    for manifest in manifests(seen):
        if manifest.kind == "Secret" and manifest.get("type") == (
            "kubernetes.io/service-account-token"
        ):
            yield f"{manifest.place}is a token of a service account that never ends: leave it out"


def wide_access(seen: Seen) -> Iterator[str]:
    for manifest in manifests(seen):
        if manifest.kind in ("Role", "ClusterRole"):
            problems = _of_role(manifest)
        elif manifest.kind in ("RoleBinding", "ClusterRoleBinding"):
            problems = _of_binding(manifest)
        else:
            continue
        for problem in problems:
            yield f"{manifest.place}{problem}"
    if seen.type == "aws:eks/accessEntry:AccessEntry":
        for group in items(seen.get("kubernetesGroups")):
            if group == "system:masters":
                yield "kubernetesGroups has system:masters: it can do everything in the cluster"


def _of_role(manifest: Manifest) -> Iterator[str]:
    if manifest.get("aggregationRule") not in (None, UNKNOWN):
        yield "aggregationRule adds the rights of other roles: name those that are needed"
    for rule in items(manifest.get("rules")):
        verbs = {verb for verb in items(at(rule, "verbs")) if isinstance(verb, str)}
        resources = {name for name in items(at(rule, "resources")) if isinstance(name, str)}
        for verb in sorted(verbs & _WIDE_VERBS):
            yield f"verb {verb}: name the verbs that are needed"
        for key in ("apiGroups", "resources", "nonResourceURLs"):
            if any(isinstance(name, str) and "*" in name for name in items(at(rule, key))):
                yield f"{key} has *: name those that are meant"
        for name in sorted(resources & _STEPS):
            yield f"resource {name}: who has it gets the rights of others"
        if verbs & _WRITING:
            for name in sorted(resources & _WORKLOADS):
                yield f"writes {name}: who makes a pod has every service account of its namespace"
        if "secrets" in resources and verbs & _READING and not items(at(rule, "resourceNames")):
            yield "reads every Secret: name the Secrets (resourceNames)"


def _of_binding(manifest: Manifest) -> Iterator[str]:
    role = str(manifest.get("roleRef.name"))
    if manifest.kind == "ClusterRoleBinding":
        yield f"binds {role} in every namespace: make a RoleBinding"
    elif manifest.get("roleRef.kind") == "ClusterRole" and (
        role in _WIDE_ROLES or role.startswith("system:")
    ):
        yield f"binds {role}: make a Role with the rights that are needed"
    for subject in items(manifest.get("subjects")):
        name = mapping(subject).get("name")
        kind = mapping(subject).get("kind")
        if isinstance(name, str) and name.startswith(tuple(_EVERYBODY)):
            yield f"binds {name}: name a service account"
        elif kind == "ServiceAccount" and name == "default":
            yield "binds the service account default: every pod without one of its own has it"


RULES: Final = (
    Rule(
        name="no-service-account-token",
        protects="A compromised pod has no credentials for the cluster's API.",
        check=no_token,
    ),
    Rule(
        name="no-wide-cluster-access",
        protects="A Kubernetes role names what it allows, cannot extend its own rights, and "
        "is bound in one namespace to named subjects.",
        check=wide_access,
    ),
)

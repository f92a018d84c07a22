"""What is watched, by the names that its metrics carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One stack's workloads, as kube-state-metrics, cAdvisor and the kubelet name them."""

    stack: str
    """What tells this stack's dashboards and alerts from another's."""
    namespace: str
    """Namespace of Langfuse."""
    langfuse: str
    """Name of the Deployment, and of its container and its autoscaler."""
    max_replicas: int
    min_replicas: int
    """Equal to ``max_replicas``: a fixed number of pods, which is no limit that was reached."""
    migration: str
    """What the names of migration Jobs start with, before ``-`` and an invented part."""
    postgres: str | None = None
    """Name of the database's StatefulSet, where it runs in the cluster; its pod is that name with
    ``-0`` and its volume claim ``data-`` and the pod's name."""
    secret_namespaces: Sequence[str] = ()
    """Namespaces with ExternalSecrets of this stack; none where Secrets are written directly."""
    probe_job: str | None = None
    """Job name of the blackbox probe's metrics; None without one."""
    probe_sees_certificate: bool = True
    """Whether the probe goes to https."""


@dataclass(frozen=True, kw_only=True)
class WatchedInAws:
    """What CloudWatch has about a stack, by the dimensions of its metrics."""

    region: str
    database: str | None = None
    """DBInstanceIdentifier."""
    load_balancer: str | None = None
    """LoadBalancer: ``app/<name>/<id>``."""

"""A local Kubernetes cluster in one throwaway folder.

By default a real control plane (etcd, API server, controller manager, scheduler) with
simulated nodes: admission, scheduling and rollouts are real, but no container runs.

    with temporary_cluster() as cluster:
        ...  # cluster.kubeconfig, cluster.context
"""

from .api import clusters, demo, start, stop, temporary_cluster
from .state import Cluster, ClusterError

__all__ = ["Cluster", "ClusterError", "clusters", "demo", "start", "stop", "temporary_cluster"]

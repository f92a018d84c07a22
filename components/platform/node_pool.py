"""The node pool of the platform, as Auto Mode reads it. Pure.

https://docs.aws.amazon.com/eks/latest/userguide/create-node-pool.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

API_VERSION: Final = "karpenter.sh/v1"
KIND: Final = "NodePool"
NAME: Final = "workloads"

BUILT_IN: Final = ("system",)
"""The pools of AWS that the cluster keeps. ``general-purpose`` has no Graviton. With none at all
EKS makes no NodeClass ``default`` either
(https://docs.aws.amazon.com/eks/latest/userguide/set-builtin-node-pools.html)."""

Architecture = Literal["arm64", "amd64"]
Capacity = Literal["on-demand", "spot"]


@dataclass(frozen=True, kw_only=True)
class NodePool:
    """Which machines the cluster may start."""

    architectures: Sequence[Architecture] = ("arm64", "amd64")
    capacity: Sequence[Capacity] = ("on-demand",)
    cpus: int = 64
    memory_gib: int = 256


def spec(pool: NodePool) -> dict[str, Any]:
    """``spec`` of the NodePool.

    A node lives for two weeks at most, so that it gets security updates; until then
    PodDisruptionBudgets are respected, and for a day more where one does not let a pod go.
    """
    return {
        "template": {
            "spec": {
                "nodeClassRef": {
                    "group": "eks.amazonaws.com",
                    "kind": "NodeClass",
                    "name": "default",
                },
                "requirements": [
                    _is_in("kubernetes.io/arch", pool.architectures),
                    _is_in("karpenter.sh/capacity-type", pool.capacity),
                    _is_in("eks.amazonaws.com/instance-category", ("c", "m", "r")),
                    {
                        "key": "eks.amazonaws.com/instance-generation",
                        "operator": "Gt",
                        "values": ["5"],
                    },
                ],
                "expireAfter": "336h",
                "terminationGracePeriod": "24h",
            }
        },
        "limits": {"cpu": str(pool.cpus), "memory": f"{pool.memory_gib}Gi"},
        "disruption": {
            "consolidationPolicy": "WhenEmptyOrUnderutilized",
            "consolidateAfter": "5m",
            "budgets": [{"nodes": "1"}],
        },
    }


def _is_in(key: str, values: Sequence[str]) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}

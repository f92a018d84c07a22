"""The recommended Kubernetes labels, and the two of them that select.

https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
"""

from typing import Final

PART_OF: Final = "agent-observability"

NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"
"""Set on every Namespace by the API server, so that a policy can select one by name."""


def selector(instance: str, component: str) -> dict[str, str]:
    """Labels that select the pods of one workload. Selectors are immutable: no value may change."""
    return {
        "app.kubernetes.io/instance": instance,
        "app.kubernetes.io/component": component,
    }


def labels(instance: str, component: str, *, name: str = "langfuse") -> dict[str, str]:
    """Labels of an object: its application, instance, role, and what it is part of."""
    return {
        "app.kubernetes.io/name": name,
        **selector(instance, component),
        "app.kubernetes.io/part-of": PART_OF,
        "app.kubernetes.io/managed-by": "pulumi",
    }

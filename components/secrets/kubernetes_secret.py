"""Secret values delivered as a Kubernetes Secret that Pulumi writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from components.kubernetes.labels import labels
from components.secrets.delivery import DeliveredSecret

TYPE = "agent-observability:index:KubernetesSecret"


@dataclass(frozen=True, kw_only=True)
class KubernetesSecretArgs:
    namespace: pulumi.Input[str]
    """Namespace of the Secret."""
    values: Mapping[str, pulumi.Input[str]]
    """Values by key; each is treated as secret, whether it is marked or not."""
    fixed_name: str | None = None
    """Name that people write into their own manifests. Such a Secret changes in place, and pods
    read it when they start. Without it the Secret is immutable and a change makes a new one."""


class KubernetesSecret(pulumi.ComponentResource):
    """An Opaque Secret; by default immutable and with a new name for every change of its values."""

    delivered: DeliveredSecret
    """The Secret, for pods to refer to."""

    def __init__(
        self, name: str, args: KubernetesSecretArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        secret = Secret(
            f"{name}-secret",
            metadata={
                "namespace": args.namespace,
                "labels": labels(name, "secret"),
                "name": args.fixed_name,
            },
            type="Opaque",
            immutable=None if args.fixed_name else True,
            string_data={key: pulumi.Output.secret(value) for key, value in args.values.items()},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.delivered = DeliveredSecret(name=secret.metadata.apply(lambda m: m.name or ""))
        self.register_outputs({"name": self.delivered.name})

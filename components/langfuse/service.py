"""The Service in front of Langfuse's pods."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Service

from components.kubernetes.labels import labels, selector

TYPE = "agent-observability:index:LangfuseService"


@dataclass(frozen=True, kw_only=True)
class LangfuseServiceArgs:
    namespace: pulumi.Input[str]
    """Namespace of the Service and of Langfuse."""


class LangfuseService(pulumi.ComponentResource):
    """Port 80 of the ``Langfuse`` component of the same name.

    A separate component, because the Ingress refers to the Service and has to exist before the
    first pod (see ``PublicEndpoint``).
    """

    name: pulumi.Output[str]
    """Name of the Service."""
    url: pulumi.Output[str]
    """Base URL within the cluster."""

    def __init__(
        self, name: str, args: LangfuseServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        service = Service(
            f"{name}-service",
            metadata={"namespace": args.namespace, "name": name, "labels": labels(name, "web")},
            spec={
                "type": "ClusterIP",
                "selector": selector(name, "web"),
                "ports": [{"name": "http", "port": 80, "target_port": "http"}],
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = service.metadata.apply(lambda m: m.name or "")
        self.url = pulumi.Output.format("http://{0}.{1}.svc", self.name, args.namespace)
        self.register_outputs({"name": self.name, "url": self.url})

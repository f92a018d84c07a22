"""The Secret with which agents of one namespace trace to Langfuse and LangSmith."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Namespace

from components.agents.environment import (
    SECRET_NAME,
    client_environment,
    opentelemetry_environment,
    otlp_headers,
    tracing_environment,
)
from components.agents.gateway.gateway import GatewayAccess
from components.agents.langsmith import LangSmithSettings, environment, key_names
from components.kubernetes.labels import PART_OF
from components.secrets.delivery import Delivery, SecretArgs

TYPE = "agent-observability:index:AgentAccess"


@dataclass(frozen=True, kw_only=True)
class AgentAccessArgs:
    namespace: str
    """The agents' namespace."""
    delivery: Delivery
    """How the Secret is delivered."""
    create_namespace: bool
    """Create the namespace; false uses an existing one."""
    protect_namespace: bool = False
    """Refuse deletion and replacement of a created namespace, because other teams run agents in
    it."""
    langfuse_host: pulumi.Input[str]
    """Base URL of Langfuse, as agents reach it."""
    public_key: pulumi.Input[str]
    """Project public key."""
    secret_key: pulumi.Input[str]
    """Project secret key."""
    opentelemetry: bool = False
    """Whether Langfuse takes traces by OpenTelemetry, as newer SDKs send them."""
    langsmith: LangSmithSettings | None = None
    """LangSmith settings without the key."""
    langsmith_api_key: pulumi.Input[str] | None = None
    """LangSmith API key."""
    gateway: GatewayAccess | None = None
    """The gateway for traces, if the stack has one."""


class AgentAccess(pulumi.ComponentResource):
    """One Secret in one agent namespace, ready for ``envFrom``.

    Settings that are not secret are in the same Secret, so that one reference brings values that
    belong together: a key and the endpoint that accepts it.
    """

    secret_name: pulumi.Output[str]
    """Name of the Secret."""

    def __init__(
        self, name: str, args: AgentAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        namespace: pulumi.Input[str] = args.namespace
        if args.create_namespace:
            created = Namespace(
                f"{name}-namespace",
                metadata={
                    "name": args.namespace,
                    "labels": {
                        "app.kubernetes.io/part-of": PART_OF,
                        "app.kubernetes.io/managed-by": "pulumi",
                    },
                },
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect_namespace or None),
            )
            namespace = created.metadata.apply(lambda m: m.name or "")
        values: dict[str, pulumi.Input[str]] = {
            **client_environment(
                host=args.langfuse_host,
                public_key=args.public_key,
                secret_key=args.secret_key,
                tracing_environment=tracing_environment(args.namespace),
                opentelemetry=args.opentelemetry,
            ),
            **_langsmith(args),
            **_opentelemetry(args),
        }
        secrets = args.delivery.into(name, namespace, child, path=("agents", args.namespace))
        secret = secrets.deliver(
            f"{name}-access",
            SecretArgs(role="access", values=values, fixed_name=SECRET_NAME),
            child,
        )
        self.secret_name = secret.name
        self.register_outputs({"secretName": self.secret_name})


def _langsmith(args: AgentAccessArgs) -> Mapping[str, pulumi.Input[str]]:
    if args.langsmith is None or args.langsmith_api_key is None:
        return {}
    return {
        **environment(args.langsmith),
        **dict.fromkeys(key_names(args.langsmith), args.langsmith_api_key),
    }


def _opentelemetry(args: AgentAccessArgs) -> Mapping[str, pulumi.Input[str]]:
    if args.gateway is None:
        return {}
    return opentelemetry_environment(
        endpoint=args.gateway.endpoint,
        headers=args.gateway.authorization.apply(otlp_headers),
    )

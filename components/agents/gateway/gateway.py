"""The agents' gateway as objects of the cluster."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_random as random
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.core.v1 import ConfigMap, Service, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components.agents.gateway import pod
from components.agents.gateway.settings import (
    LANGFUSE_AUTHORIZATION,
    LANGSMITH_API_KEY,
    OTLP_PORT,
    TRACES_PATH,
)
from components.kubernetes.field_ownership import OURS_ALONE
from components.kubernetes.labels import labels, selector
from components.kubernetes.placement import ANYWHERE, ContainerResources, Placement
from components.kubernetes.resolvers import to_resolvers
from components.kubernetes.single_server import admit, pods_of, pods_with
from components.kubernetes.volumes import FIXED, RETAINED, data_claim
from components.secrets.delivery import SecretArgs, SecretsOfNamespace

if TYPE_CHECKING:
    from pulumi_kubernetes.networking.v1 import NetworkPolicyEgressRuleArgsDict

TYPE = "agent-observability:index:AgentGateway"

COMPONENT: Final = "gateway"
"""The role in labels, and of the Secret."""


@dataclass(frozen=True, kw_only=True)
class AgentGatewayArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    image: str
    """Image of the collector."""
    replicas: int
    """Number of pods, each with a volume of its own."""
    configuration: pulumi.Input[str]
    """The collector's configuration (see ``configuration``)."""
    agent_namespaces: Sequence[str]
    """Namespaces whose pods may send traces; each gets a credential."""
    secrets: SecretsOfNamespace
    """Delivers Secrets into ``namespace``."""
    public_key: pulumi.Input[str]
    """Public key of Langfuse's project."""
    secret_key: pulumi.Input[str]
    """Its secret key."""
    before_pods: Sequence[pulumi.Resource] = ()
    """What the pods wait for: a Langfuse that knows both keys. It refuses others with 401, and what
    is refused so is lost."""
    langfuse_pods: Mapping[str, str]
    """Labels of the pods behind Langfuse's Service, in the same namespace."""
    langfuse_port: int
    """TCP port of these pods."""
    langsmith_api_key: pulumi.Input[str] | None = None
    """LangSmith's key, if it gets a copy."""
    langsmith_port: int | None = None
    """TCP port of LangSmith, if it gets a copy."""
    metrics_namespace: str | None = None
    """Namespace whose pods may read metrics; none lets nobody."""
    resources: ContainerResources
    """Requests and limits of each pod. The configuration has limits of its own, which follow from
    the memory limit."""
    storage_gib: int
    """Size of each volume in GiB. Used only when a volume is created."""
    storage_class: str | None = None
    """StorageClass of the volumes; none takes the cluster's default."""
    placement: Placement = ANYWHERE
    """Where the pods may run."""


@dataclass(frozen=True, kw_only=True)
class GatewayAccess:
    """What agents of one namespace send traces with."""

    endpoint: pulumi.Output[str]
    """URL for traces; resolves when the gateway accepts them."""
    authorization: pulumi.Output[str]
    """Value of the header ``Authorization``; secret."""


class AgentGateway(pulumi.ComponentResource):
    """An OpenTelemetry Collector between agents and Langfuse, with a queue on a disk.

    The credential says which namespace a trace comes from. Changed credentials or another
    configuration have other names, and roll the pods.
    """

    access: Mapping[str, GatewayAccess]
    """What agents need, by namespace."""

    def __init__(
        self, name: str, args: AgentGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        object_labels = labels(name, COMPONENT, name="opentelemetry-collector")
        pods = selector(name, COMPONENT)

        credentials = {
            namespace: pulumi.Output.secret(
                pulumi.Output.concat(
                    f"{namespace}:",
                    random.RandomPassword(
                        f"{name}-{namespace}-password", length=32, special=False, opts=child
                    ).result,
                )
            )
            for namespace in args.agent_namespaces
        }
        values: dict[str, pulumi.Input[str]] = {
            pod.PASSWORDS: pulumi.Output.concat(
                *(part for each in credentials.values() for part in (each, "\n"))
            ),
            LANGFUSE_AUTHORIZATION: _basic(
                pulumi.Output.concat(args.public_key, ":", args.secret_key)
            ),
        }
        if args.langsmith_api_key is not None:
            values[LANGSMITH_API_KEY] = args.langsmith_api_key
        secret = args.secrets.deliver(
            f"{name}-credentials", SecretArgs(role=COMPONENT, values=values), child
        )
        config = ConfigMap(
            f"{name}-config",
            metadata={"namespace": args.namespace, "labels": object_labels},
            immutable=True,
            data={pod.CONFIG: args.configuration},
            opts=child,
        )
        account = ServiceAccount(
            f"{name}-service-account",
            metadata={"namespace": args.namespace, "name": name, "labels": object_labels},
            automount_service_account_token=False,
            opts=child,
        )
        policy = NetworkPolicy(
            f"{name}-network-policy",
            metadata={"namespace": args.namespace, "name": name, "labels": object_labels},
            spec={
                "pod_selector": {"match_labels": pods},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [
                    admit(pods_of(args.agent_namespaces), pod.OTLP),
                    *(
                        admit(pods_of([args.metrics_namespace]), port)
                        for port in (pod.TELEMETRY, pod.METRICS)
                        if args.metrics_namespace
                    ),
                ],
                "egress": _egress(args),
            },
            opts=child,
        )
        headless = f"{name}-pods"
        Service(
            f"{name}-headless-service",
            metadata={"namespace": args.namespace, "name": headless, "labels": object_labels},
            spec={
                "cluster_ip": "None",
                "selector": pods,
                "ports": [{"name": pod.OTLP, "port": OTLP_PORT, "target_port": pod.OTLP}],
            },
            opts=child,
        )
        service = Service(
            f"{name}-service",
            metadata={"namespace": args.namespace, "name": name, "labels": object_labels},
            spec={
                "type": "ClusterIP",
                "selector": pods,
                "ports": [{"name": pod.OTLP, "port": OTLP_PORT, "target_port": pod.OTLP}],
            },
            opts=child,
        )
        stateful_set = StatefulSet(
            f"{name}-stateful-set",
            metadata={
                "namespace": args.namespace,
                "name": name,
                "labels": object_labels,
                "annotations": OURS_ALONE,
            },
            spec={
                # A plain name, so that the pods do not wait for the Service.
                "service_name": headless,
                "replicas": args.replicas,
                # No pod waits for another one, and a pod that cannot start is replaced when the
                # mistake is corrected: one after the other, it would have to be deleted by hand.
                "pod_management_policy": "Parallel",
                "selector": {"match_labels": pods},
                "persistent_volume_claim_retention_policy": RETAINED,
                "template": {
                    "metadata": {
                        "labels": {**args.placement.labels, **object_labels},
                        "annotations": args.placement.annotations or None,
                    },
                    "spec": pod.pod_spec(
                        image=args.image,
                        resources=args.resources,
                        placement=args.placement,
                        account=account.metadata.apply(lambda m: m.name or ""),
                        configuration=config.metadata.apply(lambda m: m.name or ""),
                        credentials=secret.name,
                        variables=[key for key in values if key != pod.PASSWORDS],
                        pods=pods,
                    ),
                },
                "volume_claim_templates": [data_claim(args.storage_gib, args.storage_class)],
            },
            opts=pulumi.ResourceOptions.merge(
                child,
                pulumi.ResourceOptions(
                    # The policy limits the pods before the first starts.
                    depends_on=[policy, *args.before_pods],
                    ignore_changes=[*FIXED],
                    custom_timeouts=_rollout(args.replicas),
                ),
            ),
        )
        if args.replicas > 1:
            PodDisruptionBudget(
                f"{name}-disruption-budget",
                metadata={"namespace": args.namespace, "name": name, "labels": object_labels},
                spec={
                    "max_unavailable": 1,
                    "unhealthy_pod_eviction_policy": "AlwaysAllow",
                    "selector": {"match_labels": pods},
                },
                opts=child,
            )
        # The StatefulSet's name is known when its pods are ready.
        ready = pulumi.Output.all(
            service.metadata.apply(lambda m: m.name or ""),
            stateful_set.metadata.apply(lambda m: m.name or ""),
        )
        endpoint = pulumi.Output.format(
            "http://{0}.{1}.svc:{2}{3}",
            ready.apply(lambda known: known[0]),
            args.namespace,
            OTLP_PORT,
            TRACES_PATH,
        )
        self.access = {
            namespace: GatewayAccess(endpoint=endpoint, authorization=_basic(credential))
            for namespace, credential in credentials.items()
        }
        self.register_outputs({"endpoint": endpoint})


def _egress(args: AgentGatewayArgs) -> list[NetworkPolicyEgressRuleArgsDict]:
    """To resolvers, to Langfuse, and to LangSmith if it gets a copy."""
    rules: list[NetworkPolicyEgressRuleArgsDict] = [
        to_resolvers(),
        {
            "to": pods_with([args.langfuse_pods]),
            "ports": [{"protocol": "TCP", "port": args.langfuse_port}],
        },
    ]
    if args.langsmith_port is not None:
        rules.append({"ports": [{"protocol": "TCP", "port": args.langsmith_port}]})
    return rules


def _rollout(replicas: int) -> pulumi.CustomTimeouts:
    """Time for one pod after the other, the slowest of them stuck once."""
    limit = f"{pod.STARTUP_LIMIT + pod.TURN * replicas}s"
    return pulumi.CustomTimeouts(create=limit, update=limit)


def _basic(credential: pulumi.Output[str]) -> pulumi.Output[str]:
    """The header's value for ``<user>:<password>``."""
    return pulumi.Output.secret(
        credential.apply(lambda text: f"Basic {base64.b64encode(text.encode()).decode()}")
    )

"""Section ``gateway``: the OpenTelemetry Collector between agents and Langfuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from components.agents.gateway import pod
from stacks.settings.machinery.fields.images import ImageReference
from stacks.settings.machinery.fields.kubernetes import (
    CpuQuantity,
    DnsLabel,
    DnsSubdomain,
    MemoryQuantity,
)
from stacks.settings.machinery.fields.patterns import Pattern
from stacks.settings.machinery.section import Section
from stacks.settings.sections.agent_costs import AgentAlerts, Budget, ModelName, ModelPrice
from stacks.settings.sections.resources import Resources


class GatewayResources(Resources):
    """Requests and limits of each pod of the gateway."""

    cpu: CpuQuantity = "250m"
    """CPU request. One core masks and sends some 4,000 spans of 3 kB a second."""
    memory: MemoryQuantity = "256Mi"
    """Memory request."""
    memory_limit: MemoryQuantity = "512Mi"
    """Memory limit. From 55 % of it on, the gateway refuses what agents send until it has written
    more to its queue; their SDKs try again."""


class Gateway(Section):
    """A gateway for agents' traces: an OpenTelemetry Collector with a queue on a disk, which masks
    personal data, counts tokens, errors and seconds for Prometheus, and knows by the credential
    which namespace a trace comes from. From Langfuse 3 on; tried with 4. Needs at least one key,
    such as `replicas`: an empty section is none."""

    refused: ClassVar[Mapping[str, str]] = {
        "configuration": "it follows from the other keys, and is tested as a whole",
        "minReplicas": "a pod that an autoscaler removed would keep its queue on its volume; give "
        "gateway.replicas",
        "maxReplicas": "a pod that an autoscaler removed would keep its queue on its volume; give "
        "gateway.replicas",
    }

    replicas: Annotated[int, Field(ge=1, le=20)] = 2
    """Number of pods, each with a queue and a volume of its own. With fewer than before, what a
    removed pod has not sent waits on its volume until the pod returns."""
    image: ImageReference = pod.IMAGE
    """Image of the OpenTelemetry Collector, of the contrib distribution."""
    storage_gib: Annotated[int, Field(ge=1, le=1024)] = 10
    """Volume size of each pod in GiB, decided when the volume is made. A larger number later makes
    the queue larger, but not the volume: enlarge the claims first."""
    queue_gib: Annotated[int, Field(ge=1, le=1024)] | None = None
    """What may wait for Langfuse in each pod, in GiB, at most three quarters of `storageGiB`;
    default: half of it, because its file is larger. What does not fit is refused, and agents' SDKs
    try again for a while."""
    storage_class: DnsSubdomain | None = None
    """StorageClass of the volumes; none takes the cluster's default."""
    resources: GatewayResources = GatewayResources()
    """Requests and limits of each pod."""
    masking: Literal["patterns", "drop", "none"] = "patterns"
    """`patterns`: keys, e-mail addresses and numbers of cards are masked. `drop`: prompts and
    answers are taken out as well. `none`: everything passes."""
    masked_patterns: tuple[Pattern, ...] = ()
    """Further regular expressions (RE2) of what is to be masked, such as numbers of customers."""
    sampling: Annotated[float, Field(ge=0, le=1)] = 1
    """Part of the traces that Langfuse gets. Metrics count all; the cost that Langfuse shows is of
    this part."""
    langsmith: bool = False
    """Send LangSmith a copy of every trace, masked as that for Langfuse. It can be lost, and never
    delays that of Langfuse. Agents that use LangSmith's SDK too appear there twice."""
    series_limit: Annotated[int, Field(ge=100, le=100_000)] = 2000
    """Combinations of labels that a pod tells apart. Requests of further ones are counted together;
    of their tokens as many as five times this number of series have room for."""
    prices: dict[ModelName, ModelPrice] = {}
    """What models cost, by the name that agents report: the model that was asked for, such as
    `gpt-4o`. From them and from tokens Prometheus estimates cost, within minutes. What counts is
    Langfuse's own figure, by its own prices."""
    budgets: dict[DnsLabel, Budget] = {}
    """USD that agents of a namespace may cost in 24 hours, by namespace. At 80 % and at 100 % an
    alert fires; nothing stops the agents."""
    alerts: AgentAlerts = AgentAlerts()
    """When alerts about agents fire. Like prices and budgets it needs
    `monitoring.prometheusRules.prometheusNamespace`: without it Prometheus may not read what the
    gateway counts, and no alert or dashboard is about agents."""

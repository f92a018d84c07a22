"""What the Langfuse component is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi

from components.kubernetes.backing import Backing
from components.kubernetes.placement import ANYWHERE, ContainerResources, Placement
from components.langfuse.versions import Version
from components.langfuse.write_modes import Mode
from components.secrets.delivery import DeliveredSecret


@dataclass(frozen=True, kw_only=True)
class Needed:
    """A backing service, and the Secret with its secret environment."""

    backing: Backing
    secret: DeliveredSecret
    migrated: bool = False
    """Whether it has a schema that migrations change."""


@dataclass(frozen=True, kw_only=True)
class WorkerArgs:
    """The pods that work on queues, which releases of version 3 and newer have."""

    image: str
    """Image of the same release as the web pods'."""
    min_replicas: int
    max_replicas: int
    target_cpu_percent: int
    resources: ContainerResources
    queue_metrics: bool = False
    """Whether they publish metrics to CloudWatch, with the role of their service account."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step to another major version, and what leads back."""

    to: int
    database_backup: str
    clickhouse_backup: str = ""
    """Empty where the version before had none."""


@dataclass(frozen=True, kw_only=True)
class LangfuseArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    version: Version
    """Release, which decides probe paths."""
    mode: Mode | None = None
    """Where a release that has workers keeps traces; None: as a new installation does."""
    step: Step | None = None
    """The step to this major version that is being made, if it is said."""
    image: str
    """Image of that release."""
    environment: Mapping[str, pulumi.Input[str]]
    """Settings that are not secret (see ``environment``)."""
    secret: DeliveredSecret
    """Secret settings: NEXTAUTH_SECRET, SALT, ENCRYPTION_KEY and more."""
    database_secret: DeliveredSecret
    """The database's URLs. Separate from the others, so that the migration Job has no other secret
    and does not run again when another one changes."""
    database: Backing
    """The database, for the network policies and its root certificate."""
    services: Sequence[Needed] = ()
    """The other backing services: none for version 2; for newer ones ClickHouse, the cache, and
    object storage that is reached with keys."""
    worker: WorkerArgs | None = None
    """Required by a release that has workers."""
    reports_usage: bool = False
    """Whether Langfuse sends usage statistics (see ``versions.reports_usage``)."""
    min_replicas: int
    max_replicas: int
    """Equal to ``min_replicas``: a fixed number of pods, which the autoscaler keeps without
    metrics. A number in the Deployment instead would be removed when the autoscaler is turned on
    later, and Kubernetes would scale to one pod for a moment."""
    target_cpu_percent: int
    """Average utilisation of the CPU request that scaling aims at."""
    resources: ContainerResources
    """Requests and limits of each pod."""
    paused: bool = False
    """Whether no pod runs. The migration does all the same, and starts when no pod is wanted."""
    client_namespaces: Sequence[str] = ()
    """Namespaces whose pods may connect, besides Langfuse's own."""
    client_networks: pulumi.Input[Sequence[str]] | None = None
    """Networks whose addresses may connect, such as those of a load balancer; CIDR notation."""
    before_pods: Sequence[pulumi.Resource] = ()
    """Resources that the first pod has to wait for; the migration does not wait for them."""
    egress_ports: Sequence[int] = (443,)
    """TCP ports that Langfuse may reach anywhere."""
    zone_spread: Literal["preferred", "required"] = "preferred"
    """Whether a pod that cannot be spread over zones still starts."""
    service_account_annotations: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    """Annotations of the web pods' service account, such as their IAM role on EKS."""
    placement: Placement = ANYWHERE
    """Where pods may run."""

    @property
    def migrated(self) -> list[Needed]:
        """The services beside the database whose schema the migration changes."""
        return [service for service in self.services if service.migrated]

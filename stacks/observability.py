"""Which components a stack has, and how they are wired."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_kubernetes.core.v1 import Namespace

from components.agents.access import AgentAccess, AgentAccessArgs
from components.agents.environment import SECRET_NAME
from components.kubernetes import labels
from components.kubernetes.backing import Backing
from components.langfuse import versions
from components.langfuse.application import Langfuse
from components.langfuse.args import LangfuseArgs
from components.langfuse.service import LangfuseService, LangfuseServiceArgs
from components.langfuse.versions import Version
from components.postgres.stateful_set import PostgresStatefulSet, PostgresStatefulSetArgs
from components.secrets.app_credentials import AppCredentials, AppCredentialsArgs
from components.secrets.delivery import Delivery, SecretArgs
from components.secrets.kubernetes_delivery import KubernetesDelivery
from stacks import translation
from stacks.settings import Settings
from stacks.settings.sections.database import ExternalDatabase, StatefulSetDatabase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.endpoint.public_endpoint import PublicEndpoint
    from components.postgres.rds.instance import PostgresRds
    from components.secrets.secrets_manager_delivery import SecretsManagerDelivery
    from components.storage.object_storage import ObjectStorage
    from stacks.platforms.eks_providers import Eks

TYPE = "agent-observability:index:ObservabilityStack"

_READINESS_GATES = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
"""A new pod counts as ready when the load balancer sends to it, not before: a rollout drops no
request (https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/).
"""

Outputs = dict[str, pulumi.Output[Any] | list[str] | str]


@dataclass(frozen=True, kw_only=True)
class ObservabilityStackArgs:
    settings: Settings
    """The stack's configuration, checked."""
    eks: Eks | None = None
    """The EKS cluster, for a stack that has one."""


class ObservabilityStack(pulumi.ComponentResource):
    """Langfuse, its database, secrets and public name, and the access of agents."""

    outputs: Outputs
    """What the stack exports; nothing in it is secret."""

    def __init__(
        self,
        name: str,
        args: ObservabilityStackArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        settings = args.settings
        self._prefix = name
        self._settings = settings
        self._eks = args.eks
        self._release = Version.parse(settings.langfuse.version)
        self._child = pulumi.ResourceOptions(parent=self)
        self._rds: PostgresRds | None = None
        self._public: PublicEndpoint | None = None
        self.outputs = {
            "url": translation.public_url(settings),
            "version": settings.langfuse.version,
        }

        namespace = self._namespace()
        credentials = AppCredentials(
            f"{name}-credentials",
            AppCredentialsArgs(
                first_login=self._release >= versions.INIT,
                protect=settings.secrets.protect,
            ),
            self._child,
        )
        delivery = self._delivery()
        secrets = delivery.into(name, namespace, self._child)
        database = self._database(namespace)
        database_secret = secrets.deliver(
            f"{name}-database",
            SecretArgs(role="database", values=database.secret_environment),
            self._child,
        )
        secret = secrets.deliver(
            f"{name}-app",
            SecretArgs(role="app", values=translation.secret_environment(settings, credentials)),
            self._child,
        )
        service = LangfuseService(name, LangfuseServiceArgs(namespace=namespace), self._child)
        before_pods, client_networks = self._endpoint(namespace, service)
        storage = self._storage(namespace)
        langfuse = settings.langfuse
        Langfuse(
            name,
            LangfuseArgs(
                namespace=namespace,
                version=self._release,
                image=translation.image(langfuse),
                environment=translation.environment(settings, storage),
                secret=secret,
                database_secret=database_secret,
                database=database,
                min_replicas=langfuse.min_replicas,
                max_replicas=langfuse.max_replicas,
                target_cpu_percent=langfuse.target_cpu_percent,
                resources=translation.resources(langfuse.resources),
                client_namespaces=[
                    *settings.agents.namespaces,
                    *settings.agents.existing_namespaces,
                    *langfuse.allowed_namespaces,
                    *translation.prober_namespaces(settings),
                ],
                client_networks=client_networks,
                before_pods=before_pods,
                egress_ports=langfuse.egress_ports,
                zone_spread=langfuse.zone_spread,
                service_account_annotations=storage.service_account_annotations if storage else {},
                placement=translation.placement(settings.cluster),
            ),
            self._child,
        )
        if settings.acknowledge:
            # For people, and for the policy pack: it is not told the configuration.
            self.outputs["acknowledged"] = list(settings.acknowledge)
        self._agents(service, credentials, delivery)
        self._monitoring(namespace, service)
        self.outputs |= translation.outputs(settings, name, namespace, secret.name)
        self.register_outputs(self.outputs)

    def _namespace(self) -> pulumi.Output[str]:
        cluster = self._settings.cluster
        if not cluster.create_namespace:
            return pulumi.Output.from_input(cluster.namespace)
        created = Namespace(
            f"{self._prefix}-namespace",
            metadata={
                "name": cluster.namespace,
                "labels": {
                    "app.kubernetes.io/part-of": labels.PART_OF,
                    "app.kubernetes.io/managed-by": "pulumi",
                    # Every pod of the stack meets it; nothing else belongs here.
                    "pod-security.kubernetes.io/enforce": "restricted",
                    **(_READINESS_GATES if self._settings.endpoint else {}),
                },
            },
            opts=pulumi.ResourceOptions(parent=self, protect=cluster.protect or None),
        )
        return created.metadata.apply(lambda m: m.name or "")

    def _delivery(self) -> Delivery:
        if self._eks is None or self._settings.secrets.delivery == "kubernetes":
            return KubernetesDelivery()
        from stacks.platforms import eks as on_eks  # noqa: PLC0415 - see its docstring

        delivery: SecretsManagerDelivery = on_eks.delivery(
            self._prefix, self._settings, self._eks, self._child
        )
        self.outputs["secretEntries"] = translation.entries(self._settings)
        return delivery

    def _database(self, namespace: pulumi.Output[str]) -> Backing:
        settings = self._settings.database
        name = f"{self._prefix}-postgres"
        match settings:
            case StatefulSetDatabase():
                backing = PostgresStatefulSet(
                    name,
                    PostgresStatefulSetArgs(
                        namespace=namespace,
                        image=settings.image,
                        storage_gib=settings.storage_gib,
                        storage_class=settings.storage_class,
                        create_storage_class=settings.create_storage_class,
                        clients={
                            role: labels.selector(self._prefix, role)
                            for role in ("web", "migration")
                        },
                        connection_limit=settings.connection_limit,
                        max_connections=settings.max_connections,
                        resources=translation.resources(settings.resources),
                        placement=translation.placement(self._settings.cluster),
                    ),
                    self._child,
                ).backing
            case ExternalDatabase():
                backing = translation.external_database(settings)
            case _:
                if self._eks is None:
                    raise ValueError("the settings let RDS be without an EKS cluster")
                from stacks.platforms import eks as on_eks  # noqa: PLC0415

                self._rds = on_eks.database(name, settings, self._eks, self._child)
                self.outputs["databaseVersion"] = self._rds.engine_version
                backing = self._rds.backing
        self.outputs["databaseAddress"] = backing.address
        return backing

    def _endpoint(
        self, namespace: pulumi.Output[str], service: LangfuseService
    ) -> tuple[list[pulumi.Resource], pulumi.Output[Sequence[str]] | None]:
        """The public name, if there is one: what the pods wait for, and who then connects."""
        settings = self._settings.endpoint
        if settings is None or self._eks is None:
            return [], None
        from stacks.platforms import eks as on_eks  # noqa: PLC0415

        endpoint = on_eks.endpoint(
            f"{self._prefix}-endpoint",
            namespace=namespace,
            service_name=service.name,
            settings=settings,
            release=self._release,
            tags=self._settings.aws.default_tags.get("tags", {}),
            eks=self._eks,
            opts=self._child,
        )
        self._public = endpoint
        self.outputs["loadBalancerHost"] = endpoint.load_balancer_host
        return [endpoint.ready], on_eks.load_balancer_networks(settings, self._eks)

    def _storage(self, namespace: pulumi.Output[str]) -> ObjectStorage | None:
        settings = self._settings.object_storage
        if settings is None or self._eks is None:
            return None
        from stacks.platforms import eks as on_eks  # noqa: PLC0415

        storage = on_eks.storage(
            f"{self._prefix}-storage",
            service_account=self._prefix,
            namespace=namespace,
            settings=settings,
            release=self._release,
            eks=self._eks,
            opts=self._child,
        )
        self.outputs["bucket"] = storage.bucket_name
        return storage

    def _agents(
        self, service: LangfuseService, credentials: AppCredentials, delivery: Delivery
    ) -> None:
        agents = self._settings.agents
        if credentials.public_key is None or credentials.secret_key is None:
            return  # the settings refuse agents of a release that has no keys to give
        public_url = translation.public_url(self._settings)
        to_create = zip(agents.namespaces, itertools.repeat(True))
        to_adopt = zip(agents.existing_namespaces, itertools.repeat(False))
        for namespace, create in itertools.chain(to_create, to_adopt):
            AgentAccess(
                f"{self._prefix}-agents-{namespace}",
                AgentAccessArgs(
                    namespace=namespace,
                    delivery=delivery,
                    create_namespace=create,
                    protect_namespace=self._settings.cluster.protect,
                    langfuse_host=service.url if agents.url == "internal" else public_url,
                    public_key=credentials.public_key,
                    secret_key=credentials.secret_key,
                    langsmith=translation.langsmith(self._settings.langsmith),
                    langsmith_api_key=translation.langsmith_key(self._settings.langsmith),
                ),
                self._child,
            )
        if agents.namespaces or agents.existing_namespaces:
            self.outputs["agentEnvFrom"] = f"envFrom: [{{secretRef: {{name: {SECRET_NAME}}}}}]"

    def _monitoring(self, namespace: pulumi.Output[str], service: LangfuseService) -> None:
        """Dashboards, alert rules and alarms, as far as the settings ask for them."""
        settings, name = self._settings, self._prefix
        if settings.monitoring is None:
            return
        from stacks import monitoring  # noqa: PLC0415 - see its docstring

        in_aws = None
        if self._eks is not None:
            from stacks.platforms import cloudwatch  # noqa: PLC0415 - see its docstring

            # Dashboards and alarms name it both; nothing else does.
            balancer = None
            if self._public and (settings.monitoring.dashboards or settings.monitoring.alarms):
                balancer = self._public.find_load_balancer()
            in_aws = cloudwatch.dashboard_source(settings, self._rds, balancer, self._eks)
            alarms = cloudwatch.alarms(
                f"{name}-alarms",
                settings,
                database=self._rds,
                endpoint=self._public,
                load_balancer=balancer,
                eks=self._eks,
                opts=self._child,
            )
            if alarms is not None:
                self.outputs["alarmTopic"] = alarms.topic_arn
        watched = monitoring.watched(name, settings)
        monitoring.dashboards(
            f"{name}-dashboards",
            watched,
            settings.monitoring,
            namespace=namespace,
            aws=in_aws,
            opts=self._child,
        )
        monitoring.alerts(
            f"{name}-alerts",
            watched,
            settings,
            namespace=namespace,
            service_url=service.url,
            opts=self._child,
        )

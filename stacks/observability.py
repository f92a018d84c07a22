"""Which components a stack has, and how they are wired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes.core.v1 import Namespace

from components.agents.access import AgentAccess, AgentAccessArgs
from components.agents.gateway.gateway import GatewayAccess
from components.kubernetes import labels
from components.kubernetes.backing import Backing
from components.langfuse import versions
from components.langfuse.application import Langfuse
from components.langfuse.args import LangfuseArgs, Needed
from components.langfuse.service import LangfuseService, LangfuseServiceArgs
from components.langfuse.versions import Version
from components.secrets.app_credentials import AppCredentials, AppCredentialsArgs
from components.secrets.delivery import (
    DeliveredSecret,
    Delivery,
    SecretArgs,
    SecretsOfNamespace,
)
from components.secrets.kubernetes_delivery import KubernetesDelivery
from stacks import agents_gateway, backing_services, monitoring, names, translation
from stacks.names import Names
from stacks.outputs import Outputs, stack_outputs
from stacks.platforms.platform import Managed, Platform
from stacks.settings import Settings

if TYPE_CHECKING:
    # AWS's SDK, which a stack without AWS does not load.
    from components.endpoint.public_endpoint import PublicEndpoint
    from components.storage.object_storage import ObjectStorage

TYPE = "agent-observability:index:ObservabilityStack"


@dataclass(frozen=True, kw_only=True)
class ObservabilityStackArgs:
    settings: Settings
    """The stack's configuration, checked."""
    platform: Platform
    """Where the stack goes."""


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
        self._settings = settings
        self._platform = args.platform
        self._names = Names(name)
        self._release = Version.parse(settings.langfuse.version)
        self._child = pulumi.ResourceOptions(parent=self)
        if (warning := versions.unread(self._release)) is not None:
            pulumi.log.warn(warning, self)
        if (stage := translation.stage(settings)) is not None:
            pulumi.log.warn(stage, self)
        if settings.langfuse.paused:
            pulumi.log.warn("Langfuse is paused: no pod of it runs (langfuse.paused).", self)

        namespace = self._namespace()
        credentials = self._credentials()
        delivery = self._delivery()
        secrets = delivery.into(name, namespace, self._child)
        database, rds = backing_services.database(
            settings, self._names, self._platform, namespace=namespace, opts=self._child
        )
        needed_database = self._needed(database, secrets)
        secret = secrets.deliver(
            self._names.app,
            SecretArgs(
                role=names.APP, values=translation.secret_environment(settings, credentials)
            ),
            self._child,
        )
        storage = self._storage(namespace)
        backings, cache = backing_services.others(
            settings,
            self._names,
            self._platform,
            namespace=namespace,
            storage=storage,
            opts=self._child,
        )
        services = [self._needed(backing, secrets) for backing in backings]
        service = LangfuseService(name, LangfuseServiceArgs(namespace=namespace), self._child)
        managed = Managed(
            database=rds,
            cache=cache,
            endpoint=self._endpoint(namespace, service),
            storage=storage,
        )
        langfuse = self._langfuse(namespace, secret, needed_database, services, managed)
        gateway = agents_gateway.gateway(
            settings,
            self._names,
            namespace=namespace,
            service_url=service.url,
            credentials=credentials,
            secrets=secrets,
            after=[langfuse.ready],
            opts=self._child,
        )
        self._agents(service, credentials, delivery, gateway)
        alarm_topic = monitoring.watch(
            settings,
            self._names,
            self._platform,
            managed,
            namespace=namespace,
            service_url=service.url,
            opts=self._child,
        )
        self.outputs = stack_outputs(
            settings,
            self._names,
            namespace=namespace,
            kubectl=self._platform.kubectl,
            secret=secret,
            database=database,
            managed=managed,
            alarm_topic=alarm_topic,
        )
        self.register_outputs(self.outputs)

    def _needed(self, backing: Backing, secrets: SecretsOfNamespace) -> Needed:
        """A backing service, with its secret environment delivered."""
        return Needed(
            backing=backing,
            secret=secrets.deliver(
                self._names.delivered(backing.role),
                SecretArgs(role=backing.role, values=backing.secret_environment),
                self._child,
            ),
            migrated=backing.role == names.CLICKHOUSE,
        )

    def _namespace(self) -> pulumi.Output[str]:
        cluster, endpoint = self._settings.cluster, self._settings.endpoint
        if not cluster.create_namespace:
            return pulumi.Output.from_input(cluster.namespace)
        created = Namespace(
            self._names.namespace,
            metadata={
                "name": cluster.namespace,
                "labels": {
                    "app.kubernetes.io/part-of": labels.PART_OF,
                    "app.kubernetes.io/managed-by": "pulumi",
                    # Every pod of the stack meets it; nothing else belongs here.
                    "pod-security.kubernetes.io/enforce": "restricted",
                    **(self._platform.readiness_gates(endpoint) if endpoint else {}),
                },
            },
            opts=pulumi.ResourceOptions(parent=self, protect=cluster.protect or None),
        )
        return created.metadata.apply(lambda m: m.name or "")

    def _credentials(self) -> AppCredentials:
        return AppCredentials(
            self._names.credentials,
            AppCredentialsArgs(
                first_login=self._release >= versions.INIT,
                protect=self._settings.secrets.protect,
            ),
            self._child,
        )

    def _delivery(self) -> Delivery:
        section = self._settings.secrets
        if section.delivery == "kubernetes":
            return KubernetesDelivery()
        return self._platform.delivery(self._names.external_secrets, section, self._child)

    def _endpoint(
        self, namespace: pulumi.Output[str], service: LangfuseService
    ) -> PublicEndpoint | None:
        section = self._settings.endpoint
        return section and self._platform.endpoint(
            self._names.endpoint,
            section,
            namespace=namespace,
            service_name=service.name,
            opts=self._child,
        )

    def _storage(self, namespace: pulumi.Output[str]) -> ObjectStorage | None:
        section = self._settings.s3
        backups = self._settings.backups
        workers = [self._names.worker] if versions.has_worker(self._release) else []
        return section and self._platform.storage(
            self._names.storage,
            section,
            namespace=namespace,
            service_accounts=[self._names.langfuse, *workers],
            origin=translation.origin(self._settings),
            clickhouse=self._names.clickhouse,
            backup_days=backups and backups.days,
            opts=self._child,
        )

    def _langfuse(
        self,
        namespace: pulumi.Output[str],
        secret: DeliveredSecret,
        database: Needed,
        services: Sequence[Needed],
        managed: Managed,
    ) -> Langfuse:
        settings, section = self._settings, self._settings.langfuse
        endpoint, storage = managed.endpoint, managed.storage
        return Langfuse(
            self._names.langfuse,
            LangfuseArgs(
                namespace=namespace,
                version=self._release,
                mode=translation.mode(section),
                step=translation.step(section),
                image=translation.image(section, section.version),
                environment=translation.environment(settings, storage),
                secret=secret,
                database_secret=database.secret,
                database=database.backing,
                # Before the step to version 3 they may be there already, and nothing reads them.
                services=services if versions.needs(self._release) else [],
                worker=translation.worker(settings),
                reports_usage=translation.reports_usage(section),
                min_replicas=section.min_replicas,
                max_replicas=section.max_replicas,
                target_cpu_percent=section.target_cpu_percent,
                resources=translation.resources(section.resources),
                paused=section.paused,
                client_namespaces=translation.client_namespaces(settings),
                client_networks=settings.endpoint
                and self._platform.endpoint_networks(settings.endpoint),
                before_pods=[endpoint.ready] if endpoint else [],
                egress_ports=translation.egress_ports(section),
                zone_spread=section.zone_spread,
                service_account_annotations=storage.service_account_annotations if storage else {},
                placement=translation.placement(settings.cluster),
            ),
            self._child,
        )

    def _agents(
        self,
        service: LangfuseService,
        credentials: AppCredentials,
        delivery: Delivery,
        gateway: Mapping[str, GatewayAccess],
    ) -> None:
        settings, agents = self._settings, self._settings.agents
        if credentials.public_key is None or credentials.secret_key is None:
            return  # the settings refuse agents of a release that has no keys to give
        internal = agents.url == "internal"
        for namespace in settings.agents.every_namespace:
            AgentAccess(
                self._names.agents(namespace),
                AgentAccessArgs(
                    namespace=namespace,
                    delivery=delivery,
                    create_namespace=namespace in agents.namespaces,
                    protect_namespace=settings.cluster.protect,
                    langfuse_host=service.url if internal else translation.public_url(settings),
                    public_key=credentials.public_key,
                    secret_key=credentials.secret_key,
                    opentelemetry=self._release >= versions.OPENTELEMETRY,
                    langsmith=translation.langsmith(settings.langsmith),
                    langsmith_api_key=translation.langsmith_key(settings.langsmith),
                    gateway=gateway.get(namespace),
                ),
                self._child,
            )

"""Which components a stack has, and how they are wired."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_kubernetes.core.v1 import Namespace

from components import labels, langfuse_environment, langfuse_versions, langsmith_environment
from components.agent_access import SECRET_NAME, AgentAccess, AgentAccessArgs
from components.app_credentials import AppCredentials, AppCredentialsArgs
from components.handover import ContainerResources, DatabaseConnection, DeliveredSecret, Placement
from components.kubernetes_secret import KubernetesSecret, KubernetesSecretArgs
from components.langfuse import Langfuse, LangfuseArgs
from components.langfuse_versions import Version
from components.postgres_stateful_set import PostgresStatefulSet, PostgresStatefulSetArgs
from components.postgres_url import connection_url, pool_parameters
from stacks.settings import Settings
from stacks.settings.models import ExternalDatabase, Resources, StatefulSetDatabase

if TYPE_CHECKING:
    from pulumi_kubernetes.core.v1 import TolerationArgsDict

TYPE = "agent-observability:index:ObservabilityStack"


@dataclass(frozen=True, kw_only=True)
class ObservabilityStackArgs:
    settings: Settings
    """The stack's configuration, checked."""


class ObservabilityStack(pulumi.ComponentResource):
    """Langfuse, its database and secrets, and the access of agents."""

    outputs: dict[str, pulumi.Output[Any] | str]
    """What the stack exports; nothing in it is secret."""

    def __init__(
        self,
        name: str,
        args: ObservabilityStackArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._prefix = name
        self._settings = args.settings
        self._release = Version.parse(args.settings.langfuse.version)
        namespace = self._namespace()
        credentials = AppCredentials(
            f"{name}-credentials",
            AppCredentialsArgs(
                first_login=self._release >= langfuse_versions.INIT,
                protect=args.settings.secrets.protect,
            ),
            self._child(),
        )
        database = self._database(namespace)
        database_secret = self._deliver("database", namespace, {"DATABASE_URL": database.url})
        secret = self._deliver("app", namespace, self._secret_environment(credentials))
        langfuse = self._langfuse(namespace, database, database_secret, secret)
        self._agents(langfuse, credentials)
        self.outputs = self._outputs(namespace, database, secret)
        self.register_outputs(self.outputs)

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

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
                },
            },
            opts=self._child(),
        )
        return created.metadata.apply(lambda m: m.name or "")

    def _placement(self) -> Placement:
        cluster = self._settings.cluster
        tolerations: list[TolerationArgsDict] = [
            {
                "key": toleration.key,
                "operator": toleration.operator,
                "value": toleration.value,
                "effect": toleration.effect,
            }
            for toleration in cluster.tolerations
        ]
        return Placement(
            node_selector=cluster.node_selector,
            tolerations=tolerations,
            image_pull_secrets=cluster.image_pull_secrets,
        )

    def _database(self, namespace: pulumi.Output[str]) -> DatabaseConnection:
        settings = self._settings.database
        match settings:
            case StatefulSetDatabase():
                return PostgresStatefulSet(
                    f"{self._prefix}-postgres",
                    PostgresStatefulSetArgs(
                        namespace=namespace,
                        image=settings.image,
                        storage_gib=settings.storage_gib,
                        storage_class=settings.storage_class,
                        create_storage_class=settings.create_storage_class,
                        clients={
                            "web": labels.selector(self._prefix, "web"),
                            "migration": labels.selector(self._prefix, "migration"),
                        },
                        connection_limit=settings.connection_limit,
                        max_connections=settings.max_connections,
                        resources=_resources(settings.resources),
                        placement=self._placement(),
                    ),
                    self._child(),
                ).connection
            case ExternalDatabase():
                return _external(settings)
            case _:
                raise NotImplementedError(settings.engine)

    def _deliver(
        self, role: str, namespace: pulumi.Output[str], values: dict[str, pulumi.Input[str]]
    ) -> DeliveredSecret:
        return KubernetesSecret(
            f"{self._prefix}-{role}",
            KubernetesSecretArgs(namespace=namespace, values=values),
            self._child(),
        ).delivered

    def _secret_environment(self, credentials: AppCredentials) -> dict[str, pulumi.Input[str]]:
        first_login = {
            "LANGFUSE_INIT_PROJECT_PUBLIC_KEY": credentials.public_key,
            "LANGFUSE_INIT_PROJECT_SECRET_KEY": credentials.secret_key,
            "LANGFUSE_INIT_USER_PASSWORD": credentials.admin_password,
        }
        return {
            "NEXTAUTH_SECRET": credentials.nextauth_secret,
            "SALT": credentials.salt,
            "ENCRYPTION_KEY": credentials.encryption_key,
            **{key: value for key, value in first_login.items() if value is not None},
            **{
                key: value.get_secret_value()
                for key, value in self._settings.langfuse.secret_environment.items()
            },
        }

    def _langfuse(
        self,
        namespace: pulumi.Output[str],
        database: DatabaseConnection,
        database_secret: DeliveredSecret,
        secret: DeliveredSecret,
    ) -> Langfuse:
        settings = self._settings.langfuse
        agents = self._settings.agents
        admin = settings.admin
        environment = langfuse_environment.plain_environment(
            langfuse_environment.LangfuseSettings(
                version=self._release,
                public_url=self._public_url(),
                memory_limit=settings.resources.memory_limit,
                sign_up=settings.sign_up == "open",
                telemetry=settings.telemetry,
                experimental_features=settings.experimental_features,
                organization=settings.organization,
                project=settings.project,
                admin_email=admin.email if admin else None,
                admin_name=admin.name if admin else "",
                log_level=settings.log_level,
                log_format=settings.log_format,
                extra=settings.environment,
            )
        )
        return Langfuse(
            self._prefix,
            LangfuseArgs(
                namespace=namespace,
                version=self._release,
                image=f"{settings.repository}:{settings.version}",
                environment=environment,
                secret=secret,
                database_secret=database_secret,
                database=database,
                min_replicas=settings.min_replicas,
                max_replicas=settings.max_replicas,
                target_cpu_percent=settings.target_cpu_percent,
                resources=_resources(settings.resources),
                client_namespaces=[
                    *agents.namespaces,
                    *agents.existing_namespaces,
                    *settings.allowed_namespaces,
                ],
                egress_ports=settings.egress_ports,
                zone_spread=settings.zone_spread,
                placement=self._placement(),
            ),
            self._child(),
        )

    def _public_url(self) -> str:
        endpoint = self._settings.endpoint
        return f"https://{endpoint.host}" if endpoint else self._settings.langfuse.public_url

    def _agents(self, langfuse: Langfuse, credentials: AppCredentials) -> None:
        agents = self._settings.agents
        langsmith = self._settings.langsmith
        if credentials.public_key is None or credentials.secret_key is None:
            return  # the settings refuse agents of a release that has no keys to give
        host = langfuse.url if agents.url == "internal" else self._public_url()
        to_create = zip(agents.namespaces, itertools.repeat(True))
        to_adopt = zip(agents.existing_namespaces, itertools.repeat(False))
        for agent_namespace, create in itertools.chain(to_create, to_adopt):
            AgentAccess(
                f"{self._prefix}-agents-{agent_namespace}",
                AgentAccessArgs(
                    namespace=agent_namespace,
                    create_namespace=create,
                    langfuse_host=host,
                    public_key=credentials.public_key,
                    secret_key=credentials.secret_key,
                    langsmith=langsmith
                    and langsmith_environment.LangSmithSettings(
                        endpoint=langsmith.endpoint
                        or langsmith_environment.ENDPOINTS[langsmith.region],
                        project=langsmith.project,
                        tracing=langsmith.tracing,
                        workspace_id=langsmith.workspace_id,
                        legacy_names=langsmith.legacy_names,
                    ),
                    langsmith_api_key=langsmith
                    and pulumi.Output.secret(langsmith.api_key.get_secret_value()),
                ),
                self._child(),
            )

    def _outputs(
        self,
        namespace: pulumi.Output[str],
        database: DatabaseConnection,
        secret: DeliveredSecret,
    ) -> dict[str, pulumi.Output[Any] | str]:
        settings = self._settings
        outputs: dict[str, pulumi.Output[Any] | str] = {
            "url": self._public_url(),
            "version": settings.langfuse.version,
            "namespace": namespace,
            "databaseAddress": database.address,
        }
        if settings.endpoint is None:
            outputs["openCommand"] = pulumi.Output.format(
                "kubectl -n {0} port-forward service/{1} 3000:80", namespace, self._prefix
            )
        if settings.langfuse.admin is not None:
            outputs["adminEmail"] = settings.langfuse.admin.email
            outputs["adminPasswordCommand"] = pulumi.Output.format(
                "kubectl -n {0} get secret {1} -o "
                "go-template='{{{{.data.LANGFUSE_INIT_USER_PASSWORD | base64decode}}}}'",
                namespace,
                secret.name,
            )
        if settings.agents.namespaces or settings.agents.existing_namespaces:
            outputs["agentEnvFrom"] = f"envFrom: [{{secretRef: {{name: {SECRET_NAME}}}}}]"
        return outputs


def _resources(settings: Resources) -> ContainerResources:
    return ContainerResources(
        cpu=settings.cpu, memory=settings.memory, memory_limit=settings.memory_limit
    )


def _external(settings: ExternalDatabase) -> DatabaseConnection:
    """A connection to a database that nothing here manages."""
    url = connection_url(
        user=settings.username,
        password=settings.password.get_secret_value(),
        host=settings.host,
        port=settings.port,
        database=settings.database,
        parameters={"sslmode": settings.tls, **pool_parameters(settings.connection_limit)},
    )
    return DatabaseConnection(
        url=pulumi.Output.secret(url),
        address=pulumi.Output.from_input(f"{settings.host}:{settings.port}"),
        port=settings.port,
    )

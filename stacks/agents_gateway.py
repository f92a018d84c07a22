"""The agents' gateway of a stack: turns settings into its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from components.agents.gateway import configuration
from components.agents.gateway.gateway import AgentGateway, AgentGatewayArgs, GatewayAccess
from components.kubernetes import labels
from components.langfuse import destinations, environment
from components.secrets.app_credentials import AppCredentials
from components.secrets.delivery import SecretsOfNamespace
from stacks import translation
from stacks.names import Names
from stacks.settings import Settings


def gateway(
    settings: Settings,
    names: Names,
    *,
    namespace: pulumi.Input[str],
    service_url: pulumi.Output[str],
    credentials: AppCredentials,
    secrets: SecretsOfNamespace,
    after: Sequence[pulumi.Resource],
    opts: pulumi.ResourceOptions,
) -> Mapping[str, GatewayAccess]:
    """The gateway if the settings ask for it, and what agents need to use it, by namespace.

    ``after``: what knows the project's keys when it is complete.
    """
    section = settings.gateway
    if section is None or credentials.public_key is None or credentials.secret_key is None:
        return {}
    langsmith = translation.langsmith(settings.langsmith) if section.langsmith else None
    return AgentGateway(
        names.gateway,
        AgentGatewayArgs(
            namespace=namespace,
            image=section.image,
            replicas=section.replicas,
            configuration=service_url.apply(
                lambda url: configuration.rendered(
                    translation.gateway(section, settings.langsmith, langfuse_url=url)
                )
            ),
            agent_namespaces=settings.agents.every_namespace,
            secrets=secrets,
            public_key=credentials.public_key,
            secret_key=credentials.secret_key,
            before_pods=after,
            langfuse_pods=labels.selector(names.langfuse, "web"),
            langfuse_port=environment.PORT,
            langsmith_api_key=translation.langsmith_key(settings.langsmith) if langsmith else None,
            langsmith_port=destinations.port(langsmith.endpoint) if langsmith else None,
            metrics_namespace=translation.metrics_reader(settings),
            resources=translation.resources(section.resources),
            storage_gib=section.storage_gib,
            storage_class=section.storage_class,
            placement=translation.placement(settings.cluster),
        ),
        opts,
    ).access

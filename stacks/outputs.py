"""What a stack exports: what a person needs next, and nothing secret."""

from __future__ import annotations

from typing import Any, TypeAlias

import pulumi

from components.agents.environment import SECRET_NAME
from components.kubernetes.backing import Backing
from components.secrets.delivery import DeliveredSecret
from stacks import names, translation
from stacks.names import Names
from stacks.platforms.platform import Managed
from stacks.settings import Settings

Value: TypeAlias = pulumi.Output[Any] | dict[str, str] | list[str] | str
Outputs: TypeAlias = dict[str, Value]


def stack_outputs(
    settings: Settings,
    stack: Names,
    *,
    namespace: pulumi.Output[str],
    kubectl: pulumi.Input[str],
    secret: DeliveredSecret,
    database: Backing,
    managed: Managed,
    alarm_topic: pulumi.Output[str] | None,
) -> Outputs:
    """Every output of a stack. Those whose subject the stack does not have are left out."""
    agents = settings.agents.every_namespace
    by_entries = settings.secrets.delivery == "secretsManager"
    admin = settings.langfuse.admin
    known: dict[str, Value | None] = {
        "url": translation.public_url(settings),
        "ssoCallbackUrls": translation.callback_urls(settings),
        "version": settings.langfuse.version,
        "secretEntries": names.entries(settings.stack, agents, settings.services)
        if by_entries
        else None,
        "databaseVersion": managed.database and managed.database.engine_version,
        "databaseAddress": database.address,
        "cacheVersion": managed.cache and managed.cache.engine_version,
        "cacheAddress": managed.cache and managed.cache.backing.address,
        "loadBalancerHost": managed.endpoint and managed.endpoint.load_balancer_host,
        "bucket": managed.storage and managed.storage.bucket_name,
        "mediaBucket": managed.storage and managed.storage.media_bucket_name,
        "clickhouseBackups": managed.storage and managed.storage.backup_folder,
        # For people, and for the policy pack: it is not told the configuration.
        "acknowledged": [*settings.acknowledge] or None,
        "agentEnvFrom": f"envFrom: [{{secretRef: {{name: {SECRET_NAME}}}}}]" if agents else None,
        "alarmTopic": alarm_topic,
        "namespace": namespace,
        "openCommand": None if settings.endpoint else _open(kubectl, namespace, stack.langfuse),
        "adminEmail": translation.admin_login(settings.langfuse),
        "adminPasswordCommand": admin and _show_password(kubectl, namespace, secret),
    }
    return {key: value for key, value in known.items() if value is not None}


def _open(
    kubectl: pulumi.Input[str], namespace: pulumi.Output[str], service: str
) -> pulumi.Output[str]:
    """The command that opens a Langfuse without a public name."""
    return pulumi.Output.format(
        "{0} -n {1} port-forward service/{2} 3000:80", kubectl, namespace, service
    )


def _show_password(
    kubectl: pulumi.Input[str], namespace: pulumi.Output[str], secret: DeliveredSecret
) -> pulumi.Output[str]:
    """The command that shows the first user's password."""
    return pulumi.Output.format(
        "{0} -n {1} get secret {2} -o "
        "go-template='{{{{.data.LANGFUSE_INIT_USER_PASSWORD | base64decode}}}}{{{{\"\\n\"}}}}'",
        kubectl,
        namespace,
        secret.name,
    )

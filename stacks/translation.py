"""Settings in the terms of components. Plain functions: nothing here is created."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pulumi
from pydantic import SecretStr

from components.agents import langsmith as langsmith_environment
from components.agents.gateway.settings import GatewaySettings, LangSmithCopy
from components.cache import backing as cache_backing
from components.cache import url as cache_url
from components.clickhouse import connection
from components.clickhouse.backing import clickhouse
from components.kubernetes import quantities
from components.kubernetes.backing import Backing
from components.kubernetes.placement import ContainerResources, Placement
from components.langfuse import destinations, sso, storage_environment, versions, write_modes
from components.langfuse import environment as langfuse_environment
from components.langfuse.args import Step, WorkerArgs
from components.langfuse.versions import Version
from components.langfuse.write_modes import Mode
from components.postgres import backing
from components.postgres.url import Pooler, urls
from components.storage import backing as storage_backing
from stacks.settings import Settings, langfuse_variables
from stacks.settings.machinery.fields.network import is_local
from stacks.settings.sections.cache import ExternalCache
from stacks.settings.sections.clickhouse import (
    ExternalClickHouse,
    OperatorClickHouse,
    StatefulSetClickHouse,
)
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.database import ExternalDatabase
from stacks.settings.sections.gateway import Gateway
from stacks.settings.sections.langfuse import Langfuse, Worker
from stacks.settings.sections.langsmith import LangSmith
from stacks.settings.sections.object_storage import ExternalObjectStorage, S3ObjectStorage
from stacks.settings.sections.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_kubernetes.core.v1 import TolerationArgsDict

    from components.secrets.app_credentials import AppCredentials
    from components.storage.object_storage import ObjectStorage

_QUEUE = 0.5
"""Part of the gateway's volume that its queue takes. Its file is a third larger than what waits in
it with requests of 3 kB, and twice as large with those of 0.6 kB (docs/gateway.md)."""


def public_url(settings: Settings) -> str:
    """The URL that people open; NEXTAUTH_URL, certificate, Ingress and record follow from it."""
    endpoint = settings.endpoint
    return f"https://{endpoint.host}" if endpoint else settings.langfuse.public_url


def origin(settings: Settings) -> str:
    """The origin of Langfuse's pages, as browsers write it: in lower case, without a default
    port."""
    url = urlsplit(public_url(settings))
    default = {"http": 80, "https": 443}[url.scheme]
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return f"{url.scheme}://{host}" + (f":{url.port}" if url.port not in {None, default} else "")


def pages_upload(settings: Settings) -> bool:
    """Whether Langfuse's pages upload media to S3, as they do from version 3 on."""
    section = settings.s3
    return (
        section is not None
        and section.media
        and bool(versions.needs(Version.parse(settings.langfuse.version)))
    )


def has_local_url(settings: Settings) -> bool:
    """Whether the URL leads to the machine of its reader, as that of a port-forward does."""
    return is_local(public_url(settings))


def agents_use_public_url(settings: Settings) -> bool:
    """Whether agents send to the public URL: those of the stack are told to, or are elsewhere."""
    return settings.agents.url == "public" or not settings.agents.every_namespace


def prober(settings: Settings) -> str | None:
    """Address of the blackbox exporter that probes the stack."""
    monitoring = settings.monitoring
    rules = monitoring.prometheus_rules if monitoring else None
    return rules.prober if rules else None


def clickhouse_scraper(settings: Settings) -> str | None:
    """Namespace of the Prometheus that reads the metrics of ClickHouse in the cluster."""
    in_cluster = isinstance(settings.clickhouse, StatefulSetClickHouse | OperatorClickHouse)
    return metrics_reader(settings) if in_cluster else None


def client_namespaces(settings: Settings) -> list[str]:
    """Namespaces whose pods may connect to Langfuse, in addition to its own."""
    address = prober(settings)
    return [
        *settings.agents.every_namespace,
        *settings.langfuse.allowed_namespaces,
        # The probe takes the public URL where there is one.
        *([address.split(".")[1]] if address and has_local_url(settings) else []),
    ]


def image(settings: Langfuse | Worker, version: str) -> str:
    """The image; with a digest, the tag is for people and the digest decides."""
    digest = f"@{settings.digest}" if settings.digest else ""
    return f"{settings.repository}:{version}{digest}"


def resources(settings: Resources) -> ContainerResources:
    """Requests and limits."""
    return ContainerResources(
        cpu=settings.cpu, memory=settings.memory, memory_limit=settings.memory_limit
    )


def placement(cluster: Cluster) -> Placement:
    """Where pods may run."""
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
        labels=cluster.pod_labels,
        annotations=cluster.pod_annotations,
        image_pull_secrets=cluster.image_pull_secrets,
    )


def environment(
    settings: Settings, storage: ObjectStorage | None
) -> Mapping[str, pulumi.Input[str]]:
    """Langfuse's variables that are not secret."""
    langfuse = settings.langfuse
    admin = langfuse.admin
    typed, _ = typed_environment(langfuse)
    plain = langfuse_environment.plain_environment(
        langfuse_environment.LangfuseSettings(
            version=Version.parse(langfuse.version),
            mode=mode(langfuse),
            public_url=public_url(settings),
            memory_limit=langfuse.resources.memory_limit,
            sign_up=langfuse.sign_up == "open",
            telemetry=langfuse.telemetry,
            experimental_features=langfuse.experimental_features,
            organization=langfuse.organization,
            project=langfuse.project,
            admin_email=admin.email if admin else None,
            admin_name=admin.name if admin else "",
            log_level=langfuse.log_level,
            log_format=langfuse.log_format,
            exports_spans=langfuse_environment.TRACES_OF_ITS_OWN
            in {*langfuse.environment, *langfuse.secret_environment},
            extra={**langfuse.environment, **typed},
        )
    )
    return {**plain, **(storage.environment if storage else {})}


def mode(settings: Langfuse) -> Mode | None:
    """Where traces are kept, of a release that has workers."""
    version = Version.parse(settings.version)
    if not versions.has_worker(version):
        return None
    return write_modes.mode(version, settings.write_mode, backfill=settings.backfill)


def step(settings: Langfuse) -> Step | None:
    """The step to the next major version that is being made, with the backups to undo it."""
    said = settings.upgrade
    if said is None or said.to != Version.parse(settings.version).major:
        return None
    return Step(
        to=said.to,
        database_backup=said.database_backup or "",
        clickhouse_backup=said.clickhouse_backup or "",
    )


def stage(settings: Settings) -> str | None:
    """What is to be said of a step to the next major version, before it and while it is made."""
    said = settings.langfuse.upgrade
    if said is None:
        return None
    release = settings.langfuse.version
    if step(settings.langfuse) is not None:
        backups = " and ".join(filter(None, (said.database_backup, said.clickhouse_backup)))
        return (
            f"Step to Langfuse {said.to}: {backups} can undo it. Remove langfuse.upgrade when it "
            "is done."
        )
    unread = ", ".join(
        name
        for name, section in {
            "clickhouse": settings.clickhouse,
            "cache": settings.cache,
            "objectStorage": None if settings.s3 else settings.object_storage,
        }.items()
        if section is not None and said.to == 3
    )
    nothing = f": Langfuse {release} reads nothing of {unread}" if unread else ""
    return f"The next step is to Langfuse {said.to}{nothing}."


def reports_usage(settings: Langfuse) -> bool:
    """Whether Langfuse sends usage statistics (see ``versions.reports_usage``)."""
    return versions.reports_usage(
        telemetry=settings.telemetry, licensed=settings.license_key is not None
    )


def admin_login(settings: Langfuse) -> str | None:
    """What the first user logs in with."""
    return langfuse_environment.admin_login(settings.admin.email) if settings.admin else None


def secret_environment(
    settings: Settings, credentials: AppCredentials
) -> dict[str, pulumi.Input[str]]:
    """Langfuse's variables that are secret, but for the database's URL."""
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
        **_storage_keys(settings),
        **{
            key: value.get_secret_value()
            for key, value in (
                *settings.langfuse.secret_environment.items(),
                *typed_environment(settings.langfuse)[1].items(),
            )
        },
    }


def typed_environment(langfuse: Langfuse) -> tuple[dict[str, str], dict[str, SecretStr]]:
    """The variables that keys of the section stand for: those in clear, and those that are
    secret."""
    given = {found.name: found.value for found in langfuse_variables.given(langfuse)}
    plain = {name: value for name, value in given.items() if isinstance(value, str)}
    return plain, {n: value for n, value in given.items() if isinstance(value, SecretStr)}


def egress_ports(langfuse: Langfuse) -> list[int]:
    """TCP ports that Langfuse may reach anywhere: those of the settings, and those that other keys
    lead to."""
    plain, secret = typed_environment(langfuse)
    urls = (*plain.values(), *(value.get_secret_value() for value in secret.values()))
    led_to = map(destinations.port, urls)
    return list(dict.fromkeys([*langfuse.egress_ports, *filter(None, led_to)]))


def callback_urls(settings: Settings) -> dict[str, str] | None:
    """The URL to register at each provider of single sign-on, by its name; None without any."""
    url = public_url(settings)
    providers = settings.langfuse.sso.providers
    return {name: sso.callback_url(url, name) for name in providers} or None


def _storage_keys(settings: Settings) -> dict[str, str]:
    match settings.s3:
        case S3ObjectStorage(
            access_key_id=SecretStr() as key, secret_access_key=SecretStr() as half
        ):
            return storage_environment.static_keys(key.get_secret_value(), half.get_secret_value())
        case _:
            return {}


def external_database(settings: ExternalDatabase) -> Backing:
    """A database that nothing here manages."""
    pooler = settings.pooler
    return backing.database(
        urls=pulumi.Output.from_input(
            urls(
                user=settings.username,
                password=settings.password.get_secret_value(),
                host=settings.host,
                port=settings.port,
                database=settings.database,
                tls={"sslmode": settings.tls},
                connection_limit=settings.connection_limit,
                pooler=pooler and Pooler(pooler.host, pooler.port),
            )
        ),
        address=pulumi.Output.from_input(f"{settings.host}:{settings.port}"),
        port=settings.port,
        other_ports=[pooler.port] if pooler else [],
    )


def external_clickhouse(settings: ExternalClickHouse) -> Backing:
    """A ClickHouse server that nothing here manages."""
    return clickhouse(
        connection.external(
            settings.kind,
            settings.url,
            settings.username,
            quantities.parse(settings.memory) if settings.memory else None,
        ),
        host=urlsplit(settings.url).hostname or "",
        migration_host=settings.migration_host,
        password=settings.password.get_secret_value(),
    )


def external_cache(settings: ExternalCache) -> Backing:
    """A cache that nothing here manages."""
    return cache_backing.cache(
        url=pulumi.Output.from_input(
            cache_url.connection_url(
                user=settings.username,
                password=settings.password.get_secret_value(),
                host=settings.host,
                port=settings.port,
                tls=settings.tls,
            )
        ),
        address=pulumi.Output.from_input(f"{settings.host}:{settings.port}"),
        port=settings.port,
    )


def database_clients(settings: Settings) -> tuple[str, ...]:
    """Roles of the pods that connect to the database."""
    if versions.has_worker(Version.parse(settings.langfuse.version)):
        return ("web", "worker", "migration")
    return ("web", "migration")


def external_storage(settings: ExternalObjectStorage) -> Backing:
    """A store that nothing here manages."""
    url = urlsplit(settings.endpoint)
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    return storage_backing.storage(
        bucket=settings.bucket,
        region=settings.region,
        exports=settings.exports,
        media=settings.media,
        endpoint=pulumi.Output.from_input(settings.endpoint),
        force_path_style=settings.force_path_style,
        address=pulumi.Output.from_input(f"{url.hostname}:{port}"),
        port=port,
        access_key_id=settings.access_key_id.get_secret_value(),
        secret_access_key=settings.secret_access_key.get_secret_value(),
    )


def queue_metrics(settings: Settings) -> bool:
    """Whether workers publish metrics to CloudWatch."""
    return settings.monitoring is not None and settings.monitoring.queue_metrics


def worker(settings: Settings) -> WorkerArgs | None:
    """The pods that work on queues, of a release that has them."""
    if not versions.has_worker(Version.parse(settings.langfuse.version)):
        return None
    section = settings.langfuse.worker
    return WorkerArgs(
        image=image(section, settings.langfuse.version),
        min_replicas=section.min_replicas,
        max_replicas=section.max_replicas,
        target_cpu_percent=section.target_cpu_percent,
        resources=resources(section.resources),
        queue_metrics=queue_metrics(settings),
    )


def langsmith(settings: LangSmith | None) -> langsmith_environment.LangSmithSettings | None:
    """LangSmith's settings for agents, without the key."""
    if settings is None:
        return None
    return langsmith_environment.LangSmithSettings(
        endpoint=settings.endpoint or langsmith_environment.ENDPOINTS[settings.region],
        project=settings.project,
        tracing=settings.tracing,
        workspace_id=settings.workspace_id,
        legacy_names=settings.legacy_names,
    )


def langsmith_key(settings: LangSmith | None) -> pulumi.Output[str] | None:
    """LangSmith's key; secret."""
    return pulumi.Output.secret(settings.api_key.get_secret_value()) if settings else None


def gateway(section: Gateway, settings: LangSmith | None, *, langfuse_url: str) -> GatewaySettings:
    """What the gateway's configuration follows from. ``settings``: LangSmith's."""
    limit = section.storage_gib * _QUEUE if section.queue_gib is None else section.queue_gib
    copy = langsmith(settings) if section.langsmith else None
    return GatewaySettings(
        langfuse_url=langfuse_url,
        memory_limit=int(quantities.parse(section.resources.memory_limit)),
        queue_bytes=int(limit * 2**30),
        masking=section.masking,
        masked_patterns=section.masked_patterns,
        sampling=section.sampling,
        series_limit=section.series_limit,
        langsmith=copy
        and LangSmithCopy(
            endpoint=copy.endpoint, project=copy.project, workspace_id=copy.workspace_id
        ),
    )


def metrics_reader(settings: Settings) -> str | None:
    """Namespace of the Prometheus of the stack, if it is known."""
    monitoring = settings.monitoring
    rules = monitoring.prometheus_rules if monitoring else None
    return rules.prometheus_namespace if rules else None

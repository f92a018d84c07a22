"""What a stack file promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict
from urllib.parse import urlsplit

from components.agents import langsmith as langsmith_environment
from components.agents.environment import client_environment, opentelemetry_environment
from components.agents.gateway import settings as gateway
from components.langfuse import versions, write_modes
from components.langfuse.versions import Version
from components.storage.pod import PORT as SEAWEEDFS_PORT
from stacks import translation
from stacks.names import NAMES
from stacks.settings import Settings
from stacks.settings.sections.object_storage import (
    ExternalObjectStorage,
    S3ObjectStorage,
    StatefulSetObjectStorage,
)

LOCAL = {"localhost", "127.0.0.1", "::1"}
"""Hosts whose requests leave the machine by no network."""


@dataclass(frozen=True, kw_only=True)
class LangSmith:
    """How agents reach LangSmith."""

    endpoint: str
    region: str | None
    """None for a self-hosted one."""
    workspace: str | None
    """For a key of a whole organisation."""


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """The gateway that agents send traces to."""

    endpoint: str
    """OTEL_EXPORTER_OTLP_TRACES_ENDPOINT of agents."""
    whole: bool
    """Whether Langfuse gets every trace."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What has to be seen."""

    stack: str
    version: Version
    url: str
    """URL that people open."""
    sign_up_open: bool
    load_balancer: bool
    """Whether the stack made the load balancer that answers at ``url``."""
    namespace: str
    agents: Sequence[str]
    """Namespaces of agents."""
    agents_host: str
    """LANGFUSE_HOST of agents."""
    agents_keys: Sequence[str]
    """Every key of agents' Secret."""
    langsmith: LangSmith | None
    """None where agents do not trace to it."""
    gateway: Gateway | None = None
    """None where agents send to Langfuse alone."""
    worker: bool = False
    """Whether there are pods that work on queues."""
    tables: Sequence[Literal["events", "traces"]] = ()
    """Where a trace that came by OpenTelemetry is kept; none where it cannot come so."""
    media: bool = False
    """Whether files of traces are stored."""
    media_host: str | None = None
    """Host and port of their store, where those are the cluster's own."""
    exports: bool = False
    """Whether people can export from the user interface."""

    @property
    def local(self) -> bool:
        """Whether the URL is a port-forward's."""
        return urlsplit(self.url).hostname in LOCAL


def expected(settings: Settings) -> Expected:
    """What a stack's settings promise."""
    cluster, langfuse, agents = settings.cluster, settings.langfuse, settings.agents
    url = translation.public_url(settings)
    release = Version.parse(langfuse.version)
    service = f"http://{NAMES.langfuse}.{cluster.namespace}.svc"
    return Expected(
        stack=settings.stack,
        version=release,
        url=url,
        sign_up_open=langfuse.sign_up == "open",
        load_balancer=settings.endpoint is not None,
        namespace=cluster.namespace,
        agents=agents.every_namespace,
        agents_host=url if agents.url == "public" else service,
        agents_keys=_agents_keys(settings, release),
        langsmith=_langsmith(settings),
        gateway=_gateway(settings),
        worker=versions.has_worker(release),
        **_stored(settings),
    )


def _gateway(settings: Settings) -> Gateway | None:
    if settings.gateway is None:
        return None
    host = f"{NAMES.gateway}.{settings.cluster.namespace}.svc"
    return Gateway(
        endpoint=f"http://{host}:{gateway.OTLP_PORT}{gateway.TRACES_PATH}",
        whole=settings.gateway.sampling == 1,
    )


class _Stored(TypedDict, total=False):
    tables: Sequence[Literal["events", "traces"]]
    media: bool
    media_host: str | None
    exports: bool


def _stored(settings: Settings) -> _Stored:
    """What becomes of traces and files; nothing for a release without workers, which takes no
    OpenTelemetry."""
    mode, section = translation.mode(settings.langfuse), settings.object_storage
    if mode is None:
        return {}
    flags = write_modes.flags(mode)
    read = {
        "events": flags["LANGFUSE_MIGRATION_V4_ALLOW_PREVIEW_OPT_IN"] == "true",
        "traces": flags["LANGFUSE_MIGRATION_V4_WRITE_MODE"] != "events_only",
    }
    stored: _Stored = {
        "tables": [table for table in ("events", "traces") if read[table]],
        "media": section is not None and section.media,
    }
    match section:
        case StatefulSetObjectStorage():
            host = f"{NAMES.seaweedfs}.{settings.cluster.namespace}.svc:{SEAWEEDFS_PORT}"
            links = section.public_endpoint is not None
            return {**stored, "media_host": host, "exports": links}
        case S3ObjectStorage() | ExternalObjectStorage():
            return {**stored, "exports": section.exports}
        case None:
            return stored


def _agents_keys(settings: Settings, release: Version) -> list[str]:
    langsmith = translation.langsmith(settings.langsmith)
    opentelemetry = release >= versions.OPENTELEMETRY
    return [
        *client_environment(
            host="",
            public_key="",
            secret_key="",
            tracing_environment="",
            opentelemetry=opentelemetry,
        ),
        *(langsmith_environment.environment(langsmith) if langsmith else []),
        *(langsmith_environment.key_names(langsmith) if langsmith else []),
        *(opentelemetry_environment(endpoint="", headers="") if settings.gateway else []),
    ]


def _langsmith(settings: Settings) -> LangSmith | None:
    given, translated = settings.langsmith, translation.langsmith(settings.langsmith)
    if given is None or translated is None or not given.tracing:
        return None
    return LangSmith(
        endpoint=translated.endpoint,
        region=None if given.endpoint else given.region,
        workspace=given.workspace_id,
    )

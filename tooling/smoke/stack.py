"""What a stack file promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from components.agents import langsmith as langsmith_environment
from components.agents.environment import client_environment
from components.langfuse import versions
from components.langfuse.versions import Version
from stacks import translation
from stacks.names import NAMES
from stacks.settings import Settings

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
    )


def _agents_keys(settings: Settings, release: Version) -> list[str]:
    langsmith = translation.langsmith(settings.langsmith)
    opentelemetry = release >= versions.OPENTELEMETRY
    return [
        *client_environment(host="", public_key="", secret_key="", opentelemetry=opentelemetry),
        *(langsmith_environment.environment(langsmith) if langsmith else []),
        *(langsmith_environment.key_names(langsmith) if langsmith else []),
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

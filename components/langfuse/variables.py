"""Which environment variables Langfuse reads: in which container, from when on, up to when. Pure.

``variables.txt`` beside this file has the names; what form a value has follows from its name.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from components.langfuse import versions
from components.langfuse.versions import Version

Container = Literal["web", "worker"]

MIGRATION: Final = frozenset(
    {
        *("DATABASE_URL", "DIRECT_URL"),
        *("CLICKHOUSE_CLUSTER_ENABLED", "CLICKHOUSE_CLUSTER_NAME", "CLICKHOUSE_DB"),
        *("CLICKHOUSE_MIGRATION_SSL", "CLICKHOUSE_MIGRATION_URL", "CLICKHOUSE_PASSWORD"),
        *("CLICKHOUSE_URL", "CLICKHOUSE_USER"),
    }
)
"""What the migrations of the image's entrypoint read (web/entrypoint.sh,
packages/shared/clickhouse/scripts/up.sh at v4.16.0)."""

_BESIDE: Final = re.compile(
    r"(AWS|DD|NODE|PRISMA)_\w+|TZ|DEBUG|SSL_CERT_(DIR|FILE)|UV_THREADPOOL_SIZE"
    r"|NEXT_TELEMETRY_DISABLED|GOOGLE_APPLICATION_CREDENTIALS|OTEL_TRACES_SAMPLER(_ARG)?"
)
"""What Node.js, Next.js, Prisma, OpenSSL and the SDKs of clouds read by themselves."""

_BAKED: Final = re.compile(r"NEXT_PUBLIC_\w+|LANGFUSE_CSP_ENFORCE_HTTPS")
"""Read when the image is built, and its value kept: another value does nothing."""

_STARTS_NOTHING: Final = re.compile(r"OTEL_\w+")
"""Langfuse 2 starts its own tracing in Langfuse Cloud alone."""

_OF_THE_CLOUD: Final = re.compile(r"AUTH_CLICKHOUSE_CLOUD_\w+")
"""Of a provider that is offered where the image was built for Langfuse Cloud."""

_SIMILAR: Final = 0.8
"""How alike two names are, of 1, for one to be suggested in place of the other."""


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A name that some release reads."""

    name: str
    containers: frozenset[Container]
    first: Version
    last: Version | None
    """None: every newer release known here reads it."""

    def in_release(self, version: Version) -> bool:
        return self.first <= version and (self.last is None or version <= self.last)


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a value has to be, in words that follow its key, and as a regular expression."""

    text: str
    pattern: str


_BOOLEAN: Final = Form(text="must be 'true' or 'false', in small letters", pattern="true|false")
_NUMBER: Final = Form(text="must be a whole number", pattern=r"\d+")
_PART: Final = Form(text="must be a number from 0 to 1", pattern=r"0|1|0?\.\d+|[01]\.0+")
_URL: Final = Form(
    text="must be an http:// or https:// URL", pattern=r"https?://[^\s/?#]+([/?#]\S*)?"
)
_FORMS: Final[tuple[tuple[str, Form], ...]] = (
    (
        r"AUTH_DISABLE_\w+|AUTH_\w+_ID_TOKEN|AUTH_EMAIL_VERIFICATION_REQUIRED"
        r"|(LANGFUSE_|REDIS_)?ENABLE_\w+|LANGFUSE_USE_\w+|LANGFUSE_CSP_DISABLE"
        r"|\w+_(ENABLED|ALLOW_ACCOUNT_LINKING|FORCE_PATH_STYLE)",
        _BOOLEAN,
    ),
    (
        r"\w+_(MS|SECONDS|MINUTES|HOURS|DAYS|BYTES|CONCURRENCY|ATTEMPTS|MAX_AGE|SHARD_COUNT"
        r"|BATCH_SIZE|PORT)",
        _NUMBER,
    ),
    (r"\w+_(SAMPLING_RATIO|SAMPLING_RATE|SAMPLE_RATE)", _PART),
    (
        r"AUTH_\w+_(ISSUER|BASE_URL|AUTHORIZATION_URL)|AUTH_GITLAB_URL|(AUTH_)?HTTPS?_PROXY"
        r"|LANGFUSE_\w+_WEBHOOK|LANGFUSE_UI_\w+_HREF|LANGFUSE_UI_DEFAULT_BASE_URL_\w+",
        _URL,
    ),
    (
        r"AUTH_\w+_CHECKS",
        Form(
            text="must be one or more of 'nonce', 'none', 'pkce' and 'state', with commas between",
            pattern=r"(nonce|none|pkce|state)(,(nonce|none|pkce|state))*",
        ),
    ),
    (
        r"LANGFUSE_DEFAULT_(ORG|PROJECT)_ROLE",
        Form(
            text="must be 'OWNER', 'ADMIN', 'MEMBER', 'VIEWER' or 'NONE'",
            pattern="OWNER|ADMIN|MEMBER|VIEWER|NONE",
        ),
    ),
    (
        r"SMTP_CONNECTION_URL",
        Form(text="must be an smtp:// or smtps:// URL", pattern=r"smtps?://[^\s/?#]+\S*"),
    ),
)
_ANY_MAIL: Final = Form(
    text="must be an smtp://, smtps:// or ses:// URL", pattern=r"(smtps?|ses)://[^\s/?#]+\S*"
)


@functools.cache
def variables() -> Mapping[str, Variable]:
    """Every variable by name."""
    lines = Path(__file__).with_name("variables.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if not line.startswith("#")]
    return {
        name: Variable(
            name=name,
            containers=frozenset(c for c in ("web", "worker") if c in containers.split("+")),
            first=Version.parse(first),
            last=Version.parse(last) if last else None,
        )
        for name, containers, first, last in rows
    }


def is_read_beside(name: str) -> bool:
    """Whether something else in the container may read it, so that nothing can be said of it."""
    return _BESIDE.fullmatch(name) is not None


def is_baked(name: str) -> bool:
    """Whether the image keeps the value that it was built with."""
    return _BAKED.fullmatch(name) is not None


def starts_nothing(name: str, version: Version) -> bool:
    """Whether the release reads it, and does nothing with it where it is self-hosted."""
    return version.major == 2 and _STARTS_NOTHING.fullmatch(name) is not None


def is_of_the_cloud(name: str) -> bool:
    """Whether only Langfuse Cloud does something with it."""
    return _OF_THE_CLOUD.fullmatch(name) is not None


def containers(version: Version) -> tuple[Container, ...]:
    """The containers of a release that read variables."""
    return ("web", "worker") if versions.has_worker(version) else ("web",)


def names(version: Version, containers: Collection[Container]) -> list[str]:
    """What a release reads in any of the containers, and does something with; sorted."""
    return sorted(
        name
        for name, variable in variables().items()
        if variable.in_release(version)
        and not variable.containers.isdisjoint(containers)
        and not is_baked(name)
        and not is_of_the_cloud(name)
        and not starts_nothing(name, version)
    )


def similar(name: str, among: Collection[str], likeness: float = _SIMILAR) -> str | None:
    """The name that is most like another one, None if none is like it."""
    close = difflib.get_close_matches(name, sorted(among), n=1, cutoff=likeness)
    return close[0] if close else None


def form(name: str, version: Version) -> Form | None:
    """What the value of a variable has to be; None where every text is taken."""
    found = next((form for pattern, form in _FORMS if re.fullmatch(pattern, name)), None)
    if name == "SMTP_CONNECTION_URL" and version.major >= 4:
        return _ANY_MAIL
    return found

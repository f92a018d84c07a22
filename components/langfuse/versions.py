"""What each Langfuse release knows and needs: services, settings, probe paths, shutdown.

Read from the tags of the langfuse/langfuse repository (web/src/env.mjs, packages/shared/src/env.ts,
web/entrypoint.sh, web/src/pages/api/public/, web/src/utils/shutdown.ts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, order=True)
class Version:
    """A Langfuse release, ordered as semantic versions are."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read ``MAJOR.MINOR.PATCH``; raises ``ValueError`` for anything else, ``2`` included."""
        parts = text.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError(text)
        return cls(*(int(part) for part in parts))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, kw_only=True)
class Line:
    """What all releases of one major version have in common."""

    first: Version
    """The first release that this program runs."""
    newest: Version
    """The newest release whose source was read."""
    complete: bool = False
    """Whether no release comes after ``newest``."""
    services: frozenset[str] = frozenset()
    """Roles of the backing services that it needs beside the database."""
    worker: bool = False
    """Whether it has a second kind of pods, which works on queues."""
    postgres: int = 12
    """The oldest major version of PostgreSQL that it runs on."""
    clickhouse_schema: int | None = None
    """The last migration of ClickHouse's schema that ``newest`` has
    (packages/shared/clickhouse/migrations); None for a line without ClickHouse."""


LINES: Final = {
    2: Line(first=Version(2, 75, 0), newest=Version(2, 95, 12), complete=True),
    3: Line(
        first=Version(3, 225, 4),
        newest=Version(3, 225, 4),
        services=frozenset({"clickhouse", "cache", "storage"}),
        worker=True,
        clickhouse_schema=37,
    ),
    4: Line(
        first=Version(4, 0, 0),
        newest=Version(4, 16, 0),
        services=frozenset({"clickhouse", "cache", "storage"}),
        worker=True,
        postgres=15,
        clickhouse_schema=46,
    ),
}
"""By major version. Version 2 has reached its end of life; 3 is a step on the way to 4."""

OLDEST: Final = LINES[2].first
"""The release that the topology was first described for (2024-08-29)."""

LAST_2: Final = LINES[2].newest
"""The last release of version 2 (2025-11-13)."""

DEFAULT: Final = LINES[4].newest
"""The release of a stack that names none."""

# Every tag of the range that upstream published: a gap (2.95.2) would be an ImagePullBackOff.
RELEASES: Final = tuple(
    Version.parse(text)
    for text in (  # noqa: SIM905 - fifty quotes would be harder to check
        "2.75.0 2.75.1 2.75.2 2.76.0 2.77.0 2.78.0 2.79.0 2.80.0 2.81.0 2.81.1 2.81.2 2.82.0 "
        "2.83.0 2.83.1 2.84.0 2.84.1 2.85.0 2.85.1 2.86.0 2.87.0 2.88.0 2.89.0 2.90.0 2.90.1 "
        "2.91.0 2.92.0 2.93.0 2.93.1 2.93.2 2.93.3 2.93.4 2.93.5 2.93.6 2.93.7 2.93.8 2.93.9 "
        "2.94.0 2.95.0 2.95.1 2.95.3 2.95.4 2.95.5 2.95.6 2.95.7 2.95.8 2.95.9 2.95.10 2.95.11 "
        "2.95.12"
    ).split()
)


def line(version: Version) -> Line | None:
    """The line of a release that this program runs; None for any other."""
    found = LINES.get(version.major)
    if found is None or version < found.first:
        return None
    return None if found.complete and version not in RELEASES else found


def unread(version: Version) -> str | None:
    """What to say of a release that is newer than the newest one whose source was read."""
    found = line(version)
    if found is None or version <= found.newest:
        return None
    return (
        f"Langfuse {version} is newer than {found.newest}, the newest release whose settings and "
        "migrations this program knows: read its release notes before it meets production."
    )


def needs(version: Version) -> frozenset[str]:
    """Roles of the backing services that a release needs beside the database."""
    found = line(version)
    return found.services if found else frozenset()


def has_worker(version: Version) -> bool:
    """Whether a release has pods that work on queues, beside those that serve."""
    found = line(version)
    return found is not None and found.worker


REFUSED: Final = {
    Version(2, 90, 0): (
        "is not to be run: 2.90.0 counts a failed migration as a success, and its pods would start "
        "on a schema that is not theirs (corrected in 2.90.1)"
    )
}
"""Releases that are not to be run, with the reason."""


@dataclass(frozen=True)
class Vulnerability:
    """A known hole that a later release closes."""

    name: str
    first: Version
    """The first release that has it."""
    fixed: Version
    """The first release after it that does not."""
    risk: str
    """What an attacker can do, and where; continues a sentence about the release."""


VULNERABILITIES: Final = (
    Vulnerability(
        "CVE-2025-65107",
        Version(2, 95, 0),
        Version(2, 95, 12),
        "lets an attacker take over the account of a user who logs in by SSO and follows a link: "
        "the provider's answer is not tied to the browser that asked",
    ),
)
"""Those that are so grave that a release with one is run only on purpose."""


def vulnerability(version: Version) -> Vulnerability | None:
    """The known hole of a release."""
    return next((v for v in VULNERABILITIES if v.first <= version < v.fixed), None)


INIT: Final = Version(2, 78, 0)
"""First organisation, project, API keys and user from ``LANGFUSE_INIT_*``."""

LOG_SETTINGS: Final = Version(2, 78, 0)
"""``LANGFUSE_LOG_LEVEL`` and ``LANGFUSE_LOG_FORMAT`` reach the web container."""

READY_ENDPOINT: Final = Version(2, 78, 0)
"""``/api/public/ready``, which fails from SIGTERM on."""

HEALTH_WITHOUT_DATABASE: Final = Version(2, 79, 0)
"""``/api/public/health`` no longer queries the database."""

EXPORT_WITHOUT_STATIC_KEYS: Final = Version(2, 81, 1)
"""``S3_BUCKET_NAME`` alone is enough; the AWS credential chain is used."""

HEALTH_ON_REQUEST: Final = Version(2, 90, 0)
"""``/api/public/health`` queries the database again, where a parameter asks for it."""

MEDIA_UPLOAD: Final = Version(2, 90, 0)
"""``LANGFUSE_S3_MEDIA_UPLOAD_*``."""


OPENTELEMETRY: Final = Version(3, 0, 0)
"""``/api/public/otel/v1/traces``: traces of the SDKs Python 3 and later and JavaScript 4 and later.
"""


def reports_usage(*, telemetry: bool, licensed: bool) -> bool:
    """Whether Langfuse sends usage statistics: where it is told to, or has a licence.

    Its health and readiness pages then query the database each time, and answer when that has
    (web/src/features/telemetry/index.ts).
    """
    return telemetry or licensed


def liveness_path(version: Version, *, reports_usage: bool) -> str | None:
    """HTTP path for the liveness probe, or None where only a TCP check is safe.

    Up to 2.78 the health page runs ``SELECT 1``, and with ``reports_usage`` it waits for another
    query: as a liveness probe it would restart every pod during a database failover.
    """
    without_database = version >= HEALTH_WITHOUT_DATABASE and not reports_usage
    return "/api/public/health" if without_database else None


def readiness_path(version: Version) -> str:
    """HTTP path for the readiness probe and the load balancer's health check.

    ``/ready`` answers 500 from SIGTERM on, so that a terminating pod is removed from the Service
    and the target group while it still serves. In older releases ``/health`` does.
    """
    return "/api/public/ready" if version >= READY_ENDPOINT else "/api/public/health"


WORKER_LIVENESS: Final = "/api/health"
"""Asks PostgreSQL and Redis each time: a probe of it has to outlast a failover of both."""

WORKER_READINESS: Final = "/api/ready"
"""The same, and 500 from SIGTERM on."""


def health_path(version: Version) -> str:
    """HTTP path, with query, of a check from outside, which includes the database if it can.

    From 2.79 to 2.89 no page queries the database.
    """
    query = "?failIfDatabaseUnavailable=true" if version >= HEALTH_ON_REQUEST else ""
    return f"/api/public/health{query}"

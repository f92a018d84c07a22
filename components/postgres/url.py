"""PostgreSQL connection URLs, and the number of connections of all clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

DEFAULT_MAX_CONNECTIONS: Final = 100
"""PostgreSQL's own default."""

RESERVED_CONNECTIONS: Final = 3
"""``superuser_reserved_connections``."""

MIGRATION_CONNECTIONS: Final = 2
"""``prisma migrate deploy`` holds its advisory lock on one and migrates on another."""

ROLLOUT_PODS: Final = 2
"""Pods beyond the replica maximum during a rollout: one surge pod, one terminating pod."""

CA_FOLDER: Final = "/etc/rds-ca"
CA_FILE: Final = f"{CA_FOLDER}/ca.pem"
"""Path of the certificate against which a client verifies the server."""


def connection_url(
    *,
    user: str,
    password: str,
    host: str,
    port: int,
    database: str,
    parameters: Mapping[str, str],
) -> str:
    """A URL as Prisma reads it; user, password and database are percent-encoded.

    The program always sets the whole URL: when Langfuse composes it from DATABASE_HOST and
    DATABASE_PASSWORD it encodes nothing, and no version reads DATABASE_PORT.
    """
    credentials = f"{quote(user, safe='')}:{quote(password, safe='')}"
    query = urlencode(parameters, quote_via=quote, safe="/")
    return f"postgresql://{credentials}@{host}:{port}/{quote(database, safe='')}?{query}"


def pool_parameters(connection_limit: int) -> dict[str, str]:
    """Prisma's pool settings. Its default depends on the *node's* CPUs: twice their number plus
    one."""
    return {"connection_limit": str(connection_limit), "pool_timeout": "10"}


def verified_tls() -> dict[str, str]:
    """Prisma's parameters for an encrypted connection to a server whose certificate is checked.

    Prisma treats the unknown ``verify-full`` as ``prefer``, which falls back to plain text, and
    ``require`` alone accepts any certificate.
    """
    return {"sslmode": "require", "sslaccept": "strict", "sslcert": CA_FILE}


def required_connections(*, max_replicas: int, connection_limit: int) -> int:
    """The most connections that Langfuse can hold at once, migration and reserve included."""
    pods = max_replicas + ROLLOUT_PODS
    return pods * connection_limit + MIGRATION_CONNECTIONS + RESERVED_CONNECTIONS

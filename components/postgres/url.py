"""PostgreSQL connection URLs, and the number of connections of all clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

DEFAULT_MAX_CONNECTIONS: Final = 100
"""PostgreSQL's own default."""

RESERVED_CONNECTIONS: Final = 3
"""``superuser_reserved_connections``."""

MIGRATION_CONNECTIONS: Final = 2
"""``prisma migrate deploy`` holds its advisory lock on one and migrates on another."""

SOCKET_TIMEOUT: Final = 60
"""Seconds for one query of a pod that serves. As long as the load balancer waits for an answer.

Without it Prisma waits for ever. When a server is gone without a word, as after a failover, only
the kernel ends that wait: after about 15 minutes if it had data to send, after 2 hours if not.
"""

URLS: Final = ("DATABASE_URL", "DIRECT_URL")
"""The environment variables that Langfuse reads: for pods that serve, and for migrations."""

CA_FOLDER: Final = "/etc/rds-ca"
CA_FILE: Final = f"{CA_FOLDER}/ca.pem"
"""Path of the certificate against which a client verifies the server."""


@dataclass(frozen=True)
class Pooler:
    """PgBouncer, or what behaves like it, in front of a server."""

    host: str
    port: int


def urls(
    *,
    user: str,
    password: str,
    host: str,
    port: int,
    database: str,
    tls: Mapping[str, str],
    connection_limit: int,
    pooler: Pooler | None = None,
) -> dict[str, str]:
    """The value of each of ``URLS``.

    ``tls`` is Prisma's parameters for an encrypted connection, or for none. A migration has no
    time limit: the index of a large table takes long. It needs one session, for its lock, and goes
    past a ``pooler``.
    """
    serving = {
        # Its default depends on the *node's* CPUs: twice their number plus one.
        "connection_limit": str(connection_limit),
        "pool_timeout": "10",
        "socket_timeout": str(SOCKET_TIMEOUT),
    }
    # Prepared statements do not survive a pool of transactions.
    pooled = {} if pooler is None else {"pgbouncer": "true"}
    to, at = (host, port) if pooler is None else (pooler.host, pooler.port)
    url = partial(connection_url, user=user, password=password, database=database)
    return {
        "DATABASE_URL": url(host=to, port=at, parameters={**tls, **serving, **pooled}),
        "DIRECT_URL": url(host=host, port=port, parameters=tls),
    }


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


def verified_tls() -> dict[str, str]:
    """Prisma's parameters for an encrypted connection to a server whose certificate is checked.

    Prisma treats the unknown ``verify-full`` as ``prefer``, which falls back to plain text, and
    ``require`` alone accepts any certificate.
    """
    return {"sslmode": "require", "sslaccept": "strict", "sslcert": CA_FILE}


def required_connections(*, pods: int, connection_limit: int) -> int:
    """The most connections that ``pods`` can hold at once, migration and reserve included."""
    return pods * connection_limit + MIGRATION_CONNECTIONS + RESERVED_CONNECTIONS

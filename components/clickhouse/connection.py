"""What Langfuse is told about a ClickHouse server, from a description of the server."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal
from urllib.parse import urlsplit

DATABASE: Final = "default"
"""The database of every engine. The operator makes no other one."""

HTTP_PORT: Final = 8123
HTTPS_PORT: Final = 8443
NATIVE_PORT: Final = 9000
NATIVE_TLS_PORT: Final = 9440
"""https://clickhouse.com/docs/guides/sre/network-ports"""

UNENCODED: Final = r"(?:(?![#%&+;])[!-~])+"
"""Passwords that arrive as they are, as a regular expression. User names too.

Langfuse's migration script puts both into a URL without encoding them
(packages/shared/clickhouse/scripts/up.sh), and golang-migrate decodes the URL: ``+`` would become a
space, and the other four would end the value or make another one of it.
"""

EXTERNAL_GROUP_BY: Final = Decimal("0.4")
"""Part of the server's memory that one aggregation may hold before it continues on the disk."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """What Langfuse has to know of a server, beside its host name and its password."""

    user: str
    """User name; see ``UNENCODED``."""
    tls: bool = False
    """Whether queries and migrations are encrypted."""
    http_port: int = HTTP_PORT
    """Port for queries, over HTTP or HTTPS."""
    clustered: bool = False
    """Whether tables are replicated: Langfuse's statements then run ``ON CLUSTER default``."""
    memory_bytes: Decimal | None = None
    """Memory limit of the server, if it is known."""

    @property
    def migration_port(self) -> int:
        """Port of the native protocol, which migrations alone use."""
        return NATIVE_TLS_PORT if self.tls else NATIVE_PORT


def external(
    kind: Literal["cloud", "server", "cluster"],
    url: str,
    user: str,
    memory_bytes: Decimal | None = None,
) -> Server:
    """A server that exists, queried at ``url``, which has a scheme and a port.

    Statements ``ON CLUSTER`` are refused by ClickHouse Cloud on Azure, and needed elsewhere.
    """
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    azure = "azure" in (parts.hostname or "").split(".")
    return Server(
        user=user,
        tls=tls,
        http_port=parts.port or (HTTPS_PORT if tls else HTTP_PORT),
        clustered=kind == "cluster" or (kind == "cloud" and not azure),
        memory_bytes=memory_bytes,
    )


def environment(server: Server, *, host: str, migration_host: str) -> dict[str, str]:
    """Langfuse's variables that are not secret. Which there are depends on ``server`` alone.

    ``migration_host`` must lead to one server only: golang-migrate takes no lock in ClickHouse,
    and on another replica it may read an old record of what it did. The password is no part of a
    URL, because Langfuse reads ``CLICKHOUSE_PASSWORD``.
    """
    scheme = "https" if server.tls else "http"
    migrations = authority(migration_host, server.migration_port)
    variables = {
        # Exactly "false": the migration script takes everything else for a cluster.
        "CLICKHOUSE_CLUSTER_ENABLED": "true" if server.clustered else "false",
        "CLICKHOUSE_DB": DATABASE,
        "CLICKHOUSE_MIGRATION_URL": f"clickhouse://{migrations}",
        "CLICKHOUSE_URL": f"{scheme}://{authority(host, server.http_port)}",
        "CLICKHOUSE_USER": server.user,
    }
    if server.tls:
        variables["CLICKHOUSE_MIGRATION_SSL"] = "true"
    if server.memory_bytes is not None:
        # Langfuse's own default is 32 GB, more memory than most servers have.
        limit = int(server.memory_bytes * EXTERNAL_GROUP_BY)
        variables["CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY"] = str(limit)
    return variables


def authority(host: str, port: int) -> str:
    """Host and port as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

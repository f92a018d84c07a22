"""The URL by which Langfuse reaches Redis or Valkey."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

PORT: Final = 6379

URL: Final = "REDIS_CONNECTION_STRING"
"""The environment variable that Langfuse reads. With REDIS_HOST it would send the password
"undefined" to a server that has none (packages/shared/src/server/redis/redis.ts at v4.16.0)."""


def connection_url(*, host: str, port: int, password: str, tls: bool, user: str = "") -> str:
    """The URL; ``rediss`` encrypts and checks the server's certificate."""
    scheme = "rediss" if tls else "redis"
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}"

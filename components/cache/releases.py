"""Images that the cache's pod can run, as far as their names say. Pure."""

from __future__ import annotations

import re
from typing import Final

IMAGE: Final = "docker.io/valkey/valkey:8.1.4-bookworm"

_OLDEST: Final = (7, 2)
"""The first release of Valkey; Langfuse advises as new a Redis
(https://langfuse.com/self-hosting/deployment/infrastructure/cache)."""

_VERSION: Final = re.compile(r"v?(\d+)\.(\d+)(?:[.-]|$)", re.ASCII)


def problem(image: str) -> str | None:
    """Why the pod cannot run an image; None where its name tells nothing."""
    name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
    if name == "redis":
        return "is Redis, and the pod runs valkey-server: take Valkey, or engine external"
    found = _VERSION.match(tag)
    if found is not None and (int(found[1]), int(found[2])) < _OLDEST:
        return f"is older than {'.'.join(map(str, _OLDEST))}, the oldest release that is supported"
    return None

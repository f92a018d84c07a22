"""Where a URL in Langfuse's settings leads to, outside of the cluster. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

_PORTS: Final = {"http": 80, "https": 443, "smtp": 587, "smtps": 465}
"""What a URL without a port means: to Node.js, and to Nodemailer."""


def port(url: str) -> int | None:
    """The port that a URL leads to outside of the cluster; None for what is no such URL.

    For a Service the policy judges the port of its pods, which no URL has.
    """
    try:
        parts = urlsplit(url)
        given, host = parts.port, parts.hostname
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host:
        return None
    if "." not in host or host.endswith((".svc", ".svc.cluster.local")) or host == "127.0.0.1":
        return None
    return given or _PORTS[parts.scheme]

"""How Langfuse reaches a mail server. Pure.

Langfuse hands the URL to Nodemailer (https://nodemailer.com/smtp), which takes user and password
apart at the first colon after it has decoded both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import quote

Encryption = Literal["startTls", "tls", "none"]

PORTS: Final[Mapping[Encryption, int]] = {"startTls": 587, "tls": 465, "none": 25}
"""The usual port of each kind of connection."""

_BEGINS: Final[Mapping[Encryption, str]] = {"startTls": "smtp", "tls": "smtps", "none": "smtp"}

# Without it Nodemailer sends in clear what the server does not offer to encrypt.
_ENDS: Final[Mapping[Encryption, str]] = {
    "startTls": "?requireTLS=true",
    "tls": "",
    "none": "?ignoreTLS=true",
}


def connection_url(
    *, host: str, port: int, encryption: Encryption, username: str | None, password: str | None
) -> str:
    """The value of ``SMTP_CONNECTION_URL``; without a user it logs in nowhere."""
    login = f"{quote(username, safe='')}:{quote(password or '', safe='')}@" if username else ""
    return f"{_BEGINS[encryption]}://{login}{host}:{port}{_ENDS[encryption]}"

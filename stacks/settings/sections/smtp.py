"""Key ``smtp`` of section ``langfuse``: the server that mail is sent by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

from pydantic import Field

from components.langfuse.mail import PORTS, Encryption
from stacks.settings.machinery.fields.network import Email, Server
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.rule import matching
from stacks.settings.machinery.section import Section

_SES: Final = (
    "Langfuse would need a role in AWS for that; give Amazon SES's SMTP endpoint, "
    "email-smtp.REGION.amazonaws.com, as host, with SMTP credentials of SES"
)


class Smtp(Section):
    """The server that Langfuse sends mail by: invitations, new passwords, exports that are ready.
    Its port need not be in `egressPorts`."""

    refused: ClassVar[Mapping[str, str]] = {
        "url": "it is made from host, port, username and password, which are encoded in it",
        "ses": _SES,
        "region": _SES,
    }

    host: Annotated[Server, Field(examples=["smtp.example.com"])]
    """Host name, or IPv4 address."""
    encryption: Encryption = "startTls"
    """`startTls`: begin in clear, and send nothing before the connection is encrypted. `tls`: an
    encrypted connection from the start. `none`: in clear, without a login."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """TCP port; none takes 587, with `tls` 465, and with `none` 25."""
    username: (
        Annotated[
            str,
            matching("must not be empty, and must not have a colon", r"[^:]+"),
            Field(examples=["langfuse"]),
        ]
        | None
    ) = None
    """User to log in as; none logs in nowhere."""
    password: SecretText | None = None
    """Password of the user."""
    sender: Email
    """Address that mail comes from."""

    @property
    def tcp_port(self) -> int:
        """The port, given or usual."""
        return self.port or PORTS[self.encryption]

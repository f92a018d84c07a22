"""One HTTP request that ends in time: no redirect is followed, no proxy used, no retry made.

With `http.client` and not urllib3: urllib3's limits are for each read, so a header that comes byte
by byte has no end, and a connection that its pool has lent cannot be ended from outside.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import html
import http.client
import json
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast
from urllib.parse import SplitResult, urlsplit

from tooling.kit.deadline import Deadline, within
from tooling.kit.json_values import as_mapping, at
from tooling.kit.masking import quote

ANSWER_SECONDS: Final = 10.0
"""For one answer. A Langfuse that needs longer is no use to anybody."""

LONGEST_ANSWER: Final = 2**20
"""Bytes of one answer; those of Langfuse have some hundred."""

_PAGE: Final = re.compile(
    r"^\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype html|html|head)\b", re.I | re.S
)
_TITLE: Final = re.compile(r"<title[^>]{0,200}>\s*([^<]{1,300}?)\s*</title", re.I)
_TITLE_WITHIN: Final = 20_000
"""Bytes of a page in which its title is."""
_NEXT_DATA: Final = re.compile(rb'<script id="__NEXT_DATA__"[^>]{0,200}>(\{[^<]*\})</script>')
_STORE_ERROR: Final = re.compile(
    rb"<Error>\s*<Code>([^<]{1,100})</Code>\s*(?:<Message>([^<]{1,300})</Message>)?"
)
_LOGIN: Final = re.compile(
    r"(?i)log-?in|sign-?in|oauth|openid|saml|/auth\b|authorize|cdn-cgi/access|captive|portal|hotspot"
)

Trouble = Literal["name", "refused", "timeout", "certificate", "tls", "other"]


class UnreachableError(Exception):
    """No answer. ``kind`` says of which sort, the text what happened."""

    def __init__(self, kind: Trouble, text: str) -> None:
        super().__init__(text)
        self.kind: Trouble = kind


def allowed(deadline: Deadline, longest: float = ANSWER_SECONDS) -> float:
    """Seconds that one step may take. Raises ``UnreachableError`` when there is no time left."""
    if not (left := deadline.left(longest)):
        raise UnreachableError("timeout", "no time was left; --timeout gives more")
    return left


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes = field(repr=False)

    def document(self) -> dict[str, Any]:
        """The body, if it is a JSON object; empty otherwise."""
        try:
            content: object = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return cast("dict[str, Any]", content) if isinstance(content, dict) else {}

    def items(self) -> list[dict[str, Any]] | None:
        """The objects of the body, if it is a JSON list of objects; None otherwise."""
        try:
            content: object = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(content, list):
            return None
        found = cast("list[object]", content)
        objects = [cast("dict[str, Any]", item) for item in found if isinstance(item, dict)]
        return objects if len(objects) == len(found) else None

    def page(self) -> str | None:
        """The title of the page for people that it is, empty for one without; None if it is no
        page."""
        start = self.body[:_TITLE_WITHIN].decode(errors="replace")
        if not _PAGE.search(start):
            return None
        title = _TITLE.search(start)
        return quote(html.unescape(title[1]), 80) if title else ""

    def page_properties(self) -> Mapping[str, Any]:
        """What a page of Next.js, as Langfuse's are, was made from; empty for any other answer."""
        found = _NEXT_DATA.search(self.body)
        try:
            document: object = json.loads(found[1]) if found else None
        except (ValueError, RecursionError):
            return {}
        return as_mapping(at(as_mapping(document) or {}, "props.pageProps")) or {}

    @property
    def to_login(self) -> bool:
        """Whether it redirects to where people log in."""
        location = self.headers.get("location", "")
        return 300 <= self.status < 400 and _LOGIN.search(location) is not None

    @property
    def words(self) -> str | None:
        """The server's own words, in JSON or in the XML of an object store."""
        document = self.document()
        words = (document.get(name) for name in ("message", "status", "detail", "error"))
        said = next((word for word in words if isinstance(word, str)), None)
        if said is None and (xml := _STORE_ERROR.search(self.body[:_TITLE_WITHIN])) is not None:
            said = b", ".join(part for part in xml.groups() if part).decode(errors="replace")
        return said

    def __str__(self) -> str:
        """The status, and the server's own words if it has any."""
        if (said := self.words) is not None:
            return f"{self.status} ({quote(said, 200)})"
        if location := self.headers.get("location"):
            return f"{self.status}, to {quote(location, 200)}"
        if title := self.page():
            return f"{self.status}, a page titled {title!r}"
        return str(self.status)


def basic(public_key: str, secret_key: str) -> dict[str, str]:
    """The header with which Langfuse's API is used."""
    pair = base64.b64encode(f"{public_key}:{secret_key}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


class Web:
    """Asks servers. Certificates are verified against the system's roots, and those in ``ca``.

    Raises ``OSError`` or ``ssl.SSLError`` for a ``ca`` that is no file of PEM certificates.
    """

    def __init__(self, deadline: Deadline, ca: Path | None = None) -> None:
        self.deadline = deadline
        self.ca = ca
        if ca is not None:
            self.tls.load_verify_locations(ca)

    @functools.cached_property
    def tls(self) -> ssl.SSLContext:
        """Made when it is needed: the system's roots take a while to read."""
        return ssl.create_default_context()

    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        longest: int = LONGEST_ANSWER,
    ) -> Answer:
        return self.request("GET", url, headers=headers, longest=longest)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        document: object = None,
        longest: int = LONGEST_ANSWER,
    ) -> Answer:
        """One request, with ``document`` as its JSON body. ``longest``: bytes of an answer. Raises
        ``UnreachableError``."""
        parts = urlsplit(url)
        target = parts._replace(scheme="", netloc="").geturl() or "/"
        sent = {"Accept": "application/json", "User-Agent": "agent-observability-smoke"}
        body = None
        if document is not None:
            body, sent["Content-Type"] = json.dumps(document).encode(), "application/json"
        seconds = allowed(self.deadline)
        connection = self._connection(parts, seconds)

        def exchange() -> Answer:
            with contextlib.closing(connection):
                connection.request(method, target, body=body, headers={**sent, **(headers or {})})
                response = connection.getresponse()
                content = response.read(longest + 1)
                if len(content) > longest:
                    said = f"the answer is longer than {longest // 2**20} MiB"
                    raise UnreachableError("other", said)
                return Answer(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.getheaders()},
                    body=content,
                )

        try:
            return within(seconds, exchange)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise unreachable(error, seconds) from None
        finally:
            _hang_up(connection)

    def _connection(self, parts: SplitResult, seconds: float) -> http.client.HTTPConnection:
        if parts.scheme == "https":
            return http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=seconds, context=self.tls
            )
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """Ends what may still be read. To close is the reader's own: to close under it would wait."""
    if connection.sock is not None:  # pyright: ignore[reportUnnecessaryComparison]
        with contextlib.suppress(OSError):
            # Not that of TLS, which would take its state from under the reader.
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


def unreachable(error: Exception, seconds: float | None) -> UnreachableError:
    """What the network's exceptions mean, in words."""
    kind: Trouble = "other"
    if isinstance(error, ssl.SSLCertVerificationError):
        kind, text = "certificate", error.verify_message.rstrip(".")
    elif isinstance(error, ssl.SSLError):
        kind, text = "tls", f"no TLS connection: {error.reason or error}"
    elif isinstance(error, TimeoutError):
        kind, text = "timeout", f"no answer within {seconds or 0:.0f} s"
    elif isinstance(error, ConnectionRefusedError):
        kind, text = "refused", "the connection was refused"
    elif isinstance(error, socket.gaierror):
        kind, text = "name", "the name does not resolve"
    elif isinstance(error, OSError) and error.strerror:
        text = error.strerror
    else:
        text = f"no HTTP answer ({type(error).__name__})"
    return UnreachableError(kind, text)

"""Tells what an SDK sends and what it is answered: a line of JSON for each, on standard output.

For the scripts next to it, which run in the environments of the SDKs: it and what it imports take
nothing but the standard library and httpx.
"""

# httpx is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from tooling.smoke.web import Answer, unreachable


def tell(method: str, url: str, status: int, body: bytes) -> None:
    """One answer. Of an URL the query is left out: that of an upload is a signature."""
    answer = Answer(status=status, headers={}, body=body)
    _print(method, url, status=status, said=answer.words or "", errors=_errors(answer))


def tell_failure(method: str, url: str, error: Exception, seconds: float) -> None:
    """One request without an answer. Libraries wrap what the system said, so the innermost error
    counts."""
    found, inner = error, error.__cause__ or error.__context__
    while inner is not None:
        if isinstance(inner, OSError) and type(inner).__module__ in {"builtins", "ssl", "socket"}:
            found = inner
        inner = inner.__cause__ or inner.__context__
    told = unreachable(found, seconds)
    _print(method, url, status=0, said=str(told), errors=[], trouble=told.kind)


def roots(ca: str | None) -> ssl.SSLContext:
    """The system's authorities, and those in a file."""
    context = ssl.create_default_context()
    if ca:
        context.load_verify_locations(ca)
    return context


class Recorder(httpx.BaseTransport):
    """Sends like httpx itself, and tells about it."""

    def __init__(self, context: ssl.SSLContext, seconds: float, through: Mapping[str, str]) -> None:
        """``through``: for a host and port, the ones to connect to in their place."""
        self._inner = httpx.HTTPTransport(verify=context)
        self._seconds = seconds
        self._through = through

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        if (instead := self._through.get(request.url.netloc.decode())) is not None:
            # The header Host stays: it is part of a signature.
            host, _, port = instead.rpartition(":")
            request.url = request.url.copy_with(host=host, port=int(port))
        try:
            response = self._inner.handle_request(request)
            response.read()
        except Exception as error:
            tell_failure(request.method, url, error, self._seconds)
            raise
        tell(request.method, url, response.status_code, response.content)
        return response


def _print(method: str, url: str, **what: Any) -> None:  # noqa: ANN401 - JSON
    parts = urlsplit(url)
    plain = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    print(json.dumps({"method": method, "url": plain, **what}), flush=True)


def _errors(answer: Answer) -> list[Any]:
    """What is refused of a batch that is accepted."""
    errors = answer.document().get("errors")
    return errors if isinstance(errors, list) else []

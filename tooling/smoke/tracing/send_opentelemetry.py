"""Writes one trace, with a file, and one score with Langfuse's SDK of version 4, as an agent does.

Runs in `.venv-smoke-4`, whose packages the program does not have. Takes a JSON object on standard
input: `host`, `publicKey`, `secretKey`, `seconds`, `ca` (a file of further roots, or null), `trace`
(its `id`, `name`, `input`, `output`, `metadata`), `score` (arguments of `Langfuse.create_score`),
`file` (the text of a file, or null) and `through` (where to connect to instead, by host and port).
Prints what was answered (`recording`).
"""

# The SDK is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false

from __future__ import annotations

import functools
import json
import os
import ssl
import sys
from typing import Any

import httpx
import requests
from langfuse import Langfuse, propagate_attributes
from langfuse.media import LangfuseMedia
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from requests.adapters import HTTPAdapter

from tooling.smoke.tracing.recording import Recorder, roots, tell, tell_failure


class _Ids(RandomIdGenerator):
    """Gives the trace the identifier that it is looked for by."""

    def __init__(self, trace: str) -> None:
        self._trace = int(trace, 16)

    def generate_trace_id(self) -> int:
        return self._trace


class _Adapter(HTTPAdapter):
    """Trusts the authorities of a context."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - not typed
        super().init_poolmanager(*args, **options, ssl_context=self._context)


class _Session(requests.Session):
    """What OpenTelemetry's exporter sends with; tells about it."""

    def __init__(self, context: ssl.SSLContext, seconds: float) -> None:
        super().__init__()
        self.trust_env = False  # ~/.netrc would replace the keys
        self.mount("https://", _Adapter(context))
        self._seconds = seconds

    def send(
        self,
        request: requests.PreparedRequest,
        **options: Any,  # noqa: ANN401 - not typed
    ) -> requests.Response:
        method, url = request.method or "", request.url or ""
        try:
            response = super().send(request, **options)
        except requests.RequestException as error:
            tell_failure(method, url, error, self._seconds)
            raise
        tell(method, url, response.status_code, response.content)
        return response


def main() -> None:
    """Write all; what became of it is for the reader of the output to judge."""
    given: dict[str, Any] = json.load(sys.stdin)
    seconds, context, trace = given["seconds"], roots(given["ca"]), given["trace"]
    # The SDK has no argument for the session of its exporter.
    requests.Session = functools.partial(_Session, context, seconds)
    langfuse = Langfuse(
        public_key=given["publicKey"],
        secret_key=given["secretKey"],
        base_url=given["host"],
        httpx_client=httpx.Client(
            timeout=seconds, transport=Recorder(context, seconds, given["through"])
        ),
        timeout=seconds,
        flush_interval=0.1,
        id_generator=_Ids(trace["id"]),
    )
    metadata = dict(trace["metadata"])
    if given["file"] is not None:
        metadata["file"] = LangfuseMedia(
            content_bytes=given["file"].encode(), content_type="text/plain"
        )
    with (
        propagate_attributes(trace_name=trace["name"], tags=[trace["name"]]),
        langfuse.start_as_current_observation(
            name=trace["name"],
            input=trace["input"],
            output=trace["output"],
            metadata=metadata,
        ),
    ):
        pass
    langfuse.create_score(**given["score"])
    langfuse.flush()
    # All is delivered; a regular end would wait for threads that have nothing to do.
    os._exit(0)


if __name__ == "__main__":
    main()

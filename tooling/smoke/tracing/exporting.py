"""What OpenTelemetry's exporter sends with, so that it tells about it.

For the scripts next to it, which run in the environments of the SDKs.
"""

# The packages are not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false

from __future__ import annotations

import ssl
from typing import Any

import requests
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from requests.adapters import HTTPAdapter

from tooling.smoke.tracing.recording import tell, tell_failure


class OneTrace(RandomIdGenerator):
    """Gives every trace the identifier that one is looked for by."""

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


class Session(requests.Session):
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

"""A server in the place of one pod of the agents' gateway, which hands on to a Langfuse at once."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tests.support.fake_langfuse_4 import FakeLangfuse4
from tests.support.loopback import Request, Response

PASSWORD = "password-44444444-of-the-gateway"
_PATH = "/api/public/otel/v1/traces"


@dataclass
class FakeGateway:
    """Every field is a way in which it can differ or fail."""

    langfuse: FakeLangfuse4
    namespace: str = "research"
    environment: str = "research"
    """What it calls the namespace to Langfuse."""
    status: int = 200
    said: str = "sending queue is full"
    """What it says to another status."""
    delivers: bool = True
    counts: bool = True
    more: str = ""
    """Series of others."""
    counted: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    """Tokens by agent, model and kind."""
    requests: list[Request] = field(default_factory=list[Request])

    @property
    def headers(self) -> str:
        """OTEL_EXPORTER_OTLP_TRACES_HEADERS of its namespace."""
        pair = base64.b64encode(f"{self.namespace}:{PASSWORD}".encode()).decode()
        return f"Authorization=Basic%20{pair.replace('=', '%3D')}"

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if request.path == "/metrics":
            return Response(200, self._page())
        if request.path != _PATH:
            return Response(404, "404 page not found")
        if self.status != 200:
            return Response(self.status, {"code": 14, "message": self.said})
        pair = base64.b64encode(f"{self.namespace}:{PASSWORD}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {pair}":
            return Response(401, "authentication didn't succeed")
        sent = ExportTraceServiceRequest.FromString(request.body)
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self._count({a.key: a.value for a in span.attributes})
                    environment = AnyValue(string_value=self.environment)
                    span.attributes.append(KeyValue(key="langfuse.environment", value=environment))
        if self.delivers:
            own = base64.b64encode(
                f"{self.langfuse.public_key}:{self.langfuse.secret_key}".encode()
            ).decode()
            headers = {"authorization": f"Basic {own}"}
            self.langfuse(Request("POST", _PATH, headers, sent.SerializeToString()))
        return Response(200, "")

    def _count(self, attributes: dict[str, Any]) -> None:
        for kind in ("input", "output") if self.counts else ():
            if (used := attributes.get(f"gen_ai.usage.{kind}_tokens")) is not None:
                agent = attributes["gen_ai.agent.name"].string_value
                model = attributes["gen_ai.request.model"].string_value
                self.counted[agent, model, kind] += used.int_value

    def _page(self) -> str:
        return f"# TYPE x counter\n{self.more}" + "".join(
            f'gen_ai_client_inference_usage_{kind}_tokens_total{{agent="{agent}",model="{model}",'
            f'operation="chat",provider="openai",tenant="{self.namespace}"}} {count}\n'
            for (agent, model, kind), count in self.counted.items()
        )

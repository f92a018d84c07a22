"""Servers that answer as Langfuse 4.16.0, its workers and an object store do, on the routes that
the smoke test and its SDK ask.

Statuses, bodies and order of checks are those of its source at tag v4.16.0:
`web/src/pages/api/public/{ingestion,otel/v1/traces,media,v2/observations,v3/scores}`,
`web/src/features/media/server/mediaService.ts`, `worker/src/api/index.ts`.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.fake_langfuse import FakeLangfuse
from tests.support.loopback import Request, Response

_GROUPS = {
    "basic": ("name", "environment"),
    "metadata": ("metadata",),
    "usage": ("usageDetails", "totalCost"),
}
"""The fields of each group that are read."""

_PRICES = {"gpt-4o-mini": {"input": 0.15e-6, "output": 0.6e-6}}
"""US dollars of a token (worker/src/constants/default-model-prices.json)."""

_METADATA = "langfuse.observation.metadata."


@dataclass
class FakeStore:
    """An object store that takes what is signed."""

    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """By path."""
    requests: list[Request] = field(default_factory=list[Request])
    instead: Mapping[str, Response] = field(default_factory=dict[str, Response])
    """Answers by method."""

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if request.method in self.instead:
            return self.instead[request.method]
        parts = urlsplit(request.path)
        if parse_qs(parts.query) != {"X-Amz-Signature": [f"of {request.method}"]}:
            return store_error(403, "SignatureDoesNotMatch")
        if request.method == "PUT":
            self.objects[parts.path] = request.body
            return Response(200, "")
        found = self.objects.get(parts.path)
        return store_error(404, "NoSuchKey") if found is None else Response(200, found.decode())


def store_error(status: int, code: str, message: str = "") -> Response:
    """An error of S3."""
    text = f"<Message>{message}</Message>" if message else ""
    return Response(status, f"<?xml version='1.0'?><Error><Code>{code}</Code>{text}</Error>")


@dataclass
class FakeLangfuse4(FakeLangfuse):
    """One Langfuse with its workers; every field is a way in which it can differ or fail."""

    version: str = "4.16.0"
    events_only: bool = True
    """Whether the tables of earlier versions are left out."""
    store: str | None = None
    """URL of the object store; None: media are off."""
    processes: bool = True
    """Whether a worker takes what was accepted."""
    observations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    spans: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """As they came: trace, name, parent, attributes."""
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: _PRICES)
    """Of models, by the name and the kind of a token."""
    counts_twice: bool = False
    """Whether agents and tools cost something too."""
    homes: dict[str, str] = field(default_factory=dict[str, str])
    """The trace that each observation came in."""
    scores: dict[str, Any] = field(default_factory=dict[str, Any])
    files: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def _route(self, path: str) -> Callable[[Request], Response]:
        if path.startswith("/api/public/media/"):
            return self._file
        routes = {
            "/api/public/otel/v1/traces": self._spans,
            "/api/public/v2/observations": self._read_observations,
            "/api/public/v3/scores": self._read_scores,
            "/api/public/media": self._upload,
        }
        return routes.get(path) or super()._route(path)

    def _spans(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return Response(401, {"message": refusal})
        packed = request.headers.get("content-encoding") == "gzip"
        body = gzip.decompress(request.body) if packed else request.body
        sent = ExportTraceServiceRequest.FromString(body)
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    attributes = {
                        a.key: a.value.string_value or str(a.value.int_value or "")
                        for a in span.attributes
                    }
                    self._span(span.trace_id.hex(), span.span_id.hex(), span, attributes)
        return Response(200, {})

    def _span(self, trace: str, identifier: str, span: Any, attributes: dict[str, str]) -> None:  # noqa: ANN401
        self.spans.append(
            {"trace": trace, "name": span.name, "parent": span.parent_span_id.hex(), **attributes}
        )
        self.homes[identifier] = trace
        metadata = {
            key.removeprefix(_METADATA): value
            for key, value in attributes.items()
            if key.startswith(_METADATA)
        }
        self.observations.append(
            {
                "id": identifier,
                "traceId": trace,
                "name": span.name,
                "type": "SPAN",
                "environment": attributes.get("langfuse.environment", "default"),
                "metadata": metadata,
                **self._usage(attributes),
            }
        )

    def _usage(self, attributes: Mapping[str, str]) -> dict[str, Any]:
        """Tokens of a call of a model, and what they cost; those of an agent are their sum."""
        if self.counts_twice:
            return {"usageDetails": {"input": 1}, "totalCost": 0.1}
        if attributes.get("gen_ai.operation.name") != "chat":
            return {"usageDetails": {}, "totalCost": None}
        used = {
            kind: int(attributes[f"gen_ai.usage.{kind}_tokens"])
            for kind in ("input", "output")
            if f"gen_ai.usage.{kind}_tokens" in attributes
        }
        prices = self.prices.get(attributes.get("gen_ai.request.model", ""), {})
        cost = sum(count * prices.get(kind, 0) for kind, count in used.items())
        return {"usageDetails": used, "totalCost": cost or None}

    def _read_observations(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return Response(401, {"message": refusal})
        if not self.events_only and self.version.startswith("3."):
            return Response(404, {"message": "only available in a Langfuse v4 write mode"})
        query = parse_qs(urlsplit(request.path).query)
        wanted = query.get("fields", ["core,basic"])[0].split(",")
        left_out = {
            field for group, fields in _GROUPS.items() if group not in wanted for field in fields
        }
        data = [
            {name: value for name, value in observation.items() if name not in left_out}
            for observation in self._of_trace(query["traceId"][0])
        ]
        return Response(200, {"data": data, "meta": {}})

    def _of_trace(self, trace: str) -> list[dict[str, Any]]:
        if not self.processes:
            return []
        if self.reads_before_found > 0:
            self.reads_before_found -= 1
            return []
        written = {span["trace"] for span in self.spans}
        homes = self.homes
        found = [
            item for item in self.observations if homes.get(item.get("id", ""), trace) == trace
        ]
        return found if trace in written else []

    def _trace(self, request: Request) -> Response:
        if self.events_only:
            return Response(404, {"message": "not available in Langfuse v4 events_only mode"})
        trace = request.path.rpartition("/")[2]
        if not (found := self._of_trace(trace)):
            return Response(404, {"message": f"Trace {trace} not found within authorized project"})
        return Response(200, {"id": trace, "name": found[0]["name"], "observations": found})

    def _ingestion(self, request: Request) -> Response:
        answer = super()._ingestion(request)
        batch = request.document().get("batch", [])
        if answer.status != 207 or self.event_error is not None:
            return answer
        kept = [event for event in batch if event["type"] == "score-create"]
        refused = [event for event in batch if event["type"] != "score-create"]
        for event in kept:
            self.scores[event["body"]["id"]] = event["body"]
        errors = [
            {
                "id": event["id"],
                "status": 400,
                "message": "Event type not accepted",
                "error": f'Event type "{event["type"]}" is not accepted',
            }
            for event in (refused if self.events_only else ())
        ]
        return Response(207, {"successes": kept, "errors": errors})

    def _read_scores(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return Response(401, {"message": refusal})
        (identifier,) = parse_qs(urlsplit(request.path).query)["id"]
        found = self.scores.get(identifier) if self.processes else None
        return Response(200, {"data": [] if found is None else [found], "meta": {"limit": 50}})

    def _upload(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return Response(401, {"message": refusal})
        if self.store is None:
            message = "Media upload to blob storage not enabled or no bucket configured"
            return Response(500, {"message": message, "error": "InternalServerError"})
        given = request.document()
        digest = base64.b64decode(given["sha256Hash"])
        identifier = base64.urlsafe_b64encode(digest).decode()[:22]
        self.files[identifier] = given
        return Response(201, {"mediaId": identifier, "uploadUrl": self._link(identifier, "PUT")})

    def _link(self, identifier: str, method: str) -> str:
        return f"{self.store}/media/{identifier}?X-Amz-Signature=of+{method}"

    def _file(self, request: Request) -> Response:
        identifier = urlsplit(request.path).path.rpartition("/")[2]
        file = self.files.get(identifier)
        if file is None:
            return Response(404, {"message": "Media asset not found"})
        if request.method == "PATCH":
            file.update(request.document())
            return Response(200, "")
        if file.get("uploadHttpStatus") != 200:
            return Response(404, {"message": "Media not yet uploaded"})
        return Response(200, {"mediaId": identifier, "url": self._link(identifier, "GET")})


@dataclass
class FakeWorker:
    """A worker's pages."""

    status: int = 200
    says: str = "ok"
    requests: list[Request] = field(default_factory=list[Request])

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if urlsplit(request.path).path not in {"/api/health", "/api/ready"}:
            return Response(404, {"message": f"Not Found - {request.path}"})
        return Response(self.status, {"status": self.says})

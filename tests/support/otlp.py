"""Traces in OpenTelemetry's protocol: requests as an SDK makes them, and spans out of requests.

The package with the messages comes with the program's own packages, which Pulumi needs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

Status = Literal["unset", "ok", "error"]
_CODES: Mapping[Status, trace_pb2.Status.StatusCode.ValueType] = {
    "unset": trace_pb2.Status.STATUS_CODE_UNSET,
    "ok": trace_pb2.Status.STATUS_CODE_OK,
    "error": trace_pb2.Status.STATUS_CODE_ERROR,
}

_FIELDS: Mapping[type, str] = {
    bool: "bool_value",
    int: "int_value",
    float: "double_value",
    str: "string_value",
    bytes: "bytes_value",
}


@dataclass(frozen=True, kw_only=True)
class Span:
    """One span, as it is sent and as it arrives."""

    name: str = "call"
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    resource: Mapping[str, Any] = field(default_factory=dict[str, Any])
    scope: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Attributes of its instrumentation scope."""
    events: Sequence[tuple[str, Mapping[str, Any]]] = ()
    links: Sequence[Mapping[str, Any]] = ()
    """Attributes of each."""
    status: Status = "unset"
    message: str = ""
    """Of the status."""
    seconds: float = 1
    trace_id: bytes = field(default_factory=lambda: os.urandom(16))
    span_id: bytes = field(default_factory=lambda: os.urandom(8))


def request(spans: Iterable[Span]) -> bytes:
    """One request with these spans, each in a resource and a scope of its own."""
    groups = [
        trace_pb2.ResourceSpans(
            resource=Resource(attributes=_attributes(span.resource)),
            scope_spans=[
                trace_pb2.ScopeSpans(
                    scope=InstrumentationScope(name="test", attributes=_attributes(span.scope)),
                    spans=[_message(span)],
                )
            ],
        )
        for span in spans
    ]
    return ExportTraceServiceRequest(resource_spans=groups).SerializeToString()


def _message(span: Span) -> trace_pb2.Span:
    end = time.time_ns()
    return trace_pb2.Span(
        trace_id=span.trace_id,
        span_id=span.span_id,
        name=span.name,
        start_time_unix_nano=end - int(span.seconds * 1e9),
        end_time_unix_nano=end,
        attributes=_attributes(span.attributes),
        events=[
            trace_pb2.Span.Event(name=name, time_unix_nano=end, attributes=_attributes(attributes))
            for name, attributes in span.events
        ],
        links=[
            trace_pb2.Span.Link(
                trace_id=span.trace_id, span_id=span.span_id, attributes=_attributes(attributes)
            )
            for attributes in span.links
        ],
        status=trace_pb2.Status(code=_CODES[span.status], message=span.message),
    )


def spans(body: bytes) -> list[Span]:
    """The spans of a request, in their order."""
    names: dict[int, Status] = {code: name for name, code in _CODES.items()}
    return [
        Span(
            name=span.name,
            attributes=_plain(span.attributes),
            resource=_plain(group.resource.attributes),
            scope=_plain(scope.scope.attributes),
            events=[(event.name, _plain(event.attributes)) for event in span.events],
            links=[_plain(link.attributes) for link in span.links],
            status=names[span.status.code],
            message=span.status.message,
            seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
            trace_id=span.trace_id,
            span_id=span.span_id,
        )
        for group in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _attributes(values: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in values.items()]


def _any(value: object) -> AnyValue:
    if isinstance(value, list):
        items = cast("list[object]", value)
        return AnyValue(array_value=ArrayValue(values=[_any(each) for each in items]))
    if isinstance(value, dict):
        pairs = _attributes(cast("dict[str, object]", value))
        return AnyValue(kvlist_value=KeyValueList(values=pairs))
    return AnyValue(**{_FIELDS[type(value)]: cast("Any", value)})


def _plain(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return _plain(value.kvlist_value.values)
    return getattr(value, kind)

"""Takes the program's registrations as the engine would, and has a backend answer them.

It keeps what the SDK's mock monitor drops: secret marks, parents, dependencies, protection; and it
refuses what that one accepts silently: a URN that is registered twice.
"""

from __future__ import annotations

import threading
from typing import Any, cast

from google.protobuf import empty_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import provider_pb2, resource_pb2

from tooling.engineless.recording import (
    Backend,
    DuplicateUrnError,
    Recording,
    Resource,
    Secret,
    UnsupportedResourceError,
    holds_secret,
    holds_unknown,
    reveal,
)
from tooling.engineless.wire import from_wire, to_wire


class RecordingMonitor(mocks.MockMonitor):
    def __init__(self, backend: Backend, recording: Recording) -> None:
        super().__init__(Invokes(backend))
        self._backend = backend
        self._recording = recording
        self._lock = threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - the RPC's name
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        resource = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=request.custom,
            inputs=from_wire(request.object),
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies={
                key: tuple(sorted(value.urns))
                for key, value in request.propertyDependencies.items()
                if value.urns
            },
            provider=request.provider,
            protect=request.protect,
            ignore_changes=tuple(request.ignoreChanges),
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
            request=request,
        )
        with self._lock:
            if urn in self._recording.resources:
                raise DuplicateUrnError(f"{urn} is registered twice")
            self._recording.resources[urn] = resource
        if not resource.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        id_, state = self._backend.create(resource)
        # The engine marks what the resource declares secret, and every output whose input is.
        marked = {*resource.additional_secret_outputs}
        marked |= {key for key, value in resource.inputs.items() if holds_secret(value)}
        outputs = {key: Secret(value) if key in marked else value for key, value in state.items()}
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, id_, outputs)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=to_wire(outputs))

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802
        outputs = from_wire(request.outputs)
        if "pulumi:pulumi:Stack::" in request.urn:
            self._recording.exports = outputs
        else:
            self._recording.registered_outputs[request.urn] = outputs
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: ANN401, N802
        result = self._backend.invoke(request.tok, reveal(from_wire(request.args)))
        if holds_unknown(result):
            # As the engine answers: whole, because the SDK checks the types of the parts.
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        fields: dict[str, Any] = {
            "failures": list[provider_pb2.CheckFailure](),
            "return": to_wire(result),
        }
        return resource_pb2.ResourceInvokeResponse(**fields)


class Invokes(mocks.Mocks):
    """The base monitor asks for one; everything is answered by the monitor above."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def call(self, args: mocks.MockCallArgs) -> Any:  # noqa: ANN401
        return dict(self._backend.invoke(args.token, cast("dict[str, Any]", args.args)))  # pyright: ignore[reportUnknownMemberType]

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:  # noqa: ANN401
        raise UnsupportedResourceError(f"reading an existing {args.typ} is not supported")

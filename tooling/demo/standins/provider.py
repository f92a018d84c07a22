"""What every stand-in for a provider shares: Pulumi's protocol around plain dictionaries.

A stand-in checks nothing. What replaces a resource comes from the table that previews without an
engine use too.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tooling.engineless import replacement
from tooling.engineless.recording import reveal
from tooling.engineless.wire import from_wire, to_wire
from tooling.kit.errors import ExplainedError

LOOPBACK: Final = "127.0.0.1"

Values = Mapping[str, Any]


class RefusedError(ExplainedError):
    """What the stand-in's service would refuse."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request for one resource."""

    urn: str
    type: str
    name: str
    inputs: Values
    """Without marks of secrets."""
    id: str = ""
    state: Values | None = None
    """The outputs that the engine has, without marks."""


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """One provider. A subclass says what its resources become; all methods may raise
    ``RefusedError``."""

    def __init__(self, package: str, version: str) -> None:
        self._package = package
        self._version = version

    def name(self, asked: Asked, seed: bytes) -> Values:
        """The inputs of a resource with what the provider fills in, such as a name."""
        del seed
        return asked.inputs

    def create(self, asked: Asked) -> tuple[str, Values]:
        """Id and outputs of a new resource."""
        raise NotImplementedError

    def preview(self, asked: Asked) -> Values:
        """What is known of the outputs before the resource is made or changed."""
        return asked.inputs

    def read(self, asked: Asked) -> Values | None:
        """Outputs of a resource that exists, or None."""
        return asked.state

    def update(self, asked: Asked) -> Values:
        """Outputs of a resource after a change."""
        raise NotImplementedError

    def delete(self, asked: Asked) -> None:
        """Remove a resource."""

    def invoke(self, token: str, arguments: Values) -> Values:
        """The result of a function."""
        del arguments
        raise RefusedError(f"the stand-in for {self._package} has no function {token}")

    # -- The protocol ------------------------------------------------------------------------------

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802 - protobuf's
        del request, context
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True
        )

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        del request, context
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        del request, context
        return provider_pb2.GetSchemaResponse(
            schema=f'{{"name": "{self._package}", "version": "{self._version}"}}'
        )

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        del request, context
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        del request, context
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        del context
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        del context
        return _difference(sorted(_changed(request)), [])

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        del request, context
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=True, acceptOutputs=True
        )

    def Check(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        given = from_wire(request.news)
        before = _plain(request.olds)
        asked = _asked(request, reveal(given), state=before)
        filled = _answered(context, lambda: self.name(asked, request.randomSeed))
        # As they came where they came: with their marks of secrets.
        checked: Values = {**filled, **given}
        return provider_pb2.CheckResponse(inputs=to_wire(checked))

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        del context
        after = _plain(request.news)
        changed = _changed(request)
        found = replacement.rules(_type(request.urn), after)
        patterns = {path for rule in found for path in (*rule.paths, *rule.appearing)}
        heads = {path.partition(".")[0] for path in patterns}
        replaces = changed if "*" in heads else changed & heads
        return _difference(sorted(changed), sorted(replaces))

    def Create(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        asked = _asked(request, _plain(request.properties))
        if request.preview:
            known = _answered(context, lambda: self.preview(asked))
            return provider_pb2.CreateResponse(id="", properties=to_wire(known))
        id_, state = _answered(context, lambda: self.create(asked))
        return provider_pb2.CreateResponse(id=id_, properties=to_wire(state))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        asked = _asked(request, _plain(request.news), state=_plain(request.olds))
        change = self.preview if request.preview else self.update
        return provider_pb2.UpdateResponse(
            properties=to_wire(_answered(context, lambda: change(asked)))
        )

    def Read(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        asked = _asked(request, _plain(request.inputs), state=_plain(request.properties))
        found = _answered(context, lambda: self.read(asked))
        if found is None:
            return provider_pb2.ReadResponse(id="")
        state = request.properties if found == asked.state else to_wire(found)
        return provider_pb2.ReadResponse(id=request.id, properties=state, inputs=request.inputs)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        asked = _asked(request, {}, state=_plain(request.properties))
        _answered(context, lambda: self.delete(asked))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        result = _answered(context, lambda: self.invoke(request.tok, _plain(request.args)))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_wire(result))
        return response


@contextmanager
def serving(stand_in: StandIn) -> Generator[int]:
    """Serve a stand-in on a free port of loopback, which is given."""
    server = grpc.server(futures.ThreadPoolExecutor(32))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(stand_in, server)
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None).wait()


def _asked(request: Any, inputs: Values, state: Values | None = None) -> Asked:  # noqa: ANN401
    return Asked(
        urn=request.urn,
        type=_type(request.urn),
        name=request.urn.rpartition("::")[2],
        inputs=inputs,
        id=getattr(request, "id", ""),
        state=state,
    )


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _plain(struct: Any) -> dict[str, Any]:  # noqa: ANN401
    return reveal(from_wire(struct))


def _changed(request: Any) -> set[str]:  # noqa: ANN401
    """The inputs that differ, but for those that the program ignores."""
    before, after = _plain(request.old_inputs), _plain(request.news)
    keys = {*before, *after} - set(request.ignoreChanges)
    return {key for key in keys if before.get(key) != after.get(key)}


def _difference(changed: list[str], replaces: list[str]) -> Any:  # noqa: ANN401
    kinds = provider_pb2.DiffResponse
    return kinds(
        changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE, diffs=changed, replaces=replaces
    )


def _answered(context: Any, work: Any) -> Any:  # noqa: ANN401
    try:
        return work()
    except ExplainedError as error:
        return context.abort(grpc.StatusCode.INTERNAL, str(error))

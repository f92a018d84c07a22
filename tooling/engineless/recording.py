"""Runs the program through Pulumi's own runtime and records what it registers.

There is no engine: a ``Backend`` answers for the providers. The monitor keeps what the SDK's mock
monitor drops: secret marks, parents, dependencies, protection; and it refuses what that one
accepts silently: a URN that is registered twice.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import runpy
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, cast

import pulumi
import yaml
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import config as runtime_config
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.proto import provider_pb2, resource_pb2
from pulumi.runtime.stack import run_in_stack

from stacks.stack_files import ROOT, StackConfiguration, project_name
from tooling.kit.json_values import as_list, as_mapping

_SIGNATURE: Final = rpc._special_sig_key  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
_SECRET: Final = rpc._special_secret_sig  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

UNKNOWN: Final = rpc.UNKNOWN
"""Stands in a state for a value that only the provider will know."""


@dataclass(frozen=True)
class Secret:
    """A value that the program marked as secret. Its text form shows nothing."""

    value: Any

    def __repr__(self) -> str:
        return "[secret]"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registration, as the engine would receive it."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: Mapping[str, Any]
    """Inputs in the provider's spelling; secret ones are ``Secret``, unknown ones ``UNKNOWN``."""
    dependencies: tuple[str, ...]
    """URNs of every resource that has to be complete before."""
    property_dependencies: Mapping[str, tuple[str, ...]]
    provider: str
    protect: bool
    ignore_changes: tuple[str, ...]
    additional_secret_outputs: tuple[str, ...]
    request: Any = field(repr=False)
    """The registration request itself, for what is not named here."""


class Backend(Protocol):
    """Answers for the providers."""

    def create(self, resource: Resource) -> tuple[str, Mapping[str, Any]]:
        """The id and the output state of a resource, created or already there."""
        ...

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The result of a provider function."""
        ...


@dataclass
class Recording:
    """What one run of the program registered, in order."""

    stack: str
    resources: dict[str, Resource] = field(default_factory=dict[str, Resource])
    """By URN, in the order of registration. Providers and components included."""
    registered_outputs: dict[str, Mapping[str, Any]] = field(
        default_factory=dict[str, Mapping[str, Any]]
    )
    exports: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Stack outputs; secret ones are ``Secret``."""

    def of_type(self, type_: str) -> list[Resource]:
        """The resources of one type token."""
        return [r for r in self.resources.values() if r.type == type_]

    def named(self, name: str, type_: str | None = None) -> Resource:
        """The one resource with a logical name, and type where the name alone is not enough."""
        (found,) = (
            r for r in self.resources.values() if r.name == name and type_ in {None, r.type}
        )
        return found


class DuplicateUrnError(Exception):
    """Two resources with one identity, which the engine would refuse."""


class _Monitor(mocks.MockMonitor):
    def __init__(self, backend: Backend, recording: Recording) -> None:
        super().__init__(_Invokes(backend))
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
            inputs=_from_wire(request.object),
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
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=_to_wire(outputs))

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401, N802
        outputs = _from_wire(request.outputs)
        if "pulumi:pulumi:Stack::" in request.urn:
            self._recording.exports = outputs
        else:
            self._recording.registered_outputs[request.urn] = outputs
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: ANN401, N802
        result = self._backend.invoke(request.tok, reveal(_from_wire(request.args)))
        if _holds_unknown(result):
            # As the engine answers: whole, because the SDK checks the types of the parts.
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        fields: dict[str, Any] = {
            "failures": list[provider_pb2.CheckFailure](),
            "return": _to_wire(result),
        }
        return resource_pb2.ResourceInvokeResponse(**fields)


class _Invokes(mocks.Mocks):
    """The base monitor asks for one; everything is answered by the monitor above."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def call(self, args: mocks.MockCallArgs) -> Any:  # noqa: ANN401
        return dict(self._backend.invoke(args.token, cast("dict[str, Any]", args.args)))  # pyright: ignore[reportUnknownMemberType]

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:  # noqa: ANN401
        raise NotImplementedError(f"reading an existing {args.typ} is not supported")


def run_program(
    stack: str, configuration: StackConfiguration, backend: Backend, *, preview: bool = False
) -> Recording:
    """Run ``__main__.py`` for a stack; what it raises is raised here.

    The program finds a kubeconfig that has its context, because it refuses to go on without one;
    nothing connects to it.
    """
    program = ROOT / "__main__.py"

    def body() -> None:
        runpy.run_path(str(program), run_name="__main__")

    with _placeholder_kubeconfig(configuration):
        return run(stack, configuration, backend, body, preview=preview)


def run(
    stack: str,
    configuration: StackConfiguration,
    backend: Backend,
    body: Callable[[], None],
    *,
    preview: bool = False,
) -> Recording:
    """Run ``body`` as a program, in a context of its own, until every output has resolved."""
    recording = Recording(stack)

    def isolated() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        # The first error is raised below; what waited for its result would report it once each.
        loop.set_exception_handler(lambda _loop, _context: None)
        # set_mocks makes a root stack where there is none; run_in_stack makes the one we want.
        settings.set_root_resource(cast("pulumi.Resource", object()))
        mocks.set_mocks(
            _Invokes(backend),
            project=project_name(),
            stack=stack,
            preview=preview,
            logger=logging.getLogger("pulumi.program"),
            monitor=_Monitor(backend, recording),
        )
        settings.set_root_resource(cast("pulumi.Resource", None))
        runtime_config.set_all_config(dict(configuration.values), list(configuration.secret_keys))
        try:
            loop.run_until_complete(run_in_stack(body))
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            asyncio.set_event_loop(None)

    contextvars.copy_context().run(isolated)
    return recording


@contextmanager
def _placeholder_kubeconfig(configuration: StackConfiguration) -> Generator[None]:
    text = configuration.values.get("agent-observability:cluster") or "{}"
    cluster = as_mapping(yaml.safe_load(text)) or {}
    context = cluster.get("context")
    if context is None or cluster.get("kubeconfig"):
        yield
        return
    before = os.environ.get("KUBECONFIG")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kubeconfig"
        file.write_text(yaml.safe_dump({"contexts": [{"name": context}]}), encoding="utf-8")
        os.environ["KUBECONFIG"] = str(file)
        try:
            yield
        finally:
            if before is None:
                del os.environ["KUBECONFIG"]
            else:
                os.environ["KUBECONFIG"] = before


def convert(value: Any, leaf: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - JSON
    """A copy of a JSON-like value with ``leaf`` applied to everything that is no container."""
    if (mapping := as_mapping(value)) is not None:
        return {key: convert(item, leaf) for key, item in mapping.items()}
    if (items := as_list(value)) is not None:
        return [convert(item, leaf) for item in items]
    return leaf(value)


def holds_secret(value: object) -> bool:
    """Whether a value is secret, or has a secret anywhere in it."""
    if isinstance(value, Secret):
        return True
    parts = as_list(value) or list((as_mapping(value) or {}).values())
    return any(holds_secret(part) for part in parts)


def _holds_unknown(value: object) -> bool:
    """Whether a value is unknown, or has an unknown value anywhere in it."""
    if value == UNKNOWN:
        return True
    parts = as_list(value) or list((as_mapping(value) or {}).values())
    return any(_holds_unknown(part) for part in parts)


def reveal(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The value without secret marks."""
    return convert(value, lambda leaf: reveal(leaf.value) if isinstance(leaf, Secret) else leaf)


def secret_texts(value: object, *, secret: bool = False) -> Iterator[str]:
    """Every text below a secret mark."""
    if isinstance(value, Secret):
        yield from secret_texts(value.value, secret=True)
    elif secret and isinstance(value, str) and value != UNKNOWN:
        yield value
    for part in as_list(value) or list((as_mapping(value) or {}).values()):
        yield from secret_texts(part, secret=secret)


# The wire is read and written here and not by the SDK: its (de)serialisers make Outputs, whose
# futures belong to the event loop of the thread that the monitor is called on.


def _from_wire(struct: Any) -> dict[str, Any]:  # noqa: ANN401 - protobuf has no types
    """A wire struct as Python values: secrets marked, whole numbers as integers."""
    return _unwrap(json_format.MessageToDict(struct))


def _to_wire(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update({key: convert(value, _wrap) for key, value in values.items()})
    return struct


def _unwrap(value: Any) -> Any:  # noqa: ANN401 - the wire's JSON
    if (mapping := as_mapping(value)) is not None:
        if mapping.get(_SIGNATURE) == _SECRET:
            return Secret(_unwrap(mapping["value"]))
        # A null is a value that was not given.
        return {key: _unwrap(item) for key, item in mapping.items() if item is not None}
    if (items := as_list(value)) is not None:
        return [_unwrap(item) for item in items]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _wrap(leaf: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(leaf, Secret):
        return {_SIGNATURE: _SECRET, "value": convert(leaf.value, _wrap)}
    return leaf

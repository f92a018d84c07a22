"""Answers for the providers by doing the work: a run of the program becomes a deployment."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tooling.engineless import generated
from tooling.engineless.live import changes
from tooling.engineless.live.changes import Change
from tooling.engineless.live.connections import Connections
from tooling.engineless.live.state import Entry, Stage, State
from tooling.engineless.live.waiting import Stopped, Waiter, seconds
from tooling.engineless.offline import is_kubernetes
from tooling.engineless.recording import Resource, UnsupportedResourceError, reveal, secret_texts
from tooling.kit.masking import Masker
from tooling.kubernetes.api import Api, LiveError, Object, Reference, is_ours
from tooling.kubernetes.readiness import made_anew_after_failure

PROVIDER: Final = "pulumi:providers:kubernetes"


@dataclass
class Summary:
    """What a run did, by the names of the resources."""

    created: list[str] = field(default_factory=list[str])
    updated: list[str] = field(default_factory=list[str])
    replaced: list[str] = field(default_factory=list[str])
    deleted: list[str] = field(default_factory=list[str])
    unchanged: list[str] = field(default_factory=list[str])

    @property
    def changed(self) -> bool:
        return bool(self.created or self.updated or self.replaced or self.deleted)


class LiveBackend:
    """Creates, updates or keeps each resource that the program registers.

    Called from several threads at once. After the first failure every other call is refused.
    """

    waits = True

    def __init__(
        self, state: State, connections: Connections, waiter: Waiter, masker: Masker
    ) -> None:
        self.summary: Final = Summary()
        self.registered: Final = set[str]()
        self.error: LiveError | None = None
        """The first failure, of which every other is a consequence."""
        self._state = state
        self._connections = connections
        self._waiter = waiter
        self._masker = masker
        self._idle = threading.Condition()
        self._running = 0

    def create(self, resource: Resource) -> tuple[str, Mapping[str, Any]]:
        with self._operation():
            self._masker.learn(secret_texts(resource.inputs))
            self._masker.allow(resource.name)
            self.registered.add(resource.urn)
            inputs: dict[str, Any] = reveal(resource.inputs)
            if resource.type == PROVIDER:
                self._connections.open(resource.urn, inputs)
                self._state.put(_entry(resource, inputs, stage=Stage.READY))
                return f"{resource.name}-id", inputs
            if is_kubernetes(resource):
                return self._object(resource, inputs)
            if generated.is_generated(resource):
                return "none", {**inputs, **self._generated(resource, inputs)}
            raise UnsupportedResourceError(f"{resource.type} '{resource.name}' needs its provider")

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        raise UnsupportedResourceError(f"function {token} cannot be called without its provider")

    def drain(self) -> None:
        """Return when no call is under way."""
        with self._idle:
            self._idle.wait_for(lambda: self._running == 0)

    @contextmanager
    def _operation(self) -> Generator[None]:
        with self._idle:
            self._running += 1
        try:
            self._waiter.check()
            yield
        except Stopped:
            raise
        except Exception as error:
            masked = LiveError(self._masker.mask(str(error)))
            self.error = self.error or masked
            self._waiter.stop()
            raise masked from None
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _generated(self, resource: Resource, inputs: dict[str, Any]) -> Mapping[str, Any]:
        old = self._state.get(resource.urn)
        entry = _entry(resource, inputs, stage=Stage.READY)
        if old and old.outputs and old.inputs == inputs:
            entry.outputs = old.outputs
            self.summary.unchanged.append(entry.label)
        else:
            if old:
                _refuse_if_protected(old)
            entry.outputs = generated.generate(resource.type, inputs)
            (self.summary.replaced if old else self.summary.created).append(entry.label)
        self._state.put(entry)
        self._masker.learn(str(value) for value in entry.outputs.values())
        return entry.outputs

    def _object(self, resource: Resource, inputs: dict[str, Any]) -> tuple[str, Mapping[str, Any]]:
        old = self._state.get(resource.urn)
        if old is not None:
            inputs = changes.ignoring(inputs, old.inputs, resource.ignore_changes)
        entry = _entry(resource, inputs)
        live = self._bring(resource, old, entry)
        reference = Reference.of(live)
        id_ = f"{reference.namespace}/{reference.name}" if reference.namespace else reference.name
        return id_, live

    def _bring(self, resource: Resource, old: Entry | None, entry: Entry) -> Object:
        """Make the object of ``entry`` from that of ``old``; the live object."""
        api = self._connections.of(entry.provider)
        if old is None or old.object is None:
            entry.object = _new_reference(resource, entry.inputs)
            return self._create(resource, api, entry)
        provider = self._state.get(entry.provider)
        switches: Mapping[str, Any] = provider.inputs if provider else {}
        declared = resource.request.replaceOnChanges
        change = changes.change(old.inputs, entry.inputs, provider=switches, declared=declared)
        entry.object = old.object
        live = api.get(old.object)
        if live is None:
            if change is Change.REPLACE:
                entry.object = _new_reference(resource, entry.inputs)
            return self._create(resource, api, entry)
        if old.stage is Stage.CREATING:  # the run before ended here
            if not is_ours(live):
                raise _not_ours(old.object)
            change = Change.UPDATE if change is Change.NONE else change
        if old.stage is not Stage.READY and made_anew_after_failure(live):
            change = Change.REPLACE
        match change:
            case Change.REPLACE:
                return self._replace(resource, api, old, entry)
            case Change.UPDATE:
                return self._send(resource, api, entry, self.summary.updated)
            case Change.NONE if old.stage is Stage.READY:
                entry.stage = Stage.READY
                self._state.put(entry)
                self.summary.unchanged.append(entry.label)
                return live
            case Change.NONE:
                return self._finish(resource, api, entry, self.summary.updated)

    def _replace(self, resource: Resource, api: Api, old: Entry, entry: Entry) -> Object:
        _refuse_if_protected(old)
        entry.object = _new_reference(resource, entry.inputs)
        if entry.object == old.object:  # a name that the program gives: first the old one goes
            api.delete(entry.object)
            self._waiter.gone(api, entry.object, seconds(resource.request.customTimeouts.delete))
            self._state.put(entry)
            return self._send(resource, api, entry, self.summary.replaced)
        _refuse_to_take_over(api, entry.object)
        self._state.replace(old, entry)
        return self._send(resource, api, entry, self.summary.replaced)

    def _create(self, resource: Resource, api: Api, entry: Entry) -> Object:
        assert entry.object is not None  # noqa: S101 - the callers set it
        _refuse_to_take_over(api, entry.object)
        self._state.put(entry)  # noted first: a run that dies here finds its object again
        return self._send(resource, api, entry, self.summary.created)

    def _send(self, resource: Resource, api: Api, entry: Entry, done: list[str]) -> Object:
        assert entry.object is not None  # noqa: S101 - the callers set it
        api.apply(changes.manifest(entry.inputs, entry.object.name))
        return self._finish(resource, api, entry, done)

    def _finish(self, resource: Resource, api: Api, entry: Entry, done: list[str]) -> Object:
        assert entry.object is not None  # noqa: S101 - the callers set it
        entry.stage = Stage.APPLIED
        self._state.put(entry)
        limit = resource.request.customTimeouts
        live = self._waiter.ready(
            api,
            entry.object,
            seconds(limit.update if done is self.summary.updated else limit.create),
        )
        entry.stage = Stage.READY
        self._state.put(entry)
        done.append(entry.label)
        return live


def _entry(
    resource: Resource, inputs: Mapping[str, Any], *, stage: Stage = Stage.CREATING
) -> Entry:
    return Entry(
        urn=resource.urn,
        name=resource.name,
        type=resource.type,
        inputs=inputs,
        provider=resource.provider.rpartition("::")[0],
        protect=resource.protect,
        dependencies=resource.dependencies,
        stage=stage,
    )


def _new_reference(resource: Resource, inputs: Mapping[str, Any]) -> Reference:
    metadata = inputs.get("metadata", {})
    return Reference(
        api_version=inputs["apiVersion"],
        kind=inputs["kind"],
        namespace=metadata.get("namespace"),
        name=metadata.get("name") or f"{resource.name}-{secrets.token_hex(4)}",
    )


def _refuse_to_take_over(api: Api, reference: Reference) -> None:
    if api.get(reference) is not None:
        raise _not_ours(reference)


def _not_ours(reference: Reference) -> LiveError:
    return LiveError(
        f"{reference} exists already and does not belong to this stack: "
        "delete it, or give the stack another namespace or name"
    )


def _refuse_if_protected(old: Entry) -> None:
    if old.protect:
        raise LiveError(
            f"{old.label} is protected and cannot be replaced: take its protection away first"
        )

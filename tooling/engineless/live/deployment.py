"""Deploying a stack without an engine, and removing it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from components.secrets.masking import MASK, masked_tree
from stacks.stack_files import StackConfiguration
from tooling.cluster.state import locked
from tooling.engineless import running
from tooling.engineless.generated import GENERATED
from tooling.engineless.live.backend import PROVIDER, LiveBackend, Summary
from tooling.engineless.live.connections import Connections
from tooling.engineless.live.state import Entry, Stage, State, deletion_order
from tooling.engineless.live.waiting import DEFAULT_SECONDS, Say, Waiter
from tooling.engineless.recording import Secret, convert
from tooling.kit.masking import Masker
from tooling.kubernetes.api import Api, LiveError, is_ours

_PARALLEL: Final = 8


@dataclass(frozen=True)
class Deployment:
    """The result of a run."""

    summary: Summary
    outputs: Mapping[str, Any]
    """The stack's exports; secret ones are masked."""


def deploy(
    stack: str,
    configuration: StackConfiguration,
    state_file: Path,
    *,
    say: Say = print,
    program: Callable[[], None] | None = None,
) -> Deployment:
    """Run the program (``__main__.py`` if none is given) so that it deploys the stack.

    What an earlier run deployed is found through ``state_file``. Raises ``LiveError``, or what
    the program raises; then nothing was deleted, and another run goes on from there.
    """
    masker = Masker()
    waiter = Waiter(lambda line: say(masker.mask(line)))
    with _locked(state_file), closing(Connections()) as connections:
        state = State.load(state_file)
        backend = LiveBackend(state, connections, waiter, masker)
        try:
            with _interruptible(waiter):
                if program is None:
                    recorded = running.run_program(stack, configuration, backend)
                else:
                    recorded = running.run(stack, configuration, backend, program)
        except BaseException:
            waiter.stop()
            backend.drain()
            if backend.error is not None:
                raise backend.error from None
            raise
        gone = [entry for entry in state.entries() if entry.urn not in backend.registered]
        _delete(state, [*gone, *state.replaced()], connections, waiter, backend.summary)
    return Deployment(backend.summary, shown(recorded.exports))


def destroy(state_file: Path, *, say: Say = print) -> Summary:
    """Delete everything that the state knows, dependents first. Raises ``LiveError``."""
    summary = Summary()
    with _locked(state_file), closing(Connections()) as connections:
        state = State.load(state_file)
        everything = [*state.entries(), *state.replaced()]
        _delete(state, everything, connections, Waiter(say), summary)
    return summary


def rotate(state_file: Path, name: str) -> None:
    """Forget the generated value with a logical name, so that the next run makes another."""
    with _locked(state_file):
        state = State.load(state_file)
        values = [entry for entry in state.entries() if entry.type.startswith(GENERATED)]
        (entry,) = [entry for entry in values if entry.name == name] or [None]
        if entry is None:
            known = ", ".join(sorted(entry.name for entry in values)) or "none"
            raise LiveError(f"there is no generated value {name}; there are: {known}")
        if entry.protect:
            raise LiveError(f"{entry.label} is protected and cannot be replaced")
        entry.outputs = {}
        state.put(entry)


def _delete(
    state: State,
    entries: list[Entry],
    connections: Connections,
    waiter: Waiter,
    summary: Summary,
) -> None:
    if protected := [entry.label for entry in entries if entry.protect]:
        raise LiveError(
            f"protected, so nothing was deleted: {', '.join(protected)}. "
            "Take the protection away first (secrets.protect, database.protect)."
        )

    def delete(entry: Entry) -> None:
        if entry.object is not None:
            api = _connected(state, entry, connections)
            live = api.get(entry.object)
            # An object whose creation was interrupted may belong to another client by now.
            if live is not None and (entry.stage is not Stage.CREATING or is_ours(live)):
                api.delete(entry.object)
                waiter.gone(api, entry.object, DEFAULT_SECONDS)
        state.remove(entry)
        if entry.type != PROVIDER:
            summary.deleted.append(entry.label)

    with ThreadPoolExecutor(_PARALLEL) as pool:
        for group in deletion_order(entries):
            list(pool.map(delete, group))


def _connected(state: State, entry: Entry, connections: Connections) -> Api:
    provider = state.get(entry.provider)
    if provider is None:
        raise LiveError(f"the state does not know the provider of {entry.label}")
    connections.open(provider.urn, provider.inputs)
    return connections.of(provider.urn)


@contextmanager
def _interruptible(waiter: Waiter) -> Generator[None]:
    """Let Ctrl-C end the waits: the runtime joins its threads before it returns."""

    def stop(number: int, frame: FrameType | None) -> None:
        waiter.stop()
        signal.default_int_handler(number, frame)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _locked(state_file: Path) -> Any:  # noqa: ANN401 - a context manager
    return locked(state_file.with_suffix(".lock"))


def shown(exports: Mapping[str, Any]) -> Mapping[str, Any]:
    """The outputs as they may be shown."""
    return masked_tree(convert(exports, lambda leaf: MASK if isinstance(leaf, Secret) else leaf))

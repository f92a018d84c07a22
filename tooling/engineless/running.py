"""Runs a program through Pulumi's own runtime, without an engine, and records what it registers.

A ``Backend`` answers for the providers.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import runpy
import tempfile
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack, cast
from unittest import mock

import pulumi
import yaml
from pulumi.runtime import config as runtime_config
from pulumi.runtime import mocks, settings
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.stack import run_in_stack

from stacks.stack_files import ROOT, StackConfiguration, project_name
from tooling.engineless import shortcuts
from tooling.engineless.monitor import Invokes, RecordingMonitor
from tooling.engineless.recording import Backend, Recording
from tooling.kit.json_values import as_mapping, parsed

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_ENDING: Final = 5
"""Seconds that an interrupted program has to end."""


class _AnsweringLoop(asyncio.SelectorEventLoop):
    """Answers each registration where it is made, without the threads that the SDK asks for."""

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        answer: asyncio.Future[T] = self.create_future()
        try:
            answer.set_result(func(*args))
        except Exception as error:
            answer.set_exception(error)
        return answer


def run_program(
    stack: str,
    configuration: StackConfiguration,
    backend: Backend,
    *,
    preview: bool = False,
    project: Path | None = None,
) -> Recording:
    """Run the ``__main__.py`` of a project's folder for a stack; what it raises is raised here.

    The program finds a kubeconfig that has its context, because it refuses to go on without one;
    nothing connects to it.
    """
    program = (project or ROOT) / "__main__.py"

    def body() -> None:
        runpy.run_path(str(program), run_name="__main__")

    with _placeholder_kubeconfig(configuration):
        return run(stack, configuration, backend, body, preview=preview, project=project)


def run(
    stack: str,
    configuration: StackConfiguration,
    backend: Backend,
    body: Callable[[], None],
    *,
    preview: bool = False,
    project: Path | None = None,
) -> Recording:
    """Run ``body`` as a project's program, in a context of its own, until every output resolved."""
    recording = Recording(stack)

    def isolated() -> None:
        loop = asyncio.new_event_loop() if backend.waits else _AnsweringLoop()
        asyncio.set_event_loop(loop)
        # The first error is raised below; what waited for its result would report it once each.
        loop.set_exception_handler(lambda _loop, _context: None)
        # set_mocks makes a root stack where there is none; run_in_stack makes the one we want.
        settings.set_root_resource(cast("pulumi.Resource", object()))
        mocks.set_mocks(
            Invokes(backend),
            project=project_name(project),
            stack=stack,
            preview=preview,
            logger=logging.getLogger("pulumi.program"),
            monitor=RecordingMonitor(backend, recording),
        )
        settings.set_root_resource(cast("pulumi.Resource", None))
        runtime_config.set_all_config(dict(configuration.values), list(configuration.secret_keys))
        program = loop.create_task(run_in_stack(body))
        try:
            loop.run_until_complete(program)
        finally:
            if not program.done():
                # Interrupted: ended here, where its loop still runs, and not by the collector.
                program.cancel()
                loop.run_until_complete(asyncio.wait([program], timeout=_ENDING))
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            asyncio.set_event_loop(None)
            # What a failed run left unresolved never will be: the next run must not wait for it.
            cast("Any", settings.SETTINGS).outputs.clear()

    # Each registration reads the source lines that it comes from, a tenth of the time of a run, and
    # says of each of its steps that it does it, to nobody.
    with (
        mock.patch("pulumi.runtime.resource._get_stack_trace", source_pb2.StackTrace),
        mock.patch("pulumi.log.debug", _nothing),
        shortcuts.taken(),
    ):
        contextvars.copy_context().run(isolated)
    return recording


def _nothing(*_: object, **__: object) -> None:
    """In place of a function whose effect nobody sees."""


@contextmanager
def _placeholder_kubeconfig(configuration: StackConfiguration) -> Generator[None]:
    # Errors are ignored here: the program reports them.
    cluster = as_mapping(parsed(configuration.values.get("agent-observability:cluster"))) or {}
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

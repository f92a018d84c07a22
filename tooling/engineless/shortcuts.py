"""Shorter ways to the results of some functions of Pulumi's SDK, for runs without an engine.

The SDK starts a task and makes five futures for each property of each resource, looks at each value
several times for unknown parts, and takes the types of a resource's class apart again for each
resource. That is a third of the time of a run. What a program registers is the same with and
without these functions (tests/unit/engineless/test_shortcuts.py).
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from typing import Any, Final, TypeAlias, cast
from unittest import mock

import pulumi
from pulumi import (
    _types,  # pyright: ignore[reportPrivateUsage]
    output,
)
from pulumi.runtime import resource as registration
from pulumi.runtime import rpc

_Data: Final[Any] = vars(output)["_OutputData"]
_TRACK: Final[Callable[[pulumi.Output[Any]], None]] = vars(pulumi.Output)["_track"]
_URN: Final[Callable[..., pulumi.Output[str]]] = registration.create_urn

_Container: TypeAlias = dict[Any, Any] | list[Any]
_BY_TYPE: Final = (
    "input_type_py_to_pulumi_names",
    "resource_pulumi_to_py_names",
    "resource_py_to_pulumi_names",
    "resource_types",
    "unwrap_optional_type",
    "unwrap_type",
)
"""Functions whose result depends on the type that they are given and on nothing else."""


@contextmanager
def taken() -> Generator[None]:
    """Have the SDK use the functions of this module."""
    with ExitStack() as stack:
        for place, name, function in _replacements():
            stack.enter_context(mock.patch.object(place, name, function))
        yield


@functools.cache
def _replacements() -> list[tuple[Any, str, Callable[..., Any]]]:
    return [
        (rpc, "transfer_properties", _transfer_properties),
        (rpc, "contains_unknowns", _contains_unknowns),
        (registration, "create_urn", _create_urn),
        (pulumi.Output, "_track", _track),
        *((_types, name, functools.cache(getattr(_types, name))) for name in _BY_TYPE),
    ]


def _transfer_properties(
    res: pulumi.Resource, props: Iterable[str], custom: bool
) -> dict[str, Callable[..., None]]:
    """``rpc.transfer_properties`` with one future for a property, as the SDK has it for URNs."""
    resolvers = dict[str, Callable[..., None]]()
    for name in props:
        if name == "urn" or (name == "id" and custom):
            continue
        future = asyncio.get_running_loop().create_future()
        resolvers[name] = functools.partial(_resolve, res, future)
        made = cast("pulumi.Output[Any]", object.__new__(pulumi.Output))
        vars(made)["_data"] = future
        vars(res)[name] = made
    return resolvers


def _resolve(  # noqa: PLR0917 - as the SDK calls it
    res: pulumi.Resource,
    future: asyncio.Future[Any],
    value: object,
    is_known: bool,
    is_secret: bool,
    deps: set[pulumi.Resource] | None,
    failed: Exception | None,
) -> None:
    if failed is not None:
        future.set_exception(failed)
        return
    future.set_result(
        _Data(resources={*(deps or ()), res}, value=value, is_known=is_known, is_secret=is_secret)
    )


def _contains_unknowns(val: object) -> bool:
    """``rpc.contains_unknowns``, which makes a set for each text and number."""
    if isinstance(val, dict | list):
        return _holds_unknown(cast("_Container", val), set[int]())
    return isinstance(val, output.Unknown)


def _holds_unknown(container: _Container, seen: set[int]) -> bool:
    if id(container) in seen:
        return False
    seen.add(id(container))
    # Types of the SDK are dictionaries that may have a property of the name "values".
    for part in container if isinstance(container, list) else dict[Any, Any].values(container):
        if isinstance(part, dict | list):
            if _holds_unknown(cast("_Container", part), seen):
                return True
        elif isinstance(part, output.Unknown):
            return True
    return False


def _create_urn(
    name: pulumi.Input[str],
    type_: pulumi.Input[str],
    parent: pulumi.Resource | pulumi.Input[str] | None = None,
    project: str | None = None,
    stack: str | None = None,
) -> pulumi.Output[str]:
    """``create_urn`` without outputs of parts that are known; each registration makes a URN for the
    case that there is no engine, and none uses it here."""
    if isinstance(name, str) and isinstance(type_, str) and isinstance(parent, str):
        return pulumi.Output.from_input(f"{parent[: parent.rfind('::')]}${type_}::{name}")
    return _URN(name, type_, parent, project, stack)


def _track(self: pulumi.Output[Any]) -> None:
    """``Output._track``, which has the loop forget in its next round what is complete already."""
    if not vars(self)["_data"].done():
        _TRACK(self)

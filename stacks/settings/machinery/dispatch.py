"""Runs the rules between sections, each for the sections and variants that its parameters take."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, get_args, get_origin

from stacks.settings.machinery.problems import Problem
from stacks.settings.machinery.shape import Annotation

Check: TypeAlias = Callable[..., Iterator[Problem]]
"""A rule between settings. Its parameters are the sections that it needs, by field name.

Their types say which values the rule is for: ``RdsDatabase`` takes one variant of a section,
``A | B`` takes two, ``X | None`` takes a section that may be left out, ``None`` one that is."""


def run(checks: Iterable[Check], sections: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems that the rules find, in their order.

    ``sections`` has None for what is left out, and no entry for what is not valid by itself.
    """
    for check in checks:
        given: dict[str, Any] = {}
        for name, types in _parameters(check).items():
            if name not in sections or not isinstance(sections[name], types):
                break
            given[name] = sections[name]
        else:
            yield from check(**given)


@functools.cache
def _parameters(check: Check) -> Mapping[str, tuple[type, ...]]:
    """The classes that each parameter of a rule takes."""
    parameters = inspect.signature(check, eval_str=True).parameters.values()
    return {parameter.name: tuple(_classes(parameter.annotation)) for parameter in parameters}


def _classes(annotation: Annotation) -> Iterator[type]:
    origin = get_origin(annotation)
    if annotation is None:
        yield type(None)
    elif isinstance(annotation, type) and origin is None:
        yield annotation
    elif isinstance(origin, type) and origin in {dict, tuple}:
        yield origin
    else:  # a union, or an `Annotated` type
        for part in get_args(annotation):
            yield from _classes(part)

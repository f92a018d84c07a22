"""IAM's decision on a request, for the operators that the program's documents use.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Context = Mapping[str, str | Sequence[str]]
"""Condition keys of a request. Keys with several values have a list."""


def allows(
    statements: Iterable[Mapping[str, Any]], action: str, resource: str, context: Context
) -> bool:
    """Whether statements of a role allow a request: one allows it, and none denies it."""
    effects = {s["Effect"] for s in statements if matches(s, action, resource, context)}
    return effects == {"Allow"}


def matches(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    """Whether a statement is about a request."""
    return (
        any(_like(pattern.lower(), action.lower()) for pattern in texts(statement["Action"]))
        and names(statement, resource)
        and all(
            _holds(operator, key, values, context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def names(statement: Mapping[str, Any], resource: str) -> bool:
    """Whether a resource is among those of a statement."""
    return any(_like(pattern, resource) for pattern in texts(statement["Resource"]))


def texts(value: str | Sequence[str]) -> Sequence[str]:
    """One text as a list of one."""
    return [value] if isinstance(value, str) else value


def _holds(operator: str, key: str, values: str | Sequence[str], context: Context) -> bool:
    has = texts(context.get(key, []))
    wanted = texts(values)
    match operator:
        case "Null":
            return (not has) is (wanted == ["true"])
        case "StringEquals" | "ArnEquals":
            return bool(has) and has[0] in wanted
        case "StringLike":
            # Of a key with one value; several here are those of several requests.
            return bool(has) and all(any(_like(p, value) for p in wanted) for value in has)
        case "ForAllValues:StringLike":
            return all(any(_like(pattern, value) for pattern in wanted) for value in has)
        case _:
            raise NotImplementedError(operator)


def _like(pattern: str, text: str) -> bool:
    return _form(pattern).fullmatch(text) is not None


@functools.cache
def _form(pattern: str) -> re.Pattern[str]:
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in pattern), re.DOTALL)

"""A rule for one value: its words, its check, what editors can check of it, and its near misses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class Rule:
    """What a value has to be, in words that follow its key, and how that is decided."""

    text: str
    accepts: Callable[[Any], bool]
    pattern: str | None = None
    """The whole rule as a regular expression, where it is one."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        pattern = {"pattern": f"^{self.pattern}$"} if self.pattern is not None else {}
        return {**handler(schema), **pattern}

    def _check(self, value: object) -> object:
        if not self.accepts(value):
            raise PydanticCustomError("rule", "{rule}", {"rule": self.text})
        return value


def matching(text: str, pattern: str) -> Rule:
    """The rule that the whole value matches a regular expression."""
    compiled = re.compile(pattern, re.ASCII)
    return Rule(text, lambda value: compiled.fullmatch(value) is not None, pattern)


@dataclass(frozen=True)
class Meant:
    """Other spellings of a text, each with the same meaning, for a field that refuses this one."""

    spellings: Callable[[str], Iterable[str]]


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("rule", "{rule}", {"rule": "must be a number"})
    return value


NUMBER: Final = BeforeValidator(_no_boolean)
"""For a closed list of numbers: in Python ``True`` is 1."""

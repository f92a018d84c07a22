"""Types of texts that have no other place: secrets, identifiers."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, SecretStr

from stacks.settings.machinery.rule import Meant, Rule, matching

SecretText = Annotated[
    SecretStr,
    Rule("must not be empty", lambda value: bool(value.get_secret_value())),
    Field(examples=["example-value"]),
]


def _uuid(text: str) -> Iterator[str]:
    """In braces, as a URN, without hyphens."""
    with contextlib.suppress(ValueError):
        yield str(uuid.UUID(text))


Uuid = Annotated[
    str,
    matching(
        "must be a UUID such as '1234abcd-12ab-34cd-56ef-1234567890ab'",
        r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    ),
    Meant(_uuid),
    Field(examples=["1234abcd-12ab-34cd-56ef-1234567890ab"]),
]

"""What all configuration sections share: a frozen pydantic model with camelCase keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


def _key(field: str) -> str:
    return to_camel(field).replace("Gib", "GiB").replace("Mibps", "MiBps")


class Section(BaseModel):
    """What all sections share: camelCase keys, nothing coerced, nothing unknown, all frozen."""

    model_config = ConfigDict(
        alias_generator=_key,
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
    )

    refused: ClassVar[Mapping[str, str]] = {}
    """Keys that readers may expect and that this section cannot have, and the reason: a sentence's
    end, after "is not offered"."""

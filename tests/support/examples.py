"""Stack files: the secrets that they ask for, and what stands in them as a comment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from stacks import stack_files

FOLDER: Final = stack_files.ROOT / "examples"

_SECRET: Final = re.compile(r"^ *# +pulumi config set --secret --path (\S+)$", re.MULTILINE)
_ENCRYPTED: Final = {"secure": "not decrypted here"}
_KEY: Final = re.compile(r"^( +)# ( *(?:[a-z-]+:)?\w+:(?: .*)?)$", re.MULTILINE)
"""A key in a comment below ``config``. Prose has no colon after its first word."""


def files() -> dict[str, Path]:
    """Every example by its name."""
    return {f.name.split(".")[1]: f for f in sorted(FOLDER.glob("Pulumi.*.yaml"))}


def secrets(text: str) -> list[str]:
    """What the comments of a file tell to set, as full keys with a path."""
    return _SECRET.findall(text)


def uncommented(text: str) -> str:
    """A file with all that stands in it as a comment."""
    return _KEY.sub(r"\1\2", text)


def with_secrets(config: Mapping[str, Any], places: list[str]) -> dict[str, Any]:
    """Configuration with an encrypted value at each of some places."""
    for place in places:
        key, *names = place.split(".")
        value: Any = _ENCRYPTED
        for name in reversed(names):
            value = {name: value}
        config = stack_files.merge(config, {key: value})
    return dict(config)

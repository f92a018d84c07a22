"""The stack files in ``examples/``, with the secrets that their first lines ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from stacks import stack_files

FOLDER: Final = stack_files.ROOT / "examples"
_SECRET: Final = re.compile(r"^# +pulumi config set --path --secret (\S+)$", re.MULTILINE)
_ENCRYPTED: Final = {"secure": "not decrypted here"}


def files() -> dict[str, Path]:
    """Every example by its name."""
    return {f.name.split(".")[1]: f for f in sorted(FOLDER.glob("Pulumi.*.yaml"))}


def secrets(path: Path) -> list[str]:
    """What the first lines tell to set, as full keys with a path."""
    return _SECRET.findall(path.read_text(encoding="utf-8"))


def configuration(path: Path, *, given: bool = True) -> Mapping[str, Any]:
    """The configuration by full key; ``given``: with the secrets."""
    config: Mapping[str, Any] = stack_files.document(path)["config"]
    for place in secrets(path) if given else ():
        key, name = place.split(".")
        config = stack_files.merge(config, {key: {name: _ENCRYPTED}})
    return config

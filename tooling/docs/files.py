"""Generate docs/configuration.md and stacks/config.schema.json from the settings' models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from tooling.docs import reference, schema

ROOT: Final = Path(__file__).resolve().parent.parent.parent


def generated() -> dict[Path, str]:
    """The text of each generated file."""
    return {
        ROOT / "stacks" / "config.schema.json": json.dumps(schema.stack_file(), indent=2) + "\n",
        ROOT / "docs" / "configuration.md": reference.page(),
    }


def stale() -> list[Path]:
    """The files that are not what would be generated now."""
    return [
        path
        for path, text in generated().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]

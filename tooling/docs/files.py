"""Generate the configuration's reference and schemas from the settings' models, and the pages about
Langfuse's environment and the Grafana dashboards from what is known of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from tooling.docs import environment, reference, schema

ROOT: Final = Path(__file__).resolve().parent.parent.parent


def generated() -> dict[Path, str]:
    """The text of each generated file."""
    from tooling.docs import dashboards  # noqa: PLC0415 - Grafana's SDK, which --help needs not

    return {
        ROOT / "stacks" / "config.schema.json": _json(schema.stack_file()),
        ROOT / "access" / "config.schema.json": _json(schema.access_stack_file()),
        ROOT / "platform" / "config.schema.json": _json(schema.platform_stack_file()),
        ROOT / "docs" / "configuration.md": reference.page(),
        ROOT / "docs" / "environment.md": environment.page(),
        ROOT / "docs" / "dashboards.md": dashboards.page(),
    }


def _json(document: schema.Schema) -> str:
    return json.dumps(document, indent=2) + "\n"


def stale() -> list[Path]:
    """The files that are not what would be generated now."""
    return [
        path
        for path, text in generated().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]

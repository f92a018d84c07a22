"""Comparisons of stacks with different settings, as `make diff` makes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support import bases, recordings
from tooling.diff import compare, snapshot
from tooling.diff.markdown import to_markdown
from tooling.diff.model import Comparison, Snapshot

KEY = b"0123456789abcdef0123456789abcdef"


def side(base: str = "version 2 prod", **sections: object) -> Snapshot:
    """What is registered with changed sections of the project's configuration."""
    overrides = {f"agent-observability:{name}": value for name, value in sections.items()}
    run = recordings.with_overrides(base, overrides)
    values = bases.read(base, overrides).values
    return through_json(snapshot.written(run, values, KEY))


def through_json(raw: Mapping[str, Any]) -> Snapshot:
    """A side as it arrives from the other process."""
    return Snapshot.read(json.loads(json.dumps(raw)))


def comparison(before: Snapshot | None, after: Snapshot | None, stack: str = "prod") -> Comparison:
    return compare.compare(stack, before, after)


def document(before: Snapshot | None, after: Snapshot | None, stack: str = "prod") -> str:
    """The comment, without what it always says at its end."""
    text = to_markdown(compare.compare(stack, before, after), "abc1234")
    return text.partition("\n<details>")[0]

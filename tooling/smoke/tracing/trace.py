"""What every trace of the smoke test says, and what it needs on its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tooling.kit.commands import Commands
from tooling.smoke.keys import KeyPair
from tooling.smoke.stack import Expected
from tooling.smoke.web import Web

TRACE: Final = "trace"

NAME: Final = "smoke-test"
"""Name and tag of the trace."""

CHANGED: Final = "something between here and Langfuse changes or caches answers"
"""Why something else is read back than was written."""


@dataclass(frozen=True, kw_only=True)
class Trip:
    """The way of one run's trace, there and back."""

    web: Web
    url: str
    """Where Langfuse is asked."""
    keys: KeyPair
    expected: Expected
    commands: Commands
    run: str
    sdk: Path
    """Virtual environment that has the SDK."""

    @property
    def logs(self) -> str:
        """The command that shows what Langfuse has to say."""
        return self.commands.deployment("logs", "--tail=50")


def content(run: str) -> dict[str, Any]:
    """The trace of a run, without its identifier."""
    return {
        "name": NAME,
        "input": "Does tracing work?",
        "output": "Written by the smoke test of this deployment.",
        "metadata": {"run": run, "at": datetime.now(UTC).isoformat(timespec="seconds")},
    }

"""What a command says to a question that makes no sense."""

from __future__ import annotations

from pathlib import Path


class UsageError(Exception):
    """What was asked cannot be answered; the message says what to ask instead."""


def require_writable(option: str, file: Path) -> None:
    """Finds out before the work, and not after a minute of it; raises ``UsageError``."""
    try:
        file.open("a", encoding="utf-8").close()
    except OSError as error:
        raise UsageError(f"{option} {file}: {error.strerror}") from None

"""Errors whose message is all that a person needs: commands show it without a traceback. Pure."""

from __future__ import annotations


class ExplainedError(Exception):
    """The message says what is wrong, where and why, and what to do about it."""


class UsageError(ExplainedError):
    """What was asked cannot be answered; the message says what to ask instead."""


def is_explained(error: Exception) -> bool:
    """Whether the message says what is wrong; any other error is a fault of the program."""
    if isinstance(error, ExplainedError | OSError):
        return True
    # They take a second to import, which a command without a stack does without.
    from pulumi import RunError  # noqa: PLC0415

    from stacks.stack_files import StackFileError  # noqa: PLC0415

    return isinstance(error, RunError | StackFileError)

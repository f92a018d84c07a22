"""A moment by which all has to be over, and calls that are given up at it. Pure."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class OverdueError(TimeoutError):
    """The deadline came before the answer."""


class Deadline:
    """A moment that all steps of a run share."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self, longest: float = math.inf) -> float:
        """Seconds that one step may take, at most ``longest``; 0.0 when the time is over."""
        return max(0.0, min(longest, self._end - time.monotonic()))


class Question(Generic[T]):
    """One call in a thread of its own, which is given up rather than waited for.

    The limits of sockets do not do that: they are for each step, and a name of many addresses or
    a server that sends a byte a second has many steps.
    """

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._done = threading.Event()
        self._value: T | None = None
        self._error: Exception | None = None
        # A daemon: a request that hangs does not keep the program from ending.
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._value = self._call()
        except Exception as error:  # is raised where the answer is asked for
            self._error = error
        self._done.set()

    def answer(self, deadline: Deadline) -> T:
        """The result, or what the call raised; ``OverdueError`` at the deadline."""
        if not self._done.wait(deadline.left()):
            raise OverdueError(f"No answer within {deadline.seconds:g} s")
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value] # T may allow None


def within(seconds: float, call: Callable[[], T]) -> T:
    """The result of ``call``, or what it raised; ``OverdueError`` after so many seconds."""
    return Question(call).answer(Deadline(seconds))

"""Calls without pytest's frames below: the SDK sends the whole stack with every registration."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def on_short_stack(call: Callable[[], T]) -> T:
    """What ``call`` returns or raises, on a thread of its own."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(call).result()

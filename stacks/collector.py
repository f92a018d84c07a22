"""Python's garbage collector, which takes a third of a program's time if nothing is said to it."""

from __future__ import annotations

import atexit
import functools
import gc


@functools.cache
def collect_less() -> None:
    """Keep the collector from walking through the SDKs, most of what a program allocates.

    They are never garbage. It would walk through them again and again while they are imported,
    and once more when the process ends.
    """
    gc.set_threshold(50_000, 20, 50)
    atexit.register(gc.freeze)

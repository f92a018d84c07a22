"""What every tier shares: a garbage collector that leaves the provider SDKs alone."""

from __future__ import annotations

import gc


def pytest_configure() -> None:
    """Collect garbage less often: most of what a run allocates are modules, which stay."""
    gc.set_threshold(50_000, 20, 50)


def pytest_collection_finish() -> None:
    """Exclude what collection imported from every later search for garbage."""
    gc.collect()
    gc.freeze()

"""Rules of the cache, each for the engines that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import Problem
from stacks.settings.rules.resources import within_limit
from stacks.settings.sections.cache import StatefulSetCache


def cache_memory(cache: StatefulSetCache) -> Iterator[Problem]:
    yield from within_limit("cache.resources", cache.resources)


CHECKS: Final[tuple[Check, ...]] = (cache_memory,)

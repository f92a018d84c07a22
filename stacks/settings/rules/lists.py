"""The rule of what a list names twice, for each list where that has no meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stacks.settings.machinery.problems import Problem, to_remove


def distinct(path: str, items: Sequence[str]) -> Iterator[Problem]:
    """Problems of the items at ``path`` that are there already, the last one first."""
    for index, value in reversed(list(enumerate(items))):  # removing one renumbers those behind it
        if (first := items.index(value)) < index:
            yield to_remove(f"{path}[{index}]", value, f"is named by {path}[{first}] already")

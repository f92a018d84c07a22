"""Where each resource stands in the drawing: a lane for each component, a column for each step.

Pure, and the same for the same graph.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tooling.render.graph import ancestors
from tooling.render.model import Graph

_PASSES = 8
"""Rounds of improvement; two or three are enough in practice."""


@dataclass(frozen=True)
class Placement:
    """A grid: lanes take whole rows, and each resource has one cell."""

    lanes: Mapping[str, range]
    """Rows of each lane, from top to bottom; a lane is the URN of a component, or empty."""
    lane_of: Mapping[str, str]
    cells: Mapping[str, tuple[int, int]]
    """Column and row of each resource."""

    @property
    def columns(self) -> int:
        return max((column + 1 for column, _ in self.cells.values()), default=0)

    @property
    def rows(self) -> int:
        return max((rows.stop for rows in self.lanes.values()), default=0)


def place(graph: Graph) -> Placement:
    """Lanes near to those they are connected with, resources near to what they wait for."""
    lane_of = {urn: _lane(graph, node.group) for urn, node in graph.nodes.items()}
    lanes = dict[str, range]()
    for lane in _ordered(graph, lane_of):
        sizes = Counter(graph.columns[urn] for urn in graph.nodes if lane_of[urn] == lane)
        start = max((rows.stop for rows in lanes.values()), default=0)
        lanes[lane] = range(start, start + max(sizes.values()))
    return Placement(lanes, lane_of, _cells(graph, lane_of, lanes))


def _lane(graph: Graph, group: str) -> str:
    """The component below the outermost one, or that one for what belongs to it directly."""
    chain = ancestors(graph, group)
    return chain[min(1, len(chain) - 1)] if chain else ""


def _ordered(graph: Graph, lane_of: Mapping[str, str]) -> list[str]:
    weights = Counter(
        (lane_of[start], lane_of[end])
        for start, end in graph.edges
        if lane_of[start] != lane_of[end]
    )
    first = dict[str, tuple[int, str]]()
    for urn, lane in lane_of.items():
        key = (graph.columns[urn], graph.groups[lane].name if lane else "")
        first[lane] = min(first.get(lane, key), key)

    def length(order: Sequence[str]) -> int:
        position = {lane: index for index, lane in enumerate(order)}
        return sum(abs(position[a] - position[b]) * count for (a, b), count in weights.items())

    best = sorted(first, key=lambda lane: first[lane])
    for _ in range(_PASSES):
        before = length(best)
        for lane in list(best):
            rest = [other for other in best if other != lane]
            candidates = [[*rest[:at], lane, *rest[at:]] for at in range(len(best))]
            best = min([best, *candidates], key=length)
        if length(best) == before:
            break
    return best


def _cells(
    graph: Graph, lane_of: Mapping[str, str], lanes: Mapping[str, range]
) -> dict[str, tuple[int, int]]:
    neighbours = defaultdict[str, list[str]](list)
    for start, end in graph.edges:
        neighbours[start].append(end)
        neighbours[end].append(start)
    slots = dict[tuple[int, int], str]()
    row = dict[str, int]()
    for urn in sorted(graph.nodes, key=lambda u: (graph.columns[u], graph.nodes[u].name, u)):
        free = (r for r in lanes[lane_of[urn]] if (graph.columns[urn], r) not in slots)
        known = [row[other] for other in neighbours[urn] if other in row]
        wanted = sum(known) / len(known) if known else lanes[lane_of[urn]].start
        row[urn] = min(free, key=lambda r: (abs(r - wanted), r))
        slots[graph.columns[urn], row[urn]] = urn

    def strain(urn: str, at: int) -> float:
        distances = [abs(at - row[other]) for other in neighbours[urn]]
        # A straight line is worth more than the sum of the lengths says.
        return sum(distances) + 0.5 * sum(d > 0 for d in distances) + at * 0.01

    for _ in range(_PASSES):
        moved = False
        for urn in graph.nodes:
            for candidate in lanes[lane_of[urn]]:
                here, there = row[urn], (graph.columns[urn], candidate)
                other = slots.get(there)
                gain = strain(urn, here) - strain(urn, candidate)
                if other is not None:
                    gain += strain(other, candidate) - strain(other, here)
                if candidate == here or gain <= 1e-9:
                    continue
                slots.pop((graph.columns[urn], here))
                if other is not None:
                    slots[graph.columns[urn], here] = other
                    row[other] = here
                slots[there] = urn
                row[urn] = candidate
                moved = True
        if not moved:
            break
    return {urn: (graph.columns[urn], row[urn]) for urn in graph.nodes}

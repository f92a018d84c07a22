"""How the arrows run: right-angled, between the boxes and never through one.

Arrows cross columns in corridors between rows, and change rows in channels between columns. All
arrows of one resource share a line; lines of different resources never lie on one another. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tooling.render.model import Graph
from tooling.render.placement import Placement

Way = Literal["straight", "near", "along source", "along target", "corridor"]

BOX_HEIGHT = 44
_STEP = 6
"""Between two lines side by side."""
_ROW_GAP = 14
_LANE_GAP = 34
_CHANNEL_MARGIN = 16


@dataclass(frozen=True)
class Route:
    """One arrow and the corners it takes."""

    start: str
    end: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Drawing:
    """Coordinates of everything."""

    lefts: Sequence[float]
    """Left edge of each column."""
    tops: Sequence[float]
    """Top edge of each row."""
    routes: Sequence[Route]
    width: float
    height: float


@dataclass
class _Channel:
    """Which lines change rows between two columns, and where they come in and go out."""

    left: dict[str, set[float]] = field(default_factory=dict[str, set[float]])
    right: dict[str, set[float]] = field(default_factory=dict[str, set[float]])

    def add(self, net: str, left: float, right: float) -> None:
        self.left.setdefault(net, set()).add(left)
        self.right.setdefault(net, set()).add(right)

    def order(self) -> list[str]:
        """The lines from left to right, so that few of them cross."""
        best = sorted(self.left)
        for _ in best:
            changed = False
            for at in range(len(best) - 1):
                a, b = best[at : at + 2]
                if self._crossings(b, a) < self._crossings(a, b):
                    best[at : at + 2] = b, a
                    changed = True
            if not changed:
                break
        return best

    def _crossings(self, first: str, second: str) -> int:
        def inside(ys: set[float], net: str) -> int:
            span = self.left[net] | self.right[net]
            return sum(min(span) <= y <= max(span) for y in ys)

        return inside(self.right[first], second) + inside(self.left[second], first)


def route(graph: Graph, grid: Placement, widths: Sequence[float]) -> Drawing:
    """Coordinates for boxes of ``widths`` by column, and every arrow."""
    plans = _plans(graph, grid)
    tracks = _tracks(plans, grid)
    tops, corridors, height = _rows(grid, tracks)
    middle = {urn: tops[row] + BOX_HEIGHT / 2 for urn, (_, row) in grid.cells.items()}
    ports = _ports(plans, grid, middle)

    def corridor_y(start: str, corridor: int) -> float:
        return corridors[corridor] + (tracks[corridor][start] + 0.5) * _STEP

    channels = defaultdict[int, _Channel](_Channel)
    for (start, end), (way, corridor) in plans.items():
        first, last = grid.cells[start][0], grid.cells[end][0] - 1
        if way in {"near", "along source"}:
            channels[last].add(start, middle[start], ports[start, end])
        elif way == "along target":
            channels[first].add(start, middle[start], ports[start, end])
        elif way == "corridor":
            y = corridor_y(start, corridor)
            channels[first].add(start, middle[start], y)
            channels[last].add(start, y, ports[start, end])

    lefts, lines, width = _columns(grid, widths, channels)
    routes = list[Route]()
    for (start, end), (way, corridor) in plans.items():
        first, last = grid.cells[start][0], grid.cells[end][0] - 1
        begin = (lefts[first] + widths[first], middle[start])
        finish = (lefts[last + 1], ports[start, end])
        corners = list[tuple[float, float]]()
        if way != "straight":
            turn = lines[first if way in {"along target", "corridor"} else last][start]
            corners = [(turn, begin[1]), (turn, finish[1])]
        if way == "corridor":
            y, second = corridor_y(start, corridor), lines[last][start]
            corners = [(lines[first][start], begin[1]), (lines[first][start], y)]
            corners += [(second, y), (second, finish[1])]
        routes.append(Route(start, end, (begin, *corners, finish)))
    return Drawing(lefts, tops, routes, width, height)


def _plans(graph: Graph, grid: Placement) -> dict[tuple[str, str], tuple[Way, int]]:
    """For each arrow the way it takes, and the corridor if it takes one."""
    taken = set(grid.cells.values())
    used = set[tuple[str, int]]()
    plans = dict[tuple[str, str], tuple[Way, int]]()
    for start, end in sorted(graph.edges, key=lambda edge: [grid.cells[urn] for urn in edge]):
        (column, row), (target_column, target_row) = grid.cells[start], grid.cells[end]
        between = range(column + 1, target_column)

        def free(at: int, between: range = between) -> bool:
            return all((c, at) not in taken for c in between)

        way: Way = "near"
        corridor = -1
        if row == target_row and free(row):
            way = "straight"
        elif between and free(row):
            way = "along source"
        elif between and free(target_row):
            way = "along target"
        elif between:
            way = "corridor"

            def detour(at: int, start: str = start, row: int = row, to: int = target_row) -> float:
                shared = 0.75 if (start, at) in used else 0
                return abs(at - 0.5 - row) + 1.01 * abs(at - 0.5 - to) - shared

            corridor = min(range(grid.rows + 1), key=detour)
            used.add((start, corridor))
        plans[start, end] = (way, corridor)
    return plans


def _tracks(
    plans: Mapping[tuple[str, str], tuple[Way, int]], grid: Placement
) -> dict[int, dict[str, int]]:
    """In each corridor, the track of each line; lines that do not meet share one."""
    spans = defaultdict[int, dict[str, tuple[int, int]]](dict)
    for (start, end), (way, corridor) in plans.items():
        if way == "corridor":
            first, last = grid.cells[start][0], grid.cells[end][0] - 1
            known = spans[corridor].get(start, (first, last))
            spans[corridor][start] = (min(first, known[0]), max(last, known[1]))
    tracks = dict[int, dict[str, int]]()
    for corridor, lines in spans.items():
        ends = list[int]()
        chosen = tracks[corridor] = dict[str, int]()
        for line in sorted(lines, key=lambda urn: (lines[urn], urn)):
            first, last = lines[line]
            fitting = (at for at, end in enumerate(ends) if end < first)
            chosen[line] = next(fitting, len(ends))
            ends[chosen[line] : chosen[line] + 1] = [last]
    return tracks


def _rows(
    grid: Placement, tracks: Mapping[int, Mapping[str, int]]
) -> tuple[list[float], list[float], float]:
    """Top of each row, top of the tracks of each corridor, and the height of all."""
    boundaries = {rows.start for rows in grid.lanes.values()} | {grid.rows}
    tops, corridors, y = list[float](), list[float](), 0.0
    for corridor in range(grid.rows + 1):
        lines = max(tracks.get(corridor, {}).values(), default=-1) + 1
        gap = _LANE_GAP if corridor in boundaries else _ROW_GAP
        corridors.append(y + gap / 2)
        y += gap + lines * _STEP
        tops.append(y)
        y += BOX_HEIGHT
    return tops[:-1], corridors, y - BOX_HEIGHT


def _ports(
    plans: Mapping[tuple[str, str], tuple[Way, int]],
    grid: Placement,
    middle: Mapping[str, float],
) -> dict[tuple[str, str], float]:
    """Where each arrow ends: from above in the upper half of the box, from below in the lower."""
    arriving = defaultdict[str, list[tuple[float, str]]](list)
    ports = dict[tuple[str, str], float]()
    for (start, end), (way, corridor) in plans.items():
        row = grid.cells[end][1]
        if way == "straight":
            ports[start, end] = middle[end]
        else:
            origin = corridor - 0.5 if way == "corridor" else grid.cells[start][1]
            arriving[end].append((origin - row, start))
    for end, origins in arriving.items():
        for sign in (-1, 1):
            side = sorted((abs(d), start) for d, start in origins if d * sign > 0)
            step = min(_STEP, (BOX_HEIGHT / 2 - 4) / max(len(side), 1))
            # The one from the farthest away ends nearest to the edge.
            for place, (_, start) in enumerate(side, 1):
                ports[start, end] = middle[end] + sign * place * step
    return ports


def _columns(
    grid: Placement, widths: Sequence[float], channels: Mapping[int, _Channel]
) -> tuple[list[float], dict[int, dict[str, float]], float]:
    """Left of each column, the place of each line in each channel, and the width of all."""
    lefts, lines, x = list[float](), dict[int, dict[str, float]](), 0.0
    for column in range(grid.columns):
        lefts.append(x)
        x += widths[column]
        order = channels[column].order() if column in channels else []
        start = x + _CHANNEL_MARGIN
        lines[column] = {net: start + at * _STEP for at, net in enumerate(order)}
        x = start + max(len(order) - 1, 0) * _STEP + _CHANNEL_MARGIN + 6
    return lefts, lines, lefts[-1] + widths[-1] if lefts else 0.0

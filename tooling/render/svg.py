"""The graph as an SVG drawing that reads on a light and on a dark page. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from tooling.render.model import Graph, Node
from tooling.render.placement import Placement, place
from tooling.render.routing import BOX_HEIGHT, Drawing, Route, route

_LINES: Final = (
    *("#3b66b8", "#2e7d4f", "#b3641a", "#7650b5", "#b84646"),
    *("#237f7f", "#a94380", "#70701f", "#85583a", "#55637a"),
)
_FILLS: Final = (
    *("#dce7fa", "#dcf2e3", "#fbe8d3", "#eadffb", "#fbdfdf"),
    *("#d8f1f1", "#fae0f0", "#f0f0d2", "#f1e4da", "#e2e8f0"),
)
_TEXT: Final = "#1f2933"
_MUTED: Final = "#7d8590"
"""Readable on white and on near-black."""

_FONT: Final = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif"
_SIZE: Final = 11
_BOLD: Final = 1.1
"""How much wider bold text is."""
_MARGIN: Final = 20
_HEADER: Final = 62
_FOOTER: Final = 40
_BAND: Final = 10
"""By how much the band of a lane is larger than its rows."""
_WIDEST: Final = 200


def to_svg(graph: Graph, title: str) -> str:
    """Lanes are components, columns are steps of the longest chain, arrows go to what waits."""
    grid = place(graph)
    gutter = max((_gutter(graph, lane) for lane in grid.lanes), default=0.0) + 36
    drawing = route(graph, grid, _widths(graph, grid))
    width = max(drawing.width + gutter + 2 * _MARGIN + _BAND, 640)
    height = drawing.height + _HEADER + _FOOTER
    kinds = sorted({graph.groups[lane].kind if lane else "" for lane in grid.lanes})
    colour = {
        lane: kinds.index(graph.groups[lane].kind if lane else "") % len(_LINES)
        for lane in grid.lanes
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" font-family="{_FONT}" font-size="{_SIZE}" '
        f'role="img" aria-label="{escape(title)}">',
        *_markers(sorted(set(colour.values()))),
        *_heading(graph, title, drawing, gutter),
        *_legend(graph, height - 14),
        f'<g transform="translate({_MARGIN + gutter:.1f} {_HEADER})">',
        *_bands(graph, grid, drawing, gutter, colour),
        *_arrows(graph, drawing, {urn: colour[grid.lane_of[urn]] for urn in graph.nodes}),
        *_boxes(graph, grid, drawing, colour),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def text_width(text: str, size: float = _SIZE) -> float:
    """About how wide a text is in a common sans-serif font, rather more than less."""
    narrow, wide = "ijlt.,:;|'!()[]/ ", "mwMW@"
    units = sum(0.36 if c in narrow else 0.92 if c in wide else 0.64 for c in text)
    return units * size


def _widths(graph: Graph, grid: Placement) -> list[float]:
    widths = [90.0] * grid.columns
    for urn, (column, _) in grid.cells.items():
        node = graph.nodes[urn]
        widest = max(text_width(node.kind) * _BOLD, text_width(_short(graph, grid, node)))
        widths[column] = max(widths[column], min(widest + 20, _WIDEST))
    return widths


def _short(graph: Graph, grid: Placement, node: Node) -> str:
    """The name without the name of the lane's component."""
    lane = grid.lane_of[node.urn]
    prefix = f"{graph.groups[lane].name}-" if lane else ""
    return _fitting(node.name.removeprefix(prefix), _WIDEST - 20)


def _fitting(text: str, width: float) -> str:
    if text_width(text) <= width:
        return text
    while text and text_width(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def _gutter(graph: Graph, lane: str) -> float:
    group = graph.groups.get(lane)
    return max(text_width(group.kind) * _BOLD, text_width(group.name)) if group else 0.0


def _markers(colours: Sequence[int]) -> Iterator[str]:
    yield "<defs>"
    for colour in colours:
        yield (
            f'<marker id="a{colour}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            f'markerHeight="7" markerUnits="userSpaceOnUse" orient="auto">'
            f'<path d="M0 0.5 8 4 0 7.5z" fill="{_LINES[colour]}"/></marker>'
        )
    yield "</defs>"


def _heading(graph: Graph, title: str, drawing: Drawing, gutter: float) -> Iterator[str]:
    yield (
        f'<text x="{_MARGIN}" y="28" font-size="15" font-weight="600" fill="{_MUTED}">'
        f"{escape(title)}: {len(graph.nodes)} resources, "
        f"longest chain {len(graph.longest_chain)}</text>"
    )
    for number, left in enumerate(drawing.lefts, 1):
        yield (
            f'<text x="{_MARGIN + gutter + left:.1f}" y="{_HEADER - 4}" fill="{_MUTED}">'
            f"step {number}</text>"
        )


def _legend(graph: Graph, y: float) -> Iterator[str]:
    texts = [
        "A → B: B waits for A (arrows that follow from others are left out)",
        "thick: longest chain",
        "row band: component",
    ]
    if any(node.protect for node in graph.nodes.values()):
        texts.append("double frame: protected")
    yield f'<text x="{_MARGIN}" y="{y:.0f}" fill="{_MUTED}">{escape("  ·  ".join(texts))}</text>'


def _bands(
    graph: Graph, grid: Placement, drawing: Drawing, gutter: float, colour: dict[str, int]
) -> Iterator[str]:
    for lane, rows in grid.lanes.items():
        top = drawing.tops[rows.start] - _BAND
        height = drawing.tops[rows.stop - 1] + BOX_HEIGHT + _BAND - top
        line = _LINES[colour[lane]]
        yield (
            f'<rect x="{-gutter:.1f}" y="{top:.1f}" width="{drawing.width + gutter + _BAND:.1f}" '
            f'height="{height:.1f}" rx="6" fill="{line}" fill-opacity="0.1"/>'
        )
        group = graph.groups.get(lane)
        if group is not None:
            x, y = -gutter, top + _BAND
            yield (
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{gutter - 14:.1f}" '
                f'height="{BOX_HEIGHT}" rx="5" fill="{line}"/>'
                f'<text x="{x + 10:.1f}" y="{y + 19:.1f}" font-weight="600" '
                f'fill="#ffffff">{escape(group.kind)}</text>'
                f'<text x="{x + 10:.1f}" y="{y + 33:.1f}" fill="#ffffff">'
                f"{escape(group.name)}</text>"
            )


def _arrows(graph: Graph, drawing: Drawing, colour: dict[str, int]) -> Iterator[str]:
    chain = set(zip(graph.longest_chain, graph.longest_chain[1:], strict=False))
    for arrow in sorted(drawing.routes, key=lambda r: (r.start, r.end) in chain):
        width = 2.2 if (arrow.start, arrow.end) in chain else 1.2
        number = colour[arrow.start]
        yield (
            f'<path d="{_path(arrow)}" fill="none" stroke="{_LINES[number]}" '
            f'stroke-width="{width}" marker-end="url(#a{number})"/>'
        )


def _path(arrow: Route) -> str:
    """Lines with rounded corners."""
    points = arrow.points
    words = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        enter, leave = _towards(corner, before), _towards(corner, after)
        words.append(f"L{enter[0]:.1f} {enter[1]:.1f}")
        words.append(f"Q{corner[0]:.1f} {corner[1]:.1f} {leave[0]:.1f} {leave[1]:.1f}")
    words.append(f"L{points[-1][0]:.1f} {points[-1][1]:.1f}")
    return "".join(words)


def _towards(
    corner: tuple[float, float], point: tuple[float, float], radius: float = 4
) -> tuple[float, float]:
    dx, dy = point[0] - corner[0], point[1] - corner[1]
    length = abs(dx) + abs(dy)
    share = min(radius, length / 2) / length if length else 0
    return corner[0] + dx * share, corner[1] + dy * share


def _boxes(
    graph: Graph, grid: Placement, drawing: Drawing, colour: dict[str, int]
) -> Iterator[str]:
    widths = _widths(graph, grid)
    for urn, (column, row) in grid.cells.items():
        node, number = graph.nodes[urn], colour[grid.lane_of[urn]]
        x, y, width = drawing.lefts[column], drawing.tops[row], widths[column]
        yield f"<g><title>{escape(f'{node.kind} {node.place}')}</title>"
        yield (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BOX_HEIGHT}" rx="5" '
            f'fill="{_FILLS[number]}" stroke="{_LINES[number]}"/>'
        )
        if node.protect:
            yield (
                f'<rect x="{x + 2.5:.1f}" y="{y + 2.5:.1f}" width="{width - 5:.1f}" '
                f'height="{BOX_HEIGHT - 5}" rx="3" fill="none" stroke="{_LINES[number]}"/>'
            )
        yield (
            f'<text x="{x + 10:.1f}" y="{y + 19:.1f}" font-weight="600" fill="{_TEXT}">'
            f"{escape(_fitting(node.kind, _WIDEST - 20))}</text>"
            f'<text x="{x + 10:.1f}" y="{y + 33:.1f}" fill="{_TEXT}">'
            f"{escape(_short(graph, grid, node))}</text></g>"
        )

"""A Grafana dashboard's layout as an SVG that reads on a light and on a dark page. Pure.

Places, titles, units, series and thresholds are the dashboard's own; the curves are invented.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from tooling.render.svg import text_width

Json = Mapping[str, Any]

_COLUMN: Final = 45
_ROW: Final = 20
_GAP: Final = 6
_HEADER: Final = 44
_PADDING: Final = 10
_FONT: Final = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif"
_MUTED: Final = "#7d8590"
"""Readable on white and on near-black."""
_TEXT: Final = "#1f2933"
_SOFT: Final = "#55637a"
_FILL: Final = "#f6f8fb"
_FRAME: Final = "#b8c2d0"
_SERIES: Final = ("#3b66b8", "#2e7d4f", "#7650b5", "#237f7f", "#a94380")
_COLOURS: Final = {
    "dark-green": "#2b7a3f",
    "orange": "#d9822b",
    "red": "#c93c37",
    "blue": "#3b66b8",
    "text": "#55637a",
}
_UNITS: Final = {
    "percentunit": "%",
    "percent": "%",
    "s": "seconds",
    "d": "days",
    "none": "number",
    "short": "number",
    "reqps": "requests/s",
    "iops": "operations/s",
    "bytes": "bytes",
    "binBps": "bytes/s",
}
_POINTS: Final = 40


def to_svg(dashboard: Json) -> str:
    """The drawing. ``dashboard``: as Grafana reads it."""
    panels: Sequence[Json] = dashboard["panels"]
    width = 24 * _COLUMN + _GAP
    height = _HEADER + _ROW * max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in panels) + _GAP
    title = dashboard["title"]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="{_FONT}" font-size="12" role="img" '
        f'aria-label="{escape(title)}">',
        f'<text x="{_GAP}" y="24" font-size="16" font-weight="600" fill="{_MUTED}">'
        f"{escape(title)}</text>",
    ]
    for panel in panels:
        parts.extend(_panel(panel))
    return "\n".join([*parts, "</svg>"]) + "\n"


def unit(panel: Json) -> str:
    """The unit of a panel in words; empty where it shows states."""
    if _states(panel):
        return ""
    return _UNITS[panel["fieldConfig"]["defaults"]["unit"]]


def series(panel: Json) -> list[str]:
    """The names of a panel's series, in order."""
    shown = [target for target in panel["targets"] if not target.get("hide")]
    names = [target.get("legendFormat") or target.get("label") or "" for target in shown]
    return [_in_words(name) for name in names if name != "__auto"]


def _in_words(name: str) -> str:
    """``{{pod}}`` stands for as many series as there are pods."""
    for inside in ("pod", "phase", "job_name"):
        name = name.replace(f"{{{{{inside}}}}}", f"each {inside.removesuffix('_name')}")
    name = name.replace("{{namespace}}/{{name}}", "each secret")
    return name.replace(" ${PROP('Dim.TargetGroup')}", "")


def _panel(panel: Json) -> Iterator[str]:
    place = panel["gridPos"]
    x, y = place["x"] * _COLUMN + _GAP, _HEADER + place["y"] * _ROW
    width, height = place["w"] * _COLUMN - _GAP, place["h"] * _ROW - _GAP
    match panel["type"]:
        case "row":
            yield (
                f'<text x="{x}" y="{y + 15}" font-size="13" font-weight="600" fill="{_MUTED}">'
                f"⌄ {escape(panel['title'])}</text>"
            )
        case "stat":
            yield from _stat(panel, x, y, width, height)
        case "state-timeline":
            yield from _frame(panel, x, y, width, height)
            yield from _timeline(panel, x, y, width, height)
        case _:
            yield from _frame(panel, x, y, width, height)
            yield from _graph(panel, x, y, width, height)


def _stat(panel: Json, x: int, y: int, width: int, height: int) -> Iterator[str]:
    """In the colour of when all is well."""
    states = _states(panel)
    text, colour = states[0] if states else (unit(panel), _good(panel))
    yield (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" '
        f'fill="{_COLOURS[colour]}"/>'
        f'<text x="{x + _PADDING}" y="{y + 20}" font-weight="600" fill="#ffffff">'
        f"{escape(panel['title'])}</text>"
        f'<text x="{x + width / 2:.1f}" y="{y + height - 20}" font-size="18" '
        f'text-anchor="middle" fill="#ffffff">{escape(text)}</text>'
    )


def _frame(panel: Json, x: int, y: int, width: int, height: int) -> Iterator[str]:
    yield (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{_FILL}" '
        f'stroke="{_FRAME}"/>'
        f'<text x="{x + _PADDING}" y="{y + 20}" font-weight="600" fill="{_TEXT}">'
        f"{escape(panel['title'])}</text>"
        f'<text x="{x + width - _PADDING}" y="{y + 20}" text-anchor="end" fill="{_SOFT}">'
        f"{escape(unit(panel))}</text>"
    )


def _timeline(panel: Json, x: int, y: int, width: int, height: int) -> Iterator[str]:
    """Two lines, one of which is in another state for a while."""
    states = _states(panel)
    line = (height - 66) / 2
    for number, share in enumerate((0.0, 0.3)):
        top = y + 32 + number * (line + _GAP)
        inside = width - 2 * _PADDING
        for start, end, (text, colour) in (
            (0.0, share, states[-1]),
            (share, 1.0, states[0]),
        ):
            if end > start:
                yield (
                    f'<rect x="{x + _PADDING + inside * start:.1f}" y="{top:.1f}" '
                    f'width="{inside * (end - start):.1f}" height="{line:.1f}" '
                    f'fill="{_COLOURS[colour]}"/>'
                    f'<text x="{x + 2 * _PADDING + inside * start:.1f}" '
                    f'y="{top + line / 2 + 4:.1f}" fill="#ffffff">{escape(text)}</text>'
                )
    yield from _legend([(_SOFT, name) for name in series(panel)], x, y + height, width)


def _graph(panel: Json, x: int, y: int, width: int, height: int) -> Iterator[str]:
    left, right, top, bottom = x + _PADDING, x + width - _PADDING, y + 34, y + height - 28
    yield f'<path d="M{left} {bottom}H{right}" stroke="{_FRAME}" fill="none"/>'
    limits = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    if len(limits) > 1:
        below = limits[0]["color"] != "dark-green"
        colour = limits[0 if below else -1]["color"]
        at = top + (bottom - top) * (0.85 if below else 0.12)
        yield (
            f'<path d="M{left} {at:.1f}H{right}" stroke="{_COLOURS[colour]}" stroke-width="1.5" '
            f'stroke-dasharray="6 4" fill="none"/>'
        )
    straight = _lines(panel)
    names = series(panel)
    measured = [name for name in names if name not in straight]
    legend = list[tuple[str, str]]()
    for number, name in enumerate(names):
        if name in straight:
            colour = _COLOURS[straight[name]]
            level = _level([other for other in names if other in straight].index(name), straight)
            at = bottom - (bottom - top) * level
            yield (
                f'<path d="M{left} {at:.1f}H{right}" stroke="{colour}" stroke-width="1.5" '
                f'stroke-dasharray="2 3" fill="none"/>'
            )
        else:
            colour = _SERIES[number % len(_SERIES)]
            heights = _curve(f"{panel['title']} {name}", measured.index(name), len(measured))
            points = [
                (left + (right - left) * step / (_POINTS - 1), bottom - (bottom - top) * value)
                for step, value in enumerate(heights)
            ]
            yield _path(panel, points, bottom, colour)
        legend.append((colour, name))
    yield from _legend(legend, x, y + height, width)


def _level(number: int, lines: Mapping[str, str]) -> float:
    """Height of a straight line, of several the last on top."""
    return 0.98 if len(lines) == 1 else 0.12 + 0.8 * number / (len(lines) - 1)


def _path(panel: Json, points: Sequence[tuple[float, float]], bottom: float, colour: str) -> str:
    """A line, or an area where series are stacked; in steps for whole numbers."""
    custom = panel["fieldConfig"]["defaults"]["custom"]
    first, *rest = points
    stepped = custom["lineInterpolation"] == "stepAfter"
    words = [f"M{first[0]:.1f} {first[1]:.1f}"]
    for x, y in rest[::8] if stepped else rest:
        words.append(f"H{x:.1f}V{y:.1f}" if stepped else f"L{x:.1f} {y:.1f}")
    if stepped:
        words.append(f"H{points[-1][0]:.1f}")
    line = "".join(words)
    drawn = f'<path d="{line}" stroke="{colour}" stroke-width="1.6" fill="none"/>'
    if custom["stacking"]["mode"] == "normal":
        area = f"{line}V{bottom}H{first[0]:.1f}Z"
        drawn = f'<path d="{area}" fill="{colour}" fill-opacity="0.25"/>{drawn}'
    return drawn


def _curve(seed: str, number: int, count: int) -> list[float]:
    """A walk that keeps to a band of its own; the same for the same seed."""
    noise = hashlib.shake_256(seed.encode()).digest(_POINTS)
    centre = 0.25 + 0.45 * (number + 0.5) / count
    values, value = list[float](), centre
    for byte in noise:
        value += (byte / 255 - 0.5) * 0.14 + (centre - value) * 0.35
        values.append(min(max(value, 0.03), 0.8))
    return values


def _legend(entries: Sequence[tuple[str, str]], x: int, bottom: int, width: int) -> Iterator[str]:
    """As many names as fit."""
    at = x + _PADDING
    for colour, name in entries:
        needed = text_width(name, 11) + 30
        if at + needed > x + width:
            return
        yield (
            f'<rect x="{at:.1f}" y="{bottom - 16}" width="10" height="3" fill="{colour}"/>'
            f'<text x="{at + 15:.1f}" y="{bottom - 11}" font-size="11" fill="{_SOFT}">'
            f"{escape(name)}</text>"
        )
        at += needed


def _states(panel: Json) -> list[tuple[str, str]]:
    """Text and colour of each state, the good one first."""
    mappings = panel["fieldConfig"]["defaults"].get("mappings", [])
    found = [
        (result["text"], result["color"])
        for mapping in mappings
        for result in mapping["options"].values()
    ]
    return sorted(found, key=lambda state: state[1] != "dark-green")


def _good(panel: Json) -> str:
    colours = [step["color"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
    return "dark-green" if "dark-green" in colours else colours[0]


def _lines(panel: Json) -> dict[str, str]:
    """The colour of each series that is drawn as a dashed line."""
    return {
        override["matcher"]["options"]: next(
            part["value"]["fixedColor"] for part in override["properties"] if part["id"] == "color"
        )
        for override in panel["fieldConfig"]["overrides"]
    }

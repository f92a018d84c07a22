"""A comparison as Markdown for a pull-request comment: dangerous changes first. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from components.secrets.masking import MASK, masked, masked_tree
from tooling.diff.model import ABSENT, Comparison, Difference, PropertyChange
from tooling.diff.properties import is_secret, is_unknown, text
from tooling.engineless.recording import convert
from tooling.kit import masking
from tooling.kit.json_values import Path, as_list, as_mapping
from tooling.kit.masking import printable

_LINES: Final = 12
"""Values of one resource that are listed; the others are counted."""
_DRAWING_LINES: Final = 3
"""The same for a dashboard."""
_WIDTH: Final = 72
"""Characters of one value."""
_CONTEXT: Final = 16
"""Characters of a long value that are shown before the first one that differs."""

_SECTIONS: Final = (
    ("refused", "Protected: Pulumi will refuse this"),
    ("replaced", "Replaced: deleted and created again"),
    ("removed", "Removed"),
    ("changed", "Changed in place"),
    ("created", "Created"),
)
_VERBS: Final = {"refused": "protected", "changed": "changed"}


def to_markdown(comparison: Comparison, base: str, packages: Sequence[str] = ()) -> str:
    """One stack's section; one line if nothing differs."""
    if comparison.empty:
        also = f" Packages differ ({', '.join(packages)})." if packages else ""
        return f"**{comparison.title}**: no change against `{base}`.{also}\n"
    return "\n".join(_lines(comparison, base, packages)) + "\n"


def _lines(comparison: Comparison, base: str, packages: Sequence[str]) -> Iterator[str]:
    yield f"### {comparison.title}: {_counts(comparison)}"
    yield ""
    if comparison.added_stack:
        yield f"The stack is new: `{base}` has no `{comparison.file}`."
        yield ""
    if comparison.removed_stack:
        yield (
            f"`{comparison.file}` is gone. What it deployed stays until `pulumi destroy`, which "
            "needs the file."
        )
        yield ""
    yield from _risks(comparison)
    for name, title in _SECTIONS:
        found: Sequence[Difference] = getattr(comparison, name)
        if not found:
            continue
        yield f"#### {title}"
        yield ""
        for difference in found:
            yield from _resource(difference, comparison.invented)
        yield ""
    yield from _besides(comparison)
    yield from _limits(comparison, base, packages)


def _risks(comparison: Comparison) -> Iterator[str]:
    for risk in comparison.acknowledged:
        yield f"- ⚠️ accepts a risk by name: {_code(risk)}"
    for risk in comparison.withdrawn:
        yield f"- no longer accepts the risk {_code(risk)}"
    if comparison.acknowledged or comparison.withdrawn:
        yield ""


def _besides(comparison: Comparison) -> Iterator[str]:
    """Differences that are not changes of a resource itself."""
    if comparison.ignored:
        yield "#### Left as it is"
        yield ""
        for resource, path in comparison.ignored:
            what = "the program tells Pulumi to ignore a change"
            yield f"- {resource.title} {_code(masked(path))}: {what}"
        yield ""
    if comparison.follows:
        yield "#### May follow from what is replaced"
        yield ""
        for resource, what in comparison.follows:
            yield f"- {resource.title} {what}"
        yield ""
    if comparison.outputs:
        yield "#### Stack outputs"
        yield ""
        for change in comparison.outputs:
            yield f"- {_change(change, comparison.invented)}"
        yield ""


def _counts(comparison: Comparison) -> str:
    numbers = [(_VERBS.get(name, name), len(getattr(comparison, name))) for name, _ in _SECTIONS]
    words = [f"{count} {verb}" for verb, count in numbers if count]
    return ", ".join(words) or "no resource changes"


def _resource(difference: Difference, invented: Mapping[str, str]) -> Iterator[str]:
    warns = difference.dangers or any(c.danger for c in difference.changes)
    dangers = f": {'; '.join(difference.dangers)}" if difference.dangers else ""
    yield f"- {'⚠️ ' if warns else ''}{difference.resource.title}{dangers}"
    shown = [c for c in difference.changes if not _drawn(c)]
    drawings = [c for c in difference.changes if _drawn(c)]
    shown = [*shown[:_LINES], *drawings[:_DRAWING_LINES]]
    for change in shown:
        yield f"  - {_change(change, invented)}"
    rest = len(difference.changes) - len(shown)
    if rest:
        yield f"  - and {rest} more value{'s' * (rest > 1)}"


def _drawn(change: PropertyChange) -> bool:
    """Whether a value is part of a dashboard: many change together, and none of them matters."""
    return any(
        isinstance(part, str) and (part == "dashboardBody" or part.endswith(".json"))
        for part in change.path
    )


def _change(change: PropertyChange, invented: Mapping[str, str]) -> str:
    line = f"{_code(masked(text(change.path)))}: {_values(change, invented)}"
    if change.replaces:
        source = change.replaces
        line += f" ([replaces it]({source}))" if "://" in source else f" (replaces it: {source})"
    if change.unsure:
        line += " (may replace it: not known offline)"
    if change.danger:
        line += f" — **{change.danger}**"
    return line


def _values(change: PropertyChange, invented: Mapping[str, str]) -> str:
    before, after = change.before, change.after
    if is_secret(before) and is_secret(after):
        return "a secret value changes"
    if parts := list(_moved(before, after, invented)):
        return ", ".join(parts)
    name = _name(change.path)
    old, new = _shown(before, invented, name), _shown(after, invented, name)
    if old == new:
        hidden = MASK in old and _text(before, invented) != _text(after, invented)
        why = "where a secret changes" if hidden else "under another name that the provider invents"
        return f"{_code(_cut(old) if hidden else old)}, {why}"
    if before is ABSENT:
        return f"added, {_code(_cut(new))}"
    if after is ABSENT:
        return f"taken away, was {_code(_cut(old))}"
    return _becomes(old, new)


def _becomes(old: str, new: str) -> str:
    """Both values; of long ones the part that differs first."""
    start = max(0, _common(old, new) - _CONTEXT) if max(len(old), len(new)) > _WIDTH else 0
    return f"{_code(_cut(old, start))} → {_code(_cut(new, start))}"


def _moved(before: object, after: object, invented: Mapping[str, str]) -> Iterator[str]:
    """Items added to or removed from a list; empty if only the order differs."""
    old, new = as_list(before), as_list(after)
    if old is None or new is None or sorted(map(str, old)) == sorted(map(str, new)):
        return
    gone, come = _items(old, new, invented), _items(new, old, invented)
    if len(gone) == len(come) == 1 and max(map(len, gone + come)) > _WIDTH:
        yield _becomes(*gone, *come)
        return
    yield from (f"without {_code(_cut(item))}" for item in gone)
    yield from (f"with {_code(_cut(item))}" for item in come)


def _name(path: Path) -> str:
    """The name of a value: its key, or of ``{"name": …, "value": …}`` the name."""
    names = [part.strip("[]") for part in path if isinstance(part, str)]
    return names[-2] if names[-1:] == ["value"] and len(names) > 1 else (names or [""])[-1]


def _items(items: list[Any], others: list[Any], invented: Mapping[str, str]) -> list[str]:
    """The items that are not among the others; a secret is known by the option before it."""
    shown = masked_tree([_plain(item, invented) for item in items])
    return [_one_line(s) for item, s in zip(items, shown, strict=True) if item not in others]


def _shown(value: Any, invented: Mapping[str, str], name: str = "") -> str:  # noqa: ANN401 - JSON
    """A value on one line: secrets masked, invented names as what they name."""
    plain = _plain(value, invented)
    return plain if value is ABSENT else _one_line(masked_tree(plain, name))


def _text(value: Any, invented: Mapping[str, str]) -> str:  # noqa: ANN401 - JSON
    """The same with its secrets: for a comparison, never to be shown."""
    return _one_line(_plain(value, invented))


def _plain(value: Any, invented: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """A value without marks; its texts without control characters, but with their lines: a secret
    is known by both."""
    if value is ABSENT:
        return repr(ABSENT)

    def leaf(item: object) -> object:
        if not isinstance(item, str):
            return item
        for name, what in invented.items():
            item = item.replace(name, f"<{what}>")
        return masking.plain(item)

    return convert(_marked(value), leaf)


def _one_line(value: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return printable(value) or '""'
    # In one order: that of a recording changes from run to run.
    joined = convert(value, lambda leaf: printable(leaf) if isinstance(leaf, str) else leaf)
    return printable(json.dumps(joined, ensure_ascii=False, sort_keys=True))


def _marked(value: Any) -> Any:  # noqa: ANN401 - JSON
    if is_secret(value):
        return MASK
    if is_unknown(value):
        return "[unknown]"
    if (mapping := as_mapping(value)) is not None:
        return {key: _marked(item) for key, item in mapping.items()}
    if (items := as_list(value)) is not None:
        return [_marked(item) for item in items]
    return value


def _common(one: str, other: str) -> int:
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


def _cut(value: str, start: int = 0) -> str:
    part = value[start : start + _WIDTH]
    return f"{'…' * (start > 0)}{part}{'…' * (start + _WIDTH < len(value))}"


def _code(value: str) -> str:
    """A code span that its content cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", value)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if value.startswith("`") or value.endswith("`") else ""
    return f"{fence}{pad}{value}{pad}{fence}"


def _limits(comparison: Comparison, base: str, packages: Sequence[str]) -> Iterator[str]:
    yield "<details><summary>What this cannot know</summary>"
    yield ""
    yield (
        f"It compares what the program registers here and in `{base}`, without Pulumi's engine: "
        "not what is deployed, what drifted, or what AWS and the cluster would answer."
    )
    if comparison.unknown_types:
        kinds = ", ".join(f"`{name}`" for name in comparison.unknown_types)
        yield f"Whether a change replaces these is not in its table: {kinds}."
    if packages:
        yield (
            f"Packages differ ({', '.join(packages)}); both sides were recorded with those "
            "installed here, so a new default of theirs does not show."
        )
    yield ""
    yield "</details>"

"""The rendered stack on one page, as Markdown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tooling.render.model import Node, RenderedStack
from tooling.render.text import to_yaml

MARKER: Final = "<!-- Written by `python -m tooling render`; the whole folder is replaced. -->"


def to_markdown(stack: RenderedStack) -> str:
    """Counts, longest chain, outputs and every resource."""
    return "\n".join(_lines(stack)) + "\n"


def counts(stack: RenderedStack) -> str:
    """How many resources of which sort the stack has, in words."""
    numbers = {
        "Kubernetes object": len(stack.objects),
        "Helm release": len(stack.releases),
        "AWS resource": len(stack.aws),
        "generated value": len(stack.generated),
        "component": len(stack.graph.groups),
        "provider": len(stack.providers),
    }
    return ", ".join(f"{n} {what}{'s' * (n > 1)}" for what, n in numbers.items() if n)


def chain(stack: RenderedStack) -> list[str]:
    """The longest dependency chain in words."""
    nodes = [stack.graph.nodes[urn] for urn in stack.graph.longest_chain]
    return [f"{node.kind} {node.name}" for node in nodes]


def _lines(stack: RenderedStack) -> Iterator[str]:
    graph = stack.graph
    yield MARKER
    yield f"# Stack {stack.stack}"
    yield ""
    yield f"{counts(stack)}."
    yield ""
    yield "What a provider assigns, and what the stack file has encrypted, is invented here."
    yield ""
    kinds = Counter(node.kind for node in graph.nodes.values())
    yield ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())) + "."
    yield ""
    longest = chain(stack)
    yield "## Longest dependency chain"
    yield ""
    yield f"{len(longest)} resources wait for one another; the rest goes up beside them."
    yield ""
    yield from (f"{number}. {step}" for number, step in enumerate(longest, 1))
    yield ""
    yield "## Outputs"
    yield ""
    yield from _table(("output", "value"), ((k, _value(v)) for k, v in stack.outputs.items()))
    yield ""
    yield "## Resources"
    yield ""
    yield from _table(
        ("kind", "name", "component", "protected", "depends on"),
        (_row(stack, node) for node in _sorted(graph.nodes.values())),
    )


def _row(stack: RenderedStack, node: Node) -> tuple[str, ...]:
    graph = stack.graph
    group = graph.groups.get(node.group)
    needs = [graph.nodes[start] for start, end in graph.edges if end == node.urn]
    return (
        node.kind,
        f"`{node.place}`",
        f"{group.kind} `{group.name}`" if group else "",
        "yes" if node.protect else "",
        "<br>".join(f"{need.kind} `{need.place}`" for need in _sorted(needs)),
    )


def _sorted(nodes: Iterable[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: (node.kind, node.place, node.urn))


def _value(value: object) -> str:
    text = value if isinstance(value, str) else to_yaml(value).removesuffix("...\n").strip()
    return f"`{text}`"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    for row in rows:
        cells = (cell.replace("|", "\\|").replace("\n", "<br>") for cell in row)
        yield f"| {' | '.join(cells)} |"

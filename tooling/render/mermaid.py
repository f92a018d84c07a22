"""The graph as a Mermaid flowchart. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tooling.render.model import Graph


def to_mermaid(graph: Graph) -> str:
    """A flowchart from left to right, components as subgraphs."""
    ids = {urn: f"n{number}" for number, urn in enumerate(graph.nodes)}
    ids |= {urn: f"g{number}" for number, urn in enumerate(graph.groups)}
    lines = ["flowchart LR", *_inside(graph, "", ids, "  ")]
    lines += [f"  {ids[start]} --> {ids[end]}" for start, end in graph.edges]
    protected = [ids[urn] for urn, node in graph.nodes.items() if node.protect]
    if protected:
        lines += [
            "  classDef protected stroke-width:3px",
            f"  class {','.join(protected)} protected",
        ]
    return "\n".join(lines) + "\n"


def _inside(graph: Graph, group: str, ids: dict[str, str], indent: str) -> Iterator[str]:
    for urn, node in graph.nodes.items():
        if node.group == group:
            yield f'{indent}{ids[urn]}["{_quoted(node.kind)}<br/>{_quoted(node.name)}"]'
    for urn, inner in graph.groups.items():
        if inner.parent == group:
            label = f"{_quoted(inner.kind)} {_quoted(inner.name)}"
            yield f'{indent}subgraph {ids[urn]}["{label}"]'
            yield from _inside(graph, urn, ids, indent + "  ")
            yield f"{indent}end"


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")

"""The dependency graph, reduced, and its longest chain. Pure; knows nothing of Pulumi."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter

from tooling.render.model import Graph, Group, Node


def build(
    nodes: Iterable[Node], groups: Iterable[Group], dependencies: Mapping[str, Sequence[str]]
) -> Graph:
    """The graph of ``nodes`` by what each depends on.

    A dependency on something that is no node (a provider) counts as one on what that depends on.
    """
    by_group = {group.urn: group for group in sorted(groups, key=lambda g: g.urn)}
    by_urn = {
        node.urn: node for node in sorted(nodes, key=lambda n: (n.group, n.kind, n.name, n.urn))
    }
    direct = {urn: _through(urn, by_urn, dependencies) for urn in by_urn}
    order = list(TopologicalSorter(direct).static_order())
    before = dict[str, frozenset[str]]()
    waits = dict[str, int]()
    """The length of the longest chain of resources that have to be complete before."""
    for urn in order:
        before[urn] = frozenset[str]().union(*(before[other] | {other} for other in direct[urn]))
        waits[urn] = max((waits[other] + 1 for other in direct[urn]), default=0)
    edges = [
        (other, urn)
        for urn in by_urn
        for other in direct[urn]
        # A dependency that another one implies needs no arrow.
        if not any(other in before[third] for third in direct[urn])
    ]
    return Graph(
        nodes=by_urn,
        groups=by_group,
        edges=tuple(sorted(edges)),
        longest_chain=_longest(direct, waits),
    )


def _through(
    urn: str, nodes: Mapping[str, Node], dependencies: Mapping[str, Sequence[str]]
) -> list[str]:
    found, waiting, seen = set[str](), list(dependencies.get(urn, ())), {urn}
    while waiting:
        other = waiting.pop()
        if other in seen:
            continue
        seen.add(other)
        if other in nodes:
            found.add(other)
        else:
            waiting += dependencies.get(other, ())
    return sorted(found)


def _longest(direct: Mapping[str, Sequence[str]], waits: Mapping[str, int]) -> tuple[str, ...]:
    if not waits:
        return ()
    last = min(waits, key=lambda urn: (-waits[urn], urn))
    chain = [last]
    while waits[chain[0]] > 0:
        before = waits[chain[0]] - 1
        chain.insert(0, min(other for other in direct[chain[0]] if waits[other] == before))
    return tuple(chain)

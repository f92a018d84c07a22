"""The dependency graph: reduced, its longest chain, and as Mermaid. All of it pure."""

from __future__ import annotations

import random

import pytest

from tests.support import stacks
from tooling.render import graph as graphs
from tooling.render import mermaid
from tooling.render.model import Graph, Group, Node


def node(name: str, group: str = "", *, protect: bool = False) -> Node:
    return Node(urn=name, kind="Kind", name=name, place=name, group=group, protect=protect)


def graph_of(**dependencies: str) -> Graph:
    """A graph without components: each name with the names it waits for."""
    needs = {name: tuple(others) for name, others in dependencies.items()}
    return graphs.build([node(name) for name in needs], [], needs)


def tangled(seed: int) -> Graph:
    """A graph of sixty resources in nine components, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable is what it should be
    groups = [Group(urn="root", kind="Root", name="root", parent="")]
    nodes, needs = list[Node](), dict[str, list[str]]()
    for number in range(9):
        group = Group(urn=f"g{number}", kind=f"Kind{number}", name=f"root-{number}", parent="root")
        groups.append(group)
        for index in range(chance.randint(4, 10)):
            urn = f"n{number}-{index:02}"
            before, own = list(needs), [name for name in needs if name.startswith(f"n{number}-")]
            needs[urn] = chance.sample(own, min(len(own), chance.randint(0, 2)))
            needs[urn] += chance.sample(before, min(len(before), chance.choice([0, 0, 1])))
            nodes.append(node(urn, group.urn, protect=index == 0))
    return graphs.build(nodes, groups, needs)


@pytest.fixture(params=["version 2 dev", *range(6)], scope="module")
def graph(request: pytest.FixtureRequest) -> Graph:
    return (
        stacks.rendered("version 2 dev").graph
        if request.param == "version 2 dev"
        else tangled(request.param)
    )


def test_what_follows_from_other_dependencies_has_no_edge() -> None:
    graph = graph_of(a="", b="a", c="ab", d="abc", e="a")
    assert graph.edges == (("a", "b"), ("a", "e"), ("b", "c"), ("c", "d"))


def test_the_longest_chain_is_the_one_of_most_resources_and_of_two_the_first_by_urn() -> None:
    assert graph_of(a="", b="a", c="b", d="ac", e="").longest_chain == ("a", "b", "c", "d")
    assert graph_of(a="", b="", c="ab", d="ab").longest_chain == ("a", "c")


def test_a_dependency_on_a_provider_is_one_on_what_that_depends_on() -> None:
    needs = {"b": ("provider",), "provider": ("a", "a2"), "a": (), "a2": ()}
    graph = graphs.build([node("a"), node("b")], [], needs)
    assert graph.edges == (("a", "b"),)


def test_a_graph_of_nothing_is_an_empty_flowchart() -> None:
    graph = graph_of()
    assert graph.longest_chain == ()
    assert mermaid.to_mermaid(graph) == "flowchart LR\n"


def test_mermaid_shows_components_resources_edges_and_protection() -> None:
    groups = [
        Group(urn="1", kind="Outer", name="outer", parent=""),
        Group(urn="2", kind="Inner", name='in"ner', parent="1"),
    ]
    nodes = [node("a", "1"), node("b<x>", "2", protect=True)]
    graph = graphs.build(nodes, groups, {"b<x>": ["a"]})
    assert mermaid.to_mermaid(graph).splitlines() == [
        "flowchart LR",
        '  subgraph g0["Outer outer"]',
        '    n0["Kind<br/>a"]',
        '    subgraph g1["Inner in&quot;ner"]',
        '      n1["Kind<br/>b&lt;x>"]',
        "    end",
        "  end",
        "  n0 --> n1",
        "  classDef protected stroke-width:3px",
        "  class n1 protected",
    ]


def test_the_flowchart_does_not_depend_on_the_order_of_registration(graph: Graph) -> None:
    shuffled = graphs.build(
        reversed(list(graph.nodes.values())),
        reversed(list(graph.groups.values())),
        {urn: [a for a, b in reversed(graph.edges) if b == urn] for urn in graph.nodes},
    )
    assert mermaid.to_mermaid(shuffled) == mermaid.to_mermaid(graph)

"""The dependency graph: reduced, placed, routed, drawn. All of it pure."""

from __future__ import annotations

import itertools
import random
import xml.etree.ElementTree as ET

import pytest

from tests.support import stacks
from tooling.render import graph as graphs
from tooling.render import mermaid, svg
from tooling.render.model import Graph, Group, Node
from tooling.render.placement import Placement, place
from tooling.render.routing import BOX_HEIGHT, Drawing, route

Segment = tuple[float, float, float, float]


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


@pytest.fixture(params=["dev", *range(6)], scope="module")
def graph(request: pytest.FixtureRequest) -> Graph:
    return stacks.rendered("dev").graph if request.param == "dev" else tangled(request.param)


def drawn(graph: Graph) -> tuple[Placement, Drawing, list[float]]:
    grid = place(graph)
    widths = [100.0 + 10 * column for column in range(grid.columns)]
    return grid, route(graph, grid, widths), widths


def test_what_follows_from_other_dependencies_has_no_edge() -> None:
    graph = graph_of(a="", b="a", c="ab", d="abc", e="a")
    assert graph.edges == (("a", "b"), ("a", "e"), ("b", "c"), ("c", "d"))


def test_a_column_is_the_length_of_the_longest_chain_before() -> None:
    graph = graph_of(a="", b="a", c="b", d="ac", e="")
    assert graph.columns == {"a": 0, "b": 1, "c": 2, "d": 3, "e": 0}
    assert graph.longest_chain == ("a", "b", "c", "d")


def test_a_dependency_on_a_provider_is_one_on_what_that_depends_on() -> None:
    needs = {"b": ("provider",), "provider": ("a", "a2"), "a": (), "a2": ()}
    graph = graphs.build([node("a"), node("b")], [], needs)
    assert graph.edges == (("a", "b"),)


def test_an_empty_graph_is_drawn() -> None:
    graph = graph_of()
    assert graph.longest_chain == ()
    ET.fromstring(svg.to_svg(graph, "Stack empty"))  # noqa: S314 - our own text
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


def test_each_resource_has_a_cell_in_its_column_and_lane(graph: Graph) -> None:
    grid = place(graph)
    assert len(set(grid.cells.values())) == len(graph.nodes)
    for urn, (column, row) in grid.cells.items():
        assert column == graph.columns[urn]
        assert row in grid.lanes[grid.lane_of[urn]]
    rows = sorted(row for lane in grid.lanes.values() for row in lane)
    assert rows == list(range(grid.rows)), "lanes share no row and leave none out"


def test_no_arrow_runs_through_a_box(graph: Graph) -> None:
    grid, drawing, widths = drawn(graph)
    assert len(drawing.routes) == len(graph.edges)
    for arrow, (x1, y1, x2, y2) in segments(drawing):
        for urn, (column, row) in grid.cells.items():
            left, top = drawing.lefts[column], drawing.tops[row]
            apart = (
                max(x1, x2) <= left
                or min(x1, x2) >= left + widths[column]
                or max(y1, y2) <= top
                or min(y1, y2) >= top + BOX_HEIGHT
            )
            assert apart, f"{arrow} runs through {urn}"


def test_arrows_of_different_resources_never_lie_on_one_another(graph: Graph) -> None:
    _, drawing, _ = drawn(graph)
    for (one, first), (other, second) in itertools.combinations(segments(drawing), 2):
        assert one[0] == other[0] or not overlap(first, second), f"{one} and {other}"


def test_arrows_run_from_box_to_box_at_right_angles(graph: Graph) -> None:
    grid, drawing, widths = drawn(graph)
    for arrow in drawing.routes:
        (x1, y1), (x2, y2) = arrow.points[0], arrow.points[-1]
        column, row = grid.cells[arrow.start]
        assert (x1, y1) == (
            drawing.lefts[column] + widths[column],
            drawing.tops[row] + BOX_HEIGHT / 2,
        )
        column, row = grid.cells[arrow.end]
        assert x2 == drawing.lefts[column]
        assert drawing.tops[row] < y2 < drawing.tops[row] + BOX_HEIGHT
    for _, (x1, y1, x2, y2) in segments(drawing):
        assert x1 == x2 or y1 == y2


def test_the_drawing_is_the_same_every_time(graph: Graph) -> None:
    shuffled = graphs.build(
        reversed(list(graph.nodes.values())),
        reversed(list(graph.groups.values())),
        {urn: [a for a, b in reversed(graph.edges) if b == urn] for urn in graph.nodes},
    )
    assert svg.to_svg(shuffled, "x") == svg.to_svg(graph, "x")
    assert mermaid.to_mermaid(shuffled) == mermaid.to_mermaid(graph)


def test_the_drawing_names_every_resource_and_escapes_them() -> None:
    graph = graphs.build([node("a<b>&c")], [], {})
    root = ET.fromstring(svg.to_svg(graph, "Stack x"))  # noqa: S314 - our own text
    texts = [text for element in root.iter() if (text := element.text)]
    assert "a<b>&c" in texts
    assert "Stack x: 1 resources, longest chain 1" in texts


def test_a_long_name_is_cut_to_its_box() -> None:
    graph = graphs.build([node("long-name-" * 10)], [], {})
    root = ET.fromstring(svg.to_svg(graph, "x"))  # noqa: S314 - our own text
    (cut,) = [text for e in root.iter() if (text := e.text or "").endswith("…")]
    assert svg.text_width(cut) <= 180


def segments(drawing: Drawing) -> list[tuple[tuple[str, str], Segment]]:
    """Every straight part of every arrow, with the arrow."""
    return [
        ((arrow.start, arrow.end), (*begin, *end))
        for arrow in drawing.routes
        for begin, end in itertools.pairwise(arrow.points)
    ]


def overlap(first: Segment, second: Segment) -> bool:
    """Whether two straight lines have more than a point in common."""
    for axis in (0, 1):
        flat = {first[axis], first[axis + 2], second[axis], second[axis + 2]}
        if len(flat) == 1:
            spans = sorted(sorted((s[1 - axis], s[3 - axis])) for s in (first, second))
            if spans[0][1] > spans[1][0]:
                return True
    return False

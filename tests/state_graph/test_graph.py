"""State graphs: their counts are the engine's, merging keeps what it says, and names cannot become markup."""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import networkx
import pytest

from ovlcheck.errors import UsageError
from ovlcheck.explore.reference import Reference, reachable, transitions
from ovlcheck.explore.search import explore
from ovlcheck.lang.questions import Questions
from ovlcheck.prepare import Options, Prepared, prepare
from ovlcheck.runs.moves import Moves
from ovlcheck.state_graph import state_graph, write
from ovlcheck.state_graph.build import graph_of, graph_of_model
from ovlcheck.state_graph.graph import Arc, Node, StateGraph
from ovlcheck.state_graph.write import MOST_DRAWN, to_networkx, write_dot, write_graphml, write_svg
from tests.runs.cache_model import PROPERTY_OPTIONS, Project, prepared

HOSTILE = '<script>alert("x")</script>\n\\N & \x1b[31m\u202e\x00'


@pytest.fixture
def cache(project: Project) -> Prepared:
    return prepared(project.directory, {"room": "2", "tasks": "2"})


def test_the_whole_graph_has_the_states_and_transitions_of_the_engine(cache: Prepared) -> None:
    graph = graph_of(cache)
    _, result = explore(cache.system, Reference())
    assert (graph.states, graph.transitions) == (result.states, result.transitions)
    assert sum(node.states for node in graph.nodes) == result.states
    ends = {node.number for node in graph.nodes if not node.states}
    assert sum(arc.target not in ends for arc in graph.arcs) == result.transitions
    assert max(node.depth for node in graph.nodes) == result.depth
    assert {name for node in graph.nodes for name in node.violates} | {
        name for arc in graph.arcs for name in arc.violates
    } == {violation.name for violation in result.violations}


def test_the_graph_of_a_shipped_model_has_the_counts_that_verify_reports() -> None:
    options = Options(
        config="small",
        constants={"mmaps": "false", "readers": 0, "umounts": 0, "meta_ops": "false"},
        properties=("no_evicted_inode_has_dirty_upper",),
    )
    graph = graph_of_model(Path("upstream"), options, by=("upper0.is_dirty",))
    prepared = prepare(Path("upstream"), options)
    _, result = explore(prepared.system, Reference())
    assert (graph.states, graph.transitions) == (result.states, result.transitions)
    assert graph.states > 300


def test_every_arc_is_a_transition_of_the_reference_engine(cache: Prepared) -> None:
    graph = graph_of(cache)
    system = Moves(cache.system).system
    number = {state: i for i, state in enumerate(reachable(system))}
    moves = Moves(cache.system)
    expected = Counter((number[s], number[t], moves.actor(action)) for s, action, t in transitions(system))
    assert Counter((arc.source, arc.target, arc.process) for arc in graph.arcs) == expected


def test_merged_nodes_are_the_values_that_states_have(cache: Prepared) -> None:
    by = ("len(listed)", "freed", "reaper0")
    graph = graph_of(cache, by=by)
    moves = Moves(cache.system)
    questions = Questions(cache.model, dict(cache.constants), cache.system)
    read = [moves.semantics.compile(questions.compile(text).expr) for text in by[:2]]
    expected = Counter(
        (*(code(state) for code in read), moves.semantics.location(state, "reaper", 0))
        for state in reachable(moves.system)
    )
    assert sorted(node.states for node in graph.nodes) == sorted(expected.values())
    assert all(tuple(node.values) == by for node in graph.nodes)
    assert sum(arc.steps for arc in graph.arcs) + graph.inside == graph.transitions
    assert all(arc.source != arc.target or arc.violates for arc in graph.arcs)
    assert len({(a.source, a.target, a.label, a.violates) for a in graph.arcs}) == len(graph.arcs)


def test_a_merged_node_is_initial_terminal_or_bad_if_some_state_of_it_is(cache: Prepared) -> None:
    whole, merged = graph_of(cache), graph_of(cache, by=("freed",))
    for value in ("True", "False"):
        states = [node for node in whole.nodes if node.values.get("freed") == value]
        (node,) = (node for node in merged.nodes if node.values == {"freed": value})
        assert node.initial == any(s.initial for s in states)
        assert node.terminal == any(s.terminal for s in states)
        assert set(node.violates) == {name for s in states for name in s.violates}
        assert node.depth == min(s.depth for s in states)


def test_what_has_no_value_in_some_states_is_merged_all_the_same(cache: Prepared) -> None:
    graph = graph_of(cache, by=("entry0.changed",))
    assert {node.values["entry0.changed"] for node in graph.nodes} == {"-", "False", "True"}


def test_a_step_that_a_violation_cuts_short_ends_in_a_node_of_no_states(project: Project) -> None:
    project.write(
        "fails.py",
        '"""It fails."""\nfrom ovlcheck import System, process\n\n\nclass Fails(System):\n    n: bool\n\n    @process\n'
        "    def p(self) -> None:\n        self.n = True\n        assert not self.n\n",
    )
    graph = graph_of_model(Path("fails.py"), Options(property_paths=()))
    (end,) = (node for node in graph.nodes if not node.states)
    assert end.terminal and end.violates
    assert [arc.violates for arc in graph.arcs if arc.target == end.number] == [end.violates]
    assert graph.states == len(graph.nodes) - 1


def test_networkx_gets_every_node_and_arc_with_its_attributes(cache: Prepared) -> None:
    graph = graph_of(cache, by=("freed",))
    made = to_networkx(graph)
    assert (made.number_of_nodes(), made.number_of_edges()) == (len(graph.nodes), len(graph.arcs))
    assert made.graph["states"] == graph.states and made.graph["by"] == ("freed",)
    assert all(made.nodes[n.number]["values"] == n.values for n in graph.nodes)
    assert sum(steps for _, _, steps in made.edges(data="steps")) + graph.inside == graph.transitions


def test_the_python_function_takes_a_model_as_the_command_line_does(project: Project) -> None:
    made = state_graph("cache.py", constants={"room": 2}, by=["len(listed)"])
    assert isinstance(made, networkx.MultiDiGraph)
    assert {data["values"]["len(listed)"] for _, data in made.nodes(data=True)} == {"0", "1", "2"}
    with pytest.raises(UsageError, match="more than 3 states"):
        state_graph("cache.py", max_states=3)


def test_a_graph_without_end_is_refused(project: Project) -> None:
    project.write(
        "grows.py",
        '"""It counts."""\nfrom ovlcheck import Refcount, System, process\n\n\nclass Grows(System):\n'
        "    n: Refcount\n\n    @process\n    def p(self) -> None:\n        while True:\n            self.n.inc()\n",
    )
    with pytest.raises(UsageError, match="has no end: n grows beyond 255"):
        graph_of_model(Path("grows.py"), Options(property_paths=()))


def hostile() -> StateGraph:
    return StateGraph(
        model=HOSTILE,
        constants={HOSTILE: HOSTILE},
        nodes=(
            Node(0, {HOSTILE: HOSTILE}, 3, initial=True, violates=(HOSTILE,)),
            Node(1, {"a": '"'}, terminal=True),
            Node(2, states=0, terminal=True, violates=(HOSTILE,)),
        ),
        arcs=(Arc(0, 1, HOSTILE, HOSTILE, 2, (HOSTILE,)), Arc(0, 2, "p", "p")),
        states=4,
        transitions=2,
        by=(HOSTILE,),
    )


def test_hostile_names_are_text_in_dot_and_svg() -> None:
    dot = write_dot(hostile())
    assert all(character.isprintable() or character == "\n" for character in dot)
    assert "<script>" not in re.sub(r'"(?:[^"\\]|\\.)*"', "", dot)
    svg = write_svg(hostile())
    tree = ElementTree.fromstring(svg)
    assert not [element for element in tree.iter() if element.tag.endswith("script")]
    assert "<script>alert" in "".join(tree.itertext())
    assert len([e for e in tree.iter() if e.get("class") == "node"]) == 3


def test_hostile_names_are_text_in_graphml() -> None:
    text = write_graphml(hostile())
    assert not [e for e in ElementTree.fromstring(text).iter() if e.tag.endswith("script")]
    read = networkx.read_graphml(io.BytesIO(text.encode()), force_multigraph=True)
    assert read.number_of_nodes() == 3 and read.number_of_edges() == 2
    assert "<script>" in read.nodes["n0"]["violates"] and "\x1b" not in text


def test_a_graph_too_large_for_a_picture_is_refused_with_a_hint_and_written_otherwise() -> None:
    nodes = tuple(Node(i) for i in range(MOST_DRAWN + 1))
    graph = replace(hostile(), nodes=nodes, by=())
    with pytest.raises(UsageError, match="merge states with --by"):
        write_svg(graph)
    assert len(re.findall(r"^  n\d+ \[", write_dot(graph), re.MULTILINE)) == MOST_DRAWN + 1


def test_a_picture_that_graphviz_does_not_finish_is_given_up_with_a_hint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(write, "DRAWING_SECONDS", 0.001)
    with pytest.raises(UsageError, match="Graphviz has not drawn 3 nodes and 2 arcs"):
        write_svg(hostile())


def test_a_graph_near_the_limits_is_drawn_in_time() -> None:
    """Dense, with arcs that go back and forth: what makes Graphviz slow."""
    chance = random.Random(1)
    nodes = tuple(Node(i) for i in range(200))
    arcs = tuple(Arc(chance.randrange(200), chance.randrange(200), "writer0", "release") for _ in range(250))
    svg = write_svg(replace(hostile(), nodes=nodes, arcs=arcs, by=()))
    assert svg.count('class="edge"') == 250


@pytest.mark.parametrize(
    ("name", "begins"),
    [("g.dot", "digraph"), ("g.gv", "digraph"), ("g.svg", "<?xml"), ("g.graphml", "<"), ("g", "digraph")],
)
def test_a_file_is_written_in_the_form_that_its_name_says(project: Project, name: str, begins: str) -> None:
    code, out, err = project("graph", "cache.py", *PROPERTY_OPTIONS, "--by", "freed", "--out", name)
    assert (code, out) == (0, "")
    assert "merged by freed" in err
    assert (project.directory / name).read_text(encoding="utf-8").startswith(begins)


def test_the_graph_goes_to_stdout_as_dot_unless_told(project: Project) -> None:
    code, out, err = project("graph", "cache.py", *PROPERTY_OPTIONS)
    assert (code, err) == (0, "") and out.startswith("digraph states {") and out.endswith("}\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--by", "listd"), "there is no listd here"),
        (("--by", "user7"), "name a task: user0, reaper0"),
        (("--max-states", "4"), "more than 4 states"),
        (("--max-states", "0"), "0 is not in the range"),
        (("--format", "png"), "png"),
    ],
)
def test_bad_requests_are_refused_with_2(
    project: Project, arguments: tuple[str, ...], complaint: str
) -> None:
    code, out, err = project("graph", "cache.py", *PROPERTY_OPTIONS, *arguments)
    assert (code, out) == (2, "")
    assert complaint in err

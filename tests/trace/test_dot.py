"""The picture of a trace: Graphviz accepts it, and nothing in a model can become markup in it."""

from __future__ import annotations

import builtins
import xml.etree.ElementTree as xml
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from pygraphviz import AGraph

from ovlcheck.errors import UsageError
from ovlcheck.trace.dot import render_dot, render_svg
from ovlcheck.trace.trace import Trace
from tests.examples import examples
from tests.trace.samples import sample_trace
from tests.trace.strategies import traces

SVG = "{http://www.w3.org/2000/svg}"


def test_one_box_for_each_step_one_column_for_each_process() -> None:
    graph = AGraph(string=render_dot(sample_trace()))
    assert {"step1", "step2", "step3", "lane0", "lane1", "end"} == set(graph.nodes())
    assert [graph.get_node(f"step{i}").attr["group"] for i in (1, 2, 3)] == ["lane0", "lane0", "lane1"]
    assert float(graph.get_edge("step2", "step3").attr["penwidth"]) > 1


def test_the_way_back_of_a_loop_is_drawn() -> None:
    graph = AGraph(string=render_dot(replace(sample_trace(), loop_start=1)))
    assert graph.has_edge("step3", "step2")


def test_the_svg_shows_every_changed_value() -> None:
    text = "".join(xml.fromstring(render_svg(sample_trace())).itertext())
    for shown in ("inode0.is_dirty: False -> True", "suspects: {} -> {inode0}", "models/sample.py:30"):
        assert shown in text.replace("\xa0", " ")


@settings(max_examples=examples(60, 300), deadline=None)
@given(traces())
def test_names_and_values_are_never_markup(trace: Trace) -> None:
    root = xml.fromstring(render_svg(trace))
    drawn = {element.tag for element in root.iter()}
    assert drawn <= {
        SVG + tag for tag in ("svg", "g", "title", "polygon", "polyline", "path", "text", "ellipse")
    }
    boxes = [g for g in root.iter(SVG + "g") if g.get("class") == "node"]
    actors = {step.actor for step in trace.steps}
    assert len(boxes) == len(trace.steps) + len(actors) + bool(trace.relevant or trace.stuck)


def test_without_pygraphviz_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "pygraphviz":
            raise ImportError("No module named 'pygraphviz'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UsageError, match="pip install"):
        render_svg(sample_trace())

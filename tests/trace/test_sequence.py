"""The message-sequence chart: a lane for each task, arrows for values that pass, and nothing but text in it."""

from __future__ import annotations

import xml.etree.ElementTree as xml
from dataclasses import replace

from hypothesis import given, settings

from ovlcheck.trace.sequence import render_sequence
from ovlcheck.trace.trace import Trace
from tests.examples import examples
from tests.trace.racing import racing_trace
from tests.trace.samples import sample_trace
from tests.trace.strategies import traces

SVG = "{http://www.w3.org/2000/svg}"


def drawn(trace: Trace) -> xml.Element:
    return xml.fromstring(render_sequence(trace))


def test_a_lane_for_each_task_and_a_box_for_each_step() -> None:
    root = drawn(racing_trace())
    assert len([r for r in root.iter(SVG + "rect") if r.get("class") == "lane"]) == 2
    assert len([g for g in root.iter(SVG + "g") if g.get("class") == "step"]) == len(racing_trace().steps)


def test_boxes_of_a_task_stand_in_its_lane_and_time_runs_down() -> None:
    root = drawn(racing_trace())
    boxes = [g.find(SVG + "rect") for g in root.iter(SVG + "g") if g.get("class") == "step"]
    places = [(float(b.get("x", "")), float(b.get("y", ""))) for b in boxes if b is not None]
    lanes = {x for x, _ in places}
    assert len(lanes) == 2
    assert [y for _, y in places] == sorted(y for _, y in places)
    by_actor = {step.actor: {x for (x, _), s in zip(places, racing_trace().steps, strict=True) if s == step}
                for step in racing_trace().steps}  # fmt: skip
    assert all(len(xs) == 1 for xs in by_actor.values())


def test_values_that_pass_and_races_are_arrows() -> None:
    titles = [p.findtext(SVG + "title") or "" for p in drawn(racing_trace()).iter(SVG + "path")]
    assert any(title.startswith("writing: step ") for title in titles)
    assert any(title.startswith("race: writing changed in step ") for title in titles)


def test_a_loop_is_drawn() -> None:
    text = render_sequence(replace(sample_trace(), loop_start=1, analysed=False))
    assert "from here on for ever" in text
    assert "nothing happens any more" in render_sequence(
        replace(sample_trace(), loop_start=3, analysed=False)
    )


def test_a_long_title_is_broken_where_the_chart_ends() -> None:
    root = drawn(
        replace(sample_trace(), property_name="no_clean_unreferenced_inode_stays_pinned_under_syncfs_again")
    )
    titles = ["".join(text.itertext()) for text in root.iter(SVG + "text") if text.get("class") == "title"]
    assert len(titles) == 2
    assert " ".join(titles).startswith("no_clean_unreferenced_inode_stays_pinned_under_syncfs_again: 3 steps")
    assert all(
        16 + len(line) * 8.43 < float(root.get("width", "")) for line in titles
    )  # 0.602 em each, DejaVu


@settings(max_examples=examples(30, 300))
@given(traces())
def test_names_and_values_are_never_markup(trace: Trace) -> None:
    root = drawn(trace)
    names = ("svg", "title", "style", "defs", "marker", "path", "rect", "line", "text", "g")
    assert {element.tag for element in root.iter()} <= {SVG + name for name in names}
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    for box in root.iter(SVG + "rect"):
        x, y = float(box.get("x", "0")), float(box.get("y", "0"))
        assert 0 <= x <= x + float(box.get("width", "")) <= width
        assert 0 <= y <= y + float(box.get("height", "")) <= height

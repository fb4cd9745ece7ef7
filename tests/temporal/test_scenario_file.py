"""Scenario files are read as written, and every mistake in one is told with its line and what to write
instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.lang.diagnostics import CompileError
from ovlcheck.temporal.scenario_file import Gap, load_scenario, parse_scenario

FULL = """\
# the reader's mapping outlives its file
model: suspect_list_as_posted
set: pin=False inodes=2
violates: first, second
harmless-in: upstream suspect_list_corrected

writer: open returns
...
*: mark_inode_dirty   # by whomever
reader0: release
... without reader: release, flusher
shrink
...
"""


def test_headers_are_read() -> None:
    scenario = parse_scenario(FULL, "dir/mapping.scenario")
    assert scenario.name == "mapping"
    assert scenario.model == "suspect_list_as_posted"
    assert scenario.settings == (("pin", "False"), ("inodes", "2"))
    assert scenario.violates == ("first", "second")
    assert scenario.harmless_in == ("upstream", "suspect_list_corrected")


def test_items_and_gaps_are_read() -> None:
    scenario = parse_scenario(FULL)
    assert [str(item.pattern) for item in scenario.items] == [
        "writer: open returns",
        "*: mark_inode_dirty",
        "reader0: release",
        "shrink",
    ]
    gaps = [item.gap for item in scenario.items]
    assert gaps[:3] == [Gap(), Gap(), None]
    assert gaps[3] is not None
    assert [str(p) for p in gaps[3].without] == ["reader: release", "flusher"]
    assert scenario.tail == Gap()


def test_what_comes_before_the_first_item_is_free_unless_a_gap_says_otherwise() -> None:
    assert parse_scenario("writer: open").items[0].gap == Gap()
    (item,) = parse_scenario("... without flusher\nwriter: open").items
    assert item.gap is not None
    assert [str(p) for p in item.gap.without] == ["flusher"]
    assert parse_scenario("writer: open").tail is None


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("writer open", 1, "'writer open' is no item"),
        ("writer:", 1, "is no item"),
        ("*", 1, "is no item"),
        ("writer: open returned", 1, "is no item"),
        ("a: b\n...\n...\nc: d", 3, "two gaps"),
        ("a: b\n... unless c: d", 2, "after a gap"),
        ("a: b\n... without", 2, "after a gap"),
        ("a: b\n... without c: , d", 2, "is no item"),
        ("a: b\nmodel: late", 2, "after the first item"),
        ("model: a\nmodel: b\nc: d", 2, "a second 'model:'"),
        ("model: a b\nc: d", 1, "a scenario has one model"),
        ("set: pin\nc: d", 1, "sets no constant"),
        ("violates:\nc: d", 1, "says nothing"),
        ("# nothing\n", 1, "no items"),
        ("model: a\n", 1, "no items"),
    ],
)
def test_mistakes_are_told_with_their_line_and_a_remedy(text: str, line: int, message: str) -> None:
    with pytest.raises(CompileError) as error:
        parse_scenario(text, "x.scenario")
    diagnostic = error.value.diagnostics[0]
    assert (diagnostic.file, diagnostic.line) == ("x.scenario", line)
    assert message in diagnostic.message
    assert diagnostic.remedy


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    with pytest.raises(CompileError) as error:
        parse_scenario("set: pin\nwriter open\n...\n... ...")
    assert [d.line for d in error.value.diagnostics] == [1, 2, 4, 4]


def test_the_column_points_at_the_mistake() -> None:
    with pytest.raises(CompileError) as error:
        parse_scenario("  set: a=1 pin\nc: d")
    assert error.value.diagnostics[0].column == 12


def test_a_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "late.scenario"
    path.write_text(FULL, encoding="utf-8")
    scenario = load_scenario(path)
    assert (scenario.name, scenario.file) == ("late", str(path))


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "late.scenario"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CompileError, match="not text"):
        load_scenario(path)

"""The table as text and as Markdown."""

from __future__ import annotations

import re
from dataclasses import replace

from ovlcheck.report.table import Column, Row
from ovlcheck.report.table_markdown import render_markdown
from ovlcheck.report.table_text import render_table
from tests.report.tables import FIRST, HOLDS, SAMPLE, SECOND, STATE, table


def plain(**changes: object) -> str:
    return render_table(table(**changes))


def test_each_row_has_a_mark_for_each_property() -> None:
    text = plain()
    assert re.search(r"^ +P1 P2w P2$", text, re.MULTILINE)
    assert re.search(r"^first +✗9 ✗7∞ ✓$", text, re.MULTILINE)
    assert re.search(r"^second +✓  –   \?$", text, re.MULTILINE)


def test_names_reasons_constants_and_scope_stand_below() -> None:
    text = plain()
    assert "configuration  small: one task of each kind" in text
    assert "P1    nothing_is_lost: What was written is kept." in text
    assert "P2w   it_returns, weak fairness: It returns." in text
    assert "  second P2: state limit of 10 reached" in text
    assert "  P2w: calls=none" in text
    assert "by design      tail" in text
    assert "scope  tasks: 1 writer" in text


def test_no_line_is_wider_than_a_hundred_columns() -> None:
    columns = tuple(Column(f"X{n}", f"p{n}", f"property_{n}", "word " * 60) for n in range(60))
    rows = tuple(
        replace(FIRST, model=f"design_{n}" * n, cells={c.key: HOLDS for c in columns}) for n in range(1, 8)
    )
    lines = plain(columns=columns, rows=rows).splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert sum(line.count(" ✓") for line in lines if not line.startswith("✓")) == 60 * 7


def test_rows_that_vary_have_a_group_for_each_value() -> None:
    rows = tuple(replace(row, given={"pin": pin}) for pin in ("true", "false") for row in (FIRST, SECOND))
    lines = plain(rows=rows).splitlines()
    assert lines.index("pin=true") < lines.index("pin=false")
    assert sum(line.startswith("first ") and "✗9" in line for line in lines) == 2


def test_a_model_that_does_not_compile_is_one_row_with_the_whole_message_below() -> None:
    text = plain(
        rows=(FIRST, Row("third", "third.py", error="third.py:3:5: error: no such thing\n    help: none"))
    )
    assert re.search(r"^third +does not compile", text, re.MULTILINE)
    assert "  third.py:3:5: error: no such thing\n      help: none" in text


def test_traces_are_named_with_their_length_where_they_were_written() -> None:
    assert "first P1, violated in 9 steps: first.nothing_is_lost.json" in render_table(
        SAMPLE, directory="out"
    )
    assert "first.nothing_is_lost.json" not in plain()


def test_names_cannot_move_a_terminals_cursor() -> None:
    text = plain(rows=(replace(FIRST, model="a\x1b[2Jb"),), columns=(replace(STATE, doc="\x1b]0;x\x07"),))
    assert "\x1b" not in text


def test_markdown_has_a_row_for_each_model_and_leads_to_the_traces() -> None:
    text = render_markdown(SAMPLE)
    assert "| `first` | [✗9](first.nothing_is_lost.txt) | ✗7∞ | ✓ |" in text
    assert "| `second` | ✓ | – | ? |" in text
    assert "| P2w | `it_returns, weak fairness` | It returns. |" in text
    assert "* second P2: state limit of 10 reached" in text


def test_no_name_is_markup_in_markdown() -> None:
    evil = replace(FIRST, model="a|b`c", failures=("<script>*x*",))
    text = render_markdown(table(rows=(evil,)))
    assert "a\\|b'c" in text
    assert "\\<script\\>\\*x\\*" in text


def test_colours_are_there_only_where_they_are_wanted() -> None:
    assert "\x1b[" in render_table(SAMPLE, colour=True)
    assert "\x1b" not in render_table(SAMPLE)

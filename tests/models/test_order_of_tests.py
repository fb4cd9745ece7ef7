"""The order of two lock-free tests decides a verdict: in the design that passes everything, and in the mail's."""

from __future__ import annotations

from pathlib import Path

from tests.models.verdicts import EVICTED_DIRTY, IMPROVED, UNTRACKED, shipped, violated

NO_WRITER = "not upper.i_writecount > 0"
NO_DIRT = "not upper.i_state & (I_DIRTY | I_SYNC)"


def test_swapping_two_operands_breaks_the_proposed_design(tmp_path: Path) -> None:
    text = shipped("proposed").read_text()
    assert text.index(NO_WRITER) < text.index(NO_DIRT)
    swapped = tmp_path / "swapped.py"
    swapped.write_text(text.replace(NO_DIRT, "HOLE").replace(NO_WRITER, NO_DIRT).replace("HOLE", NO_WRITER))
    settings = "calls=1 readers=0 umounts=0"
    assert violated(shipped("proposed"), settings) == frozenset()
    assert {EVICTED_DIRTY, UNTRACKED} <= violated(swapped, settings)


def test_the_list_with_references_needs_writers_asked_for_first() -> None:
    settings = f"calls=1 readers=0 mmaps=false umounts=0 {IMPROVED}"
    assert violated(shipped("list_holds_reference"), f"{settings} writers_first=true") == frozenset()
    assert EVICTED_DIRTY in violated(shipped("list_holds_reference"), settings)

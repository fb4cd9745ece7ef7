"""What other checkers print, as figures."""

from __future__ import annotations

from ovlcheck.export.peers import count


def test_counts_that_spin_rounds_are_read_as_numbers() -> None:
    assert [count(text) for text in ("42", "22370719", "1.3739153e+08")] == [42, 22_370_719, 137_391_530]

"""What exporting gives: a text, and how the other checker's figures relate to ours."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Export:
    """A model for another checker.

    ``extra_states`` and ``extra_transitions`` are what the checker counts beyond ours; the latter is None where its
    count differs by more than a constant.
    """

    text: str
    extra_states: int = 0
    extra_transitions: int | None = 0

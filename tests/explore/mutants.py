"""Mistakes made on purpose in the C text of the native engine, and whether they are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ovlcheck.explore.result import Limits
from ovlcheck.system.transition_system import TransitionSystem
from tests.explore.native_testing import change_text

Change = tuple[str, str]
"""What stands in the C text and what is to stand there."""


@dataclass(frozen=True)
class Mutant:
    """``changes`` make the mistake in a text in which ``premises`` have been changed already.

    ``system`` is one on which it shows.
    """

    system: Callable[[], TransitionSystem]
    changes: tuple[Change, ...]
    premises: tuple[Change, ...] = ()
    limits: Limits = Limits(threads=1)


def of(
    system: Callable[[], TransitionSystem],
    *changes: str,
    premises: tuple[Change, ...] = (),
    **limits: int,
) -> Mutant:
    """``changes`` are what stands there and what is to stand there, in turn."""
    pairs = tuple(zip(changes[::2], changes[1::2], strict=True))
    return Mutant(system, pairs, premises, Limits(threads=1, **limits))


def assert_seen(
    mutant: Mutant,
    right: object,
    asked: Callable[[TransitionSystem, Limits], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether what the engine answers, when ``asked``, is ``right`` without the mistake and not with it."""
    change_text(monkeypatch, *mutant.premises)
    assert asked(mutant.system(), mutant.limits) == right
    change_text(monkeypatch, *mutant.premises, *mutant.changes)
    assert asked(mutant.system(), mutant.limits) != right

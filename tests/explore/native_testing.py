"""What the tests of the native engine share: a quick compiler, and the parts of an answer that no engine may
differ in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ovlcheck.explore.result import Engine, Limits, SearchResult, WidthOverflow
from ovlcheck.system.transition_system import TransitionSystem

QUICK = "-O0 -Wall -Wextra -Werror"
"""Flags for many small systems: compiled fast, and any warning about generated code is a failure."""


def compile_quickly(monkeypatch: pytest.MonkeyPatch, cache: Path, flags: str = QUICK) -> None:
    """Libraries go to ``cache`` and are compiled with ``flags``."""
    monkeypatch.setenv("CFLAGS", flags)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


def answer(result: SearchResult) -> dict[str, Any]:
    """All of ``result`` but which of several shortest paths was found, and what it cost."""
    return {
        "complete": result.complete,
        "stopped": result.stopped,
        "states": result.states,
        "transitions": result.transitions,
        "levels": result.levels,
        "violations": sorted((v.name, len(v.path)) for v in result.violations),
        "fired": result.fired,
        "covered": result.covered,
        "largest": result.largest,
    }


def answer_of(
    engine: Engine, system: TransitionSystem, limits: Limits = Limits(), deadlock_free: bool = True
) -> dict[str, Any]:
    """The answer of ``engine``, or the length of the path to the step that outgrows a counter."""
    try:
        return answer(engine.search(system, limits=limits, deadlock_free=deadlock_free))
    except WidthOverflow as overflow:
        return {"overflow after": len(overflow.path)}

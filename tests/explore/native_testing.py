"""What the tests of the native engine share: a quick compiler, tables so small that little systems meet every limit of
a large one, and the parts of an answer that no engine may differ in.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ovlcheck.explore.liveness import native as liveness
from ovlcheck.explore.native import engine, entries
from ovlcheck.explore.native.generate import Program, generate
from ovlcheck.explore.result import Engine, Limits, SearchResult, WidthOverflow
from ovlcheck.system.transition_system import TransitionSystem

QUICK = "-O0 -Wall -Wextra -Werror"
"""Flags for many small systems: compiled fast, and any warning about generated code is a failure."""

SMALL = (
    "-O0 -w -DLITTLE=0 -DPARCEL=2 -DDEEPEST=3 -DRECENT_BITS=2 -DBATCH=5 -DCHUNK=3 -DFEW=1 '-DFILLED(slots)=99' "
    "'-DFEW_SPILLS(count)=9'"
)
"""Growth in the smallest steps, layers kept from depth 3 on, every layer shared, blocks that run full."""


def compile_quickly(monkeypatch: pytest.MonkeyPatch, cache: Path, flags: str = QUICK) -> None:
    """Libraries go to ``cache`` and are compiled with ``flags``, and in one part: more gain little systems nothing."""
    monkeypatch.setattr(engine, "PARTS", 1)
    monkeypatch.setattr(liveness, "PARTS", 1)
    monkeypatch.setenv("CFLAGS", flags)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


def make_tables_small(monkeypatch: pytest.MonkeyPatch, cache: Path, flags: str = SMALL) -> None:
    """Tables begin with 64 buckets, in blocks of two, and libraries are compiled with ``flags``."""
    compile_quickly(monkeypatch, cache, flags)
    monkeypatch.setattr(entries, "_DISPLACEMENT", 1)
    monkeypatch.setattr(entries, "_FIRST_EXPONENT", 4)


def change_text(monkeypatch: pytest.MonkeyPatch, *changes: tuple[str, str]) -> None:
    """Searches of both kinds compile a changed text: each first of a pair, which must be there, becomes the second."""

    def changed(system: TransitionSystem, behaviours: bool = False) -> Program:
        program = generate(system, behaviours)
        text = program.text
        for old, new in changes:
            assert old in text, f"nothing to change: {old}"
            text = text.replace(old, new)
        return replace(program, text=text)

    monkeypatch.setattr(engine, "generate", changed)
    monkeypatch.setattr(liveness, "generate", changed)


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

"""Holding exported text against the interpreter: what the tests of every export have in common."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ovlcheck.explore.reference import DEADLOCK, Reference
from ovlcheck.explore.result import Engine, Limits, SearchResult
from ovlcheck.explore.search import explore
from ovlcheck.export.murphi import to_murphi
from ovlcheck.export.peers import Figures, run_rumur, run_spin
from ovlcheck.export.promela import to_promela
from ovlcheck.system import evaluation
from ovlcheck.system.expr import Const, Expr, rebuild
from ovlcheck.system.transition_system import Check, Op, TransitionSystem, map_expressions
from ovlcheck.system.types import Int

needs_spin = pytest.mark.skipif(
    shutil.which("spin") is None, reason="spin is not installed (Debian: apt-get install spin)"
)
needs_rumur = pytest.mark.skipif(
    shutil.which("rumur") is None, reason="rumur is not installed (Debian: apt-get install rumur)"
)

WAYS = (
    pytest.param("flat", marks=needs_spin),
    pytest.param("processes", marks=needs_spin),
    pytest.param("murphi", marks=needs_rumur),
)
KINDS = (
    evaluation.NULL_DEREFERENCE,
    evaluation.USE_AFTER_FREE,
    evaluation.INDEX_OUT_OF_RANGE,
    evaluation.DIVISION_BY_ZERO,
    evaluation.VALUE_OUT_OF_RANGE,
    evaluation.REFCOUNT_BELOW_ZERO,
)
QUICKLY = ("-O0",)


def explored(
    system: TransitionSystem, engine: Engine | None = None, most: int = 200_000
) -> tuple[TransitionSystem, SearchResult]:
    """``system`` with counters as wide as they need to be, and what a complete search of it found."""
    system, result = explore(system, engine or Reference(), limits=Limits(states=most))
    assert result.complete, result.stopped
    return system, result


def peer(
    system: TransitionSystem, way: str, asserting: tuple[str, ...] = (), *, breadth_first: bool = False
) -> Figures:
    """What the checker for ``way`` counted, less what it always counts beyond ours."""
    with TemporaryDirectory(prefix="ovlcheck-export-") as name:
        directory = Path(name)
        if way == "murphi":
            export = to_murphi(system, asserting=asserting)
            figures = run_rumur(export.text, directory, deadlock=DEADLOCK in asserting, flags=QUICKLY)
        else:
            export = to_promela(system, flat=way == "flat", asserting=asserting)
            figures = run_spin(
                export.text,
                directory,
                breadth_first=breadth_first,
                depth=100_000,
                hash_bits=16,
                flags=QUICKLY,
            )
    return replace(
        figures,
        states=figures.states - export.extra_states,
        transitions=figures.transitions - (export.extra_transitions or 0),
    )


def violable(system: TransitionSystem) -> list[str]:
    """Everything that a search of ``system`` might report."""
    checks = {op.name for edge in system.edges for op in edge.ops if isinstance(op, Check)}
    return sorted({*checks, *(i.name for i in system.invariants), *KINDS, DEADLOCK})


def assert_same_figures(system: TransitionSystem, way: str, engine: Engine | None = None) -> None:
    system, ours = explored(system, engine)
    theirs = peer(system, way)
    assert (theirs.states, theirs.transitions) == (ours.states, ours.transitions)


def assert_same_verdict(system: TransitionSystem, way: str, name: str, engine: Engine | None = None) -> None:
    """If the property holds the other checker goes on to the end, so that states can be compared too."""
    system, ours = explored(system, engine)
    theirs = peer(system, way, (name,))
    assert theirs.violated == (name in {v.name for v in ours.violations}), name
    if not theirs.violated:
        assert theirs.states == ours.states


def narrowed(system: TransitionSystem) -> TransitionSystem:
    """``system`` with types and constants cut to what other checkers can compute with."""
    limit = 1 << 20

    def cut(value: int) -> int:
        return max(-limit, min(limit, value))

    def narrow(expr: Expr) -> Expr:
        return Const(cut(expr.value)) if isinstance(expr, Const) else rebuild(expr, narrow)

    def operations(ops: tuple[Op, ...]) -> tuple[Op, ...]:
        return tuple(map_expressions(op, narrow) for op in ops)

    return replace(
        system,
        variables=tuple(
            replace(v, type=Int(cut(v.type.low), cut(v.type.high)), default=cut(v.default))
            if isinstance(v.type, Int)
            else v
            for v in system.variables
        ),
        edges=tuple(replace(e, ops=operations(e.ops)) for e in system.edges),
        initial=tuple(replace(i, ops=operations(i.ops)) for i in system.initial),
        invariants=tuple(replace(i, condition=narrow(i.condition)) for i in system.invariants),
    )

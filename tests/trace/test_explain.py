"""The conjunct that failed, and the values it was read from."""

from __future__ import annotations

import pytest

from ovlcheck.system.expr import (
    FALSE,
    TRUE,
    And,
    Binary,
    Cond,
    Const,
    Deref,
    Expr,
    Load,
    Not,
    Or,
    Param,
    Temp,
)
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Population, Variable
from ovlcheck.system.types import Bits, Bool, Enum, Ref
from ovlcheck.trace.explain import explain
from tests.hand_built import eq, system

SYSTEM = system(
    variables=(
        Variable("a", Bool()),
        Variable("b", Bool(), default=1),
        Variable("mode", Enum("Mode", ("OFF", "ON"))),
        Variable("flags", Bits("Flags", ("DIRTY", "SYNC")), default=1),
        Variable("ref", Ref("inode", 2), default=2),
        Variable("inode.ok", Bool(), (2,)),
        Variable("thing.alive", Bool(), (2,), "alive"),
    ),
    populations=(Population("inode", 2), Population("thing", 2, "thing.alive")),
)
SEMANTICS = Semantics(SYSTEM)
(STATE,) = SEMANTICS.initial_states()
A, B = Load("a"), Load("b")
THINGS = Binary(
    "|", Load("thing.alive", (Const(0),)), Binary("<<", Load("thing.alive", (Const(1),)), Const(1))
)
"""The allocated things, as a set of which each is a bit."""


@pytest.mark.parametrize(
    ("condition", "failed"),
    [
        (And((B, A, FALSE)), "a"),
        (And((B, And((B, A)))), "a"),
        (Not(Or((A, B))), "not b"),
        (Not(And((B, Not(A)))), "not (b and not a)"),
        (Or((A, And((B, A)))), "a"),
        (Cond(B, A, TRUE), "a"),
        (Cond(A, TRUE, eq(Load("mode"), 1)), "mode == ON"),
        (Not(eq(Load("mode"), 0)), "mode != OFF"),
        (eq(Binary("&", Load("flags"), Const(1)), 0), "flags & {DIRTY} == {}"),
        (Load("inode.ok", (Deref(Load("ref"), "inode"),)), "inode1.ok"),
        (And((Temp("known"), TRUE)), "a"),
        (Or((Temp("constant"), A)), "a"),
        (Or((Not(Param("on")), A)), "a"),
        (Binary("&", Binary(">>", THINGS, Const(0)), Const(1)), "thing0 is allocated"),
        (Or((A, Binary("&", Binary(">>", THINGS, Const(1)), Const(1)))), "a or thing1 is allocated"),
        (eq(Binary("|", Load("flags"), Const(0)), 2), "flags == {SYNC}"),
        (Not(Binary("&", Binary(">>", Load("flags"), Const(0)), Const(1))), "DIRTY not in flags"),
        (Binary("&", Binary(">>", Load("flags"), B), Const(1)), "SYNC in flags"),
    ],
)
def test_the_smallest_part_that_settles_it_is_named(condition: Expr, failed: str) -> None:
    scope = {"known": 0, "constant": 0, "on": 1}
    reason = explain(SEMANTICS, condition, STATE, scope, {"known": A, "constant": FALSE})
    assert reason.failed == failed


def test_values_are_those_compared_not_those_that_lead_there() -> None:
    condition = And((Load("inode.ok", (Deref(Load("ref"), "inode"),)),))
    assert explain(SEMANTICS, condition, STATE, {}, {}).relevant == {"inode1.ok": "False"}


def test_a_condition_too_long_to_read_is_left_out_and_its_values_are_kept() -> None:
    reason = explain(
        SEMANTICS, Or(tuple(Binary("==", A, Const(value)) for value in range(2, 202))), STATE, {}, {}
    )
    assert reason.failed == ""
    assert reason.relevant == {"a": "False"}

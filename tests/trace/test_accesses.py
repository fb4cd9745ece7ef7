"""What a step looked at is told where nothing else is to be seen of it."""

from __future__ import annotations

from ovlcheck.system.action import Action
from ovlcheck.system.expr import And, Cond, Const, Load, Not, Or
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Assign, Assume, Check, Op, Variable
from ovlcheck.system.types import Bool
from ovlcheck.trace.accesses import accesses
from tests.hand_built import rule, system

A, B, C = Load("a"), Load("b"), Load("c")


def seen(*ops: Op, a: int = 0, b: int = 0, c: int = 0) -> list[str]:
    """What the only step of a system with three booleans looks at in the state ``a``, ``b``, ``c``."""
    variables = tuple(Variable(name, Bool()) for name in "abc")
    semantics = Semantics(system(rule("step", *ops), variables=variables))
    return [str(access) for access in accesses(semantics, (a, b, c), Action(0))]


def test_reading_stops_where_the_value_is_known() -> None:
    assert seen(Assume(Or((A, B))), a=1) == ["reads a = True"]
    assert seen(Assume(Or((A, B))), b=1) == ["reads a = False", "reads b = True"]
    assert seen(Assume(Not(And((A, B))))) == ["reads a = False"]
    assert seen(Assume(Cond(A, Const(1), B)), b=1) == ["reads a = False", "reads b = True"]
    assert seen(Assume(Cond(A, Const(1), B)), a=1) == ["reads a = True"]


def test_a_write_of_the_same_value_is_told() -> None:
    assert seen(Assign("a", (), Const(1)), a=1) == ["writes a = True again"]
    assert seen(Assign("a", (), Const(1)), a=0) == []


def test_values_are_those_at_the_moment() -> None:
    assert seen(Assign("a", (), Const(1)), Assume(A), Assume(A)) == ["reads a = True"]


def test_what_only_a_property_reads_is_left_out() -> None:
    assert seen(Check(C, "p", "", fatal=False), c=1) == []
    assert seen(Check(C, "assert", ""), c=1) == ["reads c = True"]

"""Spin and Rumur count the states and transitions that we count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ovlcheck.explore.reference import Reference
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model
from ovlcheck.system.expr import Binary, Cond, Const, Load, Param, Temp, Unary
from ovlcheck.system.transition_system import (
    Assume,
    Check,
    Initial,
    Let,
    Location,
    Parameter,
    Process,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bits, Bool, Int
from tests.export.agreement import WAYS, assert_same_figures, explored, needs_spin, peer
from tests.hand_built import (
    counter,
    crossed_locks,
    die_hard,
    eq,
    freed_object,
    mcs_lock,
    move,
    one_lock,
    plus,
    process,
    references,
    rule,
    set_,
    soft_and_hard_checks,
    source,
    system,
    underflow,
    worker,
)

CLASSICS = Path(__file__).parents[1] / "lang" / "classics"
SELF = Param("self")


def several_starts() -> TransitionSystem:
    """Four initial states, of which two are the same, and negative values."""
    where = Parameter("where", 2)
    return replace(
        counter(2, low=-2),
        initial=(
            Initial((set_("n", Binary("-", Param("where"), Const(2))),), (where,)),
            Initial((set_("n", -1),)),
            Initial((set_("n", 1),)),
        ),
    )


def negative_cells() -> TransitionSystem:
    """An array whose cells begin with different values, one of them below zero."""
    i = Param("i")
    place = Load("x", (i,))
    return system(
        rule(
            "up",
            Assume(Binary("<", place, Const(2))),
            set_("x", plus(place, 1), i),
            parameters=(Parameter("i", 2),),
        ),
        variables=(Variable("x", Int(-3, 2), (2,)),),
        initial=(Initial((set_("x", -3, Const(0)), set_("x", 1, Const(1)))),),
    )


def assumes_what_it_stored() -> TransitionSystem:
    """A condition after stores to an array at places that are known only when the step runs."""
    i, j = Param("i"), Param("j")
    size = 3
    return system(
        rule(
            "swap",
            Let("old", Load("x", (i,))),
            set_("x", Load("x", (j,)), i),
            set_("x", Temp("old"), j),
            Assume(Binary("<=", Load("x", (Const(0),)), plus(Load("x", (Const(1),)), 1))),
            parameters=(Parameter("i", size), Parameter("j", size)),
        ),
        rule(
            "grow",
            set_("x", Binary("%", plus(Load("x", (i,)), 1), Const(3)), i),
            parameters=(Parameter("i", size),),
        ),
        variables=(Variable("x", Int(0, 2), (size,)),),
    )


def floors() -> TransitionSystem:
    """Division and remainder of negative numbers, shifts, and bits counted."""
    x, y = Load("x"), Load("y")
    return system(
        rule("down", Assume(Binary(">", x, Const(-6))), set_("x", plus(x, -1))),
        rule("quotient", set_("y", Binary("//", x, Const(4)))),
        rule("remainder", set_("y", Binary("%", x, Const(-4)))),
        rule("by y", set_("y", Binary("%", Const(5), y))),
        rule("half", set_("x", Binary(">>", x, Binary("&", y, Const(63))))),
        rule("bits", set_("y", Unary("popcount", x))),
        rule("cut", set_("x", Binary("&~", x, Binary("<<", Const(1), Const(1))))),
        variables=(Variable("x", Int(-8, 7)), Variable("y", Int(-8, 7))),
    )


def set_of_three() -> TransitionSystem:
    """A set, members of which come and go while a condition looks at it as a number."""
    bits, i = Load("set"), Param("i")
    bit = Binary("<<", Const(1), i)
    there = Binary("&", Binary(">>", bits, i), Const(1))
    return system(
        rule(
            "add", Assume(eq(there, 0)), set_("set", Binary("|", bits, bit)), parameters=(Parameter("i", 3),)
        ),
        rule("drop", Assume(there), set_("set", Binary("&~", bits, bit)), parameters=(Parameter("i", 3),)),
        variables=(Variable("set", Bits("set", ("a", "b", "c"))),),
    )


def one_place() -> TransitionSystem:
    """A process that has no position to keep, beside one that reads the position of another."""
    still = Process("still", 2, (Location("still", source(1), True),), None)
    walker, pc = process("walker", 2, True, False, True)
    return system(
        move(still, 0, 0, Assume(eq(Load(pc.name, (SELF,)), 2)), set_("seen", 1, SELF)),
        move(walker, 0, 1),
        move(walker, 1, 2, Assume(Binary("<", Load(pc.name, (Binary("-", Const(1), SELF),)), Const(2)))),
        variables=(pc, Variable("seen", Bool(), (2,))),
        processes=(still, walker),
    )


def awkward_names() -> TransitionSystem:
    """Names that are words of C, Promela or Murphi, or alike once they are identifiers."""
    names = ("now", "do", "x.y", "x_y", "X_Y", "begin", "3", "état", "int", "scratch_0", "step_n")
    return system(
        *(rule(f'set "{name}" */', set_(name, Binary("^", Load(name), Const(1)))) for name in names),
        variables=tuple(Variable(name, Bool()) for name in names),
    )


def nothing_moves() -> TransitionSystem:
    return system(variables=(Variable("x", Int(0, 3), default=2),))


SYSTEMS: tuple[Callable[[], TransitionSystem], ...] = (
    die_hard,
    mcs_lock,
    one_lock,
    freed_object,
    soft_and_hard_checks,
    underflow,
    several_starts,
    negative_cells,
    assumes_what_it_stored,
    floors,
    set_of_three,
    one_place,
    awkward_names,
    nothing_moves,
    lambda: counter(5, type_top=3),
    lambda: references(5),
    lambda: crossed_locks(bystander=True),
    lambda: worker(last_rests=False),
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("make", SYSTEMS, ids=lambda make: make.__name__)
def test_systems_written_by_hand_have_the_same_figures(
    make: Callable[[], TransitionSystem], way: str
) -> None:
    assert_same_figures(make(), way)


@pytest.mark.parametrize("way", WAYS)
def test_the_queue_lock_has_its_published_figures(way: str) -> None:
    figures = peer(mcs_lock(3), way)
    assert (figures.states, figures.transitions) == (7_597, 22_791)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["peterson", "philosophers"])
def test_classics_in_the_language_have_the_same_figures(name: str, way: str) -> None:
    assert_same_figures(build(load_model(CLASSICS / f"{name}.py"), {}, []), way)


@needs_spin
@pytest.mark.parametrize("way", ["flat", "processes"])
def test_the_order_of_spins_search_changes_no_figure(way: str) -> None:
    for make in (mcs_lock, several_starts, one_place):
        found, ours = explored(make())
        theirs = peer(found, way, breadth_first=True)
        assert (theirs.states, theirs.transitions) == (ours.states, ours.transitions)


@pytest.mark.parametrize("way", WAYS)
def test_a_counter_that_is_too_narrow_is_reported_and_not_cut_off(way: str) -> None:
    assert peer(references(4, width=2), way).violated
    assert not peer(references(3, width=2), way).violated


@pytest.mark.parametrize("way", WAYS)
def test_a_soft_check_does_not_cut_the_search(way: str) -> None:
    soft = Check(Const(0), "always fails", "no", fatal=False)
    made = system(
        rule("up", soft, set_("n", Cond(eq(Load("n"), 3), Const(0), plus(Load("n"), 1)))),
        variables=(Variable("n", Int(0, 3)),),
    )
    assert Reference().search(made).states == 4
    assert peer(made, way).states == 4
    assert peer(made, way, ("always fails",)).violated

"""A small model with events of every sort that a scenario can name, for the tests of scenarios."""

from __future__ import annotations

from ovlcheck.system.expr import And, Binary, Const, Deref, Expr, Load, Not
from ovlcheck.system.transition_system import (
    Assume,
    Check,
    Event,
    Parameter,
    Population,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Int
from ovlcheck.temporal.compose import compose
from ovlcheck.temporal.property import Handler, Property, Update
from tests.hand_built import eq, move, plus, process, rule, set_, source, system

OPENED, DIRTY, ALIVE = Load("opened"), Load("dirty"), Load("alive", (Const(0),))


def call(name: str, phase: str = "call") -> Event:
    return Event(phase, name, (), source(9, f"{name}()"))


def files() -> TransitionSystem:
    """Two tasks open, write and release; a rule evicts the inode, a flusher cleans it.

    ``open`` and ``release`` have call and return in one step.  Writing to an evicted inode is a fault,
    releasing it twice as often as it was opened cannot happen, and evicting it while it is open fails an
    assertion.
    """
    task, pc = process("task", 2, True, False)
    flusher, flusher_pc = process("flusher", 1, True)
    return compose(
        system(
            move(
                task, 0, 1, call("open"), set_("opened", plus(OPENED, 1)), call("open", "return"), name="open"
            ),
            move(task, 1, 1, call("write"), set_("field", 1, _inode()), set_("dirty", 1), name="write"),
            move(
                task,
                1,
                0,
                call("release"),
                call("flush"),
                set_("opened", plus(OPENED, -1)),
                call("release", "return"),
                name="release",
            ),
            move(flusher, 0, 0, Assume(DIRTY), call("writeback"), set_("dirty", 0), name="writeback"),
            rule(
                "evict",
                Assume(ALIVE),
                call("evict_inode"),
                Check(Binary("<", OPENED, Const(2)), "assertion", "evicted while two have it open"),
                set_("alive", 0, Const(0)),
                call("evict_inode", "return"),
            ),
            rule("revive", Assume(Not(ALIVE)), set_("alive", 1, Const(0)), parameters=(Parameter("how", 2),)),
            variables=(
                pc,
                flusher_pc,
                Variable("opened", Int(0, 2)),
                Variable("dirty", Bool()),
                Variable("field", Bool(), (1,)),
                Variable("alive", Bool(), (1,), "alive", default=1),
            ),
            processes=(task, flusher),
            populations=(Population("inode", 1, "alive"),),
        ),
        PROPERTIES,
    )


def _inode() -> Expr:
    return Deref(Const(1), "inode")


PROPERTIES = (
    Property("one_user", "Two have it open.", always=(Binary("<", OPENED, Const(2)),)),
    Property(
        "clean_eviction",
        "Evicted dirty.",
        handlers=(Handler("call", "evict_inode", (), predicate=Not(DIRTY)),),
    ),
    Property(
        "written_back_once",
        "Evicted after two rounds of writeback.",
        handlers=(
            Handler(
                "call",
                "writeback",
                (),
                updates=(
                    Update("rounds", (), Binary("|", Binary("<<", Load("rounds"), Const(1)), Const(1))),
                ),
                predicate=Binary("<", Load("rounds"), Const(3)),
            ),
            Handler("return", "evict_inode", (), updates=(Update("rounds", (), Const(0)),)),
        ),
        ghosts=(Variable("rounds", Int(0, 7)),),
    ),
    Property("no_use_after_free", "Written after eviction.", unasked="use after free"),
    Property("assertions_hold", "An assertion fails.", unasked="assertion"),
    Property("never_both", "Nothing.", always=(Not(And((eq(OPENED, 1), eq(OPENED, 2)))),)),
)

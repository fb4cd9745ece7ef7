"""Random systems of any number of tasks and helpers: one structure for every number of them.

They have what a search for any number has to get right: a lock that everybody takes, counters that follow positions
(and now and then one that does not), locals that are read again, a process of which there is one, and conditions that
ask for none, for one, or for the number of tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ovlcheck.system.expr import And, Binary, Const, Expr, Load, Not, Or
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Edge,
    Invariant,
    Op,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Count, Int
from tests.hand_built import SELF, eq, move, plus, process, set_, system

Numbers = tuple[int, int]
"""How many tasks there are, and how many helpers."""

LOCATIONS = 3
NAMES = ("task", "helper")
COUNTERS = ("opened", "mapped")
WIDTH = 5


@dataclass(frozen=True)
class RandomFamily:
    """``build`` makes the system of so many tasks and helpers, ``sizes`` says what the numbers are of."""

    build: Callable[[Numbers], TransitionSystem]
    sizes: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Move:
    name: str
    origin: int
    target: int
    guard: str
    act: str


_GUARDS = (
    "",
    "",
    "nobody opened",
    "somebody opened",
    "one mapped",
    "flag",
    "no flag",
    "local",
    "nobody holds",
)
_ACTS = ("", "", "set flag", "clear flag", "look", "check", "lock", "unlock")


def _ops(one: _Move, held: dict[str, Variable], instances: dict[str, int]) -> tuple[Op, ...]:
    opened, mapped, flag = (Load(name) for name in (*COUNTERS, "flag"))
    local = Load(f"{one.name}.local", (SELF,))
    holders = [Load(v.name, (Const(i),)) for name, v in held.items() for i in range(instances[name])]
    nobody = Not(Or(tuple(holders)))
    guards: dict[str, tuple[Op, ...]] = {
        "": (),
        "nobody opened": (Assume(eq(opened, 0)),),
        "somebody opened": (Assume(Binary(">", opened, Const(0))),),
        "one mapped": (Assume(eq(mapped, 1)),),
        "flag": (Assume(flag),),
        "no flag": (Assume(Not(flag)),),
        "local": (Assume(local),),
        "nobody holds": (Assume(nobody),),
    }
    mine = held[one.name].name
    acts: dict[str, tuple[Op, ...]] = {
        "": (),
        "set flag": (set_("flag", 1),),
        "clear flag": (set_("flag", 0),),
        "look": (Assign(local.variable, (SELF,), flag),),
        "check": (Check(Not(flag), "used too late", "the flag is set", fatal=False),),
        "lock": (Assume(nobody), Assign(mine, (SELF,), Const(1))),
        "unlock": (
            Check(Load(mine, (SELF,)), "lock misuse", "it is not held"),
            Assign(mine, (SELF,), Const(0)),
        ),
        "forget": (set_("mapped", 0),),
    }
    return (*guards[one.guard], *acts[one.act])


def _changes(weights: dict[str, list[int]], one: _Move) -> tuple[Op, ...]:
    """A counter changes by what the positions of an instance weigh."""
    found: list[Op] = []
    for counter in COUNTERS:
        change = weights[f"{one.name} {counter}"][one.target] - weights[f"{one.name} {counter}"][one.origin]
        if change:
            found.append(set_(counter, plus(Load(counter), change)))
    return tuple(found)


@st.composite
def families(draw: DrawFn) -> RandomFamily:
    """Tasks, and perhaps helpers, with five or six steps each, beside one process that sets a flag."""
    names = NAMES if draw(st.booleans()) else NAMES[:1]
    places = st.integers(0, LOCATIONS - 1)
    weights = {
        f"{name} {counter}": [
            0,
            *draw(st.lists(st.integers(0, 2), min_size=LOCATIONS - 1, max_size=LOCATIONS - 1)),
        ]
        for name in names
        for counter in COUNTERS
    }
    forgetful = draw(st.integers(0, 5)) == 5
    guard, act = st.sampled_from(_GUARDS), st.sampled_from((*_ACTS, "forget") if forgetful else _ACTS)
    moves = [
        _Move(name, origin, target, draw(guard), draw(act))
        for name in names
        for origin, target in [(0, 1), (1, draw(places)), (1, 2), (2, 0), (draw(places), draw(places))]
    ]
    sweeps = [draw(st.sampled_from(_GUARDS[:-2])) for _ in range(2)]
    most = draw(st.integers(1, 3))

    def build(numbers: Numbers) -> TransitionSystem:
        instances = dict(zip(NAMES, numbers, strict=True))
        made = {name: process(name, instances[name], True, False, False) for name in names}
        held = {n: Variable(f"{n}.holds.lock", Bool(), (instances[n],), "held", n) for n in names}
        local = [Variable(f"{n}.local", Bool(), (instances[n],), "local", n) for n in names]
        sweeper, place = process("sweeper", 1, True, False)
        edges: list[Edge] = [
            move(made[m.name][0], m.origin, m.target, *_ops(m, held, instances), *_changes(weights, m))
            for m in moves
        ]
        for at, wanted in enumerate(sweeps):
            asked = _ops(_Move(names[0], 0, 0, wanted, ""), held, instances)
            edges.append(move(sweeper, at, 1 - at, *asked, set_("flag", 1 - at)))
        opened, mapped, flag = (Load(name) for name in (*COUNTERS, "flag"))
        tasks: Expr = Const(2 * sum(instances[n] for n in names))
        return system(
            *edges,
            variables=(
                *(pc for _, pc in made.values()), place, *held.values(), *local,
                *(Variable(counter, Count(WIDTH)) for counter in COUNTERS), Variable("flag", Bool()),
                Variable("mode", Int(0, 1)),
            ),
            processes=(*(p for p, _ in made.values()), sweeper),
            invariants=(
                Invariant("few_opened", Binary("<=", opened, Const(most))),
                Invariant("mapped_by_openers", Binary("<=", mapped, opened)),
                Invariant("by_tasks", Binary("<=", opened, tasks)),
                Invariant("swept_unused", Or((Not(flag), eq(opened, 0)))),
            ),
            covers=(Cover("both", And((Binary(">", opened, Const(0)), Binary(">", mapped, Const(1))))),),
        )  # fmt: skip

    return RandomFamily(build, {f"{name}s": (name,) for name in names})

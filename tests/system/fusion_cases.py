"""Systems that a wrong notion of movers or of runs gets wrong, each by one thing: what fusion is tested on.

In each of them ``worker`` has a run that looks as if it could be fused, and something that makes a difference half way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ovlcheck.system.expr import And, Binary, Const, Deref, Expr, Load, Not, Or, Param
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Edge,
    Initial,
    Invariant,
    Op,
    Parameter,
    Population,
    Process,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bits, Bool, Count, Int, Ref
from tests.hand_built import SELF, eq, move, plus, process, rule, set_, system

LOCK = "lock"


def held(of: Process, lock: str = LOCK, objects: int = 0) -> Variable:
    shape = (of.instances, objects) if objects else (of.instances,)
    return Variable(f"{of.name}.holds.{lock}", Bool(), shape, "held", of.name)


def found_free(locks: list[Variable], *index: Expr) -> Assume:
    return Assume(Not(Or(tuple(Load(v.name, (Const(i), *index)) for v in locks for i in range(v.shape[0])))))


def take(mine: Variable, locks: list[Variable], *index: Expr) -> tuple[Op, ...]:
    return (found_free(locks, *index), Assign(mine.name, (SELF, *index), Const(1)))


def give(mine: Variable, *index: Expr) -> Assign:
    return Assign(mine.name, (SELF, *index), Const(0))


def _two(worker: int = 3, other: int = 2, instances: int = 1) -> tuple[Process, Process, list[Variable]]:
    """A worker and somebody else, at rest in the beginning and at the end."""
    a, pc = process("worker", instances, True, *[False] * (worker - 2), True)
    b, pd = process("other", 1, True, *[False] * (other - 2), True)
    return a, b, [pc, pd]


def _shared(*names: str) -> list[Variable]:
    return [Variable(name, Int(0, 3)) for name in names]


def _made(
    edges: list[Edge], variables: list[Variable], processes: tuple[Process, ...], bad: Expr | None = None
) -> TransitionSystem:
    """``bad`` is what must never be."""
    invariants = (Invariant("never", Not(bad), ""),) if bad is not None else ()
    return system(*edges, variables=tuple(variables), processes=processes, invariants=invariants)


def invariant_sees_half_a_run() -> TransitionSystem:
    """Nobody else touches ``x`` and ``y``: only the invariant sees that they differ for a moment."""
    a, b, pcs = _two()
    edges = [move(a, 0, 1, set_("x", 1)), move(a, 1, 2, set_("y", 1)), move(b, 0, 1)]
    return _made(edges, [*pcs, *_shared("x", "y")], (a, b), Not(eq(Load("x"), Load("y"))))


def cover_sees_half_a_run() -> TransitionSystem:
    whole = invariant_sees_half_a_run()
    differ = Not(eq(Load("x"), Load("y")))
    return replace(whole, invariants=(), covers=(Cover("differ", differ),))


def counter_is_high_half_way() -> TransitionSystem:
    a, b, pcs = _two()
    up, down = Binary("+", Load("n"), Const(1)), Binary("-", Load("n"), Const(1))
    edges = [move(a, 0, 1, Assign("n", (), up)), move(a, 1, 2, Assign("n", (), down)), move(b, 0, 1)]
    return _made(edges, [*pcs, Variable("n", Count(1))], (a, b))


def reader_sees_half_a_run() -> TransitionSystem:
    a, b, pcs = _two()
    edges = [
        move(a, 0, 1, set_("x", 1)),
        move(a, 1, 2, set_("x", 2)),
        move(b, 0, 1, Check(Not(eq(Load("x"), 1)), "half", "")),
    ]
    return _made(edges, [*pcs, *_shared("x")], (a, b))


def bits_of_a_word(seen: int = 3) -> TransitionSystem:
    """Two bits of one word are set in turn; the other looks at the bits ``seen``."""
    a, b, pcs = _two()
    word = Variable("word", Bits("Flags", ("A", "B", "C")))
    half = eq(Binary("&", Load("word"), Const(seen)), 1)
    edges = [
        *(move(a, at, at + 1, set_("word", Binary("|", Load("word"), Const(1 << at)))) for at in range(2)),
        move(
            b,
            0,
            1,
            Check(Not(half), "half", "", fatal=False),
            set_("word", Binary("|", Load("word"), Const(4))),
        ),
    ]
    return _made(edges, [*pcs, word], (a, b))


def references_of_two() -> TransitionSystem:
    """The worker has one reference, takes another and puts it back; the other goes on when there is none left."""
    a, b, pcs = _two(5)
    count = Variable("count", Count(3))
    edges = [
        move(a, 0, 1, set_("count", plus(Load("count"), 1))),
        move(a, 1, 2, set_("count", plus(Load("count"), 1))),
        move(a, 2, 3, set_("count", plus(Load("count"), -1))),
        move(a, 3, 4, set_("count", plus(Load("count"), -1))),
        move(b, 0, 1, Assume(eq(Load("count"), 0))),
    ]
    return _made(edges, [*pcs, count], (a, b), Binary(">", Load("count"), Const(2)))


def rule_sees_half_a_run() -> TransitionSystem:
    a, b, pcs = _two()
    edges = [
        move(a, 0, 1, set_("x", 1)),
        move(a, 1, 2, set_("x", 2)),
        rule("look", Check(Not(eq(Load("x"), 1)), "half", "")),
        move(b, 0, 1),
    ]
    return _made(edges, [*pcs, *_shared("x")], (a, b))


def another_instance_sees_half_a_run() -> TransitionSystem:
    a, pc = process("worker", 2, True, False, True)
    edges = [
        move(a, 0, 1, Check(Not(eq(Load("x"), 1)), "half", ""), set_("x", 1)),
        move(a, 1, 2, set_("x", 2)),
    ]
    return _made(edges, [pc, *_shared("x")], (a,))


def cells_of_one_array() -> TransitionSystem:
    """The worker stores at ``i``, the reader looks at a place that is the same one."""
    a, b, pcs = _two()
    edges = [
        move(a, 0, 1, set_("cells", 1, Load("i"))),
        move(a, 1, 2, set_("cells", 2, Load("i"))),
        move(b, 0, 1, Check(Not(eq(Load("cells", (Const(0),)), 1)), "half", "")),
    ]
    return _made(edges, [*pcs, Variable("cells", Int(0, 3), (2,)), *_shared("i")], (a, b))


def trylock_sees_the_lock() -> TransitionSystem:
    """The other only tries the lock, and fails where it is held."""
    a, b, pcs = _two(3, 2)
    la, lb = held(a), held(b)
    free = found_free([la, lb])
    edges = [
        move(a, 0, 1, *take(la, [la, lb])),
        move(a, 1, 2, give(la)),
        move(b, 0, 1, Assume(Not(free.condition)), Check(Const(0), "busy", "", fatal=False)),
    ]
    return _made(edges, [*pcs, la, lb], (a, b))


def release_is_no_right_mover() -> TransitionSystem:
    """Behind the release anything may happen before the worker looks again."""
    a, b, pcs = _two(4)
    la, lb = held(a), held(b)
    edges = [
        move(a, 0, 1, *take(la, [la, lb]), set_("x", 1)),
        move(a, 1, 2, give(la)),
        move(a, 2, 3, Check(eq(Load("x"), 1), "changed", "", fatal=False)),
        move(b, 0, 1, found_free([la, lb]), Assume(eq(Load("x"), 1)), set_("x", 2)),
    ]
    return _made(edges, [*pcs, la, lb, *_shared("x")], (a, b))


def acquire_is_no_left_mover() -> TransitionSystem:
    """Between the store and the acquisition the other sees the store, since it has the lock."""
    a, b, pcs = _two(4, 4)
    la, lb = held(a), held(b)
    edges = [
        move(a, 0, 1, set_("x", 1)),
        move(a, 1, 2, *take(la, [la, lb])),
        move(a, 2, 3, set_("x", 2), give(la)),
        move(b, 0, 1, *take(lb, [la, lb])),
        move(b, 1, 2, Check(Not(eq(Load("x"), 1)), "half", "", fatal=False)),
        move(b, 2, 3, give(lb)),
    ]
    return _made(edges, [*pcs, la, lb, *_shared("x")], (a, b))


def run_that_blocks_inside() -> TransitionSystem:
    """The worker checks something private, and then waits for what never comes."""
    a, b, pcs = _two(4)
    edges = [
        move(a, 0, 1, set_("p", 1)),
        move(a, 1, 2, Check(eq(Load("p"), 0), "seen", "", fatal=False)),
        move(a, 2, 3, Assume(eq(Load("x"), 3))),
        move(b, 0, 1, set_("x", 1)),
    ]
    return _made(edges, [*pcs, *_shared("x", "p")], (a, b))


def failure_behind_what_others_saw() -> TransitionSystem:
    """The worker fails in any case, but others have seen its store before it does."""
    a, b, pcs = _two()
    edges = [
        move(a, 0, 1, set_("x", 1)),
        move(a, 1, 2, Check(eq(Load("p"), 1), "fails", "")),
        move(b, 0, 1, Check(Not(eq(Load("x"), 1)), "half", "")),
    ]
    return _made(edges, [*pcs, *_shared("x", "p")], (a, b))


def cycle_without_a_stop() -> TransitionSystem:
    """Private work round and round, with a way out."""
    a, b, pcs = _two(4)
    edges = [
        move(a, 0, 1, set_("p", 1)),
        move(a, 1, 2, set_("p", 2)),
        move(a, 2, 1, set_("p", 3)),
        move(a, 2, 3, set_("p", 0)),
        move(b, 0, 1),
    ]
    return _made(edges, [*pcs, *_shared("p")], (a, b))


def two_stores_that_others_see() -> TransitionSystem:
    a, b, pcs = _two(4)
    edges = [
        move(a, 0, 1, set_("p", 1)),
        move(a, 1, 2, set_("x", 1)),
        move(a, 2, 3, set_("x", 2)),
        move(b, 0, 1, Check(Not(eq(Load("x"), 1)), "half", "")),
    ]
    return _made(edges, [*pcs, *_shared("x", "p")], (a, b))


def readers_share_their_lock() -> TransitionSystem:
    """All accesses are under the semaphore, taken for reading: that excludes nobody."""
    a, b, pcs = _two(4, 4)
    read = [held(a, "sem.read"), held(b, "sem.read")]
    write = [held(a, "sem.write"), held(b, "sem.write")]
    edges = [
        move(a, 0, 1, *take(read[0], write)),
        move(a, 1, 2, set_("x", 1)),
        move(a, 2, 3, set_("x", 2), give(read[0])),
        move(b, 0, 1, *take(read[1], write)),
        move(b, 1, 2, Check(Not(eq(Load("x"), 1)), "half", "", fatal=False)),
        move(b, 2, 3, give(read[1])),
    ]
    return _made(edges, [*pcs, *read, *write, *_shared("x")], (a, b))


def fails_before_it_waits() -> TransitionSystem:
    """The other looks at ``x``, and fails, before it finds the lock free."""
    a, b, pcs = _two(5, 2)
    la, lb = held(a), held(b)
    edges = [
        move(a, 0, 1, *take(la, [la, lb])),
        move(a, 1, 2, set_("x", 1)),
        move(a, 2, 3, set_("x", 2)),
        move(a, 3, 4, give(la)),
        move(b, 0, 1, Check(Not(eq(Load("x"), 1)), "half", ""), found_free([la, lb])),
    ]
    return _made(edges, [*pcs, la, lb, *_shared("x")], (a, b))


def lock_that_is_only_passed() -> TransitionSystem:
    """The worker finds the lock free and does not keep it."""
    a, b, pcs = _two(4, 2)
    la, lb = held(a), held(b)
    edges = [
        move(a, 0, 1, found_free([la, lb]), set_("x", 1)),
        move(a, 1, 2, set_("x", 2)),
        move(a, 2, 3),
        move(b, 0, 1, found_free([la, lb]), Check(Not(eq(Load("x"), 1)), "half", "")),
    ]
    return _made(edges, [*pcs, la, lb, *_shared("x")], (a, b))


def position_that_others_read() -> TransitionSystem:
    a, b, pcs = _two()
    at = Load("worker.pc", (Const(0),))
    edges = [
        move(a, 0, 1, set_("p", 1)),
        move(a, 1, 2, set_("p", 2)),
        move(b, 0, 1, Check(Not(eq(at, 1)), "half", "")),
    ]
    return _made(edges, [*pcs, *_shared("p")], (a, b))


def rest_half_way() -> TransitionSystem:
    """The worker idles between two steps that nobody sees."""
    a, pc = process("worker", 1, False, True, True)
    edges = [move(a, 0, 1, set_("p", 1)), move(a, 1, 2, set_("p", 2))]
    return _made(edges, [pc, *_shared("p")], (a,))


def _by_reference(look_at: int, again: tuple[Op, ...], under: Expr) -> TransitionSystem:
    """The worker locks the object that its local names, does ``again``, and stores to the object ``under``."""
    a, b, pcs = _two(5, 4)
    la, lb = held(a, "inode.lock", 2), held(b, "inode.lock", 2)
    mine = Deref(Load("worker.inode", (SELF,)), "inode")
    theirs = Const(look_at)
    edges = [
        move(a, 0, 1, *take(la, [la, lb], mine)),
        move(a, 1, 2, *again),
        move(a, 2, 3, set_("state", 1, under)),
        move(a, 3, 4, set_("state", 2, under)),
        move(b, 0, 1, *take(lb, [la, lb], theirs)),
        move(b, 1, 2, Check(Not(eq(Load("state", (theirs,)), 1)), "half", "", fatal=False)),
        move(b, 2, 3, give(lb, theirs)),
    ]
    local = Variable("worker.inode", Ref("inode", 2), (1,), "local", "worker", default=1)
    made = _made(edges, [*pcs, la, lb, local, Variable("state", Int(0, 3), (2,))], (a, b))
    return replace(made, populations=(Population("inode", 2),))


def lock_of_another_object() -> TransitionSystem:
    """The worker holds the lock of one object and stores to the other."""
    return _by_reference(1, (), Const(1))


def local_that_changes_under_its_lock() -> TransitionSystem:
    """What the local names when the lock is taken is not what it names when it stores."""
    mine = Deref(Load("worker.inode", (SELF,)), "inode")
    return _by_reference(1, (Assign("worker.inode", (SELF,), Const(2)),), mine)


def object_freed_half_way() -> TransitionSystem:
    """Nobody else stores to the object, but somebody frees it."""
    a, b, pcs = _two(4)
    mine = Deref(Load("worker.inode", (SELF,)), "inode")
    edges = [
        move(a, 0, 1, set_("state", 1, mine)),
        move(a, 1, 2, Check(Load("alive", (Const(0),)), "freed", "", fatal=False)),
        move(a, 2, 3),
        move(b, 0, 1, set_("alive", 0, Const(0))),
    ]
    local = Variable("worker.inode", Ref("inode", 1), (1,), "local", "worker", default=1)
    alive = Variable("alive", Bool(), (1,), "alive", default=1)
    made = _made(edges, [*pcs, local, alive, Variable("state", Int(0, 3), (1,))], (a, b))
    return replace(made, populations=(Population("inode", 1, "alive"),))


def availability_looks_at_locals() -> TransitionSystem:
    """The other may allocate the slot only while no local of the worker names it."""
    a, b, pcs = _two(3)
    free = And((Not(Load("alive", (Const(0),))), eq(Load("worker.inode", (Const(0),)), 0)))
    edges = [
        move(a, 0, 1, Assign("worker.inode", (SELF,), Const(1))),
        move(a, 1, 2, Assign("worker.inode", (SELF,), Const(0))),
        move(b, 0, 1, Check(free, "population exhausted", ""), set_("alive", 1, Const(0))),
    ]
    local = Variable("worker.inode", Ref("inode", 1), (1,), "local", "worker")
    alive = Variable("alive", Bool(), (1,), "alive")
    made = _made(edges, [*pcs, local, alive], (a, b))
    return replace(made, populations=(Population("inode", 1, "alive"),))


def starts_half_way() -> TransitionSystem:
    """An initial state in which the worker stands in the middle."""
    a, b, pcs = _two()
    edges = [move(a, 0, 1, set_("p", 1)), move(a, 1, 2, set_("p", 2)), move(b, 0, 1)]
    made = _made(edges, [*pcs, *_shared("p")], (a, b))
    return replace(made, initial=(Initial((Assign("worker.pc", (Const(0),), Const(1)),)),))


def choice_of_another_step() -> TransitionSystem:
    """Two steps of one run choose, each for itself."""
    a, b, pcs = _two(4)
    which = (Parameter("k", 2),)
    first = move(a, 0, 1, Assign("p", (), Param("k")))
    second = move(a, 1, 2, Assign("q", (), Binary("+", Param("k"), Load("q"))))
    third = move(a, 2, 3, Check(Not(And((eq(Load("p"), 0), eq(Load("q"), 1)))), "mixed", "", fatal=False))
    edges = [
        replace(first, parameters=(*first.parameters, *which)),
        replace(second, parameters=(*second.parameters, *which)),
        third,
        move(b, 0, 1),
    ]
    return _made(edges, [*pcs, *_shared("p", "q")], (a, b))


def properly_locked() -> TransitionSystem:
    """Under one lock everything is one step: what fusion is for."""
    a, b, pcs = _two(5, 5)
    la, lb = held(a), held(b)

    def under(of: Process, mine: Variable, value: int) -> list[Edge]:
        known = Check(Load(mine.name, (SELF,)), "not held", "")
        return [
            move(of, 0, 1, *take(mine, [la, lb])),
            move(of, 1, 2, set_("x", value)),
            move(of, 2, 3, Assign("y", (), plus(Load("x"), 0))),
            move(of, 3, 4, known, give(mine)),
        ]

    return _made([*under(a, la, 1), *under(b, lb, 2)], [*pcs, la, lb, *_shared("x", "y")], (a, b))


CASES: dict[str, Callable[[], TransitionSystem]] = {
    case.__name__: case
    for case in (
        invariant_sees_half_a_run, cover_sees_half_a_run, counter_is_high_half_way, reader_sees_half_a_run,
        bits_of_a_word, rule_sees_half_a_run, another_instance_sees_half_a_run, cells_of_one_array,
        trylock_sees_the_lock,
        release_is_no_right_mover, acquire_is_no_left_mover, run_that_blocks_inside,
        failure_behind_what_others_saw, cycle_without_a_stop, two_stores_that_others_see,
        readers_share_their_lock, fails_before_it_waits, lock_that_is_only_passed, position_that_others_read,
        rest_half_way, lock_of_another_object, local_that_changes_under_its_lock, object_freed_half_way,
        availability_looks_at_locals, starts_half_way, choice_of_another_step, properly_locked,
    )
}  # fmt: skip

"""Classic mistakes in an engine for packed states, made on purpose: each changes an answer that the tests
look at.

Every mutant is a change of the C text.  That the unchanged text answers as the reference does, on the same
system, shows that it is the mistake that is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from ovlcheck.explore.native import Native, engine
from ovlcheck.explore.native.generate import Program, generate
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.replay import ReplayError
from ovlcheck.explore.result import Limits
from ovlcheck.system.expr import Binary, Const, Load, Param
from ovlcheck.system.transition_system import Assume, Check, Parameter, TransitionSystem, Variable
from ovlcheck.system.types import Int
from tests.explore.native_testing import answer_of, compile_quickly
from tests.hand_built import counter, eq, mcs_lock, move, plus, process, rule, set_, system, worker

FLAGS = "-O0 -DTABLE_BITS=5"
"""A table that has to grow soon."""


@pytest.fixture(autouse=True, scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as monkeypatch:
        compile_quickly(monkeypatch, tmp_path_factory.mktemp("cache"), FLAGS)
        yield


def far_apart() -> TransitionSystem:
    """Two counters that lie in different words: states differ in one word only."""
    fill = Variable("fill", Int(0, (1 << 62) - 1), default=1)
    return system(
        *(rule(n, Assume(Binary("<", Load(n), Const(9))), set_(n, plus(Load(n), 1))) for n in ("a", "b")),
        variables=(Variable("a", Int(0, (1 << 61) - 1)), fill, Variable("b", Int(-5, (1 << 61) - 5))),
    )


def crossing() -> TransitionSystem:
    """Fields of 40 bits, one across a word boundary, stepped so that a carry has to cross with it."""
    top = 1 << 39
    rules = [
        rule(n, Assume(Binary("<", Load(n), Const(top))), set_(n, plus(Load(n), 1 << 22)),
             Check(Binary("<", Load(n), Const(12 << 22)), f"{n} is large", "", fatal=True))
        for n in "abc"
    ]  # fmt: skip
    return system(*rules, variables=tuple(Variable(n, Int(0, (1 << 40) - 1)) for n in "abc"))


def crossing_array() -> TransitionSystem:
    """An array over three words with cells across both boundaries, indexed at run time."""
    cell = Load("a", (Param("i"),))
    return system(
        rule("up", Assume(Binary("<", cell, Const(4 << 30))), set_("a", plus(cell, 1 << 30), Param("i")),
             parameters=(Parameter("i", 4),)),
        variables=(Variable("a", Int(0, (1 << 35) - 1), (4,)),),
    )  # fmt: skip


def waiter() -> TransitionSystem:
    """A clock goes round five positions; a waiter leaves its call in the second of them only."""
    clock, clock_pc = process("clock", 1, *[True] * 5)
    waits, waits_pc = process("waits", 1, False, True)
    second = Assume(eq(Load("clock.pc", (Const(0),)), 1))
    return system(
        *(move(clock, k, (k + 1) % 5) for k in range(5)),
        move(waits, 0, 1, second),
        variables=(clock_pc, waits_pc),
        processes=(clock, waits),
    )


@dataclass(frozen=True)
class Mutant:
    system: TransitionSystem
    old: str
    new: str


MUTANTS = {
    "only the first word is compared": Mutant(
        far_apart(),
        "for (int k = 0; k < WORDS; k++)\n\t\tdiffer |=",
        "for (int k = 0; k < 1; k++)\n\t\tdiffer |=",
    ),
    "only the tag of a hash is compared": Mutant(
        replace(mcs_lock(3), name="weak hash"), "same(s, &t->states", "true || same(s, &t->states"
    ),
    "only the home slot is looked at": Mutant(
        mcs_lock(3), "for (;; at = (at + 1) & last) {", "for (;;) {\n\t\tif (1)\n\t\t\treturn at;"
    ),
    "growth forgets the states entered before": Mutant(
        mcs_lock(3),
        "for (uint64_t first = 0; first < t->count;",
        "for (uint64_t first = t->count / 2; first < t->count;",
    ),
    "a field's upper part is not read": Mutant(crossing(), "v |= s->w[k + 1] << (64 - shift);", "v |= 0;"),
    "a field's upper part is not written": Mutant(
        crossing(), "s->w[k + 1] = (s->w[k + 1] & ~(mask >> (64 - shift))) | v >> (64 - shift);", ";"
    ),
    "a field's upper part is not cleared": Mutant(
        crossing(), "(s->w[k + 1] & ~(mask >> (64 - shift)))", "s->w[k + 1]"
    ),
    "an array's cells are taken not to cross": Mutant(crossing_array(), "if (shift + width > 64)", "if (0)"),
    "a field is not cleared before it is written": Mutant(counter(9), "s->w[0] & ~", "s->w[0] | 0 & ~"),
    "the lowest value is taken for zero": Mutant(counter(9, low=-4), "- INT64_C(4)", "- INT64_C(0)"),
    "a batch is cut short": Mutant(
        mcs_lock(3),
        "for (unsigned i = 0; i < b->n; i++) {\n\t\tconst uint64_t at",
        "for (unsigned i = 1; i < b->n; i++) {\n\t\tconst uint64_t at",
    ),
    "the last batch of a layer is forgotten": Mutant(
        counter(9), "if (x->next == x->layer_end) {\n\t\t\tflush(x);", "if (x->next == x->layer_end) {"
    ),
    "a deadlock is looked for where someone moves": Mutant(
        worker(last_rests=False), "if (!n && !x->ended", "if (n"
    ),
    "a single sweep": Mutant(waiter(), "x->sweep_started && !x->sweep_changed", "x->sweep_started"),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mistake_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    expected = answer_of(Reference(), mutant.system)
    weaken = name.startswith("only the tag")

    def mutated(system: TransitionSystem) -> Program:
        program = generate(system)
        assert mutant.old in program.text
        text = program.text.replace(mutant.old, mutant.new)
        return replace(program, text=weak_hash(text) if weaken else text)

    assert answer_of(Native(), mutant.system) == expected
    monkeypatch.setattr(engine, "generate", mutated)
    try:
        changed = answer_of(Native(), mutant.system, Limits(states=100_000, seconds=5))
    except ReplayError:
        return
    assert changed != expected


def weak_hash(text: str) -> str:
    """Hashes of a few bits: states collide all the time, tags and home slots included."""
    return text.replace("return h ^ h >> 29;", "return (h >> 61) * UINT64_C(0x2000000000000001);")


@pytest.mark.parametrize("bits", [0, 3, 8])
def test_a_poor_hash_only_costs_time(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = mcs_lock(2)
    poor = f"return h >> {64 - bits} << {64 - bits};" if bits else "return 0;"

    def mutated(system: TransitionSystem) -> Program:
        program = generate(system)
        return replace(program, text=program.text.replace("return h ^ h >> 29;", poor))

    expected = answer_of(Reference(), made)
    monkeypatch.setattr(engine, "generate", mutated)
    assert answer_of(Native(), made) == expected


@pytest.mark.parametrize("bits", [1, 4, 10])
def test_the_table_grows_from_any_size(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CFLAGS", f"-O0 -DTABLE_BITS={bits}")
    made = mcs_lock(3)
    assert answer_of(Native(), made) == answer_of(Reference(), made)

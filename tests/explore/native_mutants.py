"""Mistakes that an engine like the native one can have, and for each a system on which it shows."""

from __future__ import annotations

from functools import lru_cache

from ovlcheck.system.expr import Binary, Const, Load, Param
from ovlcheck.system.transition_system import (
    Assume,
    Check,
    Invariant,
    Parameter,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Int
from tests.explore.mutants import Change, of
from tests.hand_built import (
    counter,
    crossed_locks,
    eq,
    mcs_lock,
    move,
    plus,
    process,
    references,
    rule,
    set_,
    soft_and_hard_checks,
    system,
    worker,
)

WEAK: tuple[Change, ...] = (
    ("return h ^ h >> 32;", "return 0 & h;"),
    (" || t->spills > FEW_SPILLS(x->count)", ""),
)
"""The rest of a state has no part in its key, so that states that differ only there have one key, and most spill."""


def far_apart(step: int = 1, steps: int = 9) -> TransitionSystem:
    """Two counters that lie in different words: states differ in one word only."""
    fill = Variable("fill", Int(0, (1 << 63) - 1), default=1)
    below = Const(steps * step)
    return system(
        *(rule(n, Assume(Binary("<", Load(n), below)), set_(n, plus(Load(n), step))) for n in ("a", "b")),
        variables=(Variable("a", Int(0, (1 << 62) - 1)), fill, Variable("b", Int(-5, (1 << 62) - 6))),
    )


def upper_bits() -> TransitionSystem:
    """The same counted in the upper bits, which cross words in an entry of the table."""
    return far_apart(1 << 60, 2)


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


def sinking(top: int = 9) -> TransitionSystem:
    """Counts down to 0, which is a state of nothing but zeros; all below 5 violate the invariant."""
    n = Load("n")
    return system(
        rule("down", Assume(Binary(">", n, Const(0))), set_("n", plus(n, -1))),
        variables=(Variable("n", Int(0, 9), default=top),),
        invariants=(Invariant("at_least_five", Binary(">", n, Const(4))),),
    )


def walks_off() -> TransitionSystem:
    """An instance inside a call whose only step is one that ends in a violation."""
    one, pc = process("one", 1, True, False)
    out = set_("one.pc", 7, Param("self"))
    return system(move(one, 0, 1), move(one, 1, 0, out), variables=(pc,), processes=(one,))


@lru_cache(maxsize=1)
def queue_lock() -> TransitionSystem:
    """7,597 states: the table grows from 64 buckets through every f and several k, and blocks run full."""
    return mcs_lock(3)


MUTANTS = {
    # Packed states
    "only the first word is compared": of(
        far_apart,
        "for (int k = 0; k < WORDS; k++)\n\t\tdiffer |=",
        "for (int k = 0; k < 1; k++)\n\t\tdiffer |=",
    ),
    "a field's upper part is not read": of(crossing, "v |= s->w[k + 1] << (64 - shift);", "v |= 0;"),
    "a field's upper part is not written": of(
        crossing, "s->w[k + 1] = (s->w[k + 1] & ~(mask >> (64 - shift))) | v >> (64 - shift);", ";"
    ),
    "a field's upper part is not cleared": of(
        crossing, "(s->w[k + 1] & ~(mask >> (64 - shift)))", "s->w[k + 1]"
    ),
    "an array's cells are taken not to cross": of(crossing_array, "if (shift + width > 64)", "if (0)"),
    "a field is not cleared before it is written": of(lambda: counter(9), "s->w[0] & ~", "s->w[0] | 0 & ~"),
    "the lowest value is taken for zero": of(lambda: counter(9, low=-4), "- INT64_C(4)", "- INT64_C(0)"),
    # Entries of the table
    "only the last bytes of an entry are compared": of(
        far_apart, "differ |= word_at(p + i) ^ e[i / 8];", ";", premises=WEAK
    ),
    "an entry has no room for what crosses a word": of(upper_bits, ">> 61;", ">> 62;"),
    "a rest is decoded without what crosses a word": of(upper_bits, " | e[1] << 61)", ")"),
    "the displacement is not stored": of(
        queue_lock, "e[0] += displacement;", ";", "e[0] -= displacement;", ";"
    ),
    "the code is that of the key and not of its multiple": of(
        queue_lock, "return (key * t->f & (((uint64_t)1", "return (key & (((uint64_t)1"
    ),
    "a product without its last bits is rounded down": of(queue_lock, "(product + 4) / 5", "product / 5"),
    "five is taken for six": of(queue_lock, "case 5:\n\t\treturn (product + 4) / 5;", "case 5:"),
    "the mixing of keys is undone by the wrong factor": of(
        queue_lock, "x * 0xcfee444d8b59a89bu", "x * 0xcfee444d8b59a89du"
    ),
    "a bucket beyond the block is looked at": of(
        queue_lock, "bucket_at(t, home ^ displacement);\n\tenum", "bucket_at(t, home + displacement);\n\tenum"
    ),
    "a state whose home is full is taken for known": of(
        queue_lock, "if (outcome == KNOWN)\n", "if (outcome == KNOWN || outcome == FULL)\n"
    ),
    "a state whose block is full is taken for known": of(
        queue_lock, "outcome = spill(&search->table, s, key, search->depth + 1);", "outcome = KNOWN;"
    ),
    "a state that has spilled is taken for another": of(
        queue_lock, "while (t->spill_index[at] && !same(", "while (0 && !same("
    ),
    "a state that has spilled is not looked for again": of(
        queue_lock, "} else if (!*spill_place(t, s, key)) {", "} else {"
    ),
    "the index of what has spilled is forgotten when it grows": of(
        queue_lock,
        "for (size_t i = 0; i < t->spills; i++)\n\t\t*spill_place",
        "for (size_t i = 1; i < t->spills; i++)\n\t\t*spill_place",
        premises=(("spill_room : 64", "spill_room : 2"),),
    ),
    "what has spilled is not among the states": of(
        far_apart, "each_spilled(t, depth, to, visit);", "", premises=WEAK
    ),
    # Growth
    "growth forgets the lowest blocks": of(queue_lock, "move_lowest(&g, lowest, copy);", ""),
    "growth forgets a bucket of each parcel": of(
        queue_lock,
        "for (uint64_t number = first; number < last;",
        "for (uint64_t number = first + 1; number < last;",
    ),
    "growth forgets what has spilled": of(
        queue_lock, "for (size_t i = 0; i < spills;", "for (size_t i = spills; i < spills;"
    ),
    "growth leaves no room between a part and where it goes": of(
        queue_lock, "/ REACH + 2) * REACH", "/ REACH) * REACH"
    ),
    "growth decodes by the new size": of(
        queue_lock, "key = key_from(&g->old, e, number);", "key = key_from(g->new, e, number);"
    ),
    "growth keeps the old code": of(queue_lock, "drop_code(e);\n\t\tput_code", "put_code"),
    "growth keeps the old displacement": of(queue_lock, "e[0] &= ~(uint64_t)(REACH - 1);", ";"),
    "growth writes over entries": of(queue_lock, "if (!label_of(entry) && claim(", "if (claim("),
    "growth loses depths": of(
        queue_lock, "home_of(t, key), *from, g->alone)", "home_of(t, key), 1, g->alone)"
    ),
    "growth drops what finds its block full": of(
        queue_lock, "if (spill(t, &s, key, *from - 1) == REFUSED)", "if (0)"
    ),
    # Layers
    "a batch is cut short": of(
        queue_lock,
        "for (unsigned i = 0; i < b->n; i++) {\n\t\tconst uint64_t key",
        "for (unsigned i = 1; i < b->n; i++) {\n\t\tconst uint64_t key",
    ),
    "the last batch of a layer is forgotten": of(
        lambda: counter(9), "flush(x);\n\tsearch->count += x->fresh;", "search->count += x->fresh;"
    ),
    "the last state of a chunk is forgotten": of(
        queue_lock, "first + CHUNK : search", "first + CHUNK - 1 : search"
    ),
    "a layer ends with a pause": of(queue_lock, "if (x->cursor >= x->layer_size) {", "{"),
    "states handed on lately are known by their keys": of(
        far_apart, "known = same(&b->s[i], recent);", "known = key == key_of(recent);", premises=WEAK
    ),
    "states handed on lately are zeros at first": of(
        lambda: sinking(1), "x->workers[i].recent[k] = s;", "memset(&x->workers[i].recent[k], 0, sizeof(s));"
    ),
    "the limit of states is not counted down": of(queue_lock, "x->quota--;", ";", states=7),
    "a limit of states is a limit of the leave for them": of(
        queue_lock,
        "x->workers[i].quota = 0;",
        ";",
        "max_states - x->count : 0;",
        "max_states : 0;",
        states=700,
    ),
    "transitions are counted once a state": of(
        queue_lock, "x->transitions += n;", "x->transitions += n > 0;"
    ),
    "a layer too deep for its label is kept in part": of(
        lambda: counter(9), "layer->n += q->n;", "layer->n += q->n / 2;"
    ),
    "a layer too deep for its label is not kept": of(
        queue_lock, "if (x->depth < DEEPEST)\n\t\treturn true;", "return true;"
    ),
    "the label of a depth goes round": of(
        queue_lock, "(depth < DEEPEST ? depth : DEEPEST) + 1", "depth % DEEPEST + 1"
    ),
    # What is seen on the way
    "the last sighting counts": of(
        sinking, "if (x->exploring && earlier(&here, &x->found[name]))", "if (x->exploring)"
    ),
    "sightings are compared without depth": of(
        sinking, "if (a->depth + a->in_step != b->depth + b->in_step)", "if (0)"
    ),
    "a predecessor is sought in its own layer": of(
        sinking, "(struct errand){ x, w, depth - 1,", "(struct errand){ x, w, depth,"
    ),
    "a new state is looked at as part of the one before": of(
        sinking, "x->at = s;\n\t\t\t\tlook_at(x, s);", "look_at(x, s);"
    ),
    "a deadlock is looked for where someone moves": of(
        lambda: worker(last_rests=False), "if (!n && !x->ended", "if (!x->ended"
    ),
    "an end at rest is a deadlock": of(lambda: worker(last_rests=True), "&& !all_rest(&x->source)", ""),
    "a step that ends in a violation is no step": of(
        walks_off, "x->changed = x->ended = true;", "x->changed = true;"
    ),
    "a fault does not end the step": of(
        soft_and_hard_checks,
        "faulted(x, V_below_three, edges + 1, 1);\n\t\treturn n;",
        "faulted(x, V_below_three, edges + 1, 1);",
    ),
    "an overflow is not reported": of(
        lambda: references(None, 2), "if (overflowed(x))\n\t\t\t\treturn OVERFLOWED;", ""
    ),
    # no_deadlock
    "a single sweep": of(waiter, "x->sweep_started && !x->sweep_changed", "x->sweep_started"),
    "who is at rest is stuck": of(lambda: worker(last_rests=True), "w->moved | resting(&s)", "w->moved"),
    "what was not expanded is stuck": of(
        lambda: crossed_locks(bystander=True),
        "w->can_move = ALL_INSTANCES;\n\t} else {",
        "w->can_move = known;\n\t} else {",
        depth=2,
    ),
    "what successors can is not passed back": of(
        waiter, "x->can_move |= x->search->can_move[", "x->can_move |= 0 & x->search->can_move["
    ),
    "a state in the next bucket of its block is not found again": of(
        queue_lock,
        "outcome == FULL && displacement < REACH; displacement++)\n\t\toutcome = look",
        "outcome == FULL && displacement < 1; displacement++)\n\t\toutcome = look",
    ),
}

"""Mistakes that a search for fair cycles can have, and for each a system on which it shows."""

from __future__ import annotations

from dataclasses import replace

from ovlcheck.system.expr import And, Binary, Const, Deref, Load, Param
from ovlcheck.system.formula import (
    Atom,
    Formula,
    Negation,
    Possibility,
    Requirement,
    Until,
    always,
    eventually,
    leads_to,
)
from ovlcheck.system.transition_system import (
    Assume,
    Check,
    Edge,
    Op,
    Parameter,
    Population,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Int, Ref
from tests.explore.mutants import of
from tests.explore.native_mutants import WEAK, far_apart
from tests.hand_built import eq, mcs_lock, plus, set_, source, system

N = Load("n")


def step(name: str, here: int, there: int, fairness: str = "weak", *more: Op) -> Edge:
    """From one value of n to another."""
    return Edge(name, (Assume(eq(N, here)), *more, set_("n", there)), source(1, name), fairness=fairness)


def of_n(demand: Formula | Possibility, *edges: Edge, unfair: tuple[str, ...] = ()) -> TransitionSystem:
    found = system(*edges, variables=(Variable("n", Int(0, 9)),))
    return replace(found, requirements=(Requirement("it", demand, unfair=unfair),))


def at(value: int) -> Formula:
    return Atom(eq(N, value))


def spins() -> TransitionSystem:
    """A fair step that changes nothing goes on for ever."""
    return of_n(eventually(at(1)), step("spin", 0, 0))


def fails_in_the_end() -> TransitionSystem:
    """Who is fair runs into a violation: no fair behaviour goes on."""
    wrong = Edge("fails", (Check(Const(0), "wrong", "", fatal=True),), source(1))
    return of_n(eventually(at(5)), step("a", 0, 1, "none"), step("b", 1, 0, "none"), wrong)


def stays_where_it_should() -> TransitionSystem:
    """The negation accepts only what is at 0 again and again, and the loop at 1 is not."""
    return of_n(eventually(always(at(1))), step("on", 0, 1), step("spin", 1, 1))


def goes_round() -> TransitionSystem:
    """A cycle of five, with a way out that nobody has to take and one across."""
    steps = [step(f"s{k}", k, (k + 1) % 5) for k in range(5)]
    return of_n(eventually(at(9)), *steps, step("across", 1, 4, "none"), step("out", 2, 9, "none"))


def always_moves() -> TransitionSystem:
    """A fair step that is enabled everywhere goes round."""
    on = Edge("on", (set_("n", Binary("%", plus(N, 1), Const(3))),), source(1, "on"))
    return of_n(eventually(at(9)), on)


def must_leave() -> TransitionSystem:
    """A fair step leads out of the only cycle, all along which it is enabled."""
    out = Edge("out", (Assume(Binary("<", N, Const(5))), set_("n", 9)), source(1, "out"))
    return of_n(eventually(at(9)), step("a", 0, 1, "none"), step("b", 1, 0, "none"), out)


def inner_cycle() -> TransitionSystem:
    """A strongly fair step, never taken, is enabled in one place of a cycle, and in none of a smaller one within it."""
    edges = (
        step("a", 0, 1), step("b", 1, 0), step("c", 1, 2, "none"), step("d", 2, 0), step("out", 2, 9, "strong"),
        step("end", 9, 9),
    )  # fmt: skip
    return of_n(eventually(at(9)), *edges)


def strongly_out() -> TransitionSystem:
    """A strongly fair step is enabled again and again in the only cycle."""
    return of_n(eventually(at(9)), step("a", 0, 1), step("b", 1, 0), step("out", 1, 9, "strong"))


def two_cycles() -> TransitionSystem:
    """Two cycles, each of which is left by a step that is enabled all along: the first one's leads to the second."""
    over = Edge("over", (Assume(Binary("<", N, Const(2))), set_("n", 2)), source(1, "over"))
    end = Edge("end", (Assume(Binary(">", N, Const(1))), set_("n", 9)), source(1, "end"))
    loops = [step(f"s{k}", *ends, "none") for k, ends in enumerate(((0, 1), (1, 0), (2, 3), (3, 2)))]
    return of_n(eventually(at(9)), *loops, over, end)


def two_ways_there() -> TransitionSystem:
    """Two steps with the same effect, of which the one that is generated last has to be taken."""
    return of_n(eventually(at(9)), step("first", 0, 1, "none"), step("second", 0, 1), step("back", 1, 0))


def only_for_a_while() -> TransitionSystem:
    """Violated only where n is 2 before it is 1, which no run has: at 1 the automaton must not be waiting any more."""
    edges = (step("a", 0, 1), step("b", 1, 2), step("end", 2, 2))
    return of_n(Negation(Until(Negation(at(1)), at(2))), *edges)


def reaches() -> TransitionSystem:
    up = Edge("up", (Assume(Binary("<", N, Const(9))), set_("n", plus(N, 1))), source(1))
    return of_n(eventually(at(9)), up)


def possible_by_a_cycle() -> TransitionSystem:
    """From every state of a cycle the way to 9 leads over one of them."""
    steps = [step(f"s{k}", k, (k + 1) % 4) for k in range(4)]
    return of_n(Possibility(Const(1), eq(N, 9)), *steps, step("out", 0, 9), step("back", 9, 3))


def possible_by_others_only() -> TransitionSystem:
    return of_n(Possibility(Const(1), eq(N, 9), without=("out",)), step("out", 0, 9), step("back", 9, 0))


def two_painters() -> TransitionSystem:
    """A rule that is fair at each of its values by itself: one of them must not be put off for ever."""
    value = Param("value")
    paint = Edge("paint", (set_("x", value),), source(1), parameters=(Parameter("value", 2),))
    found = system(paint, variables=(Variable("x", Int(0, 1)),))
    return replace(found, requirements=(Requirement("it", eventually(Atom(eq(Load("x"), 1)))),))


def nobodys_value() -> TransitionSystem:
    """A rule whose parameter nothing uses: taking it is taking it at each value."""
    turn = Edge(
        "turn", (set_("x", Binary("-", Const(1), Load("x"))),), source(1), parameters=(Parameter("value", 2),)
    )
    found = system(turn, variables=(Variable("x", Int(0, 1)),))
    return replace(found, requirements=(Requirement("it", eventually(always(Atom(eq(Load("x"), 1))))),))


def spilled() -> TransitionSystem:
    """Two counters that are held down in the end, most of whose states find no place in the table."""
    found = far_apart()
    at_top = [Binary("==", Load(name), Const(9)) for name in ("a", "b")]
    demands = (Requirement("it", eventually(Atom(And(tuple(at_top))))),)
    return replace(found, requirements=demands)


def dangling() -> TransitionSystem:
    """A predicate without a value in the second state."""
    free = Edge("free", (set_("thing.alive", 0, Const(0)),), source(1))
    found = system(
        free,
        variables=(
            Variable("thing.alive", Bool(), (1,), "alive", default=1),
            Variable("thing.v", Int(0, 1), (1,)),
            Variable("ref", Ref("thing", 1), default=1),
        ),
        populations=(Population("thing", 1, "thing.alive"),),
    )
    condition = eq(Load("thing.v", (Deref(Load("ref"), "thing"),)), 0)
    return replace(found, requirements=(Requirement("it", always(Atom(condition))),))


def queue_lock() -> TransitionSystem:
    """Who has queued gets the lock: 371 states, in a table that was enlarged several times."""
    found = mcs_lock(2)
    at_five, at_six = (Atom(eq(Load("at", (Const(0),)), k)) for k in (5, 6))
    fair = (Requirement("it", leads_to(at_five, at_six)),)
    unfair = (Requirement("other", leads_to(at_five, at_six), unfair=("L9",)),)
    return replace(found, requirements=fair + unfair)


def may_wait() -> TransitionSystem:
    """The same where the search begins."""
    return of_n(eventually(at(9)), step("a", 0, 1), step("b", 1, 0), step("out", 0, 9))


def taken_first() -> TransitionSystem:
    """A step that is enabled all along stays in the cycle where the search begins, and leaves it elsewhere."""
    edges = [Edge("on", (Assume(eq(N, n)), set_("n", to)), source(1)) for n, to in ((0, 1), (1, 9))]
    return of_n(eventually(at(9)), *edges, step("back", 1, 0, "none"))


def must_not_wait() -> TransitionSystem:
    """A fair step that is enabled in one place of a cycle only need not be taken."""
    return of_n(eventually(at(9)), step("a", 0, 1), step("b", 1, 0), step("out", 1, 9))


def must_go_round() -> TransitionSystem:
    """Two fair steps, both enabled all the time: a loop of one of them is none of a fair behaviour."""
    turns = [Edge(n, (set_(n, Binary("-", Const(1), Load(n))),), source(1, n)) for n in ("x", "y")]
    found = system(*turns, variables=(Variable("x", Int(0, 1)), Variable("y", Int(0, 1))))
    both = And((eq(Load("x"), 1), eq(Load("y"), 2)))
    return replace(found, requirements=(Requirement("it", eventually(Atom(both))),))


def another_cycle() -> TransitionSystem:
    """A cycle can be left for another, both of them fair."""
    ways = step("leave", 0, 2, "none"), step("a", 0, 1), step("b", 1, 0), step("c", 2, 3), step("d", 3, 2)
    return of_n(eventually(at(9)), *ways)


def a_cycle_or_an_end() -> TransitionSystem:
    """A cycle can be left for a state where nobody needs to move."""
    return of_n(eventually(at(9)), step("leave", 0, 2, "none"), step("a", 0, 1), step("b", 1, 0))


MUTANTS = {
    # The graph
    "a step that changes nothing is no step": of(
        spins, "record(x, step, s, same(s, &x->source)", "if (!same(s, &x->source)) record(x, step, s, false"
    ),
    "a step that ends in a violation is not enabled": of(
        fails_in_the_end, "record(x, step, &x->source, OUTSIDE);", ";"
    ),
    "parallel steps are one, whoever takes them": of(
        two_ways_there,
        "g->arcs[k].target == target && g->arcs[k].class == class",
        "g->arcs[k].target == target",
    ),
    "what was written of a state is lost with a new share": of(
        queue_lock, "memcpy(&g->arcs[from], &g->arcs[r->opened], open * sizeof(struct arc));", ";"
    ),
    "the last state that is written down has no steps": of(
        spins, "flush(&r->worker);\n\tclose_state(r);", "flush(&r->worker);"
    ),
    "a state is numbered by its bucket alone": of(queue_lock, "+ slot : OUTSIDE", ": OUTSIDE"),
    "a state that was met lately is taken for another": of(
        queue_lock,
        "r->recent[slot] != SOMEWHERE && same(s, &x->recent[slot])",
        "r->recent[slot] != SOMEWHERE",
    ),
    "what has spilled is not gone through": of(
        spilled, "return was_expanded(g, t->spilled[spilled].depth) ?", "return 0 ?", premises=WEAK
    ),
    "a layer is gone through without its last state": of(
        queue_lock, "first + CHUNK : g->layer_size", "first + CHUNK - 1 : g->layer_size"
    ),
    "what was not expanded is an end": of(
        reaches, "return g->search->complete || depth <", "return depth < UINT64_MAX || depth <", states=5
    ),
    "all instances and values are one": of(
        two_painters, "step_to(x, 0 + (unsigned)p_value,", "step_to(x, 0 * (unsigned)p_value,"
    ),
    "a value that nobody uses is always the first": of(nobodys_value, "every1 < 2;", "every1 < 1;"),
    "a predicate without a value does not hold": of(
        dangling, "if (fault)\n\t\t\tlabels[", "if (0)\n\t\t\tlabels["
    ),
    # Components
    "a number does not come back from a step taken first": of(
        always_moves, "c->mark[above->node] = c->mark[f.node];\n\t\t\tabove->root = false;", ";"
    ),
    "a number is not taken over from a node met before": of(
        goes_round, "c->mark[f->node] = c->mark[node];\n\t\t\tf->root = false;", ";"
    ),
    "the nodes of a component stay for the next": of(
        goes_round, "while (from && c->mark[c->stack[from - 1]] >= c->mark[v])", "while (0)"
    ),
    "a node with a step to itself is no cycle": of(spins, "n == 1 && !loops", "n == 1"),
    # Fairness
    "taking a step is nothing": of(spins, "f->traits.took |= took;", ";"),
    "taking the step that leads to a node first is nothing": of(
        taken_first, "f.traits.took | f.came_by;", "f.traits.took;"
    ),
    "a step out of a component is taken in it": of(
        must_leave,
        "if (c->mark[node] == DONE)\n\t\t\tcontinue;\n\t\tf->traits.took |= took;",
        "f->traits.took |= took;\n\t\tif (c->mark[node] == DONE)\n\t\t\tcontinue;",
    ),
    "who waits in a later node of a component waits nowhere": of(
        may_wait, "above->traits.idle |= f.traits.idle;", ";"
    ),
    "who can move in a later node only cannot": of(
        strongly_out, "above->traits.strong |= f.traits.strong;", ";"
    ),
    "who cannot move counts for acceptance": of(
        stays_where_it_should, "(struct frame){ { a->groups & ~fair,", "(struct frame){ { ~fair,"
    ),
    "who is not enabled all the time must move": of(
        must_not_wait, "(struct frame){ { a->groups & ~fair,", "(struct frame){ { 0,"
    ),
    "strong fairness is weak": of(strongly_out, "starved = traits->strong & ~traits->took;", "starved = 0;"),
    "what is left of a component is not looked at": of(
        inner_cycle, "for (uint64_t i = 0; i < left; i++)", "for (uint64_t i = left; i < left; i++)"
    ),
    "a component without a strongly fair step goes as a whole": of(
        inner_cycle, "take_apart(c, nodes, n, starved);\n\t\treturn;", "fair = false;"
    ),
    "a behaviour may end where somebody must move": of(
        reaches, "if (!c->again && !fair && a->stays", "if (!c->again && a->stays"
    ),
    "a fair behaviour goes on from everywhere": of(
        fails_in_the_end, "if (first_will_do && !p->g->ends &&", "if (first_will_do &&"
    ),
    # The automaton
    "every place is reached with every state": of(only_for_a_while, "if (!stays)\n\t\t\treturn false;", ""),
    "only the first transition of the automaton is taken": of(
        queue_lock, "if (end - ways < 2)\n\t\t\tcontinue;", "continue;"
    ),
    # Counterexamples
    "a loop need not be fair": of(
        must_go_round,
        "const bool enough = !(p->a->required & ~(had.idle | had.took)) &&",
        "const bool enough = !(p->a->required & 0) &&",
        "const bool homewards = !missing && !starved;",
        "const bool homewards = true;",
    ),
    "all fair cycles are in one component": of(another_cycle, "place]] == 1;", "place]] >= 1;"),
    "where a behaviour may end is in the component, too": of(
        a_cycle_or_an_end, "c->p->parts[c->core] += 2;", ";"
    ),
    "the stem is told backwards": of(queue_lock, "i + 1 < k; i++)", "i > k; i++)"),
    # Possibility
    "in a component each has its own way": of(
        possible_by_a_cycle, "if (has)\n\t\t\t\t\tset_bit(l->has_way, member);", ""
    ),
    "every step may be on a way": of(
        possible_by_others_only, "if (!l->usable[class_of_arc(arc)])\n\t\t\t\tcontinue;", ""
    ),
}

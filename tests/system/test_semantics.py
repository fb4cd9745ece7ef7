"""What a step means, rule by rule."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.system.action import Action, State
from ovlcheck.system.describe import Change, cell_name, changes, format_action, format_cell, format_state
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
    Unary,
    show,
)
from ovlcheck.system.semantics import CountOverflow, Failure, Fault, Outcome, Semantics
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Cover,
    Event,
    Initial,
    Let,
    Op,
    Parameter,
    Population,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Count, Enum, Int, Ref
from tests.hand_built import crossed_locks, move, one_lock, plus, process, rule, set_, source, system

BAD = Binary("//", Const(1), Const(0))
X, Y = Load("x"), Load("y")


def plane(*ops: Op) -> TransitionSystem:
    """Cells of every kind, and one rule made of ``ops``."""
    return system(
        rule("step", *ops),
        variables=(
            Variable("x", Int(-8, 7)),
            Variable("y", Int(0, 9), default=3),
            Variable("grid", Int(0, 99), (2, 3)),
            Variable("count", Count(2)),
            Variable("ref", Ref("thing", 2)),
            Variable("alive", Bool(), (2,), "alive", default=1),
        ),
        populations=(Population("thing", 2, "alive"), Population("always", 2)),
    )


def only(of: TransitionSystem) -> Outcome:
    """What the only rule does in the only initial state."""
    semantics = Semantics(of)
    (state,) = semantics.initial_states()
    (outcome,) = semantics.successors(state)
    return outcome


def evaluate(expr: Expr, **cells: int) -> int:
    semantics = Semantics(plane())
    (state,) = semantics.initial_states()
    values = list(state)
    for name, value in cells.items():
        values[semantics.system.offset[name]] = value
    return semantics.evaluate(expr, tuple(values))


def fault(expr: Expr, **cells: int) -> str:
    with pytest.raises(Fault) as caught:
        evaluate(expr, **cells)
    return caught.value.kind


LEAVES = st.one_of(st.integers(-3, 9).map(Const), st.sampled_from([X, Y]))
OPERATORS = ["+", "-", "*", "==", "!=", "<", "<=", ">", ">=", "&", "|", "^", "&~"]


def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    truths = st.tuples(inner.map(Not), st.builds(Binary, st.sampled_from(["<", "=="]), inner, inner))
    return st.one_of(
        st.builds(Binary, st.sampled_from(OPERATORS), inner, inner),
        st.builds(Binary, st.sampled_from(["//", "%"]), inner, st.integers(1, 5).map(Const)),
        st.builds(Binary, st.sampled_from(["<<", ">>"]), inner, st.integers(0, 5).map(Const)),
        st.builds(Unary, st.just("-"), inner),
        st.builds(Not, inner),
        st.builds(And, truths),
        st.builds(Or, truths),
        st.builds(Cond, inner, inner, inner),
    )


@settings(max_examples=500)
@given(expr=st.recursive(LEAVES, larger, max_leaves=12), x=st.integers(-8, 7), y=st.integers(0, 9))
def test_expressions_mean_what_python_makes_of_their_text(expr: Expr, x: int, y: int) -> None:
    assert evaluate(expr, x=x, y=y) == eval(show(expr), {"x": x, "y": y})


@given(
    op=st.sampled_from([*OPERATORS, "//", "%"]),
    a=st.integers(-(2**40), 2**40),
    b=st.integers(-(2**20), 2**20).filter(bool),
)
def test_operators_are_those_of_python(op: str, a: int, b: int) -> None:
    python = a & ~b if op == "&~" else eval(f"a {op} b", {"a": a, "b": b})
    value = evaluate(Binary(op, Const(a), Const(b)))
    assert (value, type(value)) == (int(python), int)


def test_popcount_counts_one_bits() -> None:
    assert evaluate(Unary("popcount", Const(0b101101))) == 4


def test_connectives_stop_at_the_first_item_that_decides() -> None:
    assert evaluate(And((FALSE, BAD))) == 0
    assert evaluate(Or((Const(2), BAD))) == 1
    assert evaluate(Cond(TRUE, Const(5), BAD)) == 5
    assert fault(And((TRUE, BAD))) == "division by zero"


def test_division_by_zero_is_a_fault_of_both_operators() -> None:
    assert fault(BAD) == "division by zero"
    assert fault(Binary("%", Const(1), X)) == "division by zero"


def test_each_axis_has_its_own_bounds() -> None:
    assert fault(Load("grid", (Const(0), Const(3)))) == "index out of range"
    assert fault(Load("grid", (Const(2), Const(0)))) == "index out of range"
    assert fault(Load("grid", (X, Const(0))), x=-1) == "index out of range"


def test_an_index_is_checked_before_the_next_one_is_evaluated() -> None:
    assert fault(Load("grid", (Const(2), BAD))) == "index out of range"
    assert fault(Load("grid", (BAD, Const(3)))) == "division by zero"


@pytest.mark.parametrize("count", [-1, 64])
def test_a_shift_beyond_the_machine_word_is_a_fault(count: int) -> None:
    assert fault(Binary("<<", Const(1), Const(count))) == "index out of range"
    assert fault(Binary(">>", Const(1), Const(count))) == "index out of range"


def test_arrays_are_stored_row_by_row() -> None:
    state = only(
        plane(*(set_("grid", 10 * i + j, Const(i), Const(j)) for i in (0, 1) for j in (0, 1, 2)))
    ).state
    assert state is not None and state[2:8] == (0, 1, 2, 10, 11, 12)


def test_a_known_index_and_a_computed_one_name_the_same_cell() -> None:
    computed = plus(Binary("-", X, X), 1)
    for i, j in itertools.product((Const(1), computed), repeat=2):
        assert (
            only(plane(set_("grid", 7, i, j))).state == only(plane(set_("grid", 7, Const(1), Const(1)))).state
        )


def test_a_reference_is_one_more_than_its_slot() -> None:
    assert evaluate(Deref(Load("ref"), "thing"), ref=2) == 1
    assert evaluate(Deref(Const(1), "always")) == 0


def test_dereferencing_none_a_freed_object_or_no_reference_at_all_is_a_fault() -> None:
    assert fault(Deref(Load("ref"), "thing"), ref=0) == "null dereference"
    assert fault(Deref(Load("ref"), "thing"), ref=1, alive=0) == "use after free"
    assert fault(Deref(Const(3), "thing")) == "index out of range"
    assert fault(Deref(Const(-1), "always")) == "index out of range"


def test_an_expression_with_a_free_parameter_or_of_another_system_is_refused() -> None:
    for expr in (
        Param("i"),
        Load("nowhere"),
        Load("grid", (Const(0),)),
        Deref(X, "nobody"),
        Binary("**", X, X),
    ):
        with pytest.raises(ValueError):
            evaluate(expr)


def test_bindings_give_parameters_and_temporaries_their_values() -> None:
    semantics = Semantics(plane())
    (state,) = semantics.initial_states()
    both = Binary("-", Param("i"), Temp("t"))
    assert semantics.evaluate(both, state, {"i": 9, "t": 2}) == 7
    assert semantics.compile(plus(Param("i"), 1), {"i": 4})(state) == 5


def test_operations_run_in_sequence_and_see_what_came_before() -> None:
    outcome = only(
        plane(Let("t", Y), set_("y", 5), Let("u", Y), set_("x", Binary("-", Temp("u"), Temp("t"))))
    )
    assert outcome.state is not None and outcome.state[:2] == (2, 5)


def test_an_assume_that_does_not_hold_leaves_no_action_wherever_it_stands() -> None:
    for ops in ((Assume(FALSE),), (set_("x", 1), Assume(Not(X)))):
        semantics = Semantics(plane(*ops))
        (state,) = semantics.initial_states()
        assert semantics.fire(state, Action(0)) is None
        assert list(semantics.enabled(state)) == []


def test_a_fatal_check_ends_the_path_and_keeps_what_was_done() -> None:
    outcome = only(plane(set_("x", 1), Check(FALSE, "bad", "why"), Assume(FALSE), set_("x", 2)))
    assert outcome.state is None
    assert outcome.faults == (Failure("bad", "why", True, source(1, "step")),)
    assert outcome.partial is not None and outcome.partial[0] == 1


def test_other_checks_are_recorded_and_the_path_goes_on() -> None:
    outcome = only(
        plane(
            Check(FALSE, "a", "", fatal=False),
            set_("x", 1),
            Check(FALSE, "b", "", fatal=False, source=source(7)),
        )
    )
    assert outcome.state is not None and outcome.state[0] == 1
    assert [(f.name, f.source.line if f.source else 0) for f in outcome.faults] == [("a", 1), ("b", 7)]


def test_a_failure_on_a_path_that_does_not_exist_is_none() -> None:
    semantics = Semantics(plane(Check(FALSE, "bad", "", fatal=False), Assume(FALSE)))
    (state,) = semantics.initial_states()
    assert list(semantics.successors(state)) == []


@pytest.mark.parametrize(
    ("op", "name"),
    [
        (set_("x", Load("grid", (X, Y))), "index out of range"),
        (set_("x", 8), "value out of range"),
        (set_("x", -9), "value out of range"),
        (set_("count", -1), "refcount below zero"),
        (set_("grid", 0, Deref(Load("ref"), "thing"), Const(0)), "null dereference"),
        (Let("t", BAD), "division by zero"),
        (Check(BAD, "property", "", fatal=False), "division by zero"),
        (Cover("met", BAD), "division by zero"),
    ],
)
def test_a_fault_ends_the_path_under_its_own_name(op: Op, name: str) -> None:
    outcome = only(plane(op))
    assert (outcome.state, [f.name for f in outcome.faults]) == (None, [name])
    assert outcome.faults[0].fatal and outcome.faults[0].message


def test_a_value_is_evaluated_before_its_place_and_fits_last() -> None:
    bad_place, bad_value = (Const(2), Const(0)), BAD
    assert only(plane(Assign("grid", bad_place, bad_value))).faults[0].name == "division by zero"
    assert only(plane(Assign("grid", bad_place, Const(100)))).faults[0].name == "index out of range"


def test_a_count_above_its_width_asks_for_a_wider_one() -> None:
    semantics = Semantics(plane(set_("count", 4)))
    (state,) = semantics.initial_states()
    with pytest.raises(CountOverflow) as caught:
        semantics.fire(state, Action(0))
    assert (caught.value.variable, caught.value.action) == ("count", Action(0))
    with pytest.raises(CountOverflow):
        Semantics(system(variables=(Variable("n", Count(1), default=2),))).initial_states()


def test_covers_are_recorded_when_their_condition_holds() -> None:
    assert only(plane(Cover("no", X), set_("x", 1), Cover("yes", X))).covered == ("yes",)


def test_events_change_nothing() -> None:
    outcome = only(plane(Event("call", "open"), Event("return", "open", (("result", BAD, None),))))
    assert outcome.faults == () and outcome.state is not None


def test_a_process_moves_from_origin_to_target_after_its_operations() -> None:
    task, pc = process("task", 2, True, False)
    of = system(
        move(task, 0, 1, set_("seen", plus(Load("task.pc", (Param("self"),)), 5))),
        variables=(pc, Variable("seen", Int(0, 9))),
        processes=(task,),
    )
    semantics = Semantics(of)
    assert [o.state for o in semantics.successors((0, 0, 0))] == [(1, 0, 5), (0, 1, 5)]
    assert semantics.fire((1, 0, 0), Action(0, (0,))) is None
    assert [semantics.at_rest((1, 0, 0), "task", i) for i in (0, 1)] == [False, True]
    assert semantics.location((1, 0, 0), "task", 0) == 1
    assert semantics.instance(Action(0, (1,))) == ("task", 1)


def test_a_process_with_a_single_location_has_no_position_to_keep() -> None:
    task, _ = process("task", 1, False)
    of = system(
        move(task, 0, 0, set_("x", 1)),
        variables=(Variable("x", Bool()),),
        processes=(type(task)(task.name, 1, task.locations, None),),
    )
    semantics = Semantics(of)
    assert [o.state for o in semantics.successors((0,))] == [(1,)]
    assert not semantics.at_rest((0,), "task", 0)


def test_actions_come_by_edge_then_by_arguments() -> None:
    parameters = (Parameter("i", 2), Parameter("j", 2))
    semantics = Semantics(system(rule("a", parameters=parameters), rule("b")))
    assert list(semantics.enabled(())) == [
        Action(0, (0, 0)),
        Action(0, (0, 1)),
        Action(0, (1, 0)),
        Action(0, (1, 1)),
        Action(1),
    ]


def test_an_action_of_another_system_is_refused() -> None:
    with pytest.raises(KeyError):
        Semantics(one_lock(2)).fire((0, 0, 0, 0), Action(0, (2,)))


def test_initial_states_are_distinct_and_in_order() -> None:
    i = Param("i")
    of = system(
        variables=(Variable("x", Int(0, 5), default=4),),
        initial=(
            Initial((Assume(Binary("!=", i, Const(1))), set_("x", i)), (Parameter("i", 4),)),
            Initial((set_("x", 2),)),
            Initial(()),
        ),
    )
    assert Semantics(of).initial_states() == ((0,), (2,), (3,), (4,))


def test_an_initial_action_that_fails_gives_no_state_but_says_why() -> None:
    of = system(variables=(Variable("x", Int(0, 5)),), initial=(Initial((set_("x", 1), set_("x", 9))),))
    (outcome,) = Semantics(of).initial_outcomes()
    assert (outcome.state, outcome.partial, outcome.faults[0].name) == (None, (1,), "value out of range")
    assert Semantics(of).initial_states() == ()


def test_a_walk_shows_each_operation_with_what_it_meets() -> None:
    ops = (Let("t", Y), set_("x", 1), Check(FALSE, "bad", ""), set_("x", 2))
    semantics = Semantics(plane(*ops))
    (state,) = semantics.initial_states()
    walked = list(semantics.walk(state, Action(0)))
    assert [op for op, _, _ in walked] == list(ops[:3])
    assert [s[0] for _, s, _ in walked] == [0, 0, 1]
    assert [values for _, _, values in walked] == [{}, {"t": 3}, {"t": 3}]


def test_the_blocker_is_the_condition_that_does_not_hold() -> None:
    of = crossed_locks(bystander=False)
    semantics = Semantics(of)
    deadlocked: State = (1, 1, 1, 0, 0, 1)
    blocked = semantics.blocker(deadlocked, Action(1, (0,)))
    assert blocked is not None and show(blocked[0]) == "not right.b[0]"
    assert semantics.blocker(deadlocked, Action(0, (0,))) is None
    assert semantics.blocker((0,) * 6, Action(0, (0,))) is None
    assert list(semantics.actions_at("left", 0, 1)) == [Action(1, (0,))]


def test_changes_name_the_cells_that_differ() -> None:
    of = plane()
    grid = of.variable["grid"]
    before = Semantics(of).initial_states()[0]
    after = (*before[:6], 5, *before[7:])
    assert changes(of, before, after) == (Change(grid, (1, 1), 0, 5),)
    assert changes(of, before, before) == ()
    assert cell_name(grid, (1, 1)) == "grid[1][1]"


def test_cells_and_actions_are_shown_in_the_words_of_the_model() -> None:
    of = one_lock(2)
    pc = of.variable["task.pc"]
    assert format_cell(of, pc, (1,), 1) == "task.pc[1] = task.1"
    colour = Variable("c", Enum("Colour", ("RED", "GREEN")))
    assert format_cell(of, colour, (), 1) == "c = GREEN"
    assert format_state(of, (0, 1, 0, 1)) == (
        "task.pc[0] = task.0, task.pc[1] = task.1, held[0] = False, held[1] = True"
    )
    assert format_action(of, Action(0, (1,))) == "task1: take at model.py:10 `task line 0`"
    typed = system(rule("evict", parameters=(Parameter("inode", 2, Int(0, 1)),)))
    assert format_action(typed, Action(0, (1,))) == "evict(inode=1) at model.py:1 `evict`"

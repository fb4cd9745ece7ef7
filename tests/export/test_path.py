"""A step as guard and body says what the interpreter says of the step: enabled or not, violations, next state."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings

from ovlcheck.export.commands import commands
from ovlcheck.export.folding import fold_all
from ovlcheck.export.path import Path, condition_of, path_of
from ovlcheck.export.temporaries import without_needless
from ovlcheck.system.bounds import Bounds
from ovlcheck.system.evaluation import USE_AFTER_FREE, compile_expression
from ovlcheck.system.expr import FALSE, TRUE, And, Binary, Cond, Const, Deref, Expr, Load, Or, Temp, rebuild
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.transition_system import Assign, Assume, Let, TransitionSystem, Variable
from ovlcheck.system.types import Bits, Int
from tests.examples import examples
from tests.export.agreement import violable
from tests.hand_built import eq, freed_object, mcs_lock, plus, rule, set_, soft_and_hard_checks, system
from tests.random_systems import transition_systems
from tests.symbolic.small_systems import reached

State = tuple[int, ...]


def compiled(made: TransitionSystem, condition: Expr) -> Callable[[State], bool]:
    """Raises ``Fault`` where the condition relies on something that was not asked before."""
    code = compile_expression(made, _slots(condition), {})
    return lambda state: bool(code(state, {}))


def holds(made: TransitionSystem, condition: Expr, state: State) -> bool:
    return compiled(made, condition)(state)


def _slots(expr: Expr) -> Expr:
    """In a guard a dereference is the plain slot: its own conditions stand beside it."""
    if isinstance(expr, Deref):
        return Binary("-", _slots(expr.ref), Const(1))
    return rebuild(expr, _slots)


def run(made: TransitionSystem, path: Path, state: State) -> State:
    cells, temps = list(state), dict[str, int]()
    for op in path.body:
        value = compile_expression(made, _slots(op.value), {})(cells, temps)
        if isinstance(op, Let):
            temps[op.temp] = value
            continue
        cell = made.offset[op.variable]
        at = 0
        for index, size in zip(op.index, made.variable[op.variable].shape, strict=True):
            at = at * size + compile_expression(made, _slots(index), {})(cells, temps)
        cells[cell + at] = value
    return tuple(cells)


def assert_same_steps(made: TransitionSystem, most: int = 60) -> int:
    """The number of steps that were compared."""
    semantics = Semantics(made)
    names = violable(made)
    compared = 0
    try:
        states = reached(semantics, most)
        outcomes = {(s, o.action): o for s in states for o in semantics.successors(s)}
    except CountOverflow:
        return 0
    for command, action in zip(commands(made, bind=True), semantics.actions, strict=True):
        assert command.edge is made.edges[action.edge]
        path = command.path
        succeeds, ends = compiled(made, path.succeeds()), compiled(made, path.ends_fatally())
        violated = {name: compiled(made, path.violates({name})) for name in names}
        for state in states:
            outcome = outcomes.get((state, action))
            assert succeeds(state) == (outcome is not None and outcome.state is not None)
            assert ends(state) == (outcome is not None and outcome.state is None)
            failed = {f.name for f in outcome.faults} if outcome else set()
            assert {name for name, found in violated.items() if found(state)} == failed
            if outcome is not None and outcome.state is not None:
                assert run(made, path, state) == outcome.state
            compared += 1
    return compared


def test_steps_of_systems_written_by_hand() -> None:
    for made in (mcs_lock(2), freed_object(), soft_and_hard_checks()):
        assert assert_same_steps(made, 500) > 0


@settings(max_examples=examples(10, 40), deadline=None, suppress_health_check=list(HealthCheck))
@given(transition_systems())
def test_steps_of_random_systems(made: TransitionSystem) -> None:
    assert_same_steps(made)


X, Y = Load("x"), Load("y")
PAIR = system(variables=(Variable("x", Int(0, 7)), Variable("y", Int(0, 7)), Variable("a", Int(0, 7), (3,))))


def test_a_condition_sees_what_the_path_stored() -> None:
    path = path_of(PAIR, (set_("x", Y), Assume(eq(X, 3))))
    assert path.succeeds() == eq(Y, 3)


def test_a_store_to_another_cell_changes_no_condition() -> None:
    cell = Load("a", (Const(1),))
    path = path_of(PAIR, (set_("a", 5, Const(2)), Assume(eq(cell, 3))))
    assert path.succeeds() == eq(cell, 3)


def test_nothing_is_demanded_behind_a_condition_that_never_holds() -> None:
    path = path_of(PAIR, (Assume(FALSE), set_("a", 5, Const(9))))
    assert path.succeeds() == FALSE
    assert path.names() == set()


def test_a_condition_is_demanded_once() -> None:
    path = path_of(
        PAIR, (Assume(eq(X, 3)), Assume(And((eq(X, 3), eq(Y, 1)))), Assume(Or((eq(X, 3), eq(Y, 2)))))
    )
    assert path.succeeds() == And((eq(X, 3), eq(Y, 1)))


def test_an_operand_that_is_not_reached_demands_nothing_by_itself() -> None:
    field = Load("field", (Deref(Load("ref"), "thing"),))
    path = path_of(freed_object(), (Assume(Or((eq(Load("ref"), 0), field))),))
    assert USE_AFTER_FREE in path.names()
    assert not holds(freed_object(), path.violates({USE_AFTER_FREE}), (0, 0, 0))
    assert holds(freed_object(), path.violates({USE_AFTER_FREE}), (1, 0, 0))


def test_a_temporary_is_kept_only_where_its_value_changes_before_it_is_read() -> None:
    old = Let("old", X)
    needed = (old, Assign("x", (), Y), Assign("y", (), Temp("old")))
    needless = (old, Assign("y", (), Temp("old")), Assign("x", (), Y))
    assert without_needless(needed) == needed
    assert without_needless(needless) == (Assign("y", (), X), Assign("x", (), Y))


def test_a_temporary_made_of_another_is_kept_for_what_that_one_reads() -> None:
    body = (Let("a", X), Let("b", plus(Temp("a"), 1)), Assign("x", (), Const(0)), Assign("y", (), Temp("b")))
    assert without_needless(body)[:1] == (Let("a", X),)


def test_types_decide_comparisons_and_masks() -> None:
    made = system(variables=(Variable("flags", Bits("f", ("a", "b"))), Variable("n", Int(2, 5))))
    flags, n, ranges = Load("flags"), Load("n"), Bounds(made, widths=True)
    assert fold_all(Binary("<", n, Const(6)), ranges) == TRUE
    assert fold_all(Binary("==", n, Const(1)), ranges) == FALSE
    assert fold_all(Binary("&", flags, Const(3)), ranges) == flags
    assert fold_all(Binary("&", flags, Const(1)), ranges) == Binary("&", flags, Const(1))
    assert fold_all(Cond(Binary(">=", n, Const(2)), flags, n), ranges) == flags


def test_a_condition_that_cannot_be_evaluated_does_not_hold() -> None:
    made = freed_object()
    condition = condition_of(made, eq(Load("field", (Deref(Load("ref"), "thing"),)), 0))
    assert not holds(made, condition, (0, 1, 0))
    assert holds(made, condition, (1, 1, 0))


def test_a_rule_without_conditions_is_always_possible() -> None:
    made = system(rule("up", set_("x", 1)), variables=(Variable("x", Int(0, 1)),))
    (command,) = commands(made, bind=True)
    assert command.path.succeeds() == TRUE

"""Properties woven into a system are judged in the right state, change nothing else, and say when they say
nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.result import SearchResult
from ovlcheck.lang.diagnostics import CompileError
from ovlcheck.system.expr import TRUE, Binary, Const, Deref, Expr, Load, Not, Or, Param, Temp
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import (
    Assume,
    Edge,
    Event,
    Initial,
    Let,
    Population,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bool, Int, Ref
from ovlcheck.temporal.compose import compose
from ovlcheck.temporal.property import Handler, Property, Update
from tests.hand_built import eq, plus, rule, set_, source, system

N = Load("n")


def at(phase: str, name: str, **arguments: Expr) -> Event:
    return Event(phase, name, tuple((k, v, None) for k, v in arguments.items()), source(7, f"{name}()"))


def counting(*ends: Edge) -> TransitionSystem:
    """``n`` goes from 0 to 3; ``up`` is called before the change and returns after it."""
    up = rule(
        "up",
        Assume(Binary("<", N, Const(3))),
        at("call", "up", old=N),
        set_("n", plus(N, 1)),
        at("return", "up", new=N),
    )
    return system(up, *ends, variables=(Variable("n", Int(0, 3)),))


def on(phase: str, event: str, *parameters: str, name: str = "prop", **how: object) -> Property:
    """A property with one handler, whose fields are ``how``."""
    handler = Handler(phase, event, parameters, source=source(3, "def prop(fs):"), **how)  # type: ignore[arg-type]
    return Property(name, "It holds. Always.", handlers=(handler,))


def search(composed: TransitionSystem) -> SearchResult:
    return Reference().search(composed)


def broken(composed: TransitionSystem) -> dict[str, int]:
    """The violations with the lengths of their shortest runs."""
    return {v.name: len(v.path) for v in search(composed).violations}


def test_always_holds_in_every_state_or_is_violated() -> None:
    low = Property("low", "N stays low.", always=(Binary("<", N, Const(2)),))
    assert broken(compose(counting(), (low,))) == {"low": 2}


def test_before_sees_the_state_before_the_event_and_after_the_state_at_the_return() -> None:
    before = on("call", "up", name="before", predicate=Binary("<", N, Const(2)))
    after = on("return", "up", name="after", predicate=Binary("<", N, Const(2)))
    assert broken(compose(counting(), (before, after))) == {"after": 2, "before": 3}


def test_a_violated_event_predicate_does_not_end_the_run() -> None:
    never = on("call", "up", predicate=eq(N, 9))
    assert len(reachable(compose(counting(), (never,)))) == 4


def test_arguments_are_found_by_name() -> None:
    by_name = on("call", "up", "old", predicate=Binary("<", Param("old"), Const(1)))
    assert broken(compose(counting(), (by_name,))) == {"prop": 2}


def test_arguments_are_found_by_position_where_no_name_matches() -> None:
    by_position = on("return", "up", "value", predicate=Binary("<", Param("value"), Const(3)))
    assert broken(compose(counting(), (by_position,))) == {"prop": 3}


@pytest.mark.parametrize("parameters", [("old", "extra"), ("extra", "old"), ("old", "result")])
def test_an_argument_that_the_event_does_not_have_is_an_error(parameters: tuple[str, ...]) -> None:
    wrong = on("call", "up", *parameters, predicate=eq(Param(parameters[1]), 0))
    with pytest.raises(CompileError) as error:
        compose(counting(), (wrong,))
    (diagnostic,) = error.value.diagnostics
    assert (diagnostic.file, diagnostic.line) == ("model.py", 3)
    assert "has no argument" in diagnostic.message
    assert diagnostic.remedy == "its arguments are: old"


def test_a_result_is_not_taken_for_a_positional_argument() -> None:
    ends = rule("end", at("return", "end", result=N))
    wrong = on("return", "end", "inode", predicate=eq(Param("inode"), 0))
    with pytest.raises(CompileError, match="no argument inode"):
        compose(counting(ends), (wrong,))


def test_an_event_that_the_model_does_not_have_makes_a_note_and_a_vacuous_property() -> None:
    deaf = on("call", "down", predicate=eq(N, 0))
    composed = compose(counting(), (deaf,))
    assert composed.notes == ("prop: this model has no call of down",)
    assert composed.properties[0].covers == ("prop",)
    assert search(composed).covered == frozenset()


def test_the_events_that_a_property_misses_make_one_note() -> None:
    deaf = Property(
        "deaf",
        "",
        handlers=tuple(
            Handler("call", name, (), predicate=eq(N, 0)) for name in ("left", "up", "right", "left")
        ),
    )
    assert compose(counting(), (deaf,)).notes == ("deaf: this model has no call of left, call of right",)


def test_a_premise_that_never_holds_makes_a_property_vacuous() -> None:
    premise = on("call", "up", predicate=Or((Not(eq(N, 3)), eq(N, 9))))
    reached = on("return", "up", name="reached", predicate=Or((Not(eq(N, 3)), eq(N, 3))))
    always = Property("always", "", always=(Or((Not(eq(N, 2)), TRUE, eq(N, 1))),))
    sometimes = Property("sometimes", "", always=(Or((Not(eq(N, 2)), eq(N, 2))),))
    result = search(compose(counting(), (premise, reached, always, sometimes)))
    assert result.covered == {"reached", "sometimes"}


def test_ghosts_of_all_properties_take_their_new_values_at_once() -> None:
    first, second = (Variable(name, Int(0, 3), kind="shared") for name in ("first", "second"))
    swap = Property(
        "swap",
        "",
        handlers=(
            Handler(
                "return",
                "up",
                (),
                updates=(Update("first", (), N), Update("second", (), Load("first"))),
            ),
        ),
        ghosts=(first, second),
    )
    looks = on("return", "up", name="looks", predicate=eq(Load("first"), 0))
    composed = compose(counting(), (swap, looks))
    assert set(reachable(composed)) == {(0, 0, 0), (1, 1, 0), (2, 2, 1), (3, 3, 2)}
    assert broken(composed) == {"looks": 2}
    assert {v.kind for v in composed.variables} == {"shared", "ghost"}


def test_ghosts_of_properties_that_are_not_selected_do_not_exist() -> None:
    assert compose(counting(), ()).variables == counting().variables


def test_a_ghost_is_indexed_by_the_argument_of_the_event() -> None:
    seen = Variable("seen", Bool(), (4,))
    marks = Property(
        "marks",
        "",
        handlers=(Handler("return", "up", ("new",), updates=(Update("seen", (Param("new"),), TRUE),)),),
        ghosts=(seen,),
    )
    assert (3, 0, 1, 1, 1) in reachable(compose(counting(), (marks,)))


def test_nothing_of_the_model_depends_on_a_property() -> None:
    watched = Variable("last", Int(0, 3))
    watcher = Property(
        "watcher",
        "",
        handlers=(Handler("call", "up", (), updates=(Update("last", (), N),)),),
        ghosts=(watched,),
    )
    plain, composed = counting(), compose(counting(), (watcher,))
    assert {s[:1] for s in reachable(composed)} == set(reachable(plain))
    assert search(composed).transitions == search(plain).transitions


def test_a_ghost_that_no_event_of_the_model_changes_exercises_nothing() -> None:
    started = Variable("started", Bool())
    waits = Property(
        "waits",
        "",
        handlers=(
            Handler("call", "start", (), updates=(Update("started", (), TRUE),)),
            Handler("return", "up", (), predicate=Not(Load("started"))),
        ),
        ghosts=(started,),
    )
    composed = compose(counting(), (waits,))
    assert search(composed).covered == frozenset()
    assert composed.notes == ("waits: this model has no call of start",)


def test_events_of_initial_actions_are_heard() -> None:
    started = replace(counting(), initial=(Initial((at("call", "start"),)),))
    ghost = Variable("started", Bool())
    hears = Property(
        "hears",
        "",
        handlers=(Handler("call", "start", (), updates=(Update("started", (), TRUE),)),),
        ghosts=(ghost,),
    )
    assert Semantics(compose(started, (hears,))).initial_states() == ((0, 1),)


def test_several_events_in_one_step_are_each_judged_in_their_own_state() -> None:
    twice = rule(
        "twice",
        Assume(eq(N, 0)),
        at("call", "mark", value=N),
        set_("n", 1),
        at("call", "mark", value=plus(N, 1)),
    )
    marks = on("call", "mark", "value", predicate=eq(Param("value"), 0))
    small = on("call", "mark", name="small", predicate=Binary("<=", N, Const(1)))
    alone = system(twice, variables=(Variable("n", Int(0, 3)),))
    assert broken(compose(alone, (marks, small))) == {"prop": 1}


def test_a_value_before_the_step_is_that_before_the_step() -> None:
    grew = on("return", "up", pre=(("earlier", N),), predicate=Binary("<", Temp("earlier"), Const(2)))
    plus_one = on(
        "return", "up", name="plus_one", pre=(("earlier", N),), predicate=eq(N, plus(Temp("earlier"), 1))
    )
    assert broken(compose(counting(), (grew, plus_one))) == {"prop": 3}


def freeing(index: Expr) -> TransitionSystem:
    """A step that finds out which object it frees only half way, and clears the object's field."""
    thing = Deref(Temp("victim"), "thing")
    free = rule(
        "free",
        set_("turn", plus(Load("turn"), 1)),
        Let("victim", index),
        set_("field", 0, thing),
        set_("alive", 0, thing),
        at("return", "free", thing=Temp("victim")),
    )
    return system(
        replace(free, ops=(Assume(Binary("<", Load("turn"), Const(2))), *free.ops)),
        variables=(
            Variable("turn", Int(0, 2)),
            Variable("field", Bool(), (2,), default=1),
            Variable("alive", Bool(), (2,), "alive", default=1),
        ),
        populations=(Population("thing", 2, "alive"),),
    )


def test_a_value_before_the_step_of_a_freed_object_can_be_asked_for() -> None:
    field = Load("field", (Deref(Param("thing"), "thing"),))
    was_set = on("return", "free", "thing", pre=(("earlier", field),), predicate=Temp("earlier"))
    assert broken(compose(freeing(Load("turn")), (was_set,))) == {}
    was_clear = on("return", "free", "thing", pre=(("earlier", field),), predicate=Not(Temp("earlier")))
    assert broken(compose(freeing(Load("turn")), (was_clear,))) == {"prop": 1}


def test_a_value_before_the_step_of_an_object_freed_before_is_a_fault() -> None:
    field = Load("field", (Deref(Const(1), "thing"),))
    wrong = on("return", "free", "thing", pre=(("earlier", field),), predicate=Temp("earlier"))
    assert broken(compose(freeing(Load("turn")), (wrong,))) == {"null dereference": 2}


def test_saving_values_before_a_step_makes_no_step_fault_that_is_not_enabled() -> None:
    ref = Load("ref")
    free = rule(
        "free",
        Assume(Binary("!=", ref, Const(0))),
        set_("ref", 0),
        at("return", "free"),
    )
    field = Load("field", (Deref(ref, "thing"),))
    composed = compose(
        system(
            free,
            variables=(Variable("ref", Ref("thing", 1)), Variable("field", Bool(), (1,))),
            populations=(Population("thing", 1),),
        ),
        (on("return", "free", pre=(("earlier", field),), predicate=Not(Temp("earlier"))),),
    )
    assert broken(composed) == {}


def test_an_unasked_property_is_only_described() -> None:
    unasked = Property("no_use_after_free", "Nobody uses it.", unasked="use after free")
    composed = compose(counting(), (unasked,))
    assert composed.edges == counting().edges
    (info,) = composed.properties
    assert (info.kind, info.check, info.covers) == ("unasked", "use after free", ())


def test_messages_are_the_first_sentence_of_the_description() -> None:
    (violation,) = search(compose(counting(), (on("call", "up", predicate=eq(N, 9)),))).violations
    assert violation.message == "It holds"


def test_two_properties_or_ghosts_of_one_name_are_refused() -> None:
    low = Property("low", "", always=(TRUE,))
    with pytest.raises(CompileError, match="two properties named low"):
        compose(counting(), (low, low))
    with pytest.raises(CompileError, match="the name of another variable"):
        compose(counting(), (Property("ghostly", "", ghosts=(Variable("n", Bool()),)),))

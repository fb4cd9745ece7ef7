"""Ghosts and handlers that come to nothing in a configuration are no part of the system; all others stay."""

from __future__ import annotations

from ovlcheck.system.expr import Const, Load, Not, Or, Param
from ovlcheck.system.transition_system import Variable
from ovlcheck.system.types import Bool
from ovlcheck.temporal.constant_ghosts import without_constant_ghosts
from ovlcheck.temporal.property import Handler, Property, Update

SEEN = Variable("p.seen", Bool(), kind="ghost")
NEVER = Variable("p.never", Bool(), kind="ghost", default=1)
SAME = Update("p.never", (), Load("p.never"))
SETS = Update("p.seen", (), Load("p.never"))


def lean(*handlers: Handler, always: tuple[Or, ...] = ()) -> Property:
    item = Property("p", "Doc.", handlers=handlers, always=always, ghosts=(SEEN, NEVER))
    return without_constant_ghosts(item)


def test_a_ghost_that_only_keeps_its_value_is_a_constant_everywhere() -> None:
    checks = Handler("return", "f", (), predicate=Not(Load("p.never")))
    item = lean(
        Handler("call", "f", (), updates=(SAME, SETS)),
        checks,
        always=(Or((Load("p.never"), Load("p.seen"))),),
    )
    assert item.ghosts == (SEEN,)
    assert item.handlers[0].updates == (Update("p.seen", (), Const(1)),)
    assert item.handlers[1].predicate == Not(Const(1))
    assert item.always == (Or((Const(1), Load("p.seen"))),)


def test_a_handler_without_any_other_update_does_not_hear_of_its_event() -> None:
    item = lean(Handler("call", "f", (), updates=(SAME,)), Handler("call", "g", (), updates=(SETS,)))
    assert [handler.event for handler in item.handlers] == ["g"]


def test_a_handler_that_had_nothing_to_do_stays() -> None:
    """Its event is one that the model does not have: the report says so."""
    assert [handler.event for handler in lean(Handler("call", "f", ())).handlers] == ["f"]


def test_a_property_whose_ghosts_all_change_is_left_as_it_is() -> None:
    update = Update("p.seen", (), Param("x"))
    item = Property("p", "Doc.", handlers=(Handler("call", "f", ("x",), updates=(update,)),), ghosts=(SEEN,))
    assert without_constant_ghosts(item) == item

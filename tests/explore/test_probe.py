"""First guesses at the widths of counters."""

from ovlcheck.explore import probe
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.search import explore
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model, shipped
from ovlcheck.system.expr import Binary, Const, Load
from ovlcheck.system.transition_system import Check, Variable
from ovlcheck.system.types import Count
from tests.hand_built import rule, set_, system


def widths(system):
    return {v.name: v.type.width for v in system.variables if isinstance(v.type, Count)}


def upstream():
    models = shipped("models")
    assert models is not None
    return build(load_model(models / "upstream.py"), {"calls": 1, "writers": 0, "foreign": False})


def test_a_guess_is_never_wider_than_what_the_search_needs(monkeypatch):
    narrow = upstream()
    monkeypatch.setattr(probe, "WORTH_IT", 0)
    guessed = widths(probe.probed(narrow, 8))
    needed, result = explore(narrow, Reference())
    assert result.complete
    assert all(guessed[name] <= width for name, width in widths(needed).items())
    assert guessed != widths(narrow)


def test_a_guess_is_the_same_every_time(monkeypatch):
    monkeypatch.setattr(probe, "WORTH_IT", 0)
    assert widths(probe.probed(upstream(), 8)) == widths(probe.probed(upstream(), 8))


def test_no_guess_goes_beyond_the_widest_width(monkeypatch):
    monkeypatch.setattr(probe, "WORTH_IT", 0)
    assert set(widths(probe.probed(upstream(), 1)).values()) == {1}


def test_room_is_no_wider_than_asked_for_and_never_narrower_than_before(monkeypatch):
    monkeypatch.setattr(probe, "WORTH_IT", 0)
    assert set(widths(probe.roomy(upstream(), 3)).values()) == {3}
    wide = upstream().with_widths(dict.fromkeys(widths(upstream()), 6))
    assert probe.roomy(wide, 8) == wide


def test_fitted_counters_hold_exactly_what_was_met():
    narrow = upstream()
    first, *others = widths(narrow)
    fitted = widths(probe.fitted(narrow, {first: 8, **dict.fromkeys(others, 0)}))
    assert fitted == {first: 4, **{name: widths(narrow)[name] for name in others}}


def test_a_search_with_room_ends_with_the_widths_that_one_without_needs(monkeypatch):
    monkeypatch.setattr(probe, "WORTH_IT", 0)
    needed, narrow = explore(upstream(), Reference())
    found, wide = explore(upstream(), Reference(), room=True)
    assert found == needed
    assert (wide.states, wide.transitions, wide.violations) == (
        narrow.states, narrow.transitions, narrow.violations,
    )  # fmt: skip


def test_a_violation_whose_step_needs_more_width_than_any_state_keeps_the_room(monkeypatch):
    monkeypatch.setattr(probe, "WORTH_IT", 0)
    passing = system(
        rule("go", set_("n", 3), Check(Binary("<", Load("n"), Const(3)), "never", "n is 3"), set_("n", 0)),
        variables=(Variable("n", Count(1)),),
    )
    found, result = explore(passing, Reference(), room=True)
    assert [v.name for v in result.violations] == ["never"]
    assert (found.variable["n"].type, result.largest) == (Count(4), {"n": 0})

"""A system as text: everything in it, readable, within the width, and the same every time."""

from __future__ import annotations

from dataclasses import replace

from ovlcheck.system.expr import Binary, Const, Load
from ovlcheck.system.show import WIDTH, show
from ovlcheck.system.transition_system import Assume, Check, Event, Parameter, Variable
from ovlcheck.system.types import Bits, Bool, Count, Enum, Ref
from ovlcheck.temporal.compose import compose
from tests.hand_built import crossed_locks, die_hard, eq, mcs_lock, one_lock, rule, set_, system
from tests.temporal.files import files

PHASE = Enum("Phase", ("IDLE", "SYNC", "DONE"))
STATE = Bits("InodeState", ("I_DIRTY", "I_SYNC"))


def test_a_process_is_shown_with_its_locations_steps_and_their_source() -> None:
    text = show(one_lock())
    assert "hand built: 4 bits a state in 4 cells" in text
    assert "process task: 2 instances" in text
    assert "0  task.0  at rest  model.py:10  task line 0" in text
    assert "    0 -> 1: take (model.py:10  task line 0)\n      when not (held[0] or held[1])\n" in text
    assert "      held[self] := 1\n" not in text
    assert "      held[self] := True\n" in text


def test_rules_and_invariants_are_shown() -> None:
    text = show(die_hard())
    assert "rules\n  fill small (model.py:1  fill small)\n    small := 3\n" in text
    assert "let n = small if small < 5 - big else 5 - big" in text
    assert "invariants\n  never_four: not big == 4\n" in text


def test_values_are_shown_by_their_names() -> None:
    phase, state = Load("phase"), Load("i_state")
    text = show(
        system(
            rule(
                "go",
                Assume(eq(phase, 1)),
                Assume(Binary("&", state, Const(2))),
                set_("phase", 2),
                set_("i_state", Binary("|", state, Const(3))),
                set_("owner", 0),
                Check(Binary("!=", Load("owner"), Const(1)), "owned", "", fatal=False),
                Event("call", "evict", (("inode", Const(1), Ref("inode", 1)),)),
                parameters=(Parameter("how", 2),),
            ),
            variables=(
                Variable("phase", PHASE, default=1),
                Variable("i_state", STATE),
                Variable("owner", Ref("inode", 1)),
                Variable("i_count", Count(2)),
                Variable("on", Bool(), (3,)),
            ),
        )
    )
    for line in (
        "go(how < 2) (model.py:1  go)",
        "when phase == SYNC",
        "when i_state & {I_SYNC}",
        "phase := DONE",
        "i_state := i_state | {I_DIRTY, I_SYNC}",
        "owner := None",
        "check owned: owner != inode0",
        "call evict(inode=inode0)",
        "phase    IDLE | SYNC | DONE      2 bits     = SYNC",
        "i_count  counter, for now 0..3   2 bits",
        "on[3]    bool                    3 x 1 bit",
    ):
        assert line in text


def test_constants_properties_and_notes_are_shown() -> None:
    text = show(replace(compose(die_hard(), ()), constants=(("inodes", "2"),), notes=("a note",)))
    assert "constants\n  inodes = 2\n" in text
    assert "notes\n  a note\n" in text
    assert "clean_eviction (event)" in show(files())


def test_lines_fit_a_terminal() -> None:
    name = "i_am_a_long_name_that_somebody_gave_to_a_rule_" * 2
    long = system(
        rule(
            name, *(set_("n", Binary("+", Load("n"), Load("n"))) for _ in range(3)), Assume(eq(Load("n"), 1))
        ),
        variables=(Variable("n", Count(1)),),
    )
    for shown in (show(s) for s in (files(), mcs_lock(), crossed_locks(bystander=True), long)):
        assert max(map(len, shown.splitlines())) <= WIDTH


def test_the_text_is_the_same_every_time() -> None:
    assert show(files()) == show(files())

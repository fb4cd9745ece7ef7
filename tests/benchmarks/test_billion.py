"""The long run says what it did, and is a success only if it came to its end with all the states it should have."""

from __future__ import annotations

import os
from dataclasses import replace

from benchmarks.billion import AT_LEAST, BILLION, resident, run
from benchmarks.systems import ROOT, System

LITTLE = System(
    group="billion",
    model="benchmarks/models/grid.py",
    states=1000,
    enough=1000,
    constants={"last": "9"},
)


def test_a_complete_run_with_enough_states_is_a_success() -> None:
    lines: list[str] = []
    assert run(LITTLE, lines.append, between_looks=0.05)
    told = "\n".join(lines)
    assert "1,000 states, 2,700 transitions, depth 27: every state explored" in told
    assert "bits a state" in told
    assert any(line.endswith("GiB") and " s " in line for line in lines)


def test_too_few_states_are_none() -> None:
    lines: list[str] = []
    assert not run(replace(LITTLE, enough=1001), lines.append)
    assert "1,000 states" in "\n".join(lines)


def test_a_model_that_does_not_compile_is_told_and_no_success() -> None:
    lines: list[str] = []
    assert not run(replace(LITTLE, constants={"no_such": "1"}), lines.append)
    assert "no constant is called 'no_such'" in "\n".join(lines)
    assert lines[-1] == "no result"


def test_the_systems_exist_and_should_have_as_many_states_as_are_asked_for() -> None:
    for system in BILLION:
        assert system.enough == AT_LEAST <= system.states
        assert all((ROOT / file).is_file() for file in (system.model, *system.properties))
        assert system.constants["writers"] == "2"


def test_what_a_process_holds_is_read_from_the_system() -> None:
    assert (resident(os.getpid()) or 0) > 1 << 20
    assert resident(1 << 30) is None

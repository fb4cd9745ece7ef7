"""The stand-alone checker accepts the reached sets of exhaustive runs, and nothing that is short of a state."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ovlcheck.cli import run
from ovlcheck.explore.reference import reachable
from ovlcheck.reached import checker
from ovlcheck.reached.saved import save_reached, spelled_out
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem
from tests.examples import examples
from tests.hand_built import die_hard, references
from tests.random_systems import transition_systems
from tests.symbolic.small_systems import explored, reached

CHECKER = Path(checker.__file__)
unhurried = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
)


def wrong(system: TransitionSystem, states: set[tuple[int, ...]], never: set[str]) -> list[str]:
    return list(checker.check(spelled_out(system, never), states))


def test_it_imports_nothing_but_the_library_of_python() -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(CHECKER.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    assert imported <= set(sys.stdlib_module_names)


@settings(unhurried, max_examples=examples(20, 100))
@given(transition_systems())
def test_reached_sets_of_random_systems_prove_what_is_not_violated(system: TransitionSystem) -> None:
    found = explored(system)
    assume(found is not None and 1 < found.states < 200)
    wide = system.with_widths(dict.fromkeys(found.largest, 6))
    states = set(reached(Semantics(wide), 200))
    names = {"always", "never", "soft", "softer", "asserted", "locked", "use after free", "division by zero"}
    violated = {violation.name for violation in found.violations}
    assert wrong(wide, states, names - violated) == []
    for name in sorted(names & violated):
        assert wrong(wide, states, {name})
    for state in sorted(states)[:: max(1, len(states) // 5)]:
        assert wrong(wide, states - {state}, set())


def test_every_state_is_needed() -> None:
    states = set(reachable(die_hard()))
    assert wrong(die_hard(), states, {"value out of range"}) == []
    for state in states:
        assert wrong(die_hard(), states - {state}, set())


def test_a_counter_is_not_bounded_by_its_width() -> None:
    grown = references(None, width=2)
    assert wrong(grown, {(n,) for n in range(4)}, set()) == ["a successor of (3,) is not in the set"]


def checked(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(CHECKER), str(file)], capture_output=True, text=True, check=False
    )


def test_a_file_is_checked_by_a_process_that_knows_nothing_else(tmp_path: Path) -> None:
    states = list(reachable(die_hard()))
    good, bad = tmp_path / "good.gz", tmp_path / "bad.gz"
    save_reached(die_hard(), states, ["value out of range"], good)
    save_reached(die_hard(), states[:-1], ["value out of range"], bad)
    assert checked(good).returncode == 0
    assert "16 states" in checked(good).stdout
    assert checked(bad).returncode == 1
    assert "NO PROOF" in checked(bad).stdout


def test_check_certificate_knows_both_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "reached.gz"
    save_reached(die_hard(), reachable(die_hard()), ["value out of range"], file)
    assert run(["check-certificate", str(file)]) == 0
    assert "proved: value out of range" in capsys.readouterr().out
    save_reached(die_hard(), list(reachable(die_hard()))[1:], ["value out of range"], file)
    assert run(["check-certificate", str(file)]) == 1
    file.write_bytes(file.read_bytes()[:40])
    assert run(["check-certificate", str(file)]) == 2
    assert "not a certificate" in capsys.readouterr().err

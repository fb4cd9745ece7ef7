"""Little systems through the whole program: every checker that is installed counts the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.machine import RandomUpdates, description
from benchmarks.run import main
from tests.export.agreement import needs_rumur, needs_spin


@needs_spin
@needs_rumur
def test_all_checkers_count_the_same_on_a_system_small_enough_for_a_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--quick", "--only", "b", "--only", "machine", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "results.json").read_text())
    (system,) = found["systems"]
    counted = {(row["states"], row["transitions"], row["error"]) for row in system["rows"]}
    assert counted == {(3852, 10053, None)}
    assert {row["checker"] for row in system["rows"]} == {"ovlcheck", "Spin", "Rumur"}
    assert any(row["variant"].startswith("by hand") for row in system["rows"])
    assert (tmp_path / "RESULTS.md").read_text() == capsys.readouterr().out
    assert all(row["peak_bytes"] > 1 << 20 for row in system["rows"])


def test_the_machine_updates_memory_at_random() -> None:
    with RandomUpdates(0.02) as updates:
        found = updates.measure(4 << 20, 2)
    assert (found.bytes, found.threads) == (4 << 20, 2)
    assert found.per_second > 1e5


def test_the_machine_is_described() -> None:
    found = description()
    assert found["cores"] >= 1
    assert found["memory_bytes"] > 1 << 28
    assert found["idle"] == (found["load"] <= 0.25)

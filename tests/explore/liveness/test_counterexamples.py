"""Counterexamples of both engines: a stem and a loop, and none that does not happen again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovlcheck.explore.replay import ReplayError, replay
from tests.explore.liveness.asking import SPIN, checked, finding
from tests.lang.models import compiled

pytestmark = pytest.mark.usefixtures("engine")


def test_the_loop_is_gone_round_once_and_begins_as_early_as_it_can() -> None:
    text = "@behaviour(unfair='work')\ndef it(fs):\n    return eventually(fs.done)"
    found = finding(SPIN, text).violation
    assert found is not None and found.loop_start == 0 and len(found.path) == 2


@pytest.mark.parametrize("change", ["loop_start", "path"])
def test_a_counterexample_that_is_none_is_not_believed(change: str) -> None:
    system = compiled(SPIN, "@behaviour(unfair='work')\ndef it(fs):\n    return eventually(fs.done)")
    (found,) = checked(system).findings
    violation = found.violation
    assert violation is not None
    replay(system, violation)
    wrong = {
        "loop_start": replace(violation, loop_start=1),
        "path": replace(violation, path=violation.path[:1]),
    }
    with pytest.raises(ReplayError):
        replay(system, wrong[change])

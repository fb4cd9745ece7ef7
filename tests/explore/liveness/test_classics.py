"""Classic systems keep, and break, what is known of their behaviours: after the specifications in tlaplus/Examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.explore.liveness.check import check_requirements
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model, load_properties

CLASSICS = Path(__file__).parents[2] / "lang" / "classics"
HEAD = "from ovlcheck import Int, always, behaviour, eventually, leads_to, possible\n\n\n"

ENTERS = "@behaviour({})\ndef it(fs, me: Int[0, 1]):\n    return leads_to(fs.c[me], not fs.c[me])\n"
GETS = "@behaviour({})\ndef it(fs, i: Int[0, 2]):\n    return leads_to(fs.locked[i], not fs.locked[i])\n"
NOBODY_STARVES = (
    "@behaviour({})\ndef it(fs, p: Int[0, 4]):\n    return always(eventually(not fs.hungry[p]))\n"
)

KNOWN = [
    # Peterson: who wants to enter does, and need not have been made to want it.
    ("peterson", ENTERS.format("weak='proc'"), {}, True),
    ("peterson", ENTERS.format(""), {}, True),
    ("peterson", ENTERS.format("unfair='proc'"), {}, False),
    # Mellor-Crummey and Scott: a queue lock, so nobody who has queued waits for ever.
    ("mcs", GETS.format("weak='task'"), {"tasks": 2, "top": 1}, True),
    # NobodyStarves of DiningPhilosophers.tla, whose processes are fair.
    ("philosophers", NOBODY_STARVES.format("weak='philosopher'"), {}, True),
    ("philosophers", NOBODY_STARVES.format(""), {}, False),
    # DieHard.tla: four gallons can always be had, and never have to be.
    ("die_hard", "@possible\ndef it(fs):\n    return fs.big == 4\n", {}, True),
    ("die_hard", "@eventually\ndef it(fs):\n    return fs.big == 4\n", {}, False),
    (
        "die_hard",
        "@behaviour(strong='small_to_big')\ndef it(fs):\n    return eventually(fs.big == 4)\n",
        {},
        False,
    ),
]


@pytest.mark.parametrize(("name", "text", "constants", "holds"), KNOWN)
def test_what_is_known_of_a_classic(
    name: str, text: str, constants: dict[str, int], holds: bool, tmp_path: Path
) -> None:
    (tmp_path / "properties.py").write_text(
        HEAD + text.replace("Int[0, 2]", f"Int[0, {constants.get('top', 2)}]")
    )
    declared = load_properties([tmp_path / "properties.py"])
    system = build(load_model(CLASSICS / f"{name}.py"), constants, declared)
    (finding,) = check_requirements(system).findings
    assert (finding.violation is None, finding.unknown, finding.vacuous) == (holds, None, False)

"""Each scenario of the collection is followed, and breaks what it says it breaks, in the design it was found in.

In the designs that it names as harmless, no run of the same configuration that follows it breaks anything.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generate.declared import load_page
from ovlcheck.engines import make_engine
from ovlcheck.explore.scenario import run_scenario
from ovlcheck.lang.build import build
from ovlcheck.lang.diagnostics import CompileError
from ovlcheck.lang.loading import load_model, load_properties
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.temporal.scenario_file import Scenario, load_scenario

ROOT = Path(__file__).parents[2]
FILES = sorted(Path(__file__).parent.glob("*.scenario"))
VARIANTS = ("s03b_stale_entry_through_a_mapping", "s03c_stale_entry_through_a_truncate")
"""Other ways to what s03 shows, and long ones: ``make verdicts`` follows them, for their page."""


def model_file(name: str) -> Path:
    """A shipped design, or an edited one beside the scenarios."""
    shipped = ROOT / "models" / f"{name}.py"
    return shipped if shipped.exists() else Path(__file__).parent / f"{name}.py"


def system_for(scenario: Scenario, name: str) -> TransitionSystem:
    model = load_model(model_file(name))
    settings = {key: value for key, value in scenario.settings if key in model.constants}
    declared = load_properties([ROOT / "properties"])
    return build(model, settings, [p for p in declared if p.name in scenario.violates])


@pytest.mark.parametrize("file", [f for f in FILES if f.stem not in VARIANTS], ids=lambda f: f.stem)
def test_a_run_follows_it_and_breaks_what_it_says(file: Path) -> None:
    scenario = load_scenario(file)
    assert scenario.model is not None and scenario.violates
    outcome = run_scenario(system_for(scenario, scenario.model), scenario, make_engine("auto"))
    assert outcome.run is not None
    assert set(outcome.broken) == set(scenario.violates)


def test_what_is_left_out_here_is_followed_for_a_page() -> None:
    runs = {Path(run.scenario).stem for run in load_page("scenarios").runs if run.scenario}
    assert {*VARIANTS, "s03_stale_entry_is_walked"} <= runs <= {file.stem for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_it_is_harmless_where_it_says_so(file: Path) -> None:
    scenario = load_scenario(file)
    assert scenario.harmless_in
    for name in scenario.harmless_in:
        try:
            outcome = run_scenario(system_for(scenario, name), scenario, make_engine("auto"))
        except CompileError as error:
            assert "event" in str(error), "the design has none of the events that the scenario names"
            continue
        assert outcome.complete
        assert outcome.broken == ()

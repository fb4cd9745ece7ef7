"""Asks whether the kernel around a design can do something: a run that follows a few lines, or none."""

from __future__ import annotations

from pathlib import Path

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.scenario import run_scenario
from ovlcheck.lang.build import build
from ovlcheck.lang.loading import load_model
from ovlcheck.temporal.scenario_file import parse_scenario

MODELS = Path(__file__).parents[2] / "models"


def possible(model: str, settings: str, text: str) -> bool:
    """Whether a run of ``model`` follows the scenario ``text``."""
    constants = dict(pair.split("=") for pair in settings.split())
    outcome = run_scenario(
        build(load_model(MODELS / f"{model}.py"), constants), parse_scenario(text), Reference()
    )
    assert outcome.complete
    return outcome.run is not None

"""What is found out about properties of whole behaviours, whatever the engine."""

from __future__ import annotations

from dataclasses import dataclass

from ovlcheck.explore.result import Violation
from ovlcheck.system.formula import Requirement
from ovlcheck.system.transition_system import TransitionSystem

POPULATION_EXHAUSTED = "population exhausted"


@dataclass(frozen=True)
class Finding:
    """The answer about one property.

    ``violation`` is a behaviour that breaks it; without one, ``unknown`` says why nothing can be said, and where that
    is None the property holds.  ``vacuous``: it would hold as well if its last obligation could never be met.
    ``fairness`` is what was assumed.
    """

    name: str
    violation: Violation | None
    unknown: str | None
    vacuous: bool
    fairness: tuple[str, ...]


@dataclass(frozen=True)
class LivenessResult:
    """What ``engine`` found in ``system``, which has the widths that its counters need, and the size of its graph.

    The graph is that of the system under ``reductions``, of which ``notes`` tell.  Of ``seconds``, compiling and what
    comes before it took ``compile_seconds`` and finding the states ``search_seconds``, where the engine does these.
    """

    system: TransitionSystem
    findings: tuple[Finding, ...]
    states: int
    transitions: int
    depth: int
    stopped: str | None
    seconds: float
    engine: str = "reference"
    reductions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    compile_seconds: float = 0.0
    search_seconds: float = 0.0


def shown_binding(requirement: Requirement) -> str:
    """Which instance of a property a message is about; empty where there is only one."""
    if not requirement.binding:
        return ""
    return "for " + ", ".join(f"{name} = {value}" for name, value in requirement.binding) + ": "

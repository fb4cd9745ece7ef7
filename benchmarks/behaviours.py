"""One measurement of a property of whole behaviours, in a process of its own: ``python -m benchmarks.behaviours``.

Prints figures as JSON, or the system as Promela with a claim beside it.  All of it is about the system after slicing:
the states that ovlcheck's search for fair cycles has are those that its search for states has, and Spin's.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ovlcheck.explore.liveness.native import check_natively
from ovlcheck.explore.native.engine import Native
from ovlcheck.explore.result import Limits
from ovlcheck.explore.search import explore
from ovlcheck.export.claim import never
from ovlcheck.export.commands import with_counters
from ovlcheck.export.formats import COUNTER_BITS
from ovlcheck.export.path import condition_of
from ovlcheck.export.premise import assumptions, with_last
from ovlcheck.export.promela import to_promela
from ovlcheck.prepare import Options, prepare
from ovlcheck.system.formula import Possibility, negated
from ovlcheck.system.slicing import slice_system
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.temporal.automaton import translate

MEASURES = ("states", "behaviours", "claim", "premise")


def states(system: TransitionSystem, threads: int) -> dict[str, object]:
    """The search for states: what "our own safety run" means."""
    _, found = explore(slice_system(system)[0], Native(), limits=Limits(threads=threads))
    return {
        "states": found.states,
        "transitions": found.transitions,
        "search_seconds": found.search_seconds,
        "stopped": found.stopped,
    }


def behaviours(system: TransitionSystem, threads: int) -> dict[str, object]:
    """The search for a fair behaviour that breaks the property; whether it says anything is part of it.

    It is made twice, and the second time counters are as wide as they have to be: the search for states does not count
    what it did before that either.
    """
    limits = Limits(threads=threads)
    found = check_natively(check_natively(system, limits=limits).system, limits=limits)
    (finding,) = found.findings
    return {
        "states": found.states,
        "transitions": found.transitions,
        "search_seconds": found.seconds - found.compile_seconds,
        "stopped": found.stopped or finding.unknown,
        "violated": finding.violation is not None,
        "vacuous": finding.vacuous,
    }


def promela(system: TransitionSystem, *, premise: bool) -> str:
    """The system with a claim for the behaviours that break the property.

    With ``premise`` the claim asks for fairness, too; else that is left to whoever runs it.
    """
    system = with_counters(slice_system(system)[0], COUNTER_BITS)
    if premise:
        system = with_last(system)
    (requirement,) = system.requirements
    if isinstance(requirement.demand, Possibility):
        raise ValueError(f"{requirement.name} is no formula of linear temporal logic")
    automaton = translate(negated(requirement.demand))
    atoms = [condition_of(system, atom) for atom in automaton.atoms]
    claim = never(automaton, atoms, assumptions(system, requirement) if premise else ())
    return to_promela(replace(system, requirements=()), flat=False, claim=claim).text


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.behaviours", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("model", type=Path)
    parser.add_argument("property")
    parser.add_argument("--config")
    parser.add_argument("--set", dest="constants", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--properties", type=Path, action="append")
    parser.add_argument("--threads", type=int, default=1)
    said = parser.parse_args(arguments)
    options = Options(
        properties=(said.property,),
        property_paths=tuple(said.properties) if said.properties else None,
        constants=dict(given.split("=", 1) for given in said.constants),
        config=said.config,
    )
    (system,) = prepare(said.model, options).behaviour_systems(True)
    if said.measure in ("claim", "premise"):
        print(promela(system, premise=said.measure == "premise"), end="")
        return 0
    measure = {"states": states, "behaviours": behaviours}[said.measure]
    print(json.dumps(measure(system, said.threads)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The use case behind ``ovlcheck verify --certificate``: every reachable state, written down for a checker apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ovlcheck.errors import UsageError
from ovlcheck.judge import POPULATION_EXHAUSTED
from ovlcheck.prepare import Options, prepare
from ovlcheck.reached.saved import save_reached
from ovlcheck.reached.states import reached_states
from ovlcheck.report.verdict import ANY


@dataclass(frozen=True)
class Certified:
    """What was written: how many states, and the names of what never happens among them."""

    states: int
    never: tuple[str, ...]


def certify(path: Path, options: Options, file: Path) -> Certified:
    """Explore the model in ``path`` without reductions and write what is reached to ``file``.

    Claimed are the properties that hold, but for those about whole behaviours.  Raises ``UsageError`` where the search
    does not come to its end or a population is exhausted, and ``OSError``; otherwise as ``verify_model`` does.
    """
    check_states_are_visited(options)
    system = prepare(path, options).system
    system, search, states = reached_states(system, options.limits, options.engine)
    violated = {violation.name for violation in search.violations}
    if states is None or POPULATION_EXHAUSTED in violated:
        why = search.stopped or f"{POPULATION_EXHAUSTED}, so that some runs were not explored"
        raise UsageError(f"{path}: there is nothing to certify: {why}", "take a smaller --config")
    checks = {info.check or info.name for info in system.properties if info.kind != "behaviour"}
    never = sorted((checks | {POPULATION_EXHAUSTED}) - violated - {"no_deadlock"})
    save_reached(system, map(tuple, states.tolist()), never, file)
    return Certified(search.states, tuple(never))


def check_states_are_visited(options: Options) -> None:
    """Raises ``UsageError`` where numbers of processes are left open, so that there are no states to write down."""
    if options.engine == "symbolic" or ANY in options.constants.values():
        raise UsageError(
            "verify --certificate lists states, and none is visited where a number of processes is left open",
            "use ovlcheck prove --certificate, or give numbers",
        )

"""The part of ``ovlcheck verify`` that chooses which runs are shown: ``--order`` and ``--all``."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ovlcheck.explore.nicest import nicest
from ovlcheck.explore.reorder import reordered
from ovlcheck.explore.result import Engine, Limits, SearchResult
from ovlcheck.explore.variety import others
from ovlcheck.report.verdict import ModelResult, PropertyVerdict
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.trace.build import TraceBuilder


@dataclass(frozen=True)
class Shown:
    """``order`` is what the run that is shown has fewest of, one of ``nicest.ORDERS``, looked for exactly; None for a
    shortest run with its steps in a good order.  ``number`` is how many runs are shown of each violation.
    """

    order: str | None = None
    number: int = 1


SHORTEST = Shown()


def best_runs(
    system: TransitionSystem, search: SearchResult, shown: Shown, engine: Engine, limits: Limits
) -> SearchResult:
    """``search`` of ``system`` with the runs to be shown.  Raises ``ReplayError`` if one is no run of it."""
    if shown.order is None:
        return replace(search, violations=reordered(system, search.violations))
    found = nicest(system, search.violations, engine, shown.order, limits)
    return replace(search, violations=found.violations, notes=(*search.notes, *found.notes))


def with_other_runs(
    result: ModelResult,
    system: TransitionSystem,
    search: SearchResult,
    shown: Shown,
    engine: Engine,
    limits: Limits,
) -> ModelResult:
    """``result`` on ``system`` with further runs for each violation of ``search``, as many as ``shown`` wants.

    Each is the shortest whose calls differ from those of the runs before it.
    """
    checks = {info.name: info.check or info.name for info in system.properties}
    violations = {violation.name: violation for violation in search.violations}
    builder = TraceBuilder(system, result.path)
    rows: list[PropertyVerdict] = []
    notes: list[str] = []
    for row in result.properties:
        violation = violations.get(checks.get(row.name, row.name))
        if row.trace is None or violation is None:
            rows.append(row)
            continue
        more, why = others(system, violation, engine, shown.number - 1, limits)
        told = tuple(builder.build(v, name=row.name, doc=row.doc) for v in reordered(system, more))
        rows.append(replace(row, others=told))
        notes += [why] if why else []
    return replace(result, properties=tuple(rows), notes=(*result.notes, *notes))

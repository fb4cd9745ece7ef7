"""The use case behind ``ovlcheck verify``: a model and options go in, results come out.  It prints
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ovlcheck.engines import make_engine
from ovlcheck.explore.result import Progress, SearchResult
from ovlcheck.explore.search import explore
from ovlcheck.judge import About, judge
from ovlcheck.lang.source import shown_path
from ovlcheck.prepare import Options, Prepared, prepare
from ovlcheck.proved_widths import known_bounds
from ovlcheck.report.verdict import ANY, Audited, ModelResult
from ovlcheck.system.transition_system import TransitionSystem
from ovlcheck.verify_runs import SHORTEST, Shown, best_runs, with_other_runs

MOST_EXPLICIT = 6
"""Beyond so many instances of a process, engine ``auto`` leaves their number open instead of naming each of them."""


def verify_model(
    path: Path, options: Options, progress: Callable[[Progress], None] | None = None, shown: Shown = SHORTEST
) -> ModelResult:
    """The results for the model in the file ``path``; ``shown`` says which runs are shown of violations.

    Raises ``UsageError`` for impossible options and ``CompileError`` for a model or property that
    does not compile.
    """
    if options.engine == "symbolic" or ANY in options.constants.values():
        from ovlcheck.verify_any_number import verify_any_number

        return verify_any_number(path, options, about, progress)
    prepared = prepare(path, options)
    if options.engine == "auto" and any(p.instances > MOST_EXPLICIT for p in prepared.system.processes):
        from ovlcheck.verify_any_number import leaving_open, verify_any_number

        opened = leaving_open(prepared, options, MOST_EXPLICIT)
        if opened is not None:
            return verify_any_number(path, opened, about, progress)
    engine = make_engine(options.engine)
    behaviours = prepared.behaviour_systems(by_name=options.by_name)
    checks = frozenset(p.check or p.name for p in prepared.system.properties)
    system, search = explore(
        prepared.system,
        engine,
        limits=options.limits,
        deadlock_free="no_deadlock" in checks,
        stop_early=checks,
        progress=progress,
        reductions=options.reductions,
        reduce_beyond=options.reduce_beyond,
        proved=known_bounds(prepared) if options.keep_compiled else {},
    )
    known = about(prepared, options)
    search = best_runs(system, search, shown, engine, options.limits)
    result = judge(system, search, known)
    if shown.number > 1:
        result = with_other_runs(result, system, search, shown, engine, options.limits)
    if options.audit:
        result = replace(result, audited=audited(system, search, options))
    if options.engine == "auto" and not search.complete:
        from ovlcheck.verify_out_of_reach import out_of_reach, with_proofs

        if out_of_reach(search, options.limits):
            result = with_proofs(result, path, options, prepared, known, progress)
    if not behaviours:
        return result
    from ovlcheck.verify_behaviours import as_wide_as, with_behaviours

    wide = tuple(as_wide_as(system, one) for one in behaviours)
    return with_behaviours(result, wide, known, options.limits, progress, engine=options.engine)


def audited(system: TransitionSystem, search: SearchResult, options: Options) -> Audited:
    """The audit of the reductions that ``search`` made, or would have made had ``system`` been larger."""
    from ovlcheck.explore.audit.audit import audit
    from ovlcheck.explore.deadlock import NAME
    from ovlcheck.explore.reductions import allowed

    deadlock_free = any((p.check or p.name) == NAME for p in system.properties)
    depth_limit = options.limits.depth is not None
    choice = allowed(options.reductions, deadlock_free=deadlock_free, depth_limit=depth_limit)
    done = audit(system, search.reductions or choice.names, options.audit)
    unused = "" if search.reductions or not choice.names else "; this run was small enough without"
    return Audited(f"{done}{unused}", "" if done.finding is None else str(done.finding))


def about(prepared: Prepared, options: Options) -> About:
    """What verdicts on a prepared model need to know beside its system."""
    model = prepared.model
    return About(
        path=shown_path(str(Path(model.path).resolve())),
        doc=model.doc,
        configuration=prepared.configuration,
        expected=tuple(model.expected_violations),
        vacuous=model.expected_vacuous,
        by_name=options.by_name,
        not_asked=prepared.not_asked,
        limits=options.limits,
    )

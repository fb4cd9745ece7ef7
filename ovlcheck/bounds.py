"""The use case behind ``ovlcheck bounds``: what the refcounts of a model count, and how large they become.

It prints nothing.  Properties play no part in it: they are left out, with all that only they need.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ovlcheck.explore.result import SearchResult, at_state_limit
from ovlcheck.judge import judge
from ovlcheck.prepare import Options, Prepared, prepare
from ovlcheck.proved_widths import keep_bounds
from ovlcheck.report.verdict import ExitCode, ModelResult
from ovlcheck.system.counters import counters_of
from ovlcheck.system.evaluation import REFCOUNT_BELOW_ZERO
from ovlcheck.system.expr import Binary, Const, Load
from ovlcheck.system.slicing import slice_system
from ovlcheck.system.transition_system import Invariant, TransitionSystem
from ovlcheck.verify_model import about

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ovlcheck.symbolic.refcount_bounds import RefcountBounds

MOST_STATES = 20_000_000
"""Where there are more, bounds are guessed from as many, or a few less, that are closest to the initial ones."""


@dataclass(frozen=True)
class Bounds:
    """What is known of the refcounts of one model.

    ``broken`` shows that a refcount falls below zero or grows for ever; then there is nothing ``found``.  ``largest``
    is the greatest value of each variable where all states were visited, and empty where they were not.  ``ends`` are
    the violations at which runs end before their time.
    """

    system: TransitionSystem
    configuration: str
    found: RefcountBounds | None
    broken: ModelResult | None
    largest: Mapping[str, int] = field(default_factory=dict)
    ends: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def exit_code(self) -> ExitCode:
        """VIOLATED where a refcount is broken, UNKNOWN where something is seen that is not proved."""
        if self.found is None:
            return ExitCode.VIOLATED
        return ExitCode.UNKNOWN if self.found.reason else ExitCode.OK


def bounds(
    path: Path, options: Options, seconds: float | None = None, said: Callable[[str], None] | None = None
) -> Bounds:
    """What can be proved of the refcounts of the model in the file ``path``.

    The solver is given ``seconds``; ``said`` is told what is being done.  Raises ``UsageError`` and ``CompileError`` as
    ``verify_model`` does.
    """
    from ovlcheck.reached.states import reached_states
    from ovlcheck.symbolic.answer import Deadline
    from ovlcheck.symbolic.refcount_bounds import refcount_bounds

    tell = said or (lambda text: None)
    began = time.monotonic()
    prepared = prepare(path, replace(options, properties=(), property_paths=(), extra_property_paths=()))
    tell("looking at every state")
    wide, search, states = reached_states(
        _about_counters(prepared.system),
        options.limits,
        options.engine,
        most=MOST_STATES,
        narrow=True,
        leaks=True,
    )
    broken = _broken(wide, search, prepared, options)
    if broken is not None:
        return Bounds(wide, prepared.configuration, None, broken, seconds=time.monotonic() - began)
    tell("learning why refcounts are what they are")
    if states is None:
        states = _first_states(wide, search, options)
    found = refcount_bounds(wide, states, Deadline(seconds), every=search.complete)
    if options.keep_compiled:
        keep_bounds(prepared, found.counters)
    return Bounds(
        wide,
        prepared.configuration,
        found,
        None,
        search.largest if search.complete else {},
        tuple(dict.fromkeys(v.name for v in search.violations)),
        time.monotonic() - began,
    )


def _first_states(system: TransitionSystem, search: SearchResult, options: Options) -> NDArray[np.int64] | None:
    """Of more states than can be looked at those that are closest to the initial ones; None if nobody can tell."""
    from ovlcheck.explore.native import Native
    from ovlcheck.explore.native.problems import NativeUnavailable

    most = min(MOST_STATES, options.limits.states or MOST_STATES)
    if options.engine == "reference" or search.stopped != at_state_limit(most) or search.depth < 2:
        return None
    try:
        return Native().states(system, True, search.depth - 1)
    except NativeUnavailable:
        return None


def _about_counters(system: TransitionSystem) -> TransitionSystem:
    """``system`` without the variables that influence nothing, but with every counter: one that only grows, too."""
    looked_at = tuple(
        Invariant(name, Binary(">=", Load(name, tuple(map(Const, index))), Const(0)))
        for name, index in counters_of(system)
    )
    sliced, _ = slice_system(replace(system, invariants=(*system.invariants, *looked_at)))
    return replace(sliced, invariants=system.invariants)


def _broken(
    system: TransitionSystem, search: SearchResult, prepared: Prepared, options: Options
) -> ModelResult | None:
    """What is wrong with refcounts: one falls below zero, or grows for ever; None if nothing is."""
    grows = search.stopped is not None and "grows beyond" in search.stopped
    below = tuple(v for v in search.violations if v.name == REFCOUNT_BELOW_ZERO)
    known = about(prepared, options)
    return judge(system, replace(search, violations=below), known) if grows or below else None

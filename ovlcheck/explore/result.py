"""What a search is asked for and what it answers, whatever the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ovlcheck.system.action import Action, State
from ovlcheck.system.transition_system import TransitionSystem


@dataclass(frozen=True)
class Limits:
    """Where a search stops and what it may use of the machine; ``None`` is no limit.

    ``seconds`` is wall time, ``depth`` counts steps, ``memory`` is bytes for the states and what finds them;
    without one a search takes the ``threads`` and the memory that the machine has.  What is found depends on
    neither; an engine that cannot use several threads uses one.
    """

    states: int | None = None
    depth: int | None = None
    seconds: float | None = None
    threads: int | None = None
    memory: int | None = None


def at_state_limit(limit: int | None) -> str:
    """Why a search ``stopped`` that met its limit of states; threads may have left a few of them to be found."""
    return f"state limit of {limit} reached"


@dataclass(frozen=True)
class Progress:
    """A snapshot for whoever watches: the layer being expanded, states so far, states waiting, seconds.

    ``bytes`` is the memory that the search holds, 0 where the engine does not say.
    """

    depth: int
    states: int
    queue: int
    seconds: float
    bytes: int = 0


@dataclass(frozen=True)
class Violation:
    """The shortest way found to break ``name`` (a property, or the kind of an unasked check).

    ``path`` leads from ``initial``; its last action is the one in whose step the violation shows (for an
    invariant: the one that reaches the bad state).  ``blocked`` lists, for ``no_deadlock`` and deadlocks,
    the instances that are stuck.  ``loop_start``: the run repeats the actions from there on for ever, or, if there
    are none, stays in its last state for ever.
    """

    name: str
    message: str
    initial: State
    path: tuple[Action, ...]
    blocked: tuple[tuple[str, int], ...] = ()
    loop_start: int | None = None


INTERRUPTED = "interrupted"
"""Why a search ``stopped`` that the user ended."""


@dataclass(frozen=True)
class SearchResult:
    """The answer of an engine.

    ``complete``: every reachable state was visited and expanded (beyond fatal violations nothing is
    reachable). ``stopped`` says why not, otherwise None.  ``fired`` are indices of edges that were taken,
    ``covered`` names of covers that were met, ``levels`` the number of states at each breadth-first
    distance, ``largest`` the greatest value met of each ``Count`` variable.  ``reductions`` name what made
    states, transitions and levels fewer than those of the system as it was.  ``search_seconds`` is the part of
    ``seconds`` that the engine took to find these states, after everything was compiled.
    """

    engine: str
    complete: bool
    stopped: str | None
    states: int
    transitions: int
    levels: tuple[int, ...]
    violations: tuple[Violation, ...]
    fired: frozenset[int]
    covered: frozenset[str]
    largest: dict[str, int]
    seconds: float
    bytes_per_state: float
    notes: tuple[str, ...] = field(default=())
    reductions: tuple[str, ...] = ()
    search_seconds: float = 0.0

    @property
    def depth(self) -> int:
        return max(len(self.levels) - 1, 0)

    def unless_interrupted(self) -> SearchResult:
        """It, for who has no use for half a search.  Raises ``KeyboardInterrupt`` if the user ended it."""
        if self.stopped == INTERRUPTED:
            raise KeyboardInterrupt
        return self


def nothing_found(engine: str, stopped: str | None) -> SearchResult:
    """The answer where nothing was searched, or all that was is given up."""
    return SearchResult(
        engine=engine,
        complete=False,
        stopped=stopped,
        states=0,
        transitions=0,
        levels=(),
        violations=(),
        fired=frozenset(),
        covered=frozenset(),
        largest={},
        seconds=0.0,
        bytes_per_state=0.0,
    )


class WidthOverflow(Exception):
    """A ``Count`` outgrew its width: the search is to start again with a wider one.

    ``initial`` and ``path`` lead to the step that overflows; ``path`` is empty where an initial state does.
    ``partial`` is what the search had found by then, if the engine can tell.
    """

    def __init__(
        self, variable: str, initial: State, path: tuple[Action, ...], partial: SearchResult | None = None
    ) -> None:
        super().__init__(variable)
        self.variable = variable
        self.initial = initial
        self.path = path
        self.partial = partial


class Engine(Protocol):
    """Explores ``system`` breadth-first.

    ``deadlock_free`` asks for ``no_deadlock`` too.  ``stop_early`` ends the search, with ``complete`` False
    and ``stopped`` saying so, once every name in it has been violated (empty: never).  Raises
    ``WidthOverflow``.
    """

    name: str

    def search(
        self,
        system: TransitionSystem,
        *,
        limits: Limits = Limits(),
        deadlock_free: bool = False,
        stop_early: frozenset[str] = frozenset(),
        progress: Callable[[Progress], None] | None = None,
    ) -> SearchResult: ...

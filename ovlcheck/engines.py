"""The engines by the names that a user gives them, and engines around engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ovlcheck.errors import UsageError
from ovlcheck.explore.native import Native
from ovlcheck.explore.native.problems import NativeUnavailable
from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Engine, Limits, Progress, SearchResult
from ovlcheck.system.transition_system import TransitionSystem


def make_engine(name: str) -> Engine:
    """The engine called ``name``: ``native``, ``reference``, or ``auto`` for whichever can be had.

    Raises ``UsageError`` for ``symbolic``, which finds no runs: only ``verify`` without a scenario asks it.
    """
    if name == "symbolic":
        raise UsageError(
            "--engine symbolic proves properties for any number of tasks, and does nothing else", "use --engine auto"
        )
    engines: dict[str, Callable[[], Engine]] = {
        "native": lambda: NativeOrElse(None),
        "reference": Reference,
        "auto": lambda: NativeOrElse(Reference()),
    }
    return engines[name]()


class NativeOrElse:
    """The native engine where it can run, else ``other``, with a note that says why."""

    def __init__(self, other: Engine | None) -> None:
        self._other = other
        self.name = "native" if other is None else "auto"

    def search(
        self,
        system: TransitionSystem,
        *,
        limits: Limits = Limits(),
        deadlock_free: bool = False,
        stop_early: frozenset[str] = frozenset(),
        progress: Callable[[Progress], None] | None = None,
    ) -> SearchResult:
        """Raises ``WidthOverflow``, and ``UsageError`` where only another engine could run and
        there is none.
        """

        def run(engine: Engine) -> SearchResult:
            return engine.search(
                system, limits=limits, deadlock_free=deadlock_free, stop_early=stop_early, progress=progress
            )

        try:
            return run(Native())
        except NativeUnavailable as why:
            if self._other is None:
                raise UsageError(
                    f"--engine native: {why}", "set CC to a C compiler, or use --engine reference, which is slower"
                ) from why
            result = run(self._other)
            note = f"explored by the {self._other.name} engine, which is slower: {why}"
            return replace(result, notes=(note, *result.notes))


class Counting:
    """Passes searches on to ``engine`` and keeps their results."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name
        self.results: list[SearchResult] = []

    def search(
        self,
        system: TransitionSystem,
        *,
        limits: Limits = Limits(),
        deadlock_free: bool = False,
        stop_early: frozenset[str] = frozenset(),
        progress: Callable[[Progress], None] | None = None,
    ) -> SearchResult:
        """Raises what ``engine`` raises."""
        result = self._engine.search(
            system, limits=limits, deadlock_free=deadlock_free, stop_early=stop_early, progress=progress
        )
        self.results.append(result)
        return result

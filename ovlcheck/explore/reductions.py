"""Reductions around a search: which system the engine is given, and what its answer says about the system as it was.

Nobody outside sees a reduced system: violations come back as paths of original steps, the edges taken as original
edges.  Only counts of states and transitions, and the depth, are those of the reduced system, and the result names the
reductions that they are under.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ovlcheck.explore.replay import ReplayError
from ovlcheck.explore.result import SearchResult, Violation, WidthOverflow
from ovlcheck.system.action import Action, State
from ovlcheck.system.composition import Part, whole
from ovlcheck.system.fusion import Fused, fuse
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.slicing import SliceReport, slice_system
from ovlcheck.system.transition_system import TransitionSystem

SLICING = "slicing"
FUSION = "fusion"
EVERY = (SLICING, FUSION)
"""All reductions by name, in the order in which they are made."""


class ReductionError(Exception):
    """A reduced search missed what an unreduced one finds: a defect of the checker, never of the model."""


@dataclass(frozen=True)
class Choice:
    """The reductions to be made, and a line for each that was asked for and is not."""

    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def allowed(names: Iterable[str], *, deadlock_free: bool, depth_limit: bool) -> Choice:
    """Of the reductions called ``names`` those that keep what is asked for.

    ``no_deadlock`` asks for single steps that change the state, and a limit on the depth counts single steps: fused
    ones are others.  A step that changes only what slicing leaves out is no move any more.
    """
    wanted = [name for name in EVERY if name in set(names)]
    refused: dict[str, str] = {}
    if deadlock_free:
        refused.update(dict.fromkeys(EVERY, "no_deadlock looks at single steps"))
    if depth_limit:
        refused.setdefault(FUSION, "the depth limit counts single steps")
    kept = tuple(name for name in wanted if name not in refused)
    return Choice(kept, tuple(f"{n}: switched off, {refused[n]}" for n in wanted if n in refused))


class Reduction:
    """``system`` under the reductions called ``names``: ``reduced`` is what the engine is to explore."""

    def __init__(self, system: TransitionSystem, names: tuple[str, ...]) -> None:
        self.original = system
        self.sliced, self._slice = (
            slice_system(system) if SLICING in names else (system, SliceReport((), 0, 0))
        )
        self._fused: Fused | None = fuse(self.sliced) if FUSION in names else None
        self.reduced = self.sliced if self._fused is None else self._fused.system
        self.names = names
        self._semantics: Semantics | None = None

    @property
    def fuses(self) -> bool:
        """Whether any steps have become one."""
        return self._fused is not None and self._fused.removed > 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What each reduction left out, a line each."""
        lines = [str(self._slice)] if SLICING in self.names else []
        if self._fused is not None:
            places = sum(len(p.locations) for p in self.sliced.processes)
            lines.append(f"fusion: {self._fused.removed} of {places} positions are inside a step now")
        return tuple(lines)

    @property
    def cells(self) -> tuple[int, ...]:
        """The cells of a state of the original that a state of ``reduced`` has, in its order."""
        at = self.original.offset
        return tuple(at[v.name] + i for v in self.sliced.variables for i in range(v.cells))

    def passes(self, state: State) -> bool:
        """Whether some instance stands, in a state of ``reduced``'s cells, where a fused step may only pass by."""
        return self._fused is not None and self._fused.passes(state)

    def result(self, found: SearchResult) -> SearchResult:
        """What the engine found in ``reduced``, told of the original.

        Raises ``ReplayError`` for a path that ``reduced`` cannot have.
        """
        if not self.names:
            return found
        return replace(
            found,
            violations=tuple(self.violation(v) for v in found.violations),
            fired=frozenset(part.edge for edge in found.fired for part in self._parts(edge)),
            reductions=self.names,
        )

    def violation(self, found: Violation) -> Violation:
        """The violation with the path in the original that its own path stands for.

        The last step is cut off behind the part in which the violation shows.
        """
        initial, path = self._expand(found.initial, found.path, found.name)
        return replace(found, initial=initial, path=path)

    def overflow(self, found: WidthOverflow) -> WidthOverflow:
        partial = None if found.partial is None else self.result(found.partial)
        if not found.path:
            return WidthOverflow(found.variable, (), (), partial)
        initial, path = self._expand(found.initial, found.path, None)
        return WidthOverflow(found.variable, initial, path, partial)

    def _expand(
        self, initial: State, path: tuple[Action, ...], name: str | None
    ) -> tuple[State, tuple[Action, ...]]:
        """``name``: the violation that ends the path, None for an overflow."""
        try:
            return self._steps(initial, path, name)
        except (KeyError, IndexError):
            raise ReplayError(f"{name or 'overflow'}: a step is no action of the reduced system") from None

    def _steps(
        self, initial: State, path: tuple[Action, ...], name: str | None
    ) -> tuple[State, tuple[Action, ...]]:
        semantics = self._semantics = self._semantics or Semantics(self.original)
        state = start = self._original_initial(semantics, initial)
        steps: list[Action] = []
        for number, action in enumerate(path):
            for part in self._parts(action.edge):
                step = Action(part.edge, tuple(action.arguments[at] for at in part.positions))
                steps.append(step)
                try:
                    outcome = semantics.fire(state, step)
                except CountOverflow:
                    return start, tuple(steps)
                shows = (
                    outcome is None or outcome.state is None or any(f.name == name for f in outcome.faults)
                )
                if outcome is None or outcome.state is None or (shows and number + 1 == len(path)):
                    return start, tuple(steps)
                state = outcome.state
        return start, tuple(steps)

    def _original_initial(self, semantics: Semantics, reduced: State) -> State:
        if self.sliced is self.original:
            return reduced
        cells = self.cells
        for outcome in semantics.initial_outcomes():
            state = outcome.state or outcome.partial
            if state is not None and tuple(state[cell] for cell in cells) == reduced:
                return state
        return reduced

    def _parts(self, edge: int) -> tuple[Part, ...]:
        if self._fused is None:
            return whole(edge, self.sliced.edges[edge])
        return self._fused.parts[edge]


def with_shortest(result: SearchResult, unreduced: SearchResult) -> SearchResult:
    """``result`` with the violations of ``unreduced``, which are shortest, in the place of its own.

    ``unreduced`` is a search of the system as it was that may have been cut short.  A violation that it does not
    have keeps the path that the reduced search gave it, and the notes say so.  Raises ``ReductionError`` if it has
    one that a complete reduced search does not have.
    """
    shortest = {v.name: v for v in unreduced.violations}
    missed = sorted(shortest.keys() - {v.name for v in result.violations})
    if missed and result.complete:
        raise ReductionError(f"{', '.join(missed)}: violated, but not under {', '.join(result.reductions)}")
    longer = sorted({v.name for v in result.violations} - shortest.keys())
    notes = tuple(
        f"{name}: there may be a shorter trace, the search for it was cut short: {unreduced.stopped}"
        for name in longer
    )
    violations = tuple(shortest.get(v.name, v) for v in result.violations)
    return replace(result, violations=violations, notes=(*result.notes, *notes))

"""Reductions around a search: which system the engine is given, and what its answer says about the system as it was.

Nobody outside sees a reduced system: violations come back as paths of original steps, the edges taken as original
edges.  Only counts of states and transitions, and the depth, are those of the reduced system, and the result names the
reductions that they are under.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from itertools import product

from ovlcheck.explore import deadlock
from ovlcheck.explore.reference import DEADLOCK
from ovlcheck.explore.replay import ReplayError, replay_path
from ovlcheck.explore.result import Limits, SearchResult, Violation, WidthOverflow
from ovlcheck.system.action import Action, State
from ovlcheck.system.ample import Ample, ample
from ovlcheck.system.composition import Part, whole
from ovlcheck.system.fusion import Fused, fuse
from ovlcheck.system.semantics import CountOverflow, Semantics
from ovlcheck.system.slicing import SliceReport, slice_system
from ovlcheck.system.symmetry import symmetric
from ovlcheck.system.transition_system import Edge, TransitionSystem

SLICING = "slicing"
FUSION = "fusion"
SYMMETRY = "symmetry"
PARTIAL_ORDER = "partial-order"
EVERY = (SLICING, FUSION, SYMMETRY, PARTIAL_ORDER)
"""All reductions by name, in the order in which they are made."""

USUAL = (SLICING, FUSION, SYMMETRY)
"""Those that are made where the user does not say: partial order saves too little on contended objects."""

REDUCE_BEYOND = 500_000
"""A system of no more states than this is explored as it is, which is quicker, unless the user wants it otherwise."""


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
    ones are others, and partial order keeps longer runs.  A step that changes only what slicing leaves out is no
    move any more.
    """
    wanted = [name for name in EVERY if name in set(names)]
    refused: dict[str, str] = {}
    if deadlock_free:
        refused.update(dict.fromkeys(EVERY, "no_deadlock looks at single steps"))
    if depth_limit:
        refused.setdefault(FUSION, "the depth limit counts single steps")
        refused.setdefault(PARTIAL_ORDER, "the depth limit counts the steps of shortest runs")
    kept = tuple(name for name in wanted if name not in refused)
    return Choice(kept, tuple(f"{n}: switched off, {refused[n]}" for n in wanted if n in refused))


class Reduction:
    """``system`` under the reductions called ``names``: ``reduced`` is what the engine is to explore.

    On the way there are ``sliced``, ``runs`` with runs that are one step, and ``sorting``, which also sorts instances.
    """

    def __init__(
        self, system: TransitionSystem, names: tuple[str, ...], seen: frozenset[str] = frozenset()
    ) -> None:
        """``seen`` is what an earlier search left ``doubtful``."""
        self.original = system
        self.sliced, self._slice = (
            slice_system(system) if SLICING in names else (system, SliceReport((), 0, 0))
        )
        self._fused: Fused | None = fuse(self.sliced, seen) if FUSION in names else None
        self.runs = self.sliced if self._fused is None else self._fused.system
        self._symmetric = symmetric(self.runs) if SYMMETRY in names else None
        self.sorting = self.runs if self._symmetric is None else self._symmetric.system
        self.ample: Ample | None = ample(self.runs) if PARTIAL_ORDER in names else None
        self.reduced = self.sorting if self.ample is None else self.ample.guard(self.runs, self.sorting)
        self.names = names
        self._semantics: Semantics | None = None

    def with_widths(self, widths: dict[str, int]) -> "Reduction":
        """The same reduction of the original with these widths for its counters: a path may overflow the others."""
        other = copy(self)
        other.original, other._semantics = self.original.with_widths(widths), None
        return other

    @property
    def fused(self) -> tuple[tuple[int, ...], ...]:
        """For each edge of ``runs`` the edges of ``sliced`` that it runs."""
        return tuple(tuple(p.edge for p in self._parts(e)) for e in range(len(self.runs.edges)))

    @property
    def bounds(self) -> Mapping[str, int]:
        """For counts, what fusion believes that no value exceeds."""
        return {} if self._fused is None else self._fused.bounds

    @property
    def found_otherwise(self) -> frozenset[str]:
        """The counts and covers that may be greater, or met, inside fused steps alone."""
        return frozenset() if self._fused is None else self._fused.hoped | self._fused.bounds.keys()

    @property
    def notes(self) -> tuple[str, ...]:
        """What each reduction left out, a line each."""
        lines = [str(self._slice)] if SLICING in self.names else []
        if self._fused is not None:
            places = sum(len(p.locations) for p in self.sliced.processes)
            lines.append(f"fusion: {self._fused.removed} of {places} positions are inside a step now")
        if self._symmetric is not None and self._symmetric.processes:
            lines.append(f"symmetry: instances are interchangeable of {', '.join(self._symmetric.processes)}")
        if self._symmetric is not None and self._symmetric.populations:
            lines.append(f"symmetry: objects are interchangeable of {', '.join(self._symmetric.populations)}")
        if self.ample is not None:
            first = sum(map(len, self.ample.places.values()))
            lines.append(f"partial order: a process may go first at {first} positions")
        return tuple(lines)

    @property
    def cells(self) -> tuple[int, ...]:
        """The cells of a state of the original that a state of ``reduced`` has, in its order."""
        at = self.original.offset
        return tuple(at[v.name] + i for v in self.sliced.variables for i in range(v.cells))

    def canonical(self, state: State) -> State:
        """The least of the states that ``state``, of the cells of ``reduced``, becomes when instances, or objects, that
        are interchangeable change places.
        """
        return state if self._symmetric is None else self._symmetric.canonical(state)

    def passes(self, state: State) -> bool:
        """Whether some instance stands, in a state of ``reduced``'s cells, where a fused step may only pass by."""
        return self._fused is not None and self._fused.passes(state)

    def doubtful(self, found: SearchResult) -> frozenset[str]:
        """The counts and covers of which ``reduced`` may have shown too little: to be ``seen`` in another search."""
        if self._fused is None or not found.complete:
            return frozenset()
        return self._fused.doubtful(found.largest, found.covered)

    def result(self, found: SearchResult) -> SearchResult:
        """What the engine found in ``reduced``, told of the original.

        Raises ``ReplayError`` for a path that ``reduced`` cannot have.
        """
        if not self.names:
            return found
        return replace(
            found,
            violations=tuple(self.violation(v) for v in found.violations),
            fired=self._alike(part.edge for edge in found.fired for part in self._parts(edge)),
            reductions=self.names,
        )

    def _alike(self, fired: Iterable[int]) -> frozenset[int]:
        """``fired`` and, where objects are interchangeable, the edges that run the same lines for others of them."""
        if self._symmetric is None or not self._symmetric.populations:
            return frozenset(fired)
        edges = self.original.edges
        texts = {_text(edges[number]) for number in fired}
        return frozenset(number for number, edge in enumerate(edges) if _text(edge) in texts)

    def violation(self, found: Violation) -> Violation:
        """The violation with the path in the original that its own path stands for.

        The last step is cut off behind the part in which the violation shows.
        """
        initial, path = self._expand(found.initial, found.path, found.name)
        told = replace(found, initial=initial, path=path)
        return self._deadlock(told) if found.name == DEADLOCK and found.blocked else told

    def _deadlock(self, found: Violation) -> Violation:
        """``found`` with the instances that are stuck where its path ends: they may have changed places."""
        semantics = self._known()
        states, _ = replay_path(semantics, found.initial, found.path)
        stuck = tuple(who for who in semantics.instances if not semantics.at_rest(states[-1], *who))
        return replace(found, blocked=stuck, message=deadlock.explain(semantics, states[-1], stuck))

    def _known(self) -> Semantics:
        self._semantics = self._semantics or Semantics(self.original)
        return self._semantics

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
        semantics = self._known()
        path = self._told_apart(initial, path)
        state = start = self._original_initial(semantics, initial, name, path)
        steps: list[Action] = []
        for number, action in enumerate(path):
            for part in self._parts(action.edge):
                step = Action(part.edge, tuple(action.arguments[at] for at in part.positions))
                steps.append(step)
                try:
                    outcome = semantics.fire(state, step)
                except CountOverflow:
                    return start, tuple(steps)
                if outcome is None or outcome.state is None:
                    return start, tuple(steps)
                if number + 1 == len(path) and any(failure.name == name for failure in outcome.faults):
                    return start, tuple(steps)
                state = outcome.state
        return start, tuple(steps)

    def _told_apart(self, state: State, path: tuple[Action, ...]) -> tuple[Action, ...]:
        """``path``, whose steps are of sorted instances and objects, as steps of such that stay who they are."""
        if self._symmetric is None or not (self._symmetric.processes or self._symmetric.populations):
            return path
        sorting, apart = Semantics(self.reduced), Semantics(self.runs)
        sorted_state, steps = state, list[Action]()
        for action in path:
            wanted = _ending(sorting, sorted_state, action)
            goal = None if wanted.state is None else self.canonical(wanted.state)
            for step in self._by_each(action):
                found = _ending(apart, state, step)
                if wanted.names == found.names and (
                    goal is found.state is None
                    or (found.state is not None and self.canonical(found.state) == goal)
                ):
                    break
            else:
                raise ReplayError("a step of sorted instances and objects is one of none of them")
            steps.append(step)
            if wanted.state is None or found.state is None:
                break
            sorted_state, state = wanted.state, found.state
        return tuple(steps)

    def _by_each(self, action: Action) -> Iterator[Action]:
        """``action`` first, then what it may be of other instances and objects."""
        edge = self.runs.edges[action.edge]
        assert self._symmetric is not None
        yield action
        if self._symmetric.populations:
            for number, other in enumerate(self.runs.edges):
                if _text(other) == _text(edge):
                    for arguments in product(*(range(p.size) for p in other.parameters)):
                        yield Action(number, arguments)
        elif edge.process in self._symmetric.processes:
            at = next(i for i, p in enumerate(edge.parameters) if p.name == "self")
            for instance in range(edge.parameters[at].size):
                yield Action(action.edge, (*action.arguments[:at], instance, *action.arguments[at + 1 :]))

    def _original_initial(
        self, semantics: Semantics, reduced: State, name: str | None, path: tuple[Action, ...]
    ) -> State:
        """An initial state of the original that looks like ``reduced``, and from which ``path`` can break ``name``.

        Several may look so.  Without a step it is making the state, or the state, that breaks ``name``; where a
        violation ended the making of one there is nothing to go on from.
        """
        if self.sliced is self.original:
            return reduced
        cells = self.cells
        alike = [
            (outcome, state)
            for outcome in semantics.initial_outcomes()
            if (state := outcome.state or outcome.partial) is not None
            and tuple(state[cell] for cell in cells) == reduced
        ]
        breaking = [
            state for outcome, state in alike if not path and name in {f.name for f in outcome.faults}
        ]
        complete = [state for outcome, state in alike if outcome.state is not None]
        return next(iter((*breaking, *complete, *(state for _, state in alike))), reduced)

    def _parts(self, edge: int) -> tuple[Part, ...]:
        if self._fused is None:
            return whole(edge, self.sliced.edges[edge])
        return self._fused.parts[edge]


def _text(edge: Edge) -> tuple[object, ...]:
    """The part of the model's text that ``edge`` runs: the same for all objects that it may be about."""
    return edge.name, edge.process, edge.origin, edge.target, edge.source, edge.lines


@dataclass(frozen=True)
class _Ending:
    """What a step comes to: the failures and covers by name, and the state, None if there is none."""

    names: tuple[str, ...]
    state: State | None


def _ending(semantics: Semantics, state: State, action: Action) -> _Ending:
    try:
        outcome = semantics.fire(state, action)
    except CountOverflow as overflow:
        return _Ending(("overflow", overflow.variable), None)
    if outcome is None:
        return _Ending(("blocked",), None)
    return _Ending((*(f.name for f in outcome.faults), *outcome.covered), outcome.state)


def with_shortest(
    result: SearchResult, unreduced: SearchResult, within: Limits, longer: frozenset[str]
) -> SearchResult:
    """``result`` with violations of ``unreduced``, whose paths are shortest, in the place of those named ``longer``.

    ``unreduced`` is a search without fusion that may have been cut short.  If it went as deep as ``within`` says, there
    is no shorter path for a violation that it does not have; if not, the notes say whose trace may not be shortest.
    Raises ``ReductionError`` if it has a violation that a complete reduced search does not have.
    """
    known = {v.name: v for v in result.violations}
    shortest = {v.name: v for v in unreduced.violations}
    missed = sorted(shortest.keys() - known.keys())
    if missed and result.complete:
        raise ReductionError(f"{', '.join(missed)}: violated, but not under {', '.join(result.reductions)}")
    deep_enough = unreduced.complete or (within.depth is not None and unreduced.depth >= within.depth)
    notes = tuple(
        f"{name}: there may be a shorter trace, the search for it was cut short: {unreduced.stopped}"
        for name in sorted(longer - shortest.keys())
        if not deep_enough
    )
    shorter = {n: v for n, v in shortest.items() if n in known and len(v.path) < len(known[n].path)}
    violations = tuple(shorter.get(v.name, v) for v in result.violations)
    return replace(result, violations=violations, notes=(*result.notes, *notes))

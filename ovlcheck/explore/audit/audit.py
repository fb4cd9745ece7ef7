"""The audit of a run: each reduction that it made, tried out on the system that it reduced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ovlcheck.explore.audit.finding import Finding, Tried
from ovlcheck.explore.audit.fusion import audit_fusion
from ovlcheck.explore.audit.partial_order import audit_partial_order
from ovlcheck.explore.audit.sameness import audit_slicing, audit_symmetry
from ovlcheck.explore.audit.sample import SEED, sample
from ovlcheck.explore.reductions import FUSION, PARTIAL_ORDER, SLICING, SYMMETRY, Reduction
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import TransitionSystem


@dataclass(frozen=True)
class Audit:
    """What was tried of each reduction, in the order in which they are made."""

    tried: tuple[Tried, ...]

    @property
    def finding(self) -> Finding | None:
        """The first belief that is wrong; None: no such one was found."""
        return next((t.finding for t in self.tried if t.finding is not None), None)

    def __str__(self) -> str:
        """One line on how far it went."""
        if not self.tried:
            return "no reduction was made"
        sampled = f" (random runs from seed {SEED})" if not all(t.whole for t in self.tried) else ""
        return f"{'; '.join(map(str, self.tried))}{sampled}"


def audit(system: TransitionSystem, names: tuple[str, ...], most: int) -> Audit:
    """Tries the reductions called ``names`` of ``system`` in at most ``most`` states each.

    It stops at the first belief that is wrong: the reductions behind it are made of what is wrong already.
    Counters must be as wide as a search of ``system`` needs them.
    """
    tried: list[Tried] = []
    for trial in _trials(Reduction(system, names), most):
        tried.append(trial)
        if trial.finding is not None:
            break
    return Audit(tuple(tried))


def _trials(reduction: Reduction, most: int) -> Iterator[Tried]:
    names = reduction.names
    if SLICING in names:
        original = Semantics(reduction.original)
        yield audit_slicing(original, reduction.cells, sample(original, most))
    if FUSION in names:
        sliced = Semantics(reduction.sliced)
        yield audit_fusion(
            sliced, reduction.fused, sample(sliced, most), reduction.found_otherwise, reduction.bounds
        )
    if SYMMETRY in names or PARTIAL_ORDER in names:
        runs = Semantics(reduction.runs)
        states = sample(runs, most)
        if SYMMETRY in names:
            yield audit_symmetry(runs, reduction.canonical, Semantics(reduction.sorting), states)
        if reduction.ample is not None:
            yield audit_partial_order(runs, reduction.ample, states)

"""The system of one property as formulas: what ``prove`` and ``check-certificate`` both begin with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ovlcheck.explore.probe import roomy
from ovlcheck.explore.reductions import FUSION, SLICING, Reduction
from ovlcheck.explore.search import WIDEST
from ovlcheck.judge import POPULATION_EXHAUSTED
from ovlcheck.lang.source import shown_path
from ovlcheck.prepare import Options, Prepared, prepare
from ovlcheck.system.transition_system import TransitionSystem

if TYPE_CHECKING:
    import z3

    from ovlcheck.symbolic.translation import SymbolicSystem


@dataclass(frozen=True)
class Translated:
    """One property's system as formulas: ``bad`` is where its violation, called ``check`` in there, shows.

    ``system`` is the one that traces are about; ``bad`` includes the states that exhaust a population, since nothing
    is said to hold where that happens.  Unless one of ``covers`` is met, the property demands nothing.
    """

    name: str
    doc: str
    check: str
    path: str
    system: TransitionSystem
    reduction: Reduction
    symbolic: SymbolicSystem
    bad: z3.BoolRef
    covers: tuple[str, ...] = ()

    @property
    def violations(self) -> tuple[str, ...]:
        """What ``bad`` is made of."""
        return tuple(n for n in (self.check, POPULATION_EXHAUSTED) if n in self.symbolic.bad)

    @property
    def violations_at_start(self) -> tuple[str, ...]:
        """What the making of an initial state violates already."""
        return tuple(n for n in (self.check, POPULATION_EXHAUSTED) if n in self.symbolic.initially_bad)


def translated(
    path: Path,
    options: Options,
    encoding: str,
    reductions: tuple[str, ...] = (SLICING, FUSION),
    prepared: Prepared | None = None,
) -> Translated:
    """The system of the one property that ``options`` name, as formulas.

    ``prepared`` is what ``prepare`` makes of ``path`` and ``options``, where that is known already.  Raises
    ``UsageError`` and ``CompileError`` as ``verify_model`` does.
    """
    from ovlcheck.symbolic.cells import Encoding
    from ovlcheck.symbolic.terms import any_of
    from ovlcheck.symbolic.translation import translate

    prepared = prepared or prepare(path, options)
    system = roomy(prepared.system, WIDEST)
    info = next(p for p in system.properties if p.name in options.properties)
    check = info.check or info.name
    reduction = Reduction(system, reductions)
    symbolic = translate(reduction.reduced, Encoding(encoding))
    bad = any_of(symbolic.bad[n] for n in (check, POPULATION_EXHAUSTED) if n in symbolic.bad)
    shown = shown_path(str(Path(prepared.model.path).resolve()))
    return Translated(
        info.name, info.doc, check, shown, prepared.system, reduction, symbolic, bad, info.covers
    )

"""Variables and expressions in Promela."""

from __future__ import annotations

from collections.abc import Mapping

from ovlcheck.export.names import C_WORDS, Identifiers
from ovlcheck.export.notation import GREATEST, LEAST, Notation, Text
from ovlcheck.export.problems import NotExportable
from ovlcheck.system.bounds import Bounds
from ovlcheck.system.expr import Binary, Const, Expr, Load, Param, Temp
from ovlcheck.system.intervals import Interval, hull
from ovlcheck.system.transition_system import TransitionSystem

_WORDS = """
    active assert atomic bit byte c_code c_decl c_expr c_state c_track chan D_proctype d_step empty enabled eval fi
    full get_priority hidden init inline len local ltl mtype nempty never nfull notrace np_ o_atomic od of pc_value
    pid printf printm priority proctype provided r select set_priority show skip STDIN timeout trace typedef unless
    xr xs _ _last _nr_pr _pid _priority always eventually until weakuntil stronguntil release next implies
    equivalent U V W X now max min rand rot mix pptr qptr cas uchar ushort uint ulong system watcher started
"""
RESERVED = C_WORDS | frozenset(_WORDS.split())
"""Words of Promela, those that Spin's C code would not survive as fields, and what the export names itself."""


def type_of(name: str, lo: float, hi: float) -> str:
    """The narrowest type whose values Spin keeps apart.  Raises ``NotExportable``."""
    for type_, least, greatest in (("bit", 0, 1), ("byte", 0, 255), ("short", -(1 << 15), (1 << 15) - 1)):
        if least <= lo and hi <= greatest:
            return type_
    if lo < LEAST or hi > GREATEST:
        raise NotExportable(f"{name} holds values from {lo} to {hi}: Promela has no more than 32 bits")
    return "int"


class Scratch:
    """Variables for the temporaries of a step, shared by all steps and 0 between them.

    Spin could keep them out of its states as ``hidden``, but not when it searches breadth-first.
    """

    def __init__(self, names: Identifiers) -> None:
        self._names = names
        self._ranges: list[Interval] = []

    def name(self, number: int, values: Interval) -> str:
        """The variable for the temporary with this ``number`` in its step, which takes these values."""
        if number == len(self._ranges):
            self._ranges.append(Interval(0, 0))
        self._ranges[number] = hull([*self._ranges[number], *values])
        return self._names.of(f"{number}", "scratch")

    def declarations(self) -> list[str]:
        names = [self._names.of(f"{number}", "scratch") for number in range(len(self._ranges))]
        return [f"{type_of(name, *values)} {name};" for name, values in zip(names, self._ranges, strict=True)]


class PromelaNotation(Notation):
    """``temps`` are the variables for the temporaries of a step."""

    def __init__(
        self, system: TransitionSystem, ranges: Bounds, names: Identifiers, temps: Mapping[str, str]
    ) -> None:
        super().__init__(ranges)
        self._system = system
        self._names = names
        self._temps = temps

    def name(self, leaf: Param | Temp) -> str:
        return self._temps[leaf.name]

    def load(self, load: Load) -> Text:
        name = self._names.of(load.variable)
        variable = self._system.variable[load.variable]
        if variable.cells == 1:
            return Text(name)
        at: Expr = Const(0)
        for index, size in zip(load.index, variable.shape, strict=True):
            at = _plus(_times(at, size), index)
        if isinstance(at, Const) and not 0 <= at.value < variable.cells:
            at = Const(0)  # a place that is never reached, but Spin would refuse it
        return Text(f"{name}[{self.number(at).text}]")


def _times(expr: Expr, factor: int) -> Expr:
    return Const(expr.value * factor) if isinstance(expr, Const) else Binary("*", expr, Const(factor))


def _plus(a: Expr, b: Expr) -> Expr:
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(a.value + b.value)
    return b if a == Const(0) else Binary("+", a, b)

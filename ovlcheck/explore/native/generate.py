"""A transition system as one C file: the packed state, its steps, and the search around them.

The text depends on nothing but the system, so that it can be the key of a cache; it is laid out to be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import prod

from ovlcheck.explore.native.accessors import accessors
from ovlcheck.explore.native.entries import entries
from ovlcheck.explore.native.expressions import Expressions
from ovlcheck.explore.native.labels import Labels, labels
from ovlcheck.explore.native.merge import merge
from ovlcheck.explore.native.names import Identifiers, comment
from ovlcheck.explore.native.pack import Layout, layout
from ovlcheck.explore.native.steps import StepNumbers
from ovlcheck.explore.native.successors import StepFunction
from ovlcheck.explore.native.vocabulary import Vocabulary
from ovlcheck.explore.native.watch import look_at, resting
from ovlcheck.system.evaluation import (
    DIVISION_BY_ZERO,
    INDEX_OUT_OF_RANGE,
    NULL_DEREFERENCE,
    REFCOUNT_BELOW_ZERO,
    USE_AFTER_FREE,
    VALUE_OUT_OF_RANGE,
)
from ovlcheck.system.expr import Binary, Const, Param
from ovlcheck.system.transition_system import (
    Assume,
    Check,
    Cover,
    Edge,
    Op,
    Parameter,
    Process,
    TransitionSystem,
)
from ovlcheck.system.types import Count

DEADLOCK = "deadlock"

WATCHED_INSTANCES = 64
"""The most process instances for which ``no_deadlock`` can be asked: a bit of a word each."""

_FIXED = {
    NULL_DEREFERENCE: "NULL_DEREFERENCE",
    USE_AFTER_FREE: "USE_AFTER_FREE",
    INDEX_OUT_OF_RANGE: "INDEX_OUT_OF_RANGE",
    DIVISION_BY_ZERO: "DIVISION_BY_ZERO",
    VALUE_OUT_OF_RANGE: "VALUE_OUT_OF_RANGE",
    REFCOUNT_BELOW_ZERO: "REFCOUNT_BELOW_ZERO",
    DEADLOCK: "DEADLOCK",
}

PARTS = 2
"""A text can be compiled as a whole, or in so many parts, each with its number as ``PART``, that are then linked."""

_SEARCH = ("search.h", "enter.c", "search.c", "back.c", "sweep.c", "answers.c")
_BEHAVIOURS = ("graph.h", "record.c", "graph.c", "product.h", "components.c", "lasso.c", "possible.c")

_SIGNATURE = re.compile(r"^STEP .*\)$", re.MULTILINE)

_PRELUDE = """\
#if defined(__GNUC__) && !defined(__clang__)
/* A model may compare a value with itself, or with what it can never be. */
#pragma GCC diagnostic ignored "-Wtautological-compare"
#pragma GCC diagnostic ignored "-Wbool-compare"
#pragma GCC diagnostic ignored "-Wbool-operation"
#endif

/* Steps stay functions of their own: inlined into one, they take the compiler minutes.  Compiled apart from the search
 * (PART 2 and 1 of this text, side by side), they take it half as long. */
#if PART
#define STEP __attribute__((noinline, visibility("hidden"))) uint64_t
#else
#define STEP static uint64_t __attribute__((noinline))
#endif
#define VALUE const int64_t __attribute__((unused))
#define TRUTH const bool __attribute__((unused))
"""


@dataclass(frozen=True)
class Program:
    """The C text, and what its numbers stand for.

    ``violations[k]`` is the name of violation ``k + 1``, ``covers`` and ``counts`` are names by number;
    ``edges`` is how many edges there are, those of no action included;
    ``instances`` are the process instances, in the order of their bits; ``labels`` are the bits of each state that a
    program for behaviours has.
    """

    text: str
    layout: Layout
    edges: int
    violations: tuple[str, ...]
    covers: tuple[str, ...]
    counts: tuple[str, ...]
    instances: tuple[tuple[str, int], ...]
    labels: Labels | None = None


def generate(system: TransitionSystem, behaviours: bool = False) -> Program:
    """The C program that searches ``system``; for ``behaviours``, that makes a graph of it and finds fair cycles.

    Raises ``NotSupported`` for what needs more than 64 bits, ``ValueError`` for a malformed system.
    """
    return _Generator(system, behaviours).program()


class _Generator:
    def __init__(self, system: TransitionSystem, behaviours: bool) -> None:
        self.system = system
        self.steps = StepNumbers(system) if behaviours else None
        self.layout = layout(system)
        self.processes = tuple(p for p in system.processes if p.instances)
        self.edges = tuple((k, e) for k, e in enumerate(system.edges) if all(p.size for p in e.parameters))
        self.identifiers = Identifiers()
        self.expressions = Expressions(system, self.identifiers)
        ops = [op for edge in system.edges for op in edge.ops]
        names = dict.fromkeys([*_FIXED, *(op.name for op in ops if isinstance(op, Check))])
        names.update(dict.fromkeys(i.name for i in system.invariants))
        self.violations = {name: _FIXED.get(name) or self.identifiers.of("V_", name) for name in names}
        covers = [op.name for op in ops if isinstance(op, Cover)] + [c.name for c in system.covers]
        self.covers = {name: k for k, name in enumerate(dict.fromkeys(covers))}
        self.counts = {
            v.name: k for k, v in enumerate(v for v in system.variables if isinstance(v.type, Count))
        }
        self.instances = tuple((p.name, i) for p in system.processes for i in range(p.instances))
        self.watchable = len(self.instances) <= WATCHED_INSTANCES
        self.words = Vocabulary(
            system, self.identifiers, self.expressions, self.violations, self.covers, self.counts
        )

    def program(self) -> Program:
        steps = [*self._rules()]
        dispatch = []
        for process in self.processes:
            functions, chooser = self._steps(process)
            steps += functions
            dispatch.append(chooser)
        search = [*dispatch, *self._successors()]
        search += [resting(self.words, self.processes, self.watchable), look_at(self.words)]
        runtime: tuple[str, ...] = _SEARCH
        told, said = None, ""
        if self.steps is not None:
            told, text = labels(self.words)
            search.append(text)
            runtime += _BEHAVIOURS
            said = _runtime("steps.h")
        parts = [
            comment(f"{self.system.name}: generated by ovlcheck"),
            self._constants(),
            *map(_runtime, ("state.h", "pages.h")),
            "#if PART != 2",
            _runtime("threads.h"),
            entries(self.layout),
            *map(_runtime, ("bucket.h", "table.h", "grow.h", "every.h")),
            "#endif",
            _runtime("step.h"),
            said,
            _PRELUDE,
            *accessors(self.layout, self.expressions, self.words.written),
            "\n".join(f"{signature};" for text in steps for signature in _SIGNATURE.findall(text)),
            "",
            "#if PART != 1",
            *steps,
            "#endif",
            "",
            "#if PART != 2",
            *search,
            *map(_runtime, runtime),
            "#endif",
            "",
        ]
        return Program(
            "\n".join(parts),
            self.layout,
            len(self.system.edges),
            tuple(self.violations),
            tuple(self.covers),
            tuple(self.counts),
            self.instances,
            told,
        )

    def _constants(self) -> str:
        fan_out = sum(prod(p.size for p in edge.parameters) for _, edge in self.edges)
        everyone = (1 << len(self.instances)) - 1 if self.watchable else 0
        lines = [
            f"#define WORDS {self.layout.words}",
            f"#define EDGES {len(self.system.edges)}",
            f"#define COVERS {len(self.covers)}",
            f"#define COUNTS {len(self.counts)}",
            f"#define FANOUT {fan_out} /* no state has more successors */",
            f"#define ALL_INSTANCES UINT64_C({everyone:#x})",
            "",
            "/* Violations; a fault COUNT_OVERFLOW + k says that count k outgrew its width. */",
            "enum {",
            *(
                f"\t{c_name}{' = 1' if k == 0 else ''}, {comment(name)}"
                for k, (name, c_name) in enumerate(self.violations.items())
            ),
            "\tVIOLATIONS,",
            "\tCOUNT_OVERFLOW = VIOLATIONS",
            "};",
            "",
        ]
        if self.steps is not None:
            numbers = ", ".join(map(str, self.steps.first)) or "0"
            lines += [
                "/* The number of each edge's first step. */",
                f"static const unsigned first_step[] __attribute__((unused)) = {{ {numbers} }};",
                "",
            ]
        return "\n".join(lines)

    def _steps(self, process: Process) -> tuple[list[str], str]:
        """A function for each location of the process, and one to choose among them."""
        origins: dict[int, list[tuple[int, Edge]]] = {}
        for number, edge in self.edges:
            if edge.process == process.name:
                origins.setdefault(edge.origin if process.pc is not None else 0, []).append((number, edge))
        functions, cases = [], []
        for origin, edges in sorted(origins.items()):
            name = self.identifiers.of(f"step_at_{origin}_", process.name)
            place = process.locations[origin] if origin < len(process.locations) else None
            note = f"{place.name}, line {place.source.line}" if place else f"location {origin}"
            tree = merge(_of_instance(process, number, edge) for number, edge in edges)
            functions.append(StepFunction(self.words, name, note, tree, process.instances, self.steps).text())
            cases.append((origin, name))
        return functions, self._dispatch(process, self.identifiers.of("step_", process.name), cases)

    def _dispatch(self, process: Process, name: str, cases: list[tuple[int, str]]) -> str:
        signature = f"static inline uint64_t {name}(struct worker *x, const state *s, int64_t self)\n{{\n"
        if process.pc is None or not cases:
            calls = "".join(f"\tn += {case}(x, s, self);\n" for _, case in cases)
            unused = "" if cases else "\t(void)x;\n\t(void)s;\n\t(void)self;\n"
            return f"{signature}\tuint64_t n = 0;\n\n{unused}{calls}\treturn n;\n}}\n"
        self.expressions.read.add(process.pc)
        pc = self.system.variable[process.pc]
        arguments = "s, self" if pc.shape else "s"
        lines = "".join(f"\tcase {origin}:\n\t\treturn {case}(x, s, self);\n" for origin, case in cases)
        getter = self.identifiers.of("get_", process.pc)
        return f"{signature}\tswitch ({getter}({arguments})) {{\n{lines}\tdefault:\n\t\treturn 0;\n\t}}\n}}\n"

    def _rules(self) -> Iterator[str]:
        for name, edges in self._rule_bundles().items():
            tree = merge((number, edge.ops, edge.parameters) for number, edge in edges)
            function = self.identifiers.of("rule_", name)
            yield StepFunction(self.words, function, name, tree, None, self.steps).text()

    def _rule_bundles(self) -> dict[str, list[tuple[int, Edge]]]:
        bundles: dict[str, list[tuple[int, Edge]]] = {}
        for number, edge in self.edges:
            if edge.process is None:
                bundles.setdefault(edge.name, []).append((number, edge))
        return bundles

    def _successors(self) -> Iterator[str]:
        """A function that takes every step, and one that also notes which instances move."""
        yield self._take_steps(
            "successors", "Hands on every successor of `s`", lambda stem, _: f"n += {stem}(x, s, self);"
        )
        if self.watchable:
            yield self._take_steps(
                "successors_and_movers",
                "The same, and notes which instances an action changes the state for",
                lambda stem, bit: (
                    f"x->changed = false, n += {stem}(x, s, self), "
                    f"x->moved |= (uint64_t)x->changed << ({bit} + self);"
                ),
            )

    def _take_steps(self, name: str, note: str, step: Callable[[str, int], str]) -> str:
        lines = [
            f"/* {note}; the number of actions that lead to one. */",
            f"static uint64_t {name}(struct worker *x, const state *s)",
            "{",
            "\tuint64_t n = 0;",
            "",
        ]
        bit = 0
        for process in self.processes:
            stem = self.identifiers.of("step_", process.name)
            lines += [
                f"\tfor (int64_t self = 0; self < {process.instances}; self++)",
                f"\t\t{step(stem, bit)}",
            ]
            bit += process.instances
        lines += [f"\tn += {self.identifiers.of('rule_', name)}(x, s);" for name in self._rule_bundles()]
        if not self.edges:
            lines += ["\t(void)x;", "\t(void)s;"]
        return "\n".join([*lines, "\treturn n;", "}", ""])


def _of_instance(
    process: Process, number: int, edge: Edge
) -> tuple[int, tuple[Op, ...], tuple[Parameter, ...]]:
    """``edge`` as ``merge`` takes it, its instance being that of the function it goes into."""
    mine = next((p for p in edge.parameters if p.name == "self"), None)
    own = 1 if mine is None else mine.size
    guard = () if own == process.instances else (Assume(Binary("<", Param("self"), Const(own))),)
    return number, (*guard, *edge.ops), tuple(p for p in edge.parameters if p.name != "self")


@lru_cache
def _runtime(name: str) -> str:
    return files("ovlcheck.explore.native").joinpath("runtime", name).read_text(encoding="utf-8")

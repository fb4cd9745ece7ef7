"""Any number of processes as formulas of Z3: a state is what is shared, and how many instances stand at each row.

A *row* is a process that is counted, a position and the values of its locals and locks held.  Each has an ``Int``, the
number of instances there, without an upper bound; a step of one of them takes one away from its row and adds one to the
row that it comes to.  What a step asks of all instances is a sum of these numbers.  This is as exact as ``Counted`` is:
the initial states are those with any number of instances where their process begins.

The rows are given.  A step to a row that is not among them violates ``ELSEWHERE``: a proof that this does not happen
has left nothing out, whatever rows were given.  So a proof can be compared with a fresh translation that knows no more
than the names of its constants, from which ``rows_named`` reads the rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

import z3

from ovlcheck.symbolic.cells import Cell, Encoding, cells, is_state
from ovlcheck.symbolic.counter_abstraction import Counted, NotCountable, Row
from ovlcheck.symbolic.expressions import Run
from ovlcheck.symbolic.terms import Condition, all_of, any_of, conj, disj, formula
from ovlcheck.symbolic.translation import Formulas, SymbolicStep
from ovlcheck.symbolic.values import Number, Value, as_cases, as_term, constant, is_value, known
from ovlcheck.system.action import Action, State
from ovlcheck.system.evaluation import compile_expression
from ovlcheck.system.expr import Load, walk
from ovlcheck.system.semantics import Semantics
from ovlcheck.system.transition_system import Edge, TransitionSystem, Variable, expressions
from ovlcheck.system.types import Count, Type

ELSEWHERE = "a task at a row that is not listed"
"""The violation of a step that leads an instance to a row that was not given."""

_NAME = re.compile(r"([^()]+)\((-?\d+(?:,-?\d+)*)\)")


def row_name(counted: Counted, row: Row) -> str:
    """The constant that says how many instances are at ``row``: its process, and there its position and values."""
    process, values = row
    return f"{counted.processes[process]}({','.join(map(str, values))})"


def rows_named(counted: Counted, names: Iterable[str]) -> tuple[Row, ...]:
    """The rows whose constants are among ``names``, in that order; other names are of something else."""
    number = {name: i for i, name in enumerate(counted.processes)}
    found = (match.groups() for name in names if (match := _NAME.fullmatch(name)))
    return tuple(
        (number[process], tuple(map(int, values.split(","))))
        for process, values in found
        if process in number
    )


def total(terms: Sequence[z3.ArithRef]) -> z3.ArithRef:
    """The sum of at least one term: solvers want two operands of an addition."""
    return terms[0] if len(terms) == 1 else z3.Sum(list(terms))


class CountedSystem(Formulas):
    """``counted`` for Z3, with instances at ``rows``.

    Its cells are ``kept``, those of ``counted.system`` that are shared or of processes that are not counted; then, from
    ``first_row`` on, the number of instances at each row.  ``bad`` has ``ELSEWHERE`` as well: from there a step leads
    to a row that is not listed, and has no next state.  An action of a counted process has a step for each row where it
    can be taken, and for each to which it leads.
    """

    def __init__(self, counted: Counted, rows: Sequence[Row], encoding: Encoding = Encoding.BINARY) -> None:
        """Raises ``NotCountable`` where making the initial states asks for the numbers of instances, and where a value
        of an instance may be beyond any bound; ``ValueError`` unless ``rows`` has where each process begins, and none
        that cannot be.
        """
        self.counted = counted
        self.rows = tuple(rows)
        self.system = counted.system
        self.encoding = encoding
        own = [counted.own(name) for name in counted.processes]
        offset = self.system.offset
        self._own = [tuple(offset[v.name] + i for v in row for i in range(v.cells)) for row in own]
        self._types = [tuple(v.type for v in row for _ in range(v.cells)) for row in own]
        self._begin = [
            (p, tuple(v.default for v in row for _ in range(v.cells))) for p, row in enumerate(own)
        ]
        self._look_at_rows()
        asked = [*(o.name for o in counted.others), *counted.numbers.values()]
        gone = {offset[n] + i for n in asked for i in range(self.system.variable[n].cells)}.union(*self._own)
        self.kept = [c for c in range(self.system.cells) if c not in gone]
        self.first_row = len(self.kept)
        self.before = self._cells(encoding, "")
        self.after = self._cells(encoding, "'")
        self._shared = self.before[: self.first_row]
        self._counts = [z3.Int(cell.variable) for cell in self.before[self.first_row :]]
        self.types = all_of(cell.typed for cell in self.before)
        self.initial, self.initially_bad = self._initial(set(asked))
        self._counters = list(self._instances_asked_for())
        self._values = tuple(self._beside(None))
        self.steps = tuple(self._steps())

    def state(self, shared: Sequence[int], bag: Sequence[int]) -> State:
        """The state with the values ``shared`` of all cells of ``system``, and so many instances at each row."""
        return (*(shared[c] for c in self.kept), *bag)

    def instances(self, row: Row) -> z3.ArithRef:
        """How many instances are at ``row`` in the state before."""
        return self._counts[self.rows.index(row)]

    def counter(self, cell: int) -> z3.ArithRef:
        """The value of the counter ``cell`` of ``system`` in the state before."""
        return as_term(self.before[self.kept.index(cell)].value)

    def _look_at_rows(self) -> None:
        missing = [row for row in self._begin if row not in self.rows]
        if missing:
            raise ValueError(f"{row_name(self.counted, missing[0])} is not listed, and somebody begins there")
        if len(set(self.rows)) < len(self.rows):
            raise ValueError("a row is listed twice")
        for process, values in self.rows:
            types = self._types[process]
            if len(types) != len(values) or not all(map(Type.contains, types, values)):
                raise ValueError(f"nobody can be at {row_name(self.counted, (process, values))}")

    def _cells(self, encoding: Encoding, mark: str) -> tuple[Cell, ...]:
        everything = cells(self.system, encoding, mark)
        numbers = tuple(Variable(row_name(self.counted, row), Count(1)) for row in self.rows)
        counts = cells(TransitionSystem("rows", numbers, (), (), ()), encoding, mark)
        return (*(everything[c] for c in self.kept), *counts)

    def _initial(self, asked: set[str]) -> tuple[z3.BoolRef, frozenset[str]]:
        """The initial states, and the names of what making them violates."""
        read = (e for i in self.system.initial for op in i.ops for x in expressions(op) for e in walk(x))
        if any(isinstance(e, Load) and e.variable in asked for e in read):
            raise NotCountable("the initial states depend on the number of instances")
        outcomes = list(Semantics(self.system.with_width()).initial_outcomes())
        states = (
            is_state(self._shared, tuple(outcome.state[c] for c in self.kept))
            for outcome in outcomes
            if outcome.state is not None
        )
        nobody = (n == 0 for row, n in zip(self.rows, self._counts, strict=True) if row not in self._begin)
        anybody = (n >= 0 for row, n in zip(self.rows, self._counts, strict=True) if row in self._begin)
        failed = frozenset(failure.name for outcome in outcomes for failure in outcome.faults)
        return all_of([any_of(states), *nobody, *anybody]), failed

    def _instances_asked_for(self) -> Iterator[tuple[int, frozenset[int]]]:
        """Each cell that is a number of instances, with the rows at which they are."""
        offset = self.system.offset
        for others in self.counted.others:
            for at, index in enumerate(product(*map(range, others.shape))):
                counted: set[int] = set()
                for test in others.tests:
                    process = self.counted.processes.index(test.process)
                    cell = self.system.cell(test.variable, (0, *index))
                    value = self._own[process].index(cell)
                    code = compile_expression(self.system, test.condition, {})
                    counted |= {
                        number
                        for number, row in enumerate(self.rows)
                        if row[0] == process and code((), {"?": row[1][value]})
                    }
                yield offset[others.name] + at, frozenset(counted)
        for constant_, variable in self.counted.numbers.items():
            processes = {self.counted.processes.index(p) for p in self.counted.sizes[constant_]}
            there = frozenset(number for number, row in enumerate(self.rows) if row[0] in processes)
            yield offset[variable], there

    def _beside(self, row: int | None) -> list[Value]:
        """The value of every cell of ``system`` for the instance at ``row``, or for whoever is not counted.

        Numbers of instances are those of all, but for the acting one where others are counted.
        """
        values: list[Value] = [constant(v.default) for v in self.system.variables for _ in range(v.cells)]
        for cell, symbolic in zip(self.kept, self._shared, strict=True):
            values[cell] = symbolic.value
        numbers = {self.system.offset[name] for name in self.counted.numbers.values()}
        for cell, there in self._counters:
            terms = [self._counts[number] for number in sorted(there)]
            mine = int(row in there and cell not in numbers)
            if terms:
                values[cell] = Number(total(terms) - mine if mine else total(terms))
            else:
                values[cell] = constant(0)
        if row is not None:
            process, own = self.rows[row]
            for cell, value in zip(self._own[process], own, strict=True):
                values[cell] = constant(value)
        return values

    def _steps(self) -> Iterator[SymbolicStep]:
        for number, edge in enumerate(self.system.edges):
            for arguments in product(*(range(p.size) for p in edge.parameters)):
                action = Action(number, arguments)
                if edge.process in self.counted.processes:
                    process = self.counted.processes.index(edge.process)
                    for row, (of, values) in enumerate(self.rows):
                        if of == process and values[0] == edge.origin:
                            yield from self._of_counted(edge, action, row)
                else:
                    yield from self._of_another(edge, action)

    def _of_another(self, edge: Edge, action: Action) -> Iterator[SymbolicStep]:
        """The step of a rule, or of a process that is not counted."""
        run = Run(self.system, list(self._values), self._bound(edge, action))
        process = None if edge.process is None else self.system.process[edge.process]
        if process is not None and process.pc is not None:
            pc = self.system.offset[process.pc] + run.bindings.get("self", 0)
            run.going = is_value(run.values[pc], edge.origin)
        self._do(run, edge)
        if run.enabled is not False:
            if process is not None and process.pc is not None:
                run.values[pc] = constant(edge.target)
            yield self._step(edge, action, run, run.going, True, {})

    def _of_counted(self, edge: Edge, action: Action, row: int) -> Iterator[SymbolicStep]:
        """The steps of an instance at ``row``: one for each row to which it may lead."""
        process = self.rows[row][0]
        run = Run(self.system, self._beside(row), self._bound(edge, action))
        self._do(run, edge)
        if run.enabled is False:
            return
        run.values[self._own[process][0]] = constant(edge.target)
        there = self._counts[row] >= 1
        targets: list[tuple[int, Condition]] = []
        unlisted: list[Condition] = []
        for values, condition in self._rows_after(process, run):
            if (process, values) in self.rows:
                targets.append((self.rows.index((process, values)), condition))
            else:
                unlisted.append(condition)
        run.failures[ELSEWHERE] = conj(run.going, disj(*unlisted))
        first = True
        for target, condition in targets or [(row, False)]:
            moved = {}
            if target != row:
                moved[self._counts[row]] = self._counts[row] - 1
                moved[self._counts[target]] = self._counts[target] + 1
            yield self._step(edge, action, run, conj(run.going, condition), there, moved, tell=first)
            first = False

    def _bound(self, edge: Edge, action: Action) -> dict[str, int]:
        return {p.name: v for p, v in zip(edge.parameters, action.arguments, strict=True)}

    def _do(self, run: Run, edge: Edge) -> None:
        for op in edge.ops:
            run.do(op)

    def _rows_after(self, process: int, run: Run) -> Iterator[tuple[tuple[int, ...], Condition]]:
        """The values that the acting instance may have behind its step, with their conditions."""
        found: list[tuple[tuple[int, ...], Condition]] = [((), True)]
        for cell in self._own[process]:
            cases = as_cases(run.values[cell])
            if cases is None:
                name = self.counted.processes[process]
                raise NotCountable(f"a value of {name} may be one of too many")
            found = [
                ((*values, value), both)
                for values, condition in found
                for value, case in cases.table.items()
                if (both := conj(condition, case)) is not False
            ]
        yield from found

    def _step(
        self,
        edge: Edge,
        action: Action,
        run: Run,
        going: Condition,
        there: Condition,
        moved: Mapping[z3.ArithRef, z3.ArithRef],
        tell: bool = True,
    ) -> SymbolicStep:
        """``run`` where it is ``going`` and somebody is ``there``; only with ``tell``, with what it violates."""
        acting = None if edge.process not in self.counted.processes else edge.process
        for name, own in zip(self.counted.processes, self._own, strict=True):
            if name != acting and any(known(run.values[c]) != known(self._values[c]) for c in own):
                raise NotCountable(f"{edge.source}: the step changes {name}, and is not one of it")
        updates = self._changes([run.values[c] for c in self.kept], self._shared)
        updates |= {count.decl().name(): value for count, value in moved.items()}
        failures = run.violations() if tell else {}
        covers = run.covers() if tell else {}
        return SymbolicStep(
            action,
            edge,
            formula(conj(there, going)),
            formula(conj(there, run.enabled)),
            updates,
            {name: formula(conj(there, condition)) for name, condition in failures.items()},
            {name: formula(conj(there, condition)) for name, condition in covers.items()},
        )

"""Bounded model checking: the shortest run to a violation, one step longer at a time.

A. Biere, A. Cimatti, E. Clarke, Y. Zhu, Symbolic model checking without BDDs, TACAS 1999.  Frame axioms are said once
for each constant: it keeps its value unless a step that is taken changes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import z3

from ovlcheck.symbolic.answer import Answer, Deadline, Run, Verdict, ask
from ovlcheck.symbolic.terms import disj, formula
from ovlcheck.symbolic.translation import SymbolicSystem
from ovlcheck.system.action import Action, State

METHOD = "bounded checking"


class Unrolling:
    """Copies of the constants of ``symbolic``, one for each moment of a run, with one step between two of them."""

    def __init__(self, symbolic: SymbolicSystem) -> None:
        self._symbolic = symbolic
        self._frames: list[tuple[z3.ExprRef, ...]] = [symbolic.pre]
        self._chosen = tuple(z3.Bool(f"step {i}") for i in range(len(symbolic.steps)))
        self._upto = tuple(z3.Bool(f"upto {i}") for i in range(len(symbolic.steps)))
        self._template = z3.And(list(self._one_step()))

    def at(self, time: int, about: z3.ExprRef) -> z3.ExprRef:
        """``about``, which speaks of the state before, said of the moment ``time``."""
        if time == 0 or not self._symbolic.pre:
            return about
        return z3.substitute(about, *zip(self._symbolic.pre, self._constants(time), strict=True))

    def step(self, time: int) -> z3.ExprRef:
        """Some step leads from the moment ``time`` to the next."""
        now, then = self._constants(time), self._constants(time + 1)
        here = [(c, z3.Bool(f"{c.decl().name()} @{time}")) for c in (*self._chosen, *self._upto)]
        pairs = [
            *zip(self._symbolic.pre, now, strict=True),
            *zip(self._symbolic.post, then, strict=True),
            *here,
        ]
        return z3.substitute(self._template, *pairs)

    def state(self, time: int, model: z3.ModelRef) -> State:
        """The state at the moment ``time`` in ``model``."""
        values = {
            c.decl(): model.eval(there, model_completion=True)
            for c, there in zip(self._symbolic.pre, self._constants(time), strict=True)
        }
        return self._symbolic.decode(_Assignment(values))

    def _constants(self, time: int) -> tuple[z3.ExprRef, ...]:
        while len(self._frames) <= time:
            t = len(self._frames)
            self._frames.append(
                tuple(z3.Const(f"{c.decl().name()} @{t}", c.sort()) for c in self._symbolic.pre)
            )
        return self._frames[time]

    def _one_step(self) -> Iterator[z3.BoolRef]:
        symbolic = self._symbolic
        changing: dict[str, list[z3.BoolRef]] = {c.decl().name(): [] for c in symbolic.pre}
        post = dict(zip(changing, symbolic.post, strict=True))
        for chosen, step in zip(self._chosen, symbolic.steps, strict=True):
            yield z3.Implies(chosen, step.guard)
            for name, value in step.updates.items():
                yield z3.Implies(chosen, post[name] == value)
                changing[name].append(chosen)
        for old, new in zip(symbolic.pre, symbolic.post, strict=True):
            yield formula(disj(*changing[old.decl().name()], new == old))
        yield formula(disj(*self._chosen))
        for i, (chosen, upto) in enumerate(zip(self._chosen, self._upto, strict=True)):  # at most one
            yield z3.Implies(chosen, upto)
            if i + 1 < len(self._chosen):
                yield z3.Implies(upto, self._upto[i + 1])
                yield z3.Not(z3.And(upto, self._chosen[i + 1]))


class _Assignment:
    """Values of constants, asked as a model is."""

    def __init__(self, values: Mapping[z3.FuncDeclRef, z3.ExprRef]) -> None:
        self._values = [(decl(), value) for decl, value in values.items()]

    def eval(self, term: z3.ExprRef, model_completion: bool = True) -> z3.ExprRef:
        return z3.simplify(z3.substitute(term, *self._values))


def search(symbolic: SymbolicSystem, bad: z3.BoolRef, depth: int | None, deadline: Deadline) -> Answer:
    """The shortest run that ends where ``bad`` holds, of at most ``depth`` steps.

    Of a violation in a step, that step is still to come: ``bad`` holds of the state it starts from.  Where there is no
    such run, nothing is proved about longer ones.
    """
    solver = z3.Solver()
    unrolling = Unrolling(symbolic)
    solver.add(symbolic.initial)
    time = 0
    while True:
        deadline.limit(solver)
        result = ask(solver, unrolling.at(time, bad))
        if result == z3.sat:
            model = solver.model()
            states = [unrolling.state(t, model) for t in range(time + 1)]
            run = Run(states[0], path_through(symbolic, states))
            return Answer(Verdict.VIOLATED, f"{METHOD}, {time} steps", run=run)
        done = f"no run of at most {time - 1} steps breaks it" if time else "nothing was found out"
        if result == z3.unknown or deadline.passed:
            return Answer(Verdict.UNKNOWN, METHOD, f"{done}; the time was over")
        if depth is not None and time >= depth:
            return Answer(Verdict.UNKNOWN, METHOD, f"no run of at most {time} steps leads to it")
        solver.add(z3.Not(unrolling.at(time, bad)), unrolling.step(time))
        time += 1


def path_through(symbolic: SymbolicSystem, states: list[State]) -> tuple[Action, ...]:
    """An action from each of ``states`` to the next, as the interpreter sees it.

    Raises ``ValueError`` where there is none: then the formulas do not mean what the system does.
    """
    path: list[Action] = []
    for before, after in pairwise(states):
        for outcome in symbolic.semantics.successors(before):
            if outcome.state == after:
                path.append(outcome.action)
                break
        else:
            raise ValueError("the formulas have a step that the system has not")
    return tuple(path)

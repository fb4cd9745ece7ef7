"""Runs model code with CPython, on stand-ins for the declarations that count accesses to shared state.

A model that the compiler turns into a transition system is also ordinary Python.  Executing its only process
gives the state it must end in, and how many steps it must take: one for every access to shared mutable state
outside ``atomic``, one for every atomic block that accesses any.  Where the language leaves a choice open (the
order of a set, ``choose``), the text is executed once for every way of choosing.
"""

from __future__ import annotations

import sys
import types
from typing import NamedTuple

from tests.lang.python_places import Run, Violation
from tests.lang.python_standins import PopulationStandIn, cells_of, declarations, first_cells, kinds_of

Values = dict[tuple[str, tuple[int, ...]], int]
Cells = tuple[tuple[tuple[str, tuple[int, ...]], int], ...]


class Ending(NamedTuple):
    """How one run ends: "" or the name of a violation, the shared state, and the number of whole steps."""

    violation: str
    cells: Cells
    steps: int


_MODULE = "ovlcheck_model_run_by_python"


def _execute(text: str, name: str, written: frozenset[str], script: list[int]) -> tuple[Ending, Run]:
    run = Run(script)
    module = sys.modules[_MODULE] = types.ModuleType(_MODULE)
    namespace = module.__dict__
    namespace |= declarations(run)
    for base in ("System", "Object", "Record"):
        namespace[base] = type(base, (namespace[base],), {"run": run, "written": written})
    body = "\n".join(line for line in text.splitlines() if not line.startswith("from ovlcheck"))
    exec(compile(body, "<model>", "exec", dont_inherit=True), namespace)
    model = namespace[name]()
    object.__setattr__(model, "cells", first_cells(type(model)))
    if hasattr(model, "initial"):
        model.initial()
    run.counting, violation = True, ""
    try:
        model.main()
    except Violation as found:
        violation = str(found)
    except ZeroDivisionError:
        violation = "division by zero"
    except AssertionError:
        violation = "assertion"
    except AttributeError as error:
        if "'NoneType'" not in str(error):
            raise
        violation = "null dereference"
    cells = cells_of("", (), kinds_of(type(model)), object.__getattribute__(model, "cells"))
    for owner in reversed(type(model).__mro__):
        for value in owner.__dict__.values():
            for item in list.__iter__(value) if isinstance(value, PopulationStandIn) else ():
                own = type(item)
                prefix = f"{own.__name__.lower()}."
                cells |= cells_of(prefix, (item.slot,), kinds_of(own), object.__getattribute__(item, "cells"))
    return Ending(violation, tuple(sorted(cells.items())), run.steps), run


def endings(text: str, name: str, written: frozenset[str], most: int = 200) -> set[Ending] | None:
    """Every way in which ``main`` of the model class ``name`` can end; None if there are more than ``most`` runs.

    ``written`` are the names of the fields that something in the model may write after the initial states.
    """
    found: set[Ending] = set()
    script: list[int] | None = []
    for _ in range(most):
        ending, run = _execute(text, name, written, script)
        found.add(ending)
        made = run.made
        while made and made[-1][0] + 1 == made[-1][1]:
            made.pop()
        if not made:
            return found
        script = [choice for choice, _ in made[:-1]] + [made[-1][0] + 1]
    return None

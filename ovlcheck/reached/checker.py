"""Verifies the reached set of an exhaustive run, and shares no code with what made it: it imports the library only.

    python checker.py FILE

FILE is gzipped text.  Its first line is a JSON object with a transition system: ``cells``, a pair of the least and the
greatest value of each (null: no bound); ``variables``, the first cell and the shape of each; ``populations``, the size
and the first cell of what is allocated (null: all always are); ``defaults``; ``initial`` and ``edges``, families of
operations with parameters, an edge with the cell, the origin and the target of its position; ``invariants``; and
``never``, the violations that are claimed to be impossible.  Each other line is a state, its cells apart by spaces.

What is verified: every initial state is in the set, so is every successor of a state in it, and none of them violates
what is claimed to be impossible.  Then no run ever does.
"""

import gzip
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

WORD = 64

Run = Callable[[list[int], dict[str, int], list[str]], None]


class Fault(Exception):
    pass


class Blocked(Exception):
    pass


def at(first: int, shape: Sequence[int], index: tuple[int, ...]) -> int:
    cell = 0
    for i, size in zip(index, shape, strict=True):
        if not 0 <= i < size:
            raise Fault("index out of range")
        cell = cell * size + i
    return first + cell


def slot(s: Sequence[int], ref: int, size: int, alive: int | None) -> int:
    if ref == 0:
        raise Fault("null dereference")
    if not 0 < ref <= size:
        raise Fault("index out of range")
    if alive is not None and not s[alive + ref - 1]:
        raise Fault("use after free")
    return ref - 1


def shift(count: int) -> int:
    if not 0 <= count < WORD:
        raise Fault("index out of range")
    return count


def store(s: list[int], bounds: Any, value: int, cell: int) -> None:
    lo, hi = bounds[cell]
    if value < lo or (hi is not None and value > hi):
        raise Fault("refcount below zero" if hi is None else "value out of range")
    s[cell] = value


def divisor(value: int) -> int:
    if value == 0:
        raise Fault("division by zero")
    return value


def code(e: Any, system: Any) -> str:
    """The Python expression that ``e`` means, over the state ``s``, the parameters ``p`` and the temporaries ``t``."""
    if isinstance(e, int):
        return f"({e})"
    op, *rest = e
    if op in ("param", "temp"):
        return f"{op[0]}[{rest[0]!r}]"
    if op == "load":
        first, shape = system["variables"][rest[0]]
        return f"s[at({first}, {shape}, ({''.join(code(i, system) + ', ' for i in rest[1:])}))]"
    if op == "deref":
        size, alive = system["populations"][rest[1]]
        return f"slot(s, {code(rest[0], system)}, {size}, {alive})"
    parts = [code(part, system) for part in rest]
    if op in ("and", "or"):
        return f"int(bool({f' {op} '.join(parts) or str(op == 'and')}))"
    if op == "not":
        return f"int(not {parts[0]})"
    if op == "if":
        return f"({parts[1]} if {parts[0]} else {parts[2]})"
    if op == "popcount":
        return f"{parts[0]}.bit_count()"
    if op == "neg":
        return f"(-{parts[0]})"
    left, right = parts
    if op in ("//", "%"):
        return f"({left} {op} divisor({right}))"
    if op in ("<<", ">>"):
        return f"({left} {op} shift({right}))"
    if op == "&~":
        return f"({left} & ~{right})"
    if op in ("==", "!=", "<", "<=", ">", ">="):
        return f"int({left} {op} {right})"
    if op in ("+", "-", "*", "&", "|", "^"):
        return f"({left} {op} {right})"
    raise ValueError(f"unknown operator {op!r}")


def function(ops: Any, system: Any) -> Run:
    """``ops`` as a function that changes the state and lists the violations that do not end the step."""
    lines = ["def run(s, p, found):", " t = {}"]
    for op, *rest in ops:
        if op == "let":
            lines.append(f" t[{rest[0]!r}] = {code(rest[1], system)}")
        elif op == "assume":
            lines.append(f" if not {code(rest[0], system)}: raise Blocked")
        elif op == "assign":
            first, shape = system["variables"][rest[0]]
            index = "".join(code(i, system) + ", " for i in rest[1])
            lines.append(f" value = {code(rest[2], system)}")
            lines.append(f" store(s, bounds, value, at({first}, {shape}, ({index})))")
        elif op == "check":
            fails = f"raise Fault({rest[1]!r})" if rest[2] else f"found.append({rest[1]!r})"
            lines.append(f" if not {code(rest[0], system)}: {fails}")
        else:
            raise ValueError(f"unknown operation {op!r}")
    scope = dict(globals(), bounds=system["cells"])
    exec("\n".join(lines), scope)
    run: Run = scope["run"]
    return run


def outcome(run: Run, state: Sequence[int], parameters: Any) -> tuple[list[int] | None, list[str]] | None:
    """The next state, None where there is none, and the violations of a step; None where it is not enabled."""
    s, found = list(state), list[str]()
    try:
        run(s, parameters, found)
    except Blocked:
        return None
    except Fault as fault:
        return None, [*found, str(fault)]
    return s, found


def families(texts: Any, system: Any) -> Iterator[tuple[Run, Any, Any]]:
    """Each function with one binding of its parameters, and where its process comes from and goes to."""
    for text in texts:
        run = function(text["ops"], system)
        names = [name for name, _ in text["parameters"]]
        for values in product(*(range(size) for _, size in text["parameters"])):
            p = dict(zip(names, values, strict=True))
            position = text.get("position")
            if position is not None:
                cell, origin, target = position
                position = (cell + p.get("self", 0), origin, target)
            yield run, p, position


def check(system: Any, states: set[tuple[int, ...]]) -> Iterator[str]:
    """What is wrong with the set, as texts; nothing if it proves the claim."""
    never = set(system["never"])
    invariants = [(name, eval(f"lambda s: {code(e, system)}", globals())) for name, e in system["invariants"]]
    for run, p, _ in families(system["initial"], system):
        result = outcome(run, system["defaults"], p)
        if result is not None:
            if never & set(result[1]):
                yield f"an initial state violates {result[1]}"
            if result[0] is not None and tuple(result[0]) not in states:
                yield "an initial state is not in the set"
    by_place: dict[Any, list[Any]] = {}
    for run, p, position in families(system["edges"], system):
        key = None if position is None else position[:2]
        by_place.setdefault(key, []).append((run, p, position))
    cells = sorted({key[0] for key in by_place if key is not None})
    for state in states:
        for name, holds in invariants:
            try:
                good = holds(state)
            except Fault:
                good = False
            if not good and name in never:
                yield f"a state violates {name}: {state}"
        for key in (None, *((cell, state[cell]) for cell in cells)):
            for run, p, position in by_place.get(key, ()):
                result = outcome(run, state, p)
                if result is None:
                    continue
                after, found = result
                if never & set(found):
                    yield f"a step violates {sorted(never & set(found))} from {state}"
                if after is not None:
                    if position is not None:
                        after[position[0]] = position[2]
                    if tuple(after) not in states:
                        yield f"a successor of {state} is not in the set"


def main(path: str) -> int:
    with gzip.open(path, "rt", encoding="ascii") as lines:
        system = json.loads(next(lines))
        states = {tuple(map(int, line.split())) for line in lines}
    wrong = next(check(system, states), None)
    if wrong is not None:
        print(f"NO PROOF: {wrong}")
        return 1
    print(f"proved: {', '.join(system['never']) or 'nothing is claimed'}")
    print(f"{len(states)} states contain the initial ones and all their successors; model {system['model']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""The classic systems once more, as plain next-state functions: what the compiled models are held against.

They are written from the published texts and share nothing with the language, nor with the models beside
them. A state is a tuple; a process stands at the label that the published text gives to its position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

State = tuple[Any, ...]
Relation = Callable[[State], Iterator[State]]


def explore(initial: State, relation: Relation) -> tuple[set[State], int, int]:
    """The reachable states, the number of transitions, and the greatest distance."""
    found, layer, transitions, depth = {initial}, [initial], 0, -1
    while layer:
        depth += 1
        following = []
        for state in layer:
            for successor in relation(state):
                transitions += 1
                if successor not in found:
                    found.add(successor)
                    following.append(successor)
        layer = following
    return found, transitions, depth


def put(items: tuple[Any, ...], index: int, value: Any) -> tuple[Any, ...]:
    return (*items[:index], value, *items[index + 1 :])


DIE_HARD: State = (0, 0)


def die_hard(state: State) -> Iterator[State]:
    small, big = state
    yield 3, big
    yield small, 5
    yield 0, big
    yield small, 0
    total = small + big
    yield (0, total) if total <= 5 else (total - 5, 5)
    yield (total, 0) if total <= 3 else (3, total - 3)


TWO_PHASE: State = (("WORKING",) * 3, "INIT", frozenset(), frozenset(), 0, 0)


def two_phase(state: State) -> Iterator[State]:
    """The messages are those of Prepared by their senders, Commit and Abort."""
    rm, tm, heard, prepared, commit, abort = state
    if tm == "INIT":
        for i in prepared:
            yield rm, tm, heard | {i}, prepared, commit, abort
        if len(heard) == 3:
            yield rm, "COMMITTED", heard, prepared, 1, abort
        yield rm, "ABORTED", heard, prepared, commit, 1
    for i in range(3):
        if rm[i] == "WORKING":
            yield put(rm, i, "PREPARED"), tm, heard, prepared | {i}, commit, abort
            yield put(rm, i, "ABORTED"), tm, heard, prepared, commit, abort
        if commit:
            yield put(rm, i, "COMMITTED"), tm, heard, prepared, commit, abort
        if abort:
            yield put(rm, i, "ABORTED"), tm, heard, prepared, commit, abort


PETERSON: State = (("a0", "a0"), (0, 0), 0)


def peterson(state: State) -> Iterator[State]:
    at, c, turn = state
    for me in (0, 1):
        other = 1 - me
        match at[me]:
            case "a0":
                yield put(at, me, "a1"), c, turn
            case "a1":
                yield put(at, me, "a2"), put(c, me, 1), turn
            case "a2":
                yield put(at, me, "a3"), c, other
            case "a3" if not c[other] or turn == me:
                yield put(at, me, "cs"), c, turn
            case "cs":
                yield put(at, me, "a4"), c, turn
            case "a4":
                yield put(at, me, "a0"), put(c, me, 0), turn


MCS: State = (("L0",) * 3, (-1,) * 3, (-1,) * 3, (0,) * 3, -1)


def mcs(state: State) -> Iterator[State]:
    at, following, pred, locked, lock = state
    for i in range(3):
        match at[i]:
            case "L0":
                yield put(at, i, "L1"), put(following, i, -1), pred, locked, lock
            case "L1":
                yield put(at, i, "L2"), following, put(pred, i, lock), locked, i
            case "L2":
                yield put(at, i, "L6" if pred[i] == -1 else "L3"), following, pred, locked, lock
            case "L3":
                yield put(at, i, "L4"), following, pred, put(locked, i, 1), lock
            case "L4":
                yield put(at, i, "L5"), put(following, pred[i], i), pred, locked, lock
            case "L5":
                yield put(at, i, "L5" if locked[i] else "L6"), following, pred, locked, lock
            case "L6":
                yield put(at, i, "L7" if following[i] == -1 else "L9"), following, pred, locked, lock
            case "L7" if lock == i:
                yield put(at, i, "L0"), following, pred, locked, -1
            case "L7":
                yield put(at, i, "L8"), following, pred, locked, lock
            case "L8":
                yield put(at, i, "L8" if following[i] == -1 else "L9"), following, pred, locked, lock
            case "L9":
                yield put(at, i, "L0"), following, pred, put(locked, following[i], 0), lock


PHILOSOPHERS: State = (("Loop",) * 5, (0, 0, 2, 3, 4), (0,) * 5, (1,) * 5)


def philosophers(state: State) -> Iterator[State]:
    at, holder, clean, hungry = state
    for p in range(5):
        left, right = p, (p + 1) % 5
        match at[p]:
            case "Loop":
                mine = [f for f in (left, right) if holder[f] == p]
                dirty = [f for f in mine if not clean[f]]
                target = "Loop" if hungry[p] else "Think"
                if hungry[p] and len(mine) == 2 and not dirty:
                    target = "Eat"
                if dirty:
                    fork = dirty[0]
                    neighbour = (p - 1) % 5 if fork == left else right
                    yield put(at, p, target), put(holder, fork, neighbour), put(clean, fork, 1), hungry
                else:
                    yield put(at, p, target), holder, clean, hungry
            case "Think":
                yield put(at, p, "Loop"), holder, clean, put(hungry, p, 1)
            case "Eat":
                yield put(at, p, "Loop"), holder, put(put(clean, left, 0), right, 0), put(hungry, p, 0)


READERS_WRITERS: State = (frozenset(), frozenset(), ())


def readers_writers(state: State) -> Iterator[State]:
    """A request is a pair of whether it is one to write, and the actor."""
    readers, writers, waiting = state
    for write in (False, True):
        for actor in range(3):
            if (write, actor) not in waiting:
                yield readers, writers, (*waiting, (write, actor))
    if waiting and not writers:
        write, actor = waiting[0]
        if not write:
            yield readers | {actor}, writers, waiting[1:]
        elif not readers:
            yield readers, writers | {actor}, waiting[1:]
    for actor in readers | writers:
        if actor in readers:
            yield readers - {actor}, writers, waiting
        else:
            yield readers, writers - {actor}, waiting

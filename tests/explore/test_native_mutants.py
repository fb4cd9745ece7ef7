"""Mistakes made on purpose in the native engine: each changes an answer that the tests look at.

That the text without the mistake answers as the reference does, on the same system and with the same small tables,
shows that it is the mistake that is seen.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
from functools import lru_cache
from typing import Any

import pytest

from ovlcheck.explore.native import Native, engine
from ovlcheck.explore.native.build import build
from ovlcheck.explore.reference import Reference, reachable
from ovlcheck.explore.result import Limits
from ovlcheck.system.transition_system import TransitionSystem
from tests.explore.mutants import Mutant, assert_seen
from tests.explore.native_mutants import MUTANTS, queue_lock
from tests.explore.native_testing import answer_of, make_tables_small

LONGEST = 60
"""Seconds after which a mutant that does not end is one whose mistake is seen."""


@pytest.fixture(autouse=True, scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as monkeypatch:
        make_tables_small(monkeypatch, tmp_path_factory.mktemp("cache"))
        # Where a state ends up, and so whether a mistake shows, may depend on which of several threads was faster.
        monkeypatch.setattr(engine, "processors", lambda: 1)
        yield


def asked(made: TransitionSystem, limits: Limits) -> dict[str, Any]:
    """The native engine's answer, and all states in layers where that is quick."""
    answer = answer_of(Native(), made, limits)
    if answer.get("complete"):
        rows = iter(Native().states(made).tolist())
        answer["in layers"] = [sorted(next(rows) for _ in range(n)) for n in answer["levels"]]
    return answer


def expected(made: TransitionSystem, limits: Limits) -> dict[str, Any]:
    """The same by the reference."""
    answer = answer_of(Reference(), made, limits)
    if answer.get("complete"):
        layers: list[list[list[int]]] = [[] for _ in answer["levels"]]
        for state, distance in reachable(made).items():
            layers[distance].append(list(state))
        answer["in layers"] = [sorted(layer) for layer in layers]
    return answer


def told(answer: dict[str, Any], limits: Limits) -> str:
    if limits.states is not None:  # engines need not agree on which states they stop at
        answer = {key: answer[key] for key in ("complete", "stopped", "states")}
    return json.dumps(answer, default=sorted, sort_keys=True)


def in_a_child(made: TransitionSystem, limits: Limits) -> str:
    """What ``asked`` answers in a process of its own, which a mutant may bring down or keep for ever.

    Compiled is here: a mutant that is no C at all proves nothing.
    """
    build(engine.generate(made).text, engine.PARTS)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            faulthandler.disable()
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(LONGEST)
            try:
                text = told(asked(made, limits), limits)
            except Exception as error:
                text = f"{type(error).__name__}: {error}"
            with open(writing, "w", encoding="utf-8") as pipe:
                pipe.write(text)
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return answer or f"ended with {os.waitstatus_to_exitcode(status)}"


@lru_cache(maxsize=1)
def queue_lock_by_the_reference() -> str:
    return told(expected(queue_lock(), Limits()), Limits())


def right_answer(mutant: Mutant) -> str:
    if mutant.system is queue_lock and mutant.limits == Limits(threads=1):
        return queue_lock_by_the_reference()
    return told(expected(mutant.system(), mutant.limits), mutant.limits)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_mistake_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    assert_seen(mutant, right_answer(mutant), in_a_child, monkeypatch)

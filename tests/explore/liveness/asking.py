"""Asking an engine about the behaviours of little models, which several tests share."""

from __future__ import annotations

from collections.abc import Callable

from ovlcheck.explore.liveness.check import check_requirements
from ovlcheck.explore.liveness.finding import Finding, LivenessResult
from ovlcheck.explore.result import Limits
from ovlcheck.system.transition_system import TransitionSystem
from tests.lang.models import compiled

SPIN = """
class Model(System):
    done: bool
    turn: bool

    @process
    def worker(self):
        self.work()

    def work(self):
        with atomic:
            self.turn = True
        with atomic:
            self.done = True

    @daemon
    def noise(self):
        while True:
            idle()
            with atomic:
                self.turn = not self.turn
"""
"""A worker whose call need not begin, and a daemon that goes on for ever."""

GROWS = """
class Model(System):
    n: Refcount

    @daemon
    def d(self):
        while True:
            idle()
            self.n.inc()
"""
NINE = "@behaviour\ndef it(fs):\n    return eventually(fs.n == 9)"

ASKED: dict[str, Callable[..., LivenessResult]] = {"engine": check_requirements}
"""The engine that ``checked`` asks: the fixture ``engine`` goes through both."""


def checked(system: TransitionSystem, limits: Limits = Limits()) -> LivenessResult:
    return ASKED["engine"](system, limits=limits)


def finding(model: str, properties: str, limits: Limits = Limits(), **constants: object) -> Finding:
    """What is found of the only property in ``properties``."""
    (found,) = checked(compiled(model, properties, **constants), limits).findings
    return found


def verdict(model: str, properties: str, **constants: object) -> str:
    """``holds``, ``violated``, ``unknown`` or ``vacuous``."""
    found = finding(model, properties, **constants)
    if found.violation is not None:
        return "violated"
    return "unknown" if found.unknown else "vacuous" if found.vacuous else "holds"

"""A race, by hand: a closer asks whether anybody writes, a writer opens, and the closer goes on all the same."""

from __future__ import annotations

from dataclasses import replace

from ovlcheck.explore.reference import Reference
from ovlcheck.system.expr import And, Load, Not, Param
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Edge,
    Event,
    Location,
    Source,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bits, Bool
from ovlcheck.trace.build import TraceBuilder
from ovlcheck.trace.trace import Trace
from tests.hand_built import move, process, set_, system

FILE = "models/racing.py"


def _at(line: int, function: str, text: str) -> Source:
    return Source(FILE, line, function, text)


def release_races_with_open() -> TransitionSystem:
    """``writing``: somebody has the file open for writing; ``flags`` lose LISTED with the release.

    ``ticks`` has nothing to do with it, but a step of the closer's counts it.
    """
    closer, closer_pc = process("closer", 1, True, False, False, False)
    writer, writer_pc = process("writer", 1, True, True)
    test = _at(10, "release", "busy = self.writing")
    tick = _at(11, "release", "self.ticks = True")
    act = _at(12, "release", "self.flags &= ~LISTED")
    opened = _at(20, "open", "self.writing = True")
    local = Variable("closer.busy", Bool(), (1,), "local", "closer")
    places = tuple(
        Location(place.name, place.source, place.rest, ("closer.busy",) if i in (1, 2) else ())
        for i, place in enumerate(closer.locations)
    )
    closer = replace(closer, locations=places)

    def edge(made: Edge, source: Source) -> Edge:
        return replace(made, source=source, calls=(source.function,))

    me = Param("self")
    edges = (
        edge(
            move(closer, 0, 1, Event("call", "release", (), test), set_("closer.busy", Load("writing"), me)),
            test,
        ),
        edge(move(closer, 1, 2, set_("ticks", 1)), tick),
        edge(
            move(
                closer,
                2,
                3,
                Assume(Not(Load("closer.busy", (me,)))),
                Assign("flags", (), Load("none")),
                Event("return", "release", (), act),
                Check(
                    Not(And((Load("writing"), Not(Load("flags"))))),
                    "a_writer_is_listed",
                    "a writer is lost",
                    False,
                ),
            ),
            act,
        ),
        edge(move(writer, 0, 1, Event("call", "open", (), opened), set_("writing", 1)), opened),
    )
    flags = Bits("State", ("LISTED",))
    return system(
        *edges,
        variables=(
            Variable("writing", Bool()),
            Variable("flags", flags, default=1),
            Variable("none", flags),
            Variable("ticks", Bool()),
            closer_pc,
            writer_pc,
            local,
        ),
        processes=(closer, writer),
    )


def racing_trace() -> Trace:
    of = release_races_with_open()
    (violation,) = (v for v in Reference().search(of).violations if v.name == "a_writer_is_listed")
    return TraceBuilder(of, FILE).build(
        violation, doc="Who writes is on the list. Nobody else could find the file."
    )

"""A small system with everything that a trace must show, and the traces of it."""

from __future__ import annotations

from ovlcheck.explore.reference import Reference
from ovlcheck.explore.result import Violation
from ovlcheck.system.expr import Binary, Const, Deref, Load, Not, Or, Param, Temp
from ovlcheck.system.transition_system import (
    Assign,
    Assume,
    Check,
    Edge,
    Event,
    Initial,
    Let,
    Location,
    Parameter,
    Population,
    Process,
    Source,
    TransitionSystem,
    Variable,
)
from ovlcheck.system.types import Bits, Bool, Count, Int, Ref
from ovlcheck.trace.build import TraceBuilder
from ovlcheck.trace.trace import Trace

SELF = Param("self")
FILE = "models/sample.py"


def lose_an_inode() -> TransitionSystem:
    """A writer puts an inode on a list and dirties it; a shrinker frees it, dirty or not.

    The shortest run that breaks ``no_evicted_inode_is_dirty`` has three steps; the last is the shrinker's.
    """
    inode = Ref("inode", 1)
    slot = Deref(Temp("victim"), "inode")
    body = Source(FILE, 10, "write", "inode = self.find()")
    mark = Source(FILE, 11, "write", "self.suspects.add(inode)")
    evict = Source(FILE, 30, "evict_inode", "free(inode)")
    writer = Process(
        "writer",
        2,
        (
            Location("idle", body, rest=True),
            Location("found", mark, rest=True, live=("writer.inode",)),
            Location("done", mark, rest=True),
        ),
        "writer.pc",
    )
    me = (Parameter("self", 2),)
    return TransitionSystem(
        name="sample",
        variables=(
            Variable("inode.alive", Bool(), (1,), "alive", default=1),
            Variable("inode.is_dirty", Bool(), (1,)),
            Variable("suspects", Bits("Set[inode]", ("inode0",), "inode")),
            Variable("puts", Count(1)),
            Variable("writer.pc", Int(0, 2), (2,), "pc", "writer"),
            Variable("writer.inode", inode, (2,), "local", "writer"),
        ),
        processes=(writer,),
        edges=(
            Edge(
                "find",
                (
                    Event("call", "write", (("inode", Const(1), inode),), body),
                    Assume(Load("inode.alive", (Const(0),))),
                    Assign("writer.inode", (SELF,), Const(1)),
                ),
                body,
                "writer",
                0,
                1,
                me,
                calls=("write",),
            ),
            Edge(
                "mark",
                (
                    Assume(Load("inode.alive", (Const(0),))),
                    Assign("suspects", (), Binary("|", Load("suspects"), Const(1))),
                    Assign("inode.is_dirty", (Const(0),), Const(1)),
                    Assign("writer.inode", (SELF,), Const(0)),
                    Event(
                        "return", "write", (("inode", Const(1), inode), ("result", Const(1), Bool())), mark
                    ),
                ),
                mark,
                "writer",
                1,
                2,
                me,
                calls=("write",),
            ),
            Edge(
                "shrink",
                (
                    Let("victim", Binary("+", Param("which"), Const(1))),
                    Assume(Load("inode.alive", (Param("which"),))),
                    Event("call", "evict_inode", (("inode", Temp("victim"), inode),), evict),
                    Check(
                        Or((Not(Load("inode.is_dirty", (slot,))), Binary("!=", Load("suspects"), Const(1)))),
                        "no_evicted_inode_is_dirty",
                        "evict_inode(inode) is called and the predicate is false",
                        fatal=False,
                        source=evict,
                    ),
                    Assign("inode.alive", (Param("which"),), Const(0)),
                    Assign("inode.is_dirty", (Param("which"),), Const(0)),
                    Assign("puts", (), Binary("+", Load("puts"), Const(1))),
                ),
                evict,
                parameters=(Parameter("which", 1, Ref("inode", 1)),),
            ),
        ),
        initial=(Initial(()),),
        populations=(Population("inode", 1, "inode.alive"),),
        constants=(("inodes", "1"), ("calls", "None")),
        steps=(body, mark, evict),
    )


def violation(system: TransitionSystem, name: str) -> Violation:
    found = Reference().search(system)
    return next(v for v in found.violations if v.name == name)


def trace_of(system: TransitionSystem, name: str, doc: str = "") -> Trace:
    return TraceBuilder(system, FILE).build(violation(system, name), doc=doc)


def sample_trace() -> Trace:
    return trace_of(
        lose_an_inode(), "no_evicted_inode_is_dirty", "Nothing could find the dirty inode any more."
    )

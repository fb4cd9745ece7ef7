"""A trace: one run of a model, step by step, as readers of any kind are shown it.

It is plain data with every value already in words, so that a renderer needs neither the model nor
an engine. A value that has no meaning at some moment (a local that will not be read again, a field
of an object that is not allocated) is absent then: absence is ``None`` in a ``Change`` and a
missing key in a state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from ovlcheck.trace.escape import plain

UNBROKEN = "\N{NO-BREAK SPACE}"
"""Stands in remarks where a line should not be broken."""


@dataclass(frozen=True)
class Change:
    """The value called ``name`` went from ``old`` to ``new``; ``None`` where it had or has no meaning.

    ``quiet``: it is not worth showing, because a new object has it anyway.
    """

    name: str
    old: str | None
    new: str | None
    quiet: bool = False

    def __str__(self) -> str:
        return f"{self.name} = {self.new}" if self.old is None else f"{self.name}: {self.old} -> {self.new}"


@dataclass(frozen=True)
class Access:
    """A step read (``kind`` is ``read``) or wrote (``write``) the value called ``name`` and left it
    as it was.
    """

    kind: str
    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}s {self.name} = {self.value}{' again' if self.kind == 'write' else ''}"


@dataclass(frozen=True)
class Choice:
    """Which action of the transition system was taken: an edge's index and the values of its parameters.

    ``parameters`` gives those values again in words, without the instance of the process.
    """

    edge: int
    arguments: tuple[int, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A function that was called (``phase`` is ``call``) or returned (``return``) during a step,
    with its arguments.
    """

    phase: str
    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = dict(self.arguments)
        result = shown.pop("result", None)
        text = f"{self.name}({', '.join(_arguments(shown))})"
        return text if result is None else f"{text} = {result}"

    @property
    def short(self) -> str:
        """The call without its result, and of a record the first field alone: ``open(inode0)``."""
        records = groupby(self.arguments.items(), key=lambda item: item[0].rpartition(".")[0] or item[0])
        return f"{self.name}({', '.join(next(fields)[1] for name, fields in records if name != 'result')})"


def _arguments(shown: Mapping[str, str]) -> list[str]:
    """The values, those of the fields of one record (``file.inode``, ``file.upper``) together in braces."""
    groups = groupby(shown.items(), key=lambda item: item[0].rpartition(".")[0])
    texts: list[str] = []
    for record, items in groups:
        values = [value for _, value in items]
        texts += [f"{{{', '.join(values)}}}"] if record else values
    return texts


@dataclass(frozen=True)
class Role:
    """Why a step matters: the names of the values that it ``gave`` and of those that it ``read``.

    Those are the values that the violation came from, however many steps later.
    """

    gave: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


@dataclass(frozen=True)
class Race:
    """Step ``read`` saw ``name`` at ``value``; step ``changed``, of somebody else, changed it before step ``used``,
    which the reader came to because of what it had seen.  Steps are counted from 0.
    """

    name: str
    value: str
    read: int
    changed: int
    used: int


@dataclass(frozen=True)
class Step:
    """One step of one process, or of a rule (``instance`` is None and ``process`` the rule's name).

    ``stack`` are the functions that it ran in, outermost first; ``calls`` are those that were
    called or returned during the step.  ``partial``: a violation ended the step half way, and
    ``changes`` is what happened before.  ``accesses`` are told of steps without a change that
    others could see: what they looked at is all there is to them.  ``moments`` has for each changed value how many of
    ``calls`` came before it got that value, as far as that is known.  ``role`` is None for a step that does not
    matter, and in a trace that was not analysed.
    """

    process: str
    instance: int | None
    choice: Choice
    function: str
    file: str
    line: int
    source: str
    changes: tuple[Change, ...] = ()
    stack: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    partial: bool = False
    accesses: tuple[Access, ...] = ()
    moments: Mapping[str, int] = field(default_factory=dict)
    role: Role | None = None

    @property
    def actor(self) -> str:
        """Who moves: ``writer0``, or the name of the rule."""
        return self.process if self.instance is None else f"{self.process}{self.instance}"

    @property
    def outermost(self) -> str:
        """The function that the task itself has called and in which the step happens; empty if in none."""
        return next((name for name in self.stack if name != self.process), "")

    @property
    def remarks(self) -> tuple[str, ...]:
        """What happened in the step, line by line: choices, calls, what it looked at and what it
        changed.

        ``->`` is a call, ``<-`` a return, ``<>`` both at once; the step's own process is not named
        again.
        """
        lines = [f"with {name} = {value}" for name, value in self.choice.parameters.items()]
        if self.calls:
            lines.append(" ".join(self.flow))
        own = f"{self.actor} "
        lines += [str(access).replace(f" {own}", " ", 1) for access in self.accesses]
        lines += [str(c).removeprefix(own) for c in self.changes if c.new is not None and not c.quiet]
        return tuple(lines)

    @property
    def flow(self) -> tuple[str, ...]:
        """The calls and returns in their order, as they stand in ``remarks``."""
        flow: list[str] = []
        calls = list(self.calls)
        while calls:
            call = calls.pop(0)
            if calls and (call.phase, calls[0].phase, calls[0].name) == ("call", "return", call.name):
                flow.append(f"<> {calls.pop(0)}")
            else:
                flow.append(f"{'->' if call.phase == 'call' else '<-'} {call}")
        return tuple(call.replace(" ", UNBROKEN) for call in flow)


@dataclass(frozen=True)
class Stuck:
    """A process instance that cannot move at the end of the trace, and where it stands."""

    process: str
    instance: int
    function: str
    file: str
    line: int
    source: str

    @property
    def actor(self) -> str:
        return f"{self.process}{self.instance}"


@dataclass(frozen=True)
class Trace:
    """A run of ``model`` at ``constants`` that breaks ``property_name``, or follows a scenario.

    ``initial`` are the values at the start by name, ``cells`` the same state as the transition
    system stores it; ``relevant`` are the values that the verdict was read from, when it was.
    ``failed`` is the conjunct that was false, in words. ``loop_start`` is the index of the step at
    which the run repeats for ever, the number of steps if nothing happens any more behind them, and None for a
    finite run. ``model_hash`` identifies the transition
    system that was run, not only the model's file.  ``event`` is what happened when a predicate about an event was
    false.  ``analysed``: it is known which steps matter, and ``races`` are those that led to the violation.
    """

    model: str
    path: str
    model_hash: str
    constants: Mapping[str, str]
    property_name: str
    doc: str
    message: str
    initial: Mapping[str, str]
    cells: tuple[int, ...]
    steps: tuple[Step, ...]
    relevant: Mapping[str, str] = field(default_factory=dict)
    failed: str = ""
    stuck: tuple[Stuck, ...] = ()
    loop_start: int | None = None
    event: Call | None = None
    analysed: bool = False
    races: tuple[Race, ...] = ()

    def state(self, steps: int) -> dict[str, str]:
        """Every value that has a meaning after the first ``steps`` steps, by name."""
        state = dict(self.initial)
        for step in self.steps[:steps]:
            for change in step.changes:
                if change.new is None:
                    state.pop(change.name, None)
                else:
                    state[change.name] = change.new
        return state

    def matters(self, number: int) -> bool:
        """Whether the violation depends on the step with index ``number``, as far as is known."""
        return not self.analysed or self.steps[number].role is not None

    @property
    def switches(self) -> int:
        """How often another process moves than the one that moved before."""
        return sum(a.actor != b.actor for a, b in zip(self.steps, self.steps[1:], strict=False))

    @property
    def length(self) -> str:
        """How many steps it has, and how many of them are repeated for ever, in words."""
        if self.loop_start is None:
            return _steps(len(self.steps))
        stem, loop = self.loop_start, len(self.steps) - self.loop_start
        if not loop:
            return f"{_steps(stem)}, then nothing for ever"
        return f"{_steps(stem)}, then {_steps(loop)} for ever" if stem else f"{_steps(loop)} for ever"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is said about the violation, line by line and nothing twice."""
        paragraphs = [plain(part) for part in self.doc.split("\n\n")]
        known = " ".join(paragraphs)
        lines = [
            *paragraphs,
            *(line for line in self.message.splitlines() if line.strip().rstrip(".") not in known),
        ]
        if self.failed:
            lines.append(f"false: {self.failed}")
        said = {line.strip().rstrip("."): line.strip() for line in reversed(lines) if line.strip()}
        return tuple(reversed(said.values()))

    def render(self, face: str = "text") -> str:
        """It in one of the forms of ``ovlcheck.trace.faces``: ``text``, ``cpu`` (the table of commit messages),
        ``dot``, ``svg``, ``sequence``, ``html`` or ``json``.

        Raises ``ValueError`` for a form that there is not.
        """
        from ovlcheck.trace.faces import FACES

        if face not in FACES:
            raise ValueError(f"no trace can be shown as {face!r}: there are {', '.join(FACES)}")
        return FACES[face].render([self])

    @property
    def headline(self) -> str:
        """What the trace shows, in one line."""
        if not self.steps and self.loop_start is None:
            return f"{self.property_name} does not hold in an initial state"
        count = self.length
        turns = f"{self.switches} context switch{'es' * (self.switches != 1)}"
        return f"{self.property_name}: {count}, {turns}"


def _steps(number: int) -> str:
    return f"{number} step{'s' * (number != 1)}"

"""A trace as nested calls: what each task does inside which function, line by line, and only what matters.

This is what the table for mails and the sequence chart have in common.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ovlcheck.trace.trace import Change, Step, Trace


@dataclass(frozen=True)
class Line:
    """One thing that ``actor`` does in the step with index ``step``, ``depth`` calls deep.

    ``kind`` is ``call`` (a function begins), ``change``, ``read``, ``return``, ``code`` (nothing to be seen but the
    source line) or ``loop``, which is no one's: the run goes round from there, or back to there.
    """

    actor: str
    step: int
    depth: int
    kind: str
    text: str


@dataclass
class _Frame:
    """A call that has not returned; ``shown`` once there is a line for it."""

    text: str
    name: str
    shown: bool = False


def lines(trace: Trace) -> Iterator[Line]:
    """What happens, as far as it matters to the violation."""
    teller = _Teller(trace)
    for number in range(len(trace.steps)):
        if trace.loop_start == number:
            yield Line("", number, 0, "loop", "from here on for ever:")
        yield from teller.step(number)
    if trace.loop_start == len(trace.steps):
        yield Line("", len(trace.steps), 0, "loop", "from here on nothing happens any more")
    elif trace.loop_start is not None:
        yield Line("", len(trace.steps), 0, "loop", "and so on")


class _Teller:
    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._frames: dict[str, list[_Frame]] = {}
        changed = {
            c.name for step in trace.steps for c in step.changes if c.old is not None and c.new is not None
        }
        self._interesting = changed | trace.relevant.keys()

    def step(self, number: int) -> Iterator[Line]:
        """The lines of one step; none for one that does not matter, but its calls are remembered."""
        step = self._trace.steps[number]
        frames = self._frames.setdefault(step.actor, [])
        tells = self._trace.matters(number)
        last = number == len(self._trace.steps) - 1
        changes = self._changes(step) if tells else []
        looks = self._looks(step) if tells else []
        told = False
        ended: _Frame | None = None
        for at in range(len(step.calls) + 1):
            now = [
                ("change", str(c).removeprefix(f"{self._trace.property_name}."))
                for c in changes
                if step.moments.get(c.name, len(step.calls)) == at
            ]
            if at == _innermost(step):
                now = [("read", text) for text in looks] + now
            if at == _innermost(step) and last and self._at_set():
                now.append(("return", self._at_set()))
            for kind, text in now:
                yield from self._open(step, number, frames)
                if kind == "change" and ended is not None and text.partition(":")[0] in self._ghosts(changes):
                    yield Line(step.actor, number, len(frames), "call", ended.text)
                    ended = None
                yield Line(step.actor, number, len(frames), kind, text)
                told = True
            if at == len(step.calls):
                break
            call, ended = step.calls[at], None
            if call.phase == "call":
                frames.append(_Frame(call.short, call.name))
                if tells and last and self._trace.loop_start is None:
                    yield from self._open(step, number, frames)
                    told = True
            elif frames and frames[-1].name == call.name:
                frame = frames.pop()
                result = call.arguments.get("result")
                if tells and frame.shown and result is not None and result != "None":
                    yield Line(step.actor, number, len(frames) + 1, "return", f"return {result}")
                    told = True
                ended = frame if not frame.shown else None
        if last and self._returns():
            yield from self._open(step, number, frames)
            yield Line(step.actor, number, len(frames), "return", self._returns())
            told = True
        if tells and not told:
            before = [frame for frame in frames if not frame.shown]
            yield from self._open(step, number, frames)
            if not before:
                yield Line(step.actor, number, len(frames), "code", step.source.strip() or step.function)

    def _at_set(self) -> str:
        """The operation on a set at which a predicate is false."""
        event = self._trace.event if self._trace.loop_start is None else None
        return event.short if event is not None and "." in event.name else ""

    def _returns(self) -> str:
        """The return at which a predicate is false, of a function that began in an earlier step."""
        event = self._trace.event if self._trace.loop_start is None else None
        if event is None or "." in event.name or event.phase == "call":
            return ""
        calls = [call.name for call in self._trace.steps[-1].calls if call.phase == "call"]
        return f"return from {event.name}()" if event.name not in calls else ""

    def _ghosts(self, changes: list[Change]) -> set[str]:
        """The names, as lines have them, of what only the property itself keeps in mind."""
        prefix = f"{self._trace.property_name}."
        return {c.name.removeprefix(prefix) for c in changes if c.name.startswith(prefix)}

    def _open(self, step: Step, number: int, frames: list[_Frame]) -> Iterator[Line]:
        """Lines for the calls that a line stands in, unless they have theirs."""
        for depth, frame in enumerate(frames):
            if not frame.shown:
                frame.shown = True
                yield Line(step.actor, number, depth, "call", frame.text)

    def _changes(self, step: Step) -> list[Change]:
        """Those that matter; of a step that matters for another reason, those that others can see."""
        shared = [c for c in step.changes if c.new is not None and not c.quiet and _is_shared(c.name, step)]
        allocates = any(c.old == "free" and c.new == "allocated" for c in shared)
        seen = [c for c in shared if c.old is not None or not allocates or c.name in self._trace.relevant]
        if step.role is None:
            return seen
        ghosts = f"{self._trace.property_name}."
        return [c for c in seen if c.name in step.role.gave] or [
            c for c in seen if not c.name.startswith(ghosts)
        ]

    def _looks(self, step: Step) -> list[str]:
        """What the step read, where that is worth a line: values that somebody changes."""
        wanted = self._interesting if step.role is None else self._interesting & set(step.role.read)
        return [str(a) for a in step.accesses if a.kind == "read" and a.name in wanted]


def _is_shared(name: str, step: Step) -> bool:
    """Whether others can see the value: it is neither a local nor a lock of the task that moves."""
    return not name.startswith(f"{step.actor} ")


def _innermost(step: Step) -> int:
    """Where the values that the step read belong among its calls: behind the last that it makes."""
    calls = [at for at, call in enumerate(step.calls) if call.phase == "call"]
    return calls[-1] + 1 if calls else 0

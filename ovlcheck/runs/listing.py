"""What the terminal of ``ovlcheck explore`` shows: steps, states and tasks as text of at most 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from ovlcheck.explore import deadlock
from ovlcheck.runs.moves import Moves
from ovlcheck.runs.recorded import Narrator
from ovlcheck.system.action import State
from ovlcheck.system.step import Failure, Outcome
from ovlcheck.system.transition_system import Source
from ovlcheck.trace.escape import printable
from ovlcheck.trace.place import shown_file
from ovlcheck.trace.trace import UNBROKEN, Step

WIDTH = 80
_BODY = " " * 9


def numbered(
    number: int, step: Step, broken: Sequence[Failure], before: Sequence[Failure] = ()
) -> Iterator[str]:
    """A step with its number, place and text, what it changes, and what it breaks that was not broken ``before``."""
    head = f"{number:>3}  {step.actor}  {step.function}  {step.file}:{step.line}"
    source = step.source.strip()
    if len(head) + len(source) + 3 <= WIDTH:
        yield from wrapped(f"{head}   {source}".rstrip(), "", _BODY)
    else:
        yield from wrapped(head, "", _BODY)
        yield from wrapped(source, " " * 7, _BODY + "  ")
    for remark in step.remarks:
        yield from wrapped(remark, _BODY, _BODY + "    ")
    if step.partial:
        yield f"{_BODY}here the violation ends the step"
    yield from breaks(broken, before, _BODY)


def breaks(broken: Sequence[Failure], before: Sequence[Failure], indent: str) -> Iterator[str]:
    """What is broken now; of what was broken ``before`` the names only."""
    known = {failure.name for failure in before}
    for failure in broken:
        if failure.name not in known:
            yield from wrapped(f"!! {failure.name}: {failure.message}", indent, indent + "    ")
    still = [failure.name for failure in broken if failure.name in known]
    if still:
        yield from wrapped(f"still broken: {', '.join(still)}", indent, indent + "    ")


def in_one_line(number: int, step: Step) -> str:
    """A step with its number, place and text; what does not fit is left out."""
    line = f"{number:>3}  {step.actor}  {step.function}  {step.file}:{step.line}   {step.source.strip()}"
    line = printable(line)
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


def choices(
    moves: Moves,
    narrator: Narrator,
    state: State,
    outcomes: Sequence[Outcome],
    broken: Sequence[Failure] = (),
) -> Iterator[str]:
    """All steps that can be taken in ``state``, an empty line between the actors, and who cannot move."""
    before = ""
    for number, outcome in enumerate(outcomes, 1):
        actor = moves.actor(outcome.action)
        if before and actor != before:
            yield ""
        before = actor
        step = narrator.step(state, outcome.action)
        yield from numbered(number, step, moves.broken_by(outcome), broken)
    moving = {moves.semantics.instance(outcome.action) for outcome in outcomes}
    waiting = [who for who in moves.semantics.instances if who not in moving]
    if waiting:
        names = ", ".join(f"{process}{i}" for process, i in waiting)
        yield ""
        yield from wrapped(f"cannot move: {names} (where tells why)", "  ", "    ")


def places(moves: Moves, state: State, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Where every task stands, and what those wait for that cannot move."""
    semantics = moves.semantics
    numbers: dict[object, list[str]] = {}
    for number, outcome in enumerate(outcomes, 1):
        numbers.setdefault(semantics.instance(outcome.action), []).append(str(number))
    columns = max((len(f"{process}{i}") for process, i in semantics.instances), default=0)
    for process, i in semantics.instances:
        locations = moves.system.process[process].locations
        source = locations[semantics.location(state, process, i)].source if locations else None
        rest = "at rest" if semantics.at_rest(state, process, i) else "in a call"
        own = numbers.get((process, i))
        can = f"can take {', '.join(own)}" if own else "cannot move"
        at = f"  {process}{i:<{max(columns - len(process), 1)}}  {rest}, {can}"
        yield from wrapped(f"{at}  {_place(source)}", "", " " * (columns + 4))
        if not own and not semantics.at_rest(state, process, i):
            why = deadlock.explain(semantics, state, [(process, i)])
            yield from wrapped(_reason(why), " " * (columns + 4), " " * (columns + 6))


def _place(source: Source | None) -> str:
    if source is None:
        return ""
    return f"{source.function} {shown_file(source.file)}:{source.line}   {source.text.strip()}".rstrip()


def _reason(why: str) -> str:
    """What ``deadlock.explain`` says of one instance, without the place."""
    for words in (" waits ", " has no way on", " spins "):
        at = why.find(words)
        if at >= 0:
            return why[at + 1 :]
    return why


def values(shown: Mapping[str, str], words: Sequence[str]) -> Iterator[str]:
    """The values whose name has one of ``words`` in it, those of one object or task together.

    Without words all of them, but for locks that a task does not hold.
    """
    groups: dict[str, list[str]] = {}
    for name, value in shown.items():
        if words and not any(word in name for word in words):
            continue
        if " holds " in name and value == "False" and not words:
            continue
        owner, text = _owner(name, value)
        groups.setdefault(owner, []).append(text.replace(" ", UNBROKEN))
    columns = max((len(owner) for owner in groups), default=0)
    for owner, texts in groups.items():
        yield from wrapped(", ".join(texts), f"  {owner:<{columns}}  ", " " * (columns + 4))
    if not groups:
        yield "  nothing is called so here"


def _owner(name: str, value: str) -> tuple[str, str]:
    """The object or task that a value belongs to, and what is said of it; ``fs`` is the model itself."""
    owner, space, rest = name.partition(" ")
    if space:
        return owner, rest if rest.startswith("holds ") and value == "True" else f"{rest} = {value}"
    owner, dot, field = name.partition(".")
    if dot:
        return owner, f"{field} = {value}"
    if value in ("allocated", "free"):
        return name, value
    return "fs", f"{name} = {value}"


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """What is otherwise in ``new`` than it was in ``old``."""
    names = dict.fromkeys([*old, *new])
    changed = [name for name in names if old.get(name) != new.get(name)]
    for name in changed:
        yield from wrapped(f"{name}: {old.get(name, 'absent')} -> {new.get(name, 'absent')}", "  ", "    ")
    if not changed:
        yield "  nothing"


def wrapped(text: str, first: str, rest: str) -> list[str]:
    """``text`` as lines of at most ``WIDTH`` columns."""
    lines = textwrap.wrap(
        printable(text), WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    return [line.replace(UNBROKEN, " ") for line in lines] or [first.rstrip()]

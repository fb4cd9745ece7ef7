"""A violation in one sentence: what happened at the end, who made the values so, and which read came too early."""

from __future__ import annotations

import re

from ovlcheck.trace.escape import plain
from ovlcheck.trace.trace import Change, Race, Step, Trace


def broken(trace: Trace) -> str:
    """The sentence that says what is broken: the property, in the words of its author."""
    words = plain(trace.doc or trace.message)
    sentence = words.partition(". ")[0].removesuffix(".")
    return f"{trace.property_name}: {sentence}." if sentence else f"{trace.property_name} does not hold."


def summary(trace: Trace) -> str:
    """What happened, in one sentence for the end and one for each race; empty where nothing is known of it."""
    return " ".join(sentences(trace))


def sentences(trace: Trace) -> tuple[str, ...]:
    """The same, each sentence apart."""
    told = [_end(trace), *(race_sentence(trace, race) for race in _latest(trace.races))]
    return tuple(f"{sentence}." for sentence in told if sentence)


def race_sentence(trace: Trace, race: Race) -> str:
    """Who had seen what, who changed it, and what the first went on to do all the same."""
    reader, changer, user = (trace.steps[i] for i in (race.read, race.changed, race.used))
    change = next((c for c in changer.changes if c.name == race.name), None)
    done = did(change) if change is not None else f"changed {race.name}"
    return (
        f"{reader.actor} saw {race.name} = {race.value} in {_place(reader, race.read)}; "
        f"{changer.actor} {done} in {_place(changer, race.changed)}, "
        f"before {reader.actor} acted on it in {_place(user, race.used)}"
    )


def did(change: Change) -> str:
    """``change`` as a verb and what it is done to: ``set I_DIRTY in upper0.i_state``, ``freed inode0``."""
    old, new, name = change.old, change.new, change.name
    if new is None:
        return f"ended {name}"
    if (old, new) == ("allocated", "free"):
        return f"freed {name}"
    if (old, new) == ("free", "allocated"):
        return f"allocated {name}"
    if (old, new) in (("False", "True"), ("True", "False")):
        return f"{'set' if new == 'True' else 'cleared'} {name}"
    before, after = _members(old), _members(new)
    if before is not None and after is not None:
        return _members_changed(name, before, after)
    return f"changed {name} from {old} to {new}" if old is not None else f"made {name} {new}"


def _members_changed(name: str, before: list[str], after: list[str]) -> str:
    added = [m for m in after if m not in before]
    removed = [m for m in before if m not in after]
    flags = all(re.fullmatch(r"[A-Z][A-Z0-9_]*", member) for member in added + removed)
    done = []
    if added:
        done.append(f"{'set' if flags else 'added'} {', '.join(added)} {'in' if flags else 'to'} {name}")
    if removed:
        what = ", ".join(removed)
        done.append(f"cleared {what} in {name}" if flags else f"removed {what} from {name}")
    return " and ".join(done) or f"wrote {name}"


def _members(value: str | None) -> list[str] | None:
    """The members of a set or the flags of a word; None for any other value."""
    if value is None or not (value.startswith("{") and value.endswith("}")):
        return None
    return [member for member in value[1:-1].split(", ") if member]


def _end(trace: Trace) -> str:
    """What the last step did, and while which values were so."""
    if (
        not trace.steps
        or trace.loop_start is not None
        or trace.stuck
        or not (trace.relevant or trace.steps[-1].partial)
    ):
        return ""
    last = trace.steps[-1]
    if trace.event is not None:
        within = _within(last, trace.event.name)
        call = trace.event.short
        verb = (
            "returns from" if trace.event.phase == "return" and trace.event.name in last.stack else "comes to"
        )
        return f"{last.actor} {verb} {call}{within} {_while(trace, list(trace.relevant))}"
    if last.partial:
        place = f"{last.function}(){_within(last, last.function).removesuffix(',')}"
        message = " ".join(trace.message.split())
        return _used_freed(trace, place) or f"{last.actor} fails in {place}: {message}"
    made = [c for c in last.changes if c.name in trace.relevant and c.new is not None]
    done = " and ".join(did(c) for c in made) or "comes to this"
    others = [name for name in trace.relevant if name not in {c.name for c in made}]
    return f"{last.actor} {done} in {last.function}(){_within(last, last.function)} {_while(trace, others)}".rstrip()


def _within(step: Step, function: str) -> str:
    """The function that the task itself called, if that is another one: ``, in close()``."""
    return f", in {step.outermost}()," if step.outermost not in ("", function) else ""


def _while(trace: Trace, names: list[str]) -> str:
    """The values by name; the locals that only lead to them are passed over."""
    told = [_since(trace, name) for name in [n for n in names if " " not in n] or names]
    *others, last = told or [""]
    return f"while {', '.join(others)}{' and ' if others else ''}{last}" if told else ""


def _since(trace: Trace, name: str) -> str:
    """``upper0.i_state is {I_DIRTY} since step 2 (reader0 in setattr)``."""
    text = f"{name.removeprefix(f'{trace.property_name}.')} is {trace.relevant[name]}"
    for number in range(len(trace.steps) - 1, -1, -1):
        step = trace.steps[number]
        for change in step.changes:
            if change.name == name and change.new == trace.relevant[name]:
                known = change.old is not None and change.new != "allocated" and number + 1 < len(trace.steps)
                return f"{text} since step {number + 1} ({step.actor} in {step.function})" if known else text
    return text


def _used_freed(trace: Trace, place: str) -> str:
    """Who freed what the last step used; empty if it used nothing of the kind."""
    user = trace.steps[-1]
    used = trace.steps[-1].role.read if trace.steps[-1].role is not None else ()
    for number in range(len(trace.steps) - 1, -1, -1):
        step = trace.steps[number]
        for change in step.changes:
            freed = change.name in used and (change.old, change.new) == ("allocated", "free")
            if freed and f"{change.name}, which is free" in trace.message:
                who = "it" if step.actor == user.actor else step.actor
                return f"{user.actor} uses {change.name} in {place}, after {who} freed it in {_place(step, number)}"
    return ""


def _latest(races: tuple[Race, ...]) -> tuple[Race, ...]:
    """The latest race for each value: the others are told step by step."""
    return tuple({race.name: race for race in races}.values())


def _place(step: Step, number: int) -> str:
    return f"{step.function}() ({step.file}:{step.line}, step {number + 1})"

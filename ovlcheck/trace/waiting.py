"""What those wait for who are stuck, in the words of readers: cells by their names, values in words."""

from __future__ import annotations

from ovlcheck.explore.result import Violation
from ovlcheck.system.action import State
from ovlcheck.system.semantics import Semantics
from ovlcheck.trace.explain import Reason, explain

_UNTIL = "waits until "


def waiting(semantics: Semantics, violation: Violation, state: State) -> tuple[str, dict[str, str]]:
    """The message of ``violation``, a line for each instance that is stuck in ``state``, and the values it tells of.

    The engines write conditions as the transition system has them; what is said of locks is kept.
    """
    lines: list[str] = []
    relevant: dict[str, str] = {}
    told = {f"{process}{instance}": (process, instance) for process, instance in violation.blocked}
    for line in violation.message.split("; "):
        head, until, _ = line.partition(_UNTIL)
        who = told.get(line.partition(" ")[0])
        reasons = _reasons(semantics, state, *who) if until and who is not None else []
        texts = list(dict.fromkeys(reason.failed for reason in reasons))
        if texts and all(texts):
            line = f"{head}{_UNTIL}{' or '.join(texts)}"
            for reason in reasons:
                relevant.update(reason.relevant)
        lines.append(line)
    return "\n".join(lines), relevant


def _reasons(semantics: Semantics, state: State, process: str, instance: int) -> list[Reason]:
    """The condition that keeps the instance from each of its next steps, explained."""
    found: list[Reason] = []
    for action in semantics.actions_at(process, instance, semantics.location(state, process, instance)):
        blocker = semantics.blocker(state, action)
        if blocker is not None:
            condition, there, scope = blocker
            found.append(explain(semantics, condition, there, scope, {}))
    return found

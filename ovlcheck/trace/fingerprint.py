"""The identity of a transition system: two models with the same fingerprint have the same runs.

Where the code stands (files, lines) is no part of it, so that a trace is known again on another machine.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from functools import cache

from ovlcheck.system.transition_system import PropertyInfo, Source, TransitionSystem


def fingerprint(system: TransitionSystem) -> str:
    """The SHA-256 of everything in ``system`` that bears on its runs, in hexadecimal digits."""
    digest = hashlib.sha256()
    parts = (
        system.variables,
        system.processes,
        system.edges,
        system.initial,
        system.populations,
        system.invariants,
    )
    tokens: list[str] = []
    _spell_out(parts, tokens)
    digest.update("\0".join([*tokens, ""]).encode())
    return digest.hexdigest()


def _spell_out(part: object, tokens: list[str]) -> None:
    """Appends what ``part`` consists of."""
    kind = type(part)
    if isinstance(part, tuple):
        tokens.append(f"({len(part)}")
        for item in part:
            _spell_out(item, tokens)
    elif isinstance(part, Source | PropertyInfo):
        return
    elif is_dataclass(kind):
        tokens.append(kind.__name__)
        for name in _field_names(kind):
            _spell_out(getattr(part, name), tokens)
    else:
        tokens.append(repr(part))


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    assert is_dataclass(kind)
    return tuple(field.name for field in fields(kind))

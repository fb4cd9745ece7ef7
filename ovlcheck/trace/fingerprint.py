"""The identity of a transition system: two models with the same fingerprint have the same runs.

Where the code stands (files, lines) is no part of it, so that a trace is known again on another machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

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
    for token in _tokens(parts):
        digest.update(token.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _tokens(part: object) -> Iterator[str]:
    if isinstance(part, Source | PropertyInfo):
        return
    if isinstance(part, tuple):
        yield f"({len(part)}"
        for item in part:
            yield from _tokens(item)
    elif is_dataclass(part):
        yield type(part).__name__
        for field in fields(part):
            yield from _tokens(getattr(part, field.name))
    else:
        yield repr(part)

"""A state and an action: what every reader of the transition system calls by these names."""

from __future__ import annotations

from dataclasses import dataclass

State = tuple[int, ...]
"""The values of all cells; ``TransitionSystem.offset`` says which is whose."""


@dataclass(frozen=True)
class Action:
    """An edge (its index in ``TransitionSystem.edges``) and a value for each of its parameters, in their order."""

    edge: int
    arguments: tuple[int, ...] = ()

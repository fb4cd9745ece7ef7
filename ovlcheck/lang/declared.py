"""Properties as they stand in a file, found but not compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ovlcheck.lang import declarations as decl


@dataclass(frozen=True)
class Declared:
    """A property as found in a file: a decorated function, an observer class or an unasked check."""

    name: str
    doc: str
    value: Any
    file: str
    line: int

    @property
    def events(self) -> tuple[str, ...]:
        """The events it listens to."""
        if isinstance(self.value, type):
            marks = [decl.source_marks(v) for c in self.value.__mro__ for v in vars(c).values()]
        else:
            marks = [decl.source_marks(self.value)]
        return tuple(m.event for m in marks if isinstance(m, decl.Listener) and m.event)

    @property
    def about_behaviours(self) -> bool:
        """Whether it is about whole behaviours."""
        return bool(behaviour_marks(self.value))

    @property
    def on_request(self) -> bool:
        """Whether only a run that names it checks it."""
        if isinstance(self.value, decl.Unasked):
            return self.value.on_request
        return any(mark.on_request for mark in behaviour_marks(self.value))


def behaviour_marks(value: Any) -> list[decl.Behaviour]:
    """The marks of the formulas of a property: a function, or an observer's methods."""
    if isinstance(value, type):
        members = {name: member for owner in reversed(value.__mro__) for name, member in vars(owner).items()}
        marks = [decl.source_marks(member) for member in members.values()]
    else:
        marks = [decl.source_marks(value)]
    return [mark for mark in marks if isinstance(mark, decl.Behaviour)]

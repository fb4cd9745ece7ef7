"""Blocks of C as they are written, statement by statement."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ovlcheck.explore.native.expressions import Scope


@dataclass
class Block:
    """One C block being written: ``leave`` is the statement that leaves it.

    ``state`` is the C variable with the state as it stands, "" for the caller's own; ``writable`` says that
    no code after this block reads it.  ``late`` are conditions found true or false half way that count once
    the path is known to exist.
    """

    leave: str
    indent: int
    scope: Scope
    state: str = ""
    writable: bool = False
    fault_declared: bool = False
    left: bool = False
    lines: list[str] = field(default_factory=list)
    late: tuple[str, ...] = ()

    def put(self, text: str) -> None:
        self.lines.append("\t" * self.indent + text if text else "")

    def exit_if(self, condition: str) -> None:
        self.put(f"if ({condition})")
        self.put(f"\t{self.leave};")
        self.left = True

    def inner(self, leave: str | None = None) -> "Block":
        """A block within this one; it is left by ``leave``, or as this one is."""
        return replace(
            self,
            leave=leave or self.leave,
            indent=self.indent + 1,
            writable=False,
            fault_declared=False,
            left=False,
            lines=[],
        )

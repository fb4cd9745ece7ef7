"""What a state graph is, whatever it is written as.

Names and values are in words, and any character may stand in them: whoever writes them escapes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Node:
    """One state, or all the ``states`` that agree in what they were merged by.

    ``values`` are what those states have in common, by name.  ``initial``, ``terminal`` (no step leads on) and
    ``violates`` (properties that do not hold in it) are true of some state of it.  ``depth`` is the fewest steps from
    an initial state.  A node of no ``states`` stands for the end of steps that a violation cuts short.
    """

    number: int
    values: Mapping[str, str] = field(default_factory=dict)
    states: int = 1
    depth: int = 0
    initial: bool = False
    terminal: bool = False
    violates: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The values line by line, or its number where there are none."""
        lines = [f"{name} = {value}" for name, value in self.values.items()]
        if not self.states:
            lines = list(self.violates)
        elif self.states > 1:
            lines.append(f"{self.states:,} states")
        return "\n".join(lines) or str(self.number)


@dataclass(frozen=True)
class Arc:
    """``steps`` steps of the model that lead from ``source`` to ``target`` and are called the same.

    ``violates``: properties that do not hold in such a step.
    """

    source: int
    target: int
    process: str
    function: str
    steps: int = 1
    violates: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """``writer0: release``, and how many steps it stands for."""
        who = f"{self.process}: {self.function}" if self.function != self.process else self.process
        return who if self.steps == 1 else f"{who} ({self.steps:,})"


@dataclass(frozen=True)
class StateGraph:
    """The graph of ``model`` at ``constants``.

    ``states`` and ``transitions`` count as every engine does.  ``by`` is what states were merged by; empty for the
    graph of all states.  ``inside`` is the number of steps that stay within a node of a merged graph: they are no arcs.
    """

    model: str
    constants: Mapping[str, str]
    nodes: tuple[Node, ...]
    arcs: tuple[Arc, ...]
    states: int
    transitions: int
    by: tuple[str, ...] = ()
    inside: int = 0

    @property
    def headline(self) -> str:
        """What is in it, in one line."""
        whole = f"{self.states:,} states, {self.transitions:,} transitions"
        if not self.by:
            return f"{self.model}: {whole}"
        return f"{self.model}: {whole}, merged by {', '.join(self.by)} into {len(self.nodes):,} nodes"

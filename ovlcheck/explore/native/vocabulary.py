"""What all generated functions of one system share: C names, and the numbers behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ovlcheck.explore.native.expressions import Expressions
from ovlcheck.explore.native.names import Identifiers
from ovlcheck.system.transition_system import TransitionSystem


@dataclass
class Vocabulary:
    """``violations`` gives the C name of each violation, ``covers`` and ``counts`` the numbers of covers and
    counters; ``written`` collects the variables that need a setter.
    """

    system: TransitionSystem
    identifiers: Identifiers
    expressions: Expressions
    violations: Mapping[str, str]
    covers: Mapping[str, int]
    counts: Mapping[str, int]
    written: set[str] = field(default_factory=set)

"""Which properties of whole behaviours are measured, of which systems, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

_PINNED = "no_clean_unreferenced_inode_stays_pinned"

FAIR, PREMISE, ALONE = "every process", "as a premise", "without Spin"


@dataclass(frozen=True)
class Case:
    """``demand`` is a property of a system, which is ``violated`` or holds.

    ``against``: Spin is fair to ``FAIR`` (``pan -f``), or its claim has fairness ``PREMISE``, or ovlcheck is ``ALONE``.
    ``states`` is about how many the system has, for the size of Spin's table and stack.
    """

    model: str
    demand: str
    violated: bool
    states: int
    against: str = FAIR
    config: str | None = None
    constants: dict[str, str] = field(default_factory=dict)
    properties: str | None = None

    @property
    def title(self) -> str:
        given = [self.config] if self.config else []
        return ", ".join([Path(self.model).stem, *given, *(f"{k}={v}" for k, v in self.constants.items())])

    @property
    def arguments(self) -> list[str]:
        """What tells ``benchmarks.behaviours`` which system and which property are meant."""
        said = [self.model, self.demand, *(["--config", self.config] if self.config else [])]
        for name, value in self.constants.items():
            said += ["--set", f"{name}={value}"]
        return [*said, *(["--properties", self.properties] if self.properties else [])]


def _classic(name: str, demand: str, violated: bool, states: int, **constants: str) -> Case:
    return Case(
        f"benchmarks/models/{name}.py",
        demand,
        violated,
        states,
        constants=constants,
        properties=f"benchmarks/models/{name}_properties.py",
    )


FULL = (
    _classic("counters", "comes_to_its_end", False, 2_744_000, last="139"),
    _classic("counters", "meet_at_zero", True, 2_744_000, last="139"),
    _classic("filter_lock", "waiting_ends", False, 223_105, tasks="5", top="4"),
    _classic("filter_lock", "rests_together", True, 223_105, tasks="5", top="4"),
    _classic("philosophers", "somebody_eats", False, 33_461, seats="12", top="11"),
    _classic("philosophers", "everybody_eats", True, 33_461, seats="12", top="11"),
    Case("models/upstream.py", _PINNED, False, 24_361, PREMISE, "small"),
    Case("models/upstream.py", _PINNED, False, 86_245, ALONE, "default"),
    Case("models/proposed.py", _PINNED, False, 199_393, ALONE, "default"),
    Case("models/suspect_list_as_posted.py", _PINNED, False, 2_953_634, ALONE, "default"),
)

QUICK = (
    _classic("filter_lock", "waiting_ends", False, 417, tasks="3", top="2"),
    _classic("counters", "meet_at_zero", True, 1_000, last="9"),
)
"""As a smoke test."""

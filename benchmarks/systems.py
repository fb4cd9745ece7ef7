"""What is measured: which models, in which configuration, and how large a table each peer gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_MODELS = "benchmarks/models"
_THEMES = ("durability", "eviction", "isolation", "refcounts", "umount")
_SAFETY = tuple(f"properties/{name}.py" for name in _THEMES)
"""Their ghosts are part of each state.  ovlcheck checks them, the peers only walk through the same states."""


@dataclass(frozen=True)
class System:
    """One system, the same for all checkers.

    ``group`` is what ``--only`` calls it.  ``states`` is about how many it has, for the size of Spin's table.
    ``enough`` is how many it must have for the targets to be about it.  ``pilot`` names the configuration in which
    Spin's forms are tried, so that only the faster one has to be run here.  ``alone``: without peers.  ``hand`` is a
    Promela text of the same system that was written by hand, which begins with ``hand_constants`` as macros.
    """

    group: str
    model: str
    states: int
    enough: int = 0
    config: str | None = None
    constants: dict[str, str] = field(default_factory=dict)
    properties: tuple[str, ...] = (f"{_MODELS}/no_properties.py",)
    pilot: str | None = None
    alone: bool = False
    hand: Path | None = None
    hand_constants: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return Path(self.model).stem

    @property
    def title(self) -> str:
        given = [self.config] if self.config else []
        return ", ".join([self.name, *given, *(f"{k}={v}" for k, v in self.constants.items())])

    @property
    def arguments(self) -> list[str]:
        """What tells ``ovlcheck`` which system is meant."""
        said = [self.model, *(["--config", self.config] if self.config else [])]
        for name, value in self.constants.items():
            said += ["--set", f"{name}={value}"]
        for place in self.properties:
            said += ["--properties", place]
        return said


FULL = (
    System(
        group="b",
        model=f"{_MODELS}/refcounts.py",
        states=7_400_000,
        enough=7_000_000,
        hand=ROOT / "benchmarks/hand/refcounts.pml",
    ),
    System(group="c", model=f"{_MODELS}/grid.py", states=1_000_000),
    System(
        group="a",
        model="models/suspect_list_as_posted.py",
        states=22_000_000,
        enough=10_000_000,
        constants={"truncates": "true", "flag_window": "true"},
        properties=_SAFETY,
        pilot="small",
    ),
    System(
        group="a",
        model="models/proposed.py",
        states=17_000_000,
        enough=10_000_000,
        constants={"drop_caches_tasks": "1", "unlinks": "1"},
        properties=_SAFETY,
        pilot="small",
    ),
    System(
        group="a",
        model="models/proposed.py",
        states=30_000_000,
        alone=True,
        enough=10_000_000,
        config="large",
        constants={"drop_caches_tasks": "1"},
        properties=_SAFETY,
    ),
)

_LITTLE = {"calls": "1", "readers": "0", "umounts": "0", "mmaps": "false", "meta_ops": "false"}

QUICK = (
    System(
        group="b",
        model=f"{_MODELS}/refcounts.py",
        states=2_000,
        constants={"writers": "1"},
        hand=ROOT / "benchmarks/hand/refcounts.pml",
        hand_constants={"WRITERS": "1"},
    ),
    System(group="c", model=f"{_MODELS}/grid.py", states=1_000, constants={"last": "9"}),
    System(group="a", model="models/proposed.py", states=3_000, constants=_LITTLE, properties=_SAFETY),
)
"""As a smoke test: every part runs, every count is compared, no figure means anything."""

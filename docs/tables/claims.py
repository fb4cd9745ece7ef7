"""What was expected of the designs, cell by cell, and what the checker found there."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ovlcheck.report.table import Cell, Column, Table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

CONFIGS = ("small", "default")
"""The configurations that every claim is decided in, the smaller one first."""

EVIDENCE = {"P": "prototype", "K": "kernel source", "I": "inferred"}


@dataclass(frozen=True)
class Claim:
    """``mark`` (✓, ✗ or –) was expected of property ``short`` of ``model`` at ``constants``.

    ``row`` is what the design is called there, ``scenario`` what was thought to break it, ``asked`` the constants as
    the file has them, ``because`` why the checker does not agree, where it does not.
    """

    row: str
    model: str
    short: str
    mark: str
    evidence: str
    scenario: tuple[str, ...]
    constants: tuple[tuple[str, str], ...]
    asked: str = ""
    because: str = ""

    def constants_in(self, config: str) -> tuple[tuple[str, str], ...]:
        """The constants in ``config``: in default nobody counts calls."""
        return tuple((name, value) for name, value in self.constants if config == "small" or name != "calls")

    def settings_in(self, config: str) -> str:
        """The constants as ``--set`` takes them."""
        return " ".join(f"{name}={value}" for name, value in self.constants_in(config))

    @property
    def key(self) -> str:
        """How a reason refers to it."""
        return " ".join(part for part in (self.row, self.short, self.asked) if part)

    def agrees(self, cell: Cell) -> bool | None:
        """Whether the checker found what was expected; None where it found nothing out."""
        if cell.verdict == "unknown":
            return None
        found = "–" if not cell.applies else cell.mark[:1]
        return found == self.mark


def load_claims(file: Path = HERE / "claims.toml") -> list[Claim]:
    """Every claim in ``file``.  Raises ``ValueError`` for a reason that belongs to none."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    words: Mapping[str, str] = data["constants"]
    because: Mapping[str, str] = data["because"]
    claims = [claim for row in data["row"] for claim in _claims(row, words, because)]
    unknown = set(because) - {claim.key for claim in claims}
    if unknown:
        raise ValueError(f"{file}: reasons for what nobody claims: {', '.join(sorted(unknown))}")
    return claims


def _claims(row: Mapping[str, object], words: Mapping[str, str], because: Mapping[str, str]) -> Iterator[Claim]:
    cells = row["cells"]
    assert isinstance(cells, list)
    for text in cells:
        head, _, own = text.partition(":")
        short, mark, evidence, *scenario = head.split()
        settings = " ".join([str(row.get("at", "")), *(words.get(word, word) for word in own.split())]).split()
        constants = tuple((name, value) for name, _, value in (pair.partition("=") for pair in settings))
        who = str(row["name"]), str(row["model"])
        claim = Claim(*who, short, mark, evidence, tuple(scenario), constants, " ".join(own.split()))
        yield replace(claim, because=" ".join(because.get(claim.key, "").split()))


def found_in(table: Table, claim: Claim) -> tuple[Column, Cell] | None:
    """The column and the cell of ``table`` that ``claim`` is about."""
    for row, column, cell in table.marked():
        if row.model == claim.model and column.short == claim.short:
            return column, cell
    return None

"""The table of variants against properties as data: what every form of it is written from.

A cell is the verdict on one property of one model at one choice of constants, with all that it takes to judge it:
whether everything was explored, with what constants, under which assumptions, and where the run is that breaks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ovlcheck.report.verdict import HOLDS, UNKNOWN, VIOLATED, ExitCode, worst


@dataclass(frozen=True)
class Column:
    """A property, and what is assumed where it is about whole behaviours.

    ``short`` heads the column, ``key`` finds its cells, ``name`` is the property's.  ``fairness`` is ``strong``
    where the strong fairness that the property asks for is assumed, ``weak`` where that is left out, and empty for
    a property that asks for none.  ``check`` is the name of what every run checks, where the property is that.
    """

    short: str
    key: str
    name: str
    doc: str = ""
    behaviour: bool = False
    fairness: str = ""
    check: str = ""

    @property
    def title(self) -> str:
        """The property's name, and which fairness is meant where there are columns for both."""
        return f"{self.name}, {self.fairness} fairness" if self.fairness else self.name

    @property
    def says(self) -> str:
        """The first sentence of what its author says of it."""
        text, stop, _ = " ".join(self.doc.split()).partition(". ")
        return f"{text}." if stop else text


@dataclass(frozen=True)
class Cell:
    """What was found out about one property of one model.

    ``steps`` are those of the shortest run that breaks it; of one that never ends, those before ``loop`` more
    are repeated for ever (0: nothing happens any more).  Unless ``shortest``, there may be a shorter one.  ``trace``
    names the file that the run is saved in, ``text`` shows it.  ``reason`` is why nothing can be said, or what there
    is to say.  ``constants`` are those in which this search differs from the row.  ``expected``: as the model leads
    one to expect.  ``complete``: every reachable state was seen.  ``fairness`` is what was assumed.
    """

    verdict: str
    applies: bool = True
    vacuous: bool = False
    expected: bool = True
    complete: bool = True
    steps: int | None = None
    loop: int | None = None
    shortest: bool = True
    trace: str = ""
    text: str = ""
    reason: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    fairness: tuple[str, ...] = ()
    engine: str = ""
    reductions: tuple[str, ...] = ()
    states: int = 0
    seconds: float = 0.0

    @property
    def mark(self) -> str:
        """The verdict in at most a few characters; ``legend`` says what they mean."""
        if not self.applies:
            return "–"
        if self.vacuous:
            return "∅"
        if self.verdict == VIOLATED:
            steps = "" if self.steps is None else self.steps
            return f"✗{'' if self.shortest else '≤'}{steps}{'' if self.loop is None else '∞'}"
        return {HOLDS: "✓"}.get(self.verdict, "?")

    @property
    def words(self) -> str:
        """The verdict in a few words."""
        if not self.applies:
            return "not applicable"
        if self.vacuous:
            return "vacuous"
        if self.verdict != VIOLATED or self.steps is None:
            return self.verdict
        if self.loop is None:
            return f"violated in {'' if self.shortest else 'at most '}{_steps(self.steps)}"
        behind = f"{_steps(self.loop)} for ever" if self.loop else "nothing for ever"
        return f"violated in {_steps(self.steps)}, then {behind}"

    @property
    def exit_code(self) -> ExitCode:
        if self.verdict == UNKNOWN:
            return ExitCode.UNKNOWN
        return ExitCode.OK if self.expected else ExitCode.VIOLATED


def _common(found: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all of those agree in that say anything."""
    told = [one for one in found if one]
    first = told[0] if told else {}
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in told)}


def _steps(number: int) -> str:
    return f"{number} step{'s' * (number != 1)}"


@dataclass(frozen=True)
class Row:
    """One model at one choice of the constants that vary.

    ``cells`` are by the key of their column.  ``also`` are checks that every run makes and that failed without a
    column of their own, by name.  ``error`` says why there is no row: the model does not compile, or cannot be
    asked for this.  ``never_taken`` are the places of steps that no run takes.  ``failures`` are worker
    processes that did not live to give an answer.
    """

    model: str
    path: str
    given: Mapping[str, str] = field(default_factory=dict)
    doc: str = ""
    cells: Mapping[str, Cell] = field(default_factory=dict)
    also: Mapping[str, Cell] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    scope: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    never_taken: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def group(self) -> str:
        """The constants that vary, as ``--set`` takes them."""
        return " ".join(f"{name}={value}" for name, value in self.given.items())

    @property
    def title(self) -> str:
        return f"{self.model} {self.group}".strip()

    def joined(self, other: Row) -> Row:
        """This row with what another search of the same model found as well."""
        return replace(
            self,
            cells={**self.cells, **other.cells},
            doc=self.doc or other.doc,
            also={**self.also, **other.also},
            constants=max(self.constants, other.constants, key=len),
            scope=self.scope or other.scope,
            error=self.error or other.error,
            never_taken=tuple(dict.fromkeys((*self.never_taken, *other.never_taken))),
            failures=(*self.failures, *other.failures),
            seconds=self.seconds + other.seconds,
        )

    @property
    def exit_codes(self) -> Iterator[ExitCode]:
        if self.error:
            yield ExitCode.USAGE
        if self.never_taken:
            yield ExitCode.VIOLATED
        yield from (cell.exit_code for cell in self.also.values())
        yield from (cell.exit_code for cell in self.cells.values() if cell.applies)


@dataclass(frozen=True)
class Table:
    """Rows of models, columns of properties.

    ``configuration`` is the name of the one that was asked for, ``contains`` what it is in words, ``settings`` the
    constants that the user set for all rows.  ``seconds`` is wall time.  ``interrupted``: what is unknown may be so
    because the user wanted no more.
    """

    configuration: str
    contains: str
    settings: Mapping[str, str]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    limits: Mapping[str, int | float | None] = field(default_factory=dict)
    seconds: float = 0.0
    jobs: int = 1
    interrupted: bool = False
    tool_version: str = ""

    @property
    def groups(self) -> dict[str, list[Row]]:
        """The rows by what varies between them."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.group, []).append(row)
        return found

    @property
    def exit_codes(self) -> Iterator[ExitCode]:
        yield from (code for row in self.rows for code in row.exit_codes)
        if self.interrupted:
            yield ExitCode.UNKNOWN

    @property
    def exit_code(self) -> ExitCode:
        return worst(self.exit_codes)

    @property
    def common_constants(self) -> dict[str, str]:
        """The constants that have one value in every row."""
        return _common([row.constants for row in self.rows])

    @property
    def common_scope(self) -> dict[str, str]:
        """What every verdict is about, and what it is not, as far as that is the same for all rows."""
        return _common([row.scope for row in self.rows])

    def own_constants(self, row: Row) -> dict[str, str]:
        """Those of ``row`` that are not the same in every row, nor what varies between its groups."""
        common = self.common_constants
        return {n: v for n, v in row.constants.items() if n not in common and n not in row.given}

    def marked(self) -> Iterator[tuple[Row, Column, Cell]]:
        """Every cell with its row and column, row by row."""
        for row in self.rows:
            for column in self.columns:
                if column.key in row.cells:
                    yield row, column, row.cells[column.key]


LEGEND = (
    ("✓", "holds in every run"),
    ("✗9", "broken; the shortest run that breaks it has 9 steps"),
    ("✗9∞", "broken by a run that goes on for ever, after 9 steps the same again and again"),
    ("✗≤9", "broken; the shortest run that breaks it has 9 steps or fewer"),
    ("–", "nothing to say about this model"),
    ("?", "not decided; the reason stands below"),
    ("∅", "vacuous: no run comes to what it demands"),
)


def legend(table: Table) -> list[tuple[str, str]]:
    """The marks that ``table`` has, with what they mean."""
    used = {cell.mark for _, _, cell in table.marked()}
    kinds = {re.sub(r"\d+", "9", mark) for mark in used}
    return [(mark, words) for mark, words in LEGEND if mark in kinds]


def undecided(table: Table) -> dict[tuple[str, str], list[str]]:
    """The short names of the cells that are not decided, by row and reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for row, column, cell in table.marked():
        if cell.verdict == UNKNOWN:
            found.setdefault((row.title, cell.reason), []).append(column.short)
    return found


def unexpected(table: Table) -> list[str]:
    """What is not as the models declare, in words, a line for each model."""
    lines = []
    for row in table.rows:
        wrong: dict[str, list[str]] = {}
        for column in table.columns:
            cell = row.cells.get(column.key)
            if cell is None or cell.expected or not cell.applies or cell.verdict == UNKNOWN:
                continue
            if cell.vacuous:
                kind = "vacuous"
            else:
                kind = "broken" if cell.verdict == VIOLATED else cell.reason or "expected to break, but holds"
            wrong.setdefault(kind, []).append(column.short)
        if wrong:
            told = "; ".join(f"{kind}: {' '.join(shorts)}" for kind, shorts in wrong.items())
            lines.append(f"{row.title}: {told}")
    return lines


def differing_constants(table: Table) -> dict[str, list[str]]:
    """The short names of columns by the constants in which their searches differ from the configuration."""
    found: dict[str, dict[str, None]] = {}
    for _, column, cell in table.marked():
        if cell.constants:
            words = " ".join(f"{name}={value}" for name, value in cell.constants.items())
            found.setdefault(words, {})[column.short] = None
    return {words: list(shorts) for words, shorts in found.items()}


def assumptions(table: Table) -> dict[str, list[str]]:
    """The short names of columns by the fairness that they assume, of those processes that a model has."""
    heads: dict[str, dict[str, dict[str, None]]] = {}
    for _, column, cell in table.marked():
        for line in cell.fairness:
            head, _, names = line.partition(": ")
            heads.setdefault(column.short, {}).setdefault(head, {}).update(dict.fromkeys(names.split(", ")))
    found: dict[str, list[str]] = {}
    for short, assumed in heads.items():
        words = "; ".join(f"{head}: {', '.join(sorted(names))}" for head, names in assumed.items())
        found.setdefault(words, []).append(short)
    return found


def notes(table: Table) -> Iterator[tuple[str, list[str]]]:
    """What the marks cannot say, under headings: those that there is something to say under."""
    rows = table.rows
    found = {
        "Looked at in other constants": [f"{' '.join(s)}: {w}" for w, s in differing_constants(table).items()],
        "Fairness assumed": [f"{' '.join(s)}: {words}" for words, s in assumptions(table).items()],
        "Not decided": [f"{title} {' '.join(s)}: {why}" for (title, why), s in undecided(table).items()],
        "Broken although no column is about it": [
            f"{row.title}: {name}: {cell.words}" for row in rows for name, cell in row.also.items()
        ],
        "Not as the models declare in expected_violations": unexpected(table),
        "Steps that no run takes": [f"{row.title}: {place}" for row in rows for place in row.never_taken],
        "Searches that gave no answer": [failure for row in rows for failure in row.failures],
    }
    yield from ((title, lines) for title, lines in found.items() if lines)

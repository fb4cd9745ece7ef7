"""What the generated pages say: sections of text, and the runs that each of them rests on, read from TOML files.

A file ``docs/claims/NAME.toml`` holds the sections of the page ``docs/NAME.md``.  A section's own keys are texts for
the template ``NAME.md.j2``; its table ``run`` lists runs of ``ovlcheck verify`` with the verdicts that the text tells
of.
The page ``scenarios`` has a section for each file in ``tests/scenarios`` instead: its text is the comment at the top.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

from ovlcheck.temporal.scenario_file import load_scenario

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = ROOT / "docs" / "claims"
SCENARIOS = ROOT / "tests" / "scenarios"
PAGES = ("thread", "findings", "proposed", "scenarios")

VERDICTS = ("holds", "violated", "unknown", "vacuous")

_KEYS = {
    "id", "says", "model", "config", "set", "expect", "scenario", "properties", "edit", "trace", "fast",
}  # fmt: skip


class ClaimError(Exception):
    """A file of claims that cannot be used: which one, where in it, and what to write instead."""


@dataclass(frozen=True)
class Run:
    """One run of ``ovlcheck verify``.

    ``constants`` are texts as ``--set`` takes them.  ``expect`` has for each property that is asked for the verdict
    that the page is written for: one of ``VERDICTS``.  ``scenario`` is the file of a scenario to follow, ``model`` is
    empty where that names it.  ``properties`` is a directory to take properties from instead of the shipped ones.
    ``edit`` are methods that replace those of the model.  ``trace``: the page shows the shortest counterexample.
    ``fast``: the run takes a second or so, and is repeated in every test run.  ``says`` is what the page
    says ahead of it.
    """

    id: str
    model: str
    expect: Mapping[str, str]
    config: str = "small"
    constants: tuple[tuple[str, str], ...] = ()
    scenario: str = ""
    properties: str = ""
    edit: str = ""
    trace: bool = False
    fast: bool = False
    says: str = ""

    @cached_property
    def command(self) -> tuple[str, ...]:
        """The command line that does the same, in words; of an edited model it names the one that was edited."""
        words = ["ovlcheck verify", self.model] if self.model else ["ovlcheck verify"]
        if self.scenario:
            words.append(f"--scenario {self.scenario}")
        elif self.config != "default":
            words.append(f"--config {self.config}")
        words += [f"--set {name}={value}" for name, value in self.constants]
        if self.properties:
            words.append(f"--properties {self.properties}")
        if not self.scenario:
            words += [f"--property {name}" for name in self.asked]
        return tuple(words)

    @property
    def asked(self) -> tuple[str, ...]:
        """The properties that are asked for; what has no such name (``lock misuse``) is checked in every run."""
        return tuple(name for name in self.expect if name.isidentifier())

    @cached_property
    def key(self) -> str:
        """What names its outcome: the command, whether its trace is kept, and the edit that was made before."""
        kept = "  # with its trace" if self.trace else ""
        return " ".join(self.command) + kept + (f"  # edited:\n{self.edit}" if self.edit else "")


@dataclass(frozen=True)
class Section:
    """A part of a page: its texts by name, and its runs in the order in which they are shown."""

    texts: Mapping[str, str]
    runs: tuple[Run, ...] = ()

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")


@dataclass(frozen=True)
class Page:
    """``docs/NAME.md``; ``texts`` are those that belong to no section."""

    name: str
    texts: Mapping[str, str] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()

    @property
    def file(self) -> Path:
        return ROOT / "docs" / f"{self.name}.md"

    @property
    def runs(self) -> Iterator[Run]:
        for section in self.sections:
            yield from section.runs


def load_page(name: str, directory: Path = CLAIMS) -> Page:
    """The page ``name`` as ``directory`` declares it.  Raises ``ClaimError``."""
    file = directory / f"{name}.toml"
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClaimError(f"{file}: cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ClaimError(f"{file}: not valid TOML: {error}") from error
    declared = table.pop("section", [])
    sections = [_section(each, f"{file}: section {number}") for number, each in enumerate(declared, 1)]
    if name == "scenarios":
        sections += [_of_scenario(file) for file in sorted(SCENARIOS.glob("*.scenario"))]
    return Page(name, _texts(table, str(file)), tuple(sections))


def _of_scenario(file: Path) -> Section:
    """What the page says of one scenario: its number, its story, and the run that it is about."""
    scenario = load_scenario(file)
    lines = takewhile(lambda line: line.startswith("#"), file.read_text(encoding="utf-8").splitlines())
    number, _, story = " ".join(line.removeprefix("#").strip() for line in lines).partition(". ")
    run = Run(
        id="a",
        model="",
        scenario=str(file.relative_to(ROOT)),
        expect=dict.fromkeys(scenario.violates, "violated"),
    )
    title = file.stem.partition("_")[2].replace("_", " ")
    texts = {"number": number, "title": title, "story": story, "model": scenario.model or ""}
    return Section(texts, (run,))


def _section(table: dict[str, Any], place: str) -> Section:
    runs = table.pop("run", [])
    return Section(
        _texts(table, place), tuple(_run(r, f"{place}: run {n}", n) for n, r in enumerate(runs, 1))
    )


def _texts(table: dict[str, Any], place: str) -> dict[str, str]:
    for key, value in table.items():
        if not isinstance(value, str):
            raise ClaimError(f"{place}: {key} must be a text")
    return {key: value.strip() for key, value in table.items()}


def _run(table: dict[str, Any], place: str, number: int) -> Run:
    unknown = sorted(table.keys() - _KEYS)
    if unknown:
        raise ClaimError(f"{place}: unknown key {unknown[0]!r}; known: {', '.join(sorted(_KEYS))}")
    expect = table.get("expect", {})
    if not expect:
        raise ClaimError(f"{place}: has no expect: say which verdict each property has")
    wrong = [f"{name} = {verdict}" for name, verdict in expect.items() if verdict not in VERDICTS]
    if wrong:
        raise ClaimError(f"{place}: {wrong[0]}: a verdict is one of {', '.join(VERDICTS)}")
    if not (table.get("model") or table.get("scenario")):
        raise ClaimError(f"{place}: names neither a model nor a scenario")
    constants = tuple((name, _value(value)) for name, value in table.get("set", {}).items())
    return Run(
        id=table.get("id", chr(ord("a") + number - 1)),
        model=table.get("model", ""),
        expect=dict(expect),
        config=table.get("config", "small"),
        constants=constants,
        scenario=table.get("scenario", ""),
        properties=table.get("properties", ""),
        edit=table.get("edit", "").strip("\n"),
        trace=table.get("trace", False),
        fast=table.get("fast", False),
        says=table.get("says", "").strip(),
    )


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

"""The results of a verification as data: what every report is written from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from ovlcheck.explore.result import Limits
from ovlcheck.trace.trace import Trace


class ExitCode(IntEnum):
    """What scripts read; when several apply, the first of USAGE, VIOLATED, UNKNOWN, OK does."""

    OK = 0
    VIOLATED = 1
    USAGE = 2
    UNKNOWN = 3


HOLDS = "holds"
VIOLATED = "violated"
UNKNOWN = "unknown"

GIVEN = "given"
ANY = "any"

DISTRUST = "no verdict of this run is to be believed"


@dataclass(frozen=True)
class How:
    """How a verdict was come by that the search of all states did not give.

    ``bound``: it speaks of the ``GIVEN`` numbers of processes, or of ``ANY``.
    """

    engine: str
    method: str
    complete: bool
    reductions: tuple[str, ...] = ()
    bound: str = GIVEN


NOT_VACUOUS = "the model expects it to say nothing, but it does say something"


@dataclass(frozen=True)
class PropertyVerdict:
    """What was found out about one property.

    ``selected`` is False for a check that every run makes and that failed without a property naming it.
    ``applies`` is False for one that was not asked for by name and has nothing to say about this model.
    ``vacuous``: it holds, but no run ever came to its last obligation.  ``listed``: the model names
    it among its ``expected_violations``, ``listed_vacuous``: among its ``expected_vacuous``.  ``trace`` is the
    shortest run that breaks it, ``others`` are further ones that differ in what users call.  ``fairness``
    lists what was assumed; ``how`` is None where the model's own search decided.
    """

    name: str
    doc: str
    verdict: str
    vacuous: bool = False
    listed: bool = False
    selected: bool = True
    applies: bool = True
    message: str = ""
    trace: Trace | None = None
    fairness: tuple[str, ...] = ()
    how: How | None = None
    others: tuple[Trace, ...] = ()
    listed_vacuous: bool = False

    @property
    def expected(self) -> bool:
        """Whether the verdict is what the model leads one to expect: violated if it is listed, else not; and vacuous
        if that is declared, else not.
        """
        as_listed = self.verdict == (VIOLATED if self.listed else HOLDS)
        return as_listed and self.vacuous == (self.listed_vacuous and self.applies)

    @property
    def exit_code(self) -> ExitCode:
        if self.expected:
            return ExitCode.OK
        return ExitCode.UNKNOWN if self.verdict == UNKNOWN else ExitCode.VIOLATED


@dataclass(frozen=True)
class Scope:
    """What a verdict is about, and what it is not: without this a verdict says nothing.

    ``objects`` and ``tasks`` give how many there are of each kind, ``hooks`` the functions of the
    model's own file.
    """

    objects: Mapping[str, int]
    tasks: Mapping[str, int | str]
    calls: str
    hooks: tuple[str, ...]
    constants: Mapping[str, str]
    left_out: tuple[str, ...] = ()
    fairness: str = "none assumed, unless listed with a property"
    memory_model: str = "sequentially consistent"

    def __str__(self) -> str:
        return "; ".join(f"{name}: {value}" for name, value in self.parts.items())

    @property
    def parts(self) -> dict[str, str]:
        return {
            "objects": _counted(self.objects),
            "tasks": _counted(self.tasks),
            "calls": self.calls,
            "hooks": ", ".join(self.hooks) or "none",
            "constants": " ".join(f"{k}={v}" for k, v in self.constants.items()) or "none",
            "left out": "; ".join(self.left_out) or "nothing declared",
            "fairness": self.fairness,
            "memory model": self.memory_model,
        }


@dataclass(frozen=True)
class ScenarioVerdict:
    """Whether some run follows the scenario (None: the search was cut short), the shortest one, and
    what it breaks.

    ``must_happen`` is False where the scenario itself says that the model is not harmed by it.
    """

    name: str
    followed: bool | None
    trace: Trace | None = None
    breaks: tuple[str, ...] = ()
    must_happen: bool = True

    @property
    def exit_code(self) -> ExitCode:
        """What was broken is judged property by property, not here."""
        if self.followed is None:
            return ExitCode.UNKNOWN
        return ExitCode.OK if self.followed or not self.must_happen else ExitCode.VIOLATED


@dataclass(frozen=True)
class Audited:
    """How far the reductions of a run were tried out, and the first thing that they are wrong about, if any."""

    extent: str
    wrong: str = ""


@dataclass(frozen=True)
class ModelResult:
    """Everything that one run says about one model.

    ``stopped`` says why a search that is not ``complete`` ended.  ``never_taken`` are the places of
    steps that no run takes and that are not declared so; it is empty unless the search is complete.
    ``cut`` names the violations behind which nothing was explored.  ``largest`` is the greatest
    value met of each refcount.  ``reductions`` are those that the counts are under.
    ``search_seconds`` is the part of ``seconds`` in which states were found, after everything was compiled.
    ``limits`` are those that the user set.  ``audited`` is None unless the user asked for it.
    """

    path: str
    name: str
    doc: str
    configuration: str
    engine: str
    method: str
    complete: bool
    stopped: str | None
    states: int
    transitions: int
    depth: int
    seconds: float
    bits_per_state: int
    bytes_per_state: float
    scope: Scope
    properties: tuple[PropertyVerdict, ...]
    largest: Mapping[str, int]
    never_taken: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    scenario: ScenarioVerdict | None = None
    reductions: tuple[str, ...] = ()
    search_seconds: float = 0.0
    limits: Limits = Limits()
    audited: Audited | None = None

    @property
    def exit_code(self) -> ExitCode:
        codes = [p.exit_code for p in self.properties]
        if self.audited is not None and self.audited.wrong:
            codes.append(ExitCode.VIOLATED)
        if self.scenario is not None:
            codes.append(self.scenario.exit_code)
        if self.never_taken:
            codes.append(ExitCode.VIOLATED)
        if not codes and not self.complete:
            codes.append(ExitCode.UNKNOWN)
        return worst(codes)

    def render(self, style: str = "text", *, timing: bool = True) -> str:
        """It as ``ovlcheck verify --format STYLE`` prints it: ``text``, ``json``, ``junit`` or ``sarif``.

        Without ``timing`` the same bytes every time.  Raises ``ValueError`` for a style that there is not.
        """
        from ovlcheck.report.formats import render
        from ovlcheck.report.run import Run

        return render(style, Run((self,)), timing=timing)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The code that takes precedence; ``OK`` when there is none."""
    present = set(codes)
    order = (ExitCode.USAGE, ExitCode.VIOLATED, ExitCode.UNKNOWN)
    return next((code for code in order if code in present), ExitCode.OK)


def _counted(counts: Mapping[str, int | str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items()) or "none"

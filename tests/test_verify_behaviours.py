"""``verify`` on properties of whole behaviours: verdicts, exit codes, what was assumed, traces with a loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck import verify_behaviours
from ovlcheck.errors import UsageError
from ovlcheck.explore.result import Limits, Progress
from ovlcheck.judge import About
from ovlcheck.prepare import Options, prepare
from ovlcheck.report.console import render_report
from ovlcheck.report.files import write_traces
from ovlcheck.report.json import to_json
from ovlcheck.report.verdict import ExitCode, ModelResult
from ovlcheck.trace.dot import render_svg
from ovlcheck.trace.saved import load
from ovlcheck.trace.text import render_text
from ovlcheck.verify_behaviours import BYTES_PER_STATE, with_behaviours
from ovlcheck.verify_model import verify_model
from tests.explore.native_testing import compile_quickly

MODEL = '''
"""A light that a daemon switches."""

from ovlcheck import Int, System, daemon, idle, process


class Light(System):
    expected_violations = ({expected})
    expected_vacuous = ({vacuous})
    on: bool
    calls: Int[0, 2]

    @daemon
    def switch(self):
        while True:
            idle()
            self.on = True
            self.on = False

    @process
    def user(self):
        while True:
            idle()
            self.calls = 1
            self.calls = 0
'''

PROPERTIES = '''
from ovlcheck import Observer, always, after, behaviour, eventually, leads_to, possible


@always
def in_range(fs):
    """Calls are counted."""
    return fs.calls < 2


@behaviour
def goes_out(fs):
    """The light goes out again."""
    return leads_to(fs.on, not fs.on)


@behaviour(unfair="switch")
def goes_out_by_itself(fs):
    """The light goes out again, whoever switches it."""
    return leads_to(fs.on, not fs.on)


@behaviour
def is_used(fs):
    """Somebody calls."""
    return eventually(fs.calls == 1)


@behaviour
def stays_on(fs):
    """Where it is on it stays on."""
    return eventually(always(fs.on))


@behaviour(on_request=True)
def says_nothing(fs):
    return leads_to(fs.calls == 2, fs.on)


class blinks(Observer):
    """It blinks on and on, once it has begun."""

    begun: bool

    @after("blink")
    def begins(self, fs):
        self.begun = True

    @behaviour
    def goes_on(self, fs):
        return leads_to(self.begun, fs.on)


@possible
def can_be_called(fs):
    """Somebody can call."""
    return fs.calls == 1
'''


def verified(
    directory: Path,
    *names: str,
    expected: str = "",
    vacuous: str = "",
    limits: Limits = Limits(),
    engine: str = "reference",
) -> ModelResult:
    text = MODEL.replace("{expected}", expected).replace("{vacuous}", vacuous)
    (directory / "light.py").write_text(text)
    (directory / "of_lights.py").write_text(PROPERTIES)
    return verify_model(directory / "light.py", asked(directory, *names, limits=limits, engine=engine))


def asked(directory: Path, *names: str, limits: Limits = Limits(), engine: str = "reference") -> Options:
    paths = (directory / "of_lights.py",)
    return Options(properties=names, property_paths=paths, engine=engine, limits=limits)


def test_every_property_gets_its_verdict_and_the_exit_code_follows(tmp_path: Path) -> None:
    result = verified(tmp_path)
    assert {p.name: p.verdict for p in result.properties} == {
        "in_range": "holds",
        "goes_out": "holds",
        "goes_out_by_itself": "violated",
        "is_used": "violated",
        "stays_on": "violated",
        "can_be_called": "holds",
        "blinks": "holds",
    }
    assert [p.name for p in result.properties if not p.applies] == ["blinks"]
    assert result.exit_code is ExitCode.VIOLATED
    assert verified(tmp_path, "goes_out", "can_be_called").exit_code is ExitCode.OK


def test_what_the_model_expects_to_be_broken_is_no_failure(tmp_path: Path) -> None:
    expected = '"goes_out_by_itself", "is_used", "stays_on", "says_nothing",'
    result = verified(tmp_path, expected=expected)
    assert result.exit_code is ExitCode.OK
    assert "says_nothing" not in {p.name for p in result.properties}
    assert verified(tmp_path, "is_used", expected=expected).exit_code is ExitCode.OK


@pytest.mark.parametrize("name", ["says_nothing", "blinks"])
def test_a_property_that_says_nothing_is_vacuous(tmp_path: Path, name: str) -> None:
    (verdict,) = verified(tmp_path, name).properties
    assert verdict.vacuous and verdict.exit_code is ExitCode.VIOLATED


def test_what_the_model_expects_to_say_nothing_is_no_failure(tmp_path: Path) -> None:
    (verdict,) = verified(tmp_path, "blinks", vacuous='"blinks",').properties
    assert verdict.vacuous and verdict.exit_code is ExitCode.OK
    (verdict,) = verified(tmp_path, "goes_out", vacuous='"goes_out",').properties
    assert not verdict.vacuous and verdict.exit_code is ExitCode.VIOLATED
    assert "expects it to say nothing" in verdict.message


def test_an_incomplete_graph_gives_no_verdict_that_something_holds(tmp_path: Path) -> None:
    result = verified(tmp_path, "goes_out", "can_be_called", limits=Limits(states=3))
    assert {(p.verdict, p.message) for p in result.properties} == {("unknown", "state limit of 3 reached")}
    assert result.exit_code is ExitCode.UNKNOWN


def test_a_limit_on_memory_is_one_on_states(tmp_path: Path) -> None:
    (verdict,) = verified(tmp_path, "goes_out", limits=Limits(memory=3 * BYTES_PER_STATE)).properties
    assert (verdict.verdict, verdict.message) == ("unknown", "state limit of 3 reached")


def test_an_interrupt_ends_everything_in_order(tmp_path: Path) -> None:
    complete = verified(tmp_path, "goes_out", "in_range")
    calls = 0

    def interrupts(_: Progress) -> None:
        nonlocal calls
        calls += 1
        raise KeyboardInterrupt

    systems = prepare(tmp_path / "light.py", asked(tmp_path, "goes_out", "stays_on")).behaviour_systems(True)
    about = About("light.py", "", "", ())
    result = with_behaviours(complete, (*systems, *systems), about, Limits(), interrupts)
    assert result.stopped == "interrupted" and calls == 2
    assert {p.verdict for p in result.properties if p.how is not None} == {"holds", "unknown"}


def test_the_report_for_programs_says_how_a_verdict_was_come_by(tmp_path: Path) -> None:
    data = to_json([verified(tmp_path)], "1")["results"][0]
    found = {p["name"]: p for p in data["properties"]}
    assert found["goes_out"]["fairness"] == [
        "weak: switch",
        "weak inside a call, none for the next call: user",
    ]
    assert found["goes_out_by_itself"]["fairness"][-1] == "none, as the property wants it: switch"
    assert found["in_range"]["fairness"] == found["can_be_called"]["fairness"] == []
    assert found["goes_out"]["method"].startswith("fair cycles")
    assert found["can_be_called"]["method"] == "backward reachability"
    assert found["goes_out"]["complete"] and found["goes_out"]["reductions"] == []
    assert not found["goes_out"]["vacuous"] and found["goes_out"]["trace"] is None
    assert found["stays_on"]["trace"]["loop_start"] == 0 and len(found["stays_on"]["trace"]["steps"]) == 2
    assert found["is_used"]["trace"]["loop_start"] == 0


def test_the_report_for_people_shows_assumptions_and_the_loop(tmp_path: Path) -> None:
    text = render_report(verified(tmp_path), terminal=False)
    assert "VIOLATED in 0 steps, then 2 steps for ever" not in text
    assert "VIOLATED in 2 steps for ever" in text
    assert "VIOLATED in 1 step, then nothing for ever" in text
    assert "assumed for goes_out, is_used, stays_on: weak: switch; weak inside a call" in " ".join(
        text.split()
    )
    assert "-- from here on nothing happens any more" in text
    assert "switch0 and user0 could move, but need not" in " ".join(text.split())


@pytest.mark.parametrize("name", ["stays_on", "goes_out_by_itself"])
def test_a_saved_trace_keeps_its_loop_in_every_form(tmp_path: Path, name: str) -> None:
    result = verified(tmp_path, name)
    write_traces(result, tmp_path / "out")
    saved = load(tmp_path / "out" / f"light.{name}.json")
    (verdict,) = result.properties
    assert saved == verdict.trace
    assert saved.loop_start is not None and "for ever" in saved.headline
    assert "for ever" in render_svg(saved)
    assert ("-- and again from step" in render_text(saved)) == (saved.loop_start < len(saved.steps))


def engines(result: ModelResult) -> set[str]:
    return {p.how.engine for p in result.properties if p.how is not None}


def test_the_native_engine_gives_the_same_verdicts_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_quickly(monkeypatch, tmp_path / "cache")
    native, reference = verified(tmp_path, engine="native"), verified(tmp_path)
    assert engines(native) == {"native"} and engines(reference) == {"reference"}
    assert [(p.name, p.verdict, p.vacuous, p.applies) for p in native.properties] == [
        (p.name, p.verdict, p.vacuous, p.applies) for p in reference.properties
    ]
    assert any("looked at by the native engine: " in note for note in native.notes)
    assert any("without fusion, symmetry and partial order" in note for note in native.notes)


def test_a_system_of_few_states_is_not_worth_compiling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_quickly(monkeypatch, tmp_path / "cache")
    assert engines(verified(tmp_path, "goes_out", engine="auto")) == {"reference"}
    monkeypatch.setattr(verify_behaviours, "FEW_STATES", 2)
    assert engines(verified(tmp_path, "goes_out", engine="auto")) == {"native"}


def test_without_a_compiler_the_reference_engine_answers_and_the_report_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setattr(verify_behaviours, "FEW_STATES", 2)
    result = verified(tmp_path, "goes_out", engine="auto")
    assert engines(result) == {"reference"} and result.exit_code is ExitCode.OK
    assert any("looked at by the reference engine, which is slower: no C compiler" in n for n in result.notes)
    with pytest.raises(UsageError, match="--engine native: no C compiler"):
        verified(tmp_path, "goes_out", engine="native")

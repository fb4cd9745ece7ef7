"""``verify`` for any number of tasks: proofs, runs for what is broken, and honest unknowns."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ovlcheck import verify_out_of_reach
from ovlcheck.certify import certify
from ovlcheck.engines import make_engine
from ovlcheck.errors import UsageError
from ovlcheck.explore.result import Limits
from ovlcheck.prepare import Options
from ovlcheck.report.console import render_report
from ovlcheck.report.json import to_json
from ovlcheck.report.verdict import ModelResult, PropertyVerdict
from ovlcheck.verify_any_number import MET, NO_BEHAVIOURS, OpenModel, open_numbers
from ovlcheck.verify_model import verify_model

MODEL = '''
"""Openers of one file, whose last one lets its inode go."""

from ovlcheck import Constant, Mutex, Refcount, System, atomic, idle, may_not_happen, process, wait


class Openers(System):
    openers = Constant(1, "tasks that open the file")
    evicters = Constant(1, "tasks that evict it", choices=(0, 1))
    look = Constant(True, "whoever opens looks whether the inode is being evicted")
    lock: Mutex
    users: Refcount
    evicted: bool = False

    @process(instances="openers")
    def opener(self) -> None:
        while True:
            idle()
            self.open()
            self.lock.acquire()
            self.use()
            self.lock.release()
            self.users.dec()

    @process(instances="evicters")
    def evicter(self) -> None:
        idle()
        with atomic:
            wait(self.users.get() == 0)
            self.evicted = True
        self.evict()

    def open(self) -> None:
        with atomic:
            if self.look:
                wait(not self.evicted)
            self.users.inc()

    def use(self) -> None:
        pass

    def evict(self) -> None:
        pass
'''

PROPERTIES = '''
from ovlcheck import after, always, behaviour, eventually


@after("use")
def nobody_uses_what_is_evicted(fs):
    return not fs.evicted


@always
def users_are_openers(fs):
    return fs.users.get() <= fs.openers


@always
def users_are_few(fs):
    return fs.users.get() <= 2


@after("evict")
def nobody_is_left(fs):
    return fs.users.get() == 0


@behaviour(on_request=True)
def it_is_evicted(fs):
    return eventually(fs.evicted)
'''


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "properties").mkdir()
    (tmp_path / "properties" / "users.py").write_text(PROPERTIES)
    (tmp_path / "openers.py").write_text(MODEL)
    return tmp_path / "openers.py"


def options(model: Path, *properties: str, engine: str = "auto", **constants: str | bool | int) -> Options:
    return Options(
        properties=properties,
        property_paths=(model.parent / "properties",),
        constants=constants,
        engine=engine,
    )


def row(result: ModelResult, name: str) -> PropertyVerdict:
    return next(p for p in result.properties if p.name == name)


def test_what_holds_for_every_number_is_said_to(model: Path) -> None:
    result = verify_model(model, options(model, openers="any"))
    for name in ("nobody_uses_what_is_evicted", "users_are_openers", "nobody_is_left"):
        found = row(result, name)
        assert found.verdict == "holds"
        assert found.how is not None
        assert (found.how.engine, found.how.bound) == ("symbolic", "any")
    assert result.engine == "symbolic"


def test_a_violation_is_shown_with_as_many_tasks_as_it_takes(model: Path) -> None:
    found = row(verify_model(model, options(model, "users_are_few", engine="symbolic")), "users_are_few")
    assert found.verdict == "violated"
    assert found.trace is not None
    assert found.how is not None
    assert found.how.bound == "given"
    assert found.how.method.endswith("with openers=3")


def test_verdicts_agree_with_those_of_given_numbers(model: Path) -> None:
    for look in (True, False):
        symbolic = verify_model(model, options(model, engine="symbolic", look=look))
        explicit = verify_model(model, options(model, openers=3, look=look, engine="reference"))
        wanted = {p.name: p.verdict for p in explicit.properties}
        assert {p.name: p.verdict for p in symbolic.properties} == wanted


def test_a_search_that_is_cut_short_proves_nothing(model: Path) -> None:
    cut = Options(
        properties=("nobody_is_left",),
        property_paths=(model.parent / "properties",),
        engine="symbolic",
        limits=Limits(seconds=0.0),
    )
    result = verify_model(model, cut)
    assert row(result, "nobody_is_left").verdict == "unknown"
    assert row(result, "nobody_is_left").message == "not proved: time limit reached"
    assert int(result.exit_code) == 3


def test_the_report_says_what_was_left_open(model: Path) -> None:
    result = verify_model(model, options(model, "nobody_is_left", openers="any"))
    text = render_report(result, terminal=False)
    assert "any number of opener" in text
    assert "for any number of tasks" in text
    assert "openers=any" in text
    (told,) = json.loads(json.dumps(to_json([result], "0")))["results"]
    assert told["properties"][0]["bound"] == "any"
    assert told["constants"]["openers"] == "any"


def test_a_behaviour_is_not_judged(model: Path) -> None:
    result = verify_model(model, options(model, "it_is_evicted", "nobody_is_left", openers="any"))
    told = [(p.name, p.verdict) for p in result.properties]
    assert told == [("nobody_is_left", "holds"), ("it_is_evicted", "unknown")]
    assert row(result, "it_is_evicted").message == NO_BEHAVIOURS
    assert MET in result.notes
    assert int(result.exit_code) == 3


def test_a_behaviour_alone_is_no_success(model: Path) -> None:
    result = verify_model(model, options(model, "it_is_evicted", openers="any"))
    assert (result.complete, int(result.exit_code)) == (False, 3)
    assert not any("broken" in note for note in result.notes)


def test_only_numbers_of_tasks_can_be_left_open(model: Path) -> None:
    with pytest.raises(UsageError, match="evicters is no number of processes that can be left open") as error:
        verify_model(model, options(model, evicters="any"))
    assert error.value.remedy == "there are: openers"


def test_a_task_that_the_configuration_leaves_out_stays_out(model: Path) -> None:
    loaded = OpenModel(model, options(model)).prepared.model
    assert open_numbers(loaded, {}) == {"openers": ("opener",)}
    assert open_numbers(loaded, {"openers": 0}) == {}
    with pytest.raises(UsageError, match="no number of processes can be left open"):
        verify_model(model, options(model, openers=0, engine="symbolic"))


def test_auto_leaves_open_what_is_too_many_to_name(model: Path) -> None:
    result = verify_model(model, options(model, "nobody_is_left", openers=40))
    assert result.engine == "symbolic"
    assert row(result, "nobody_is_left").verdict == "holds"
    assert verify_model(model, options(model, "nobody_is_left", openers=2)).engine != "symbolic"


def test_a_scenario_has_no_symbolic_engine() -> None:
    with pytest.raises(UsageError, match="proves properties for any number of tasks"):
        make_engine("symbolic")


def cut_short(model: Path, states: int, *properties: str, engine: str = "auto") -> ModelResult:
    asked = options(model, *properties, engine=engine, openers=6)
    return verify_model(model, replace(asked, limits=Limits(states=states)))


def test_auto_proves_what_is_left_open_where_there_are_too_many_states(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_out_of_reach, "LEAST_STATES", 50)
    result = cut_short(model, 50, "nobody_is_left", "users_are_few", "users_are_openers")
    assert result.stopped == "state limit of 50 reached"
    assert {name: row(result, name).verdict for name in ("nobody_is_left", "users_are_openers")} == {
        "nobody_is_left": "holds",
        "users_are_openers": "holds",
    }
    found = row(result, "nobody_is_left").how
    assert found is not None
    assert (found.engine, found.bound) == ("symbolic", "any")
    assert row(result, "users_are_few").verdict != "holds"
    assert any("that this left open are proved by a search of" in note for note in result.notes)


def test_only_auto_asks_another_engine_and_not_of_a_search_that_was_to_be_short(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert row(cut_short(model, 50, "nobody_is_left"), "nobody_is_left").verdict == "unknown"
    monkeypatch.setattr(verify_out_of_reach, "LEAST_STATES", 50)
    told = cut_short(model, 50, "nobody_is_left", engine="reference")
    assert row(told, "nobody_is_left").verdict == "unknown"


@pytest.mark.parametrize("given", [{"engine": "symbolic"}, {"openers": "any"}])
def test_a_certificate_of_states_is_refused_before_anything_is_searched(model: Path, given: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="a number of processes is left open") as error:
        certify(model, options(model, **given), model.parent / "states")
    assert error.value.remedy == "use ovlcheck prove --certificate, or give numbers"


def test_where_a_run_breaks_everything_nothing_is_said_of_steps(model: Path) -> None:
    result = verify_model(model, options(model, "users_are_few", openers="any"))
    assert row(result, "users_are_few").verdict == "violated"
    alone = options(model, "nobody_uses_what_is_evicted", engine="symbolic", look=False)
    broken = verify_model(model, alone)
    assert row(broken, "nobody_uses_what_is_evicted").verdict == "violated"
    assert broken.never_taken == ()
    assert "every property asked for is broken by a run with one task of each" in broken.notes

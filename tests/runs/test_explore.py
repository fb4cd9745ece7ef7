"""The dialogue of ``ovlcheck explore``, read from a script as from a terminal."""

from __future__ import annotations

import builtins
import io
import re
import sys
from pathlib import Path

import pytest

from ovlcheck.cli import run
from ovlcheck.explore.result import Limits
from ovlcheck.prepare import Options
from ovlcheck.report.verdict import VIOLATED
from ovlcheck.runs.moves import Moves
from ovlcheck.runs.recorded import Narrator
from ovlcheck.runs.terminal import Terminal
from ovlcheck.runs.walk import Walk
from ovlcheck.trace.saved import load, save
from ovlcheck.verify_model import verify_model
from tests.runs.cache_model import NO_PROPERTIES, PROPERTY_OPTIONS, Project, prepared


def talk(project: Project, *lines: str, arguments: tuple[str, ...] = (), model: bool = True) -> str:
    """What the dialogue prints when ``lines`` are typed, each of which must be understood."""
    code, out, err = project(
        "explore", *(("cache.py",) if model else ()), *PROPERTY_OPTIONS, *arguments, lines="\n".join(lines)
    )
    assert (code, err) == (0, ""), err
    return out


def test_it_begins_with_the_model_and_its_tasks_and_echoes_a_script(project: Project) -> None:
    out = talk(project, "quit")
    assert "cache (cache.py), configuration default: one initial state" in out
    assert "tasks: user0, reaper0" in out
    assert "> quit" in out


def test_the_list_has_every_enabled_step_with_its_place_and_what_it_changes(project: Project) -> None:
    out = talk(project, "list")
    assert re.search(r"^ *1  user0  user  cache.py:\d+", out, re.MULTILINE)
    assert "entry0: free -> allocated" in out and "entry0.users = 1" in out
    assert "cannot move: reaper0" in out


def test_a_number_takes_that_step_and_several_take_one_after_the_other(project: Project) -> None:
    out = talk(project, "1", "1 1", "history")
    assert "after step 1\n" in out and "after step 3\n" in out
    shown = out.rpartition("> history")[2]
    assert len(re.findall(r"^ *\d+  user0", shown, re.MULTILINE)) == 3


def test_steps_can_be_taken_back_and_again_and_another_choice_forgets_them(project: Project) -> None:
    out = talk(
        project, "1 1 1", "undo 2", "redo", "undo", "goto 0", "goto 3", "undo 3", "? freed", "1", "history"
    )
    assert "after step 1, 2 to redo" in out
    assert "after step 2, 1 to redo" in out
    assert "after step 0, 3 to redo" in out
    assert out.rstrip().endswith("and 2 more to redo\n>".strip()) or "and 2 more to redo" in out


def test_values_expressions_and_differences_are_those_of_the_state(project: Project) -> None:
    out = talk(
        project, "run user0", "? len(listed)", "eval entry0.is_used", "? entry0 in listed", "state users", "diff 0",
        "? room", "? {e for e in entries if e.changed}",
    )  # fmt: skip
    answers = re.findall(r"^> (?:\?|eval) .*\n  (.*)$", out, re.MULTILINE)
    assert answers == ["1", "False", "True", "1", "{entry0}"]
    assert "users = 0" in out
    assert "entry0: free -> allocated" in out


def test_a_broken_property_is_told_where_it_breaks_and_by_check(project: Project) -> None:
    out = talk(project, "run user0", "check a_listed_entry_is_used", "undo", "check")
    assert "!! a_listed_entry_is_used: Nothing stays on the list when its user has gone" in out
    shown = out.rpartition("> check")[2]
    assert (
        "a_listed_entry_is_used: holds" in shown
        and "about events, of which the last step broke none" in shown
    )


def test_until_goes_the_shortest_way_to_a_state_or_a_violation(project: Project) -> None:
    options = Options(
        property_paths=(project.directory / "properties",), limits=Limits(threads=1), engine="reference"
    )
    result = verify_model(project.directory / "cache.py", options)
    shortest = {
        row.name: len(row.trace.steps)
        for row in result.properties
        if row.verdict == VIOLATED and row.trace is not None
    }
    for name, steps in shortest.items():
        out = talk(project, f"until broken {name}")
        assert f"after step {steps}\n" in out and f"!! {name}" in out
    out = talk(project, "until freed", "? freed", "until len(listed) == 2")
    assert "  True\n" in out and "no way from here leads there" in out


def test_where_tells_what_a_task_waits_for(project: Project) -> None:
    project.write(
        "knot.py",
        '"""Locks in opposite orders."""\nfrom ovlcheck import Mutex, System, process\n\n\nclass Knot(System):\n'
        "    a: Mutex\n    b: Mutex\n\n    @process\n    def one(self) -> None:\n        with self.a:\n"
        "            with self.b:\n                pass\n\n    @process\n    def other(self) -> None:\n"
        "        with self.b:\n            with self.a:\n                pass\n",
    )
    code, out, err = project(
        "explore", "knot.py", *NO_PROPERTIES, lines="1\n2\nwhere\nlist\nsave knot.json\n"
    )
    assert (code, err) == (0, "")
    assert re.search(r"one0 .* cannot move", out) and "held by other0" in out
    assert "!! deadlock: " in out
    trace = load(project.directory / "knot.json")
    assert (trace.property_name, [stuck.actor for stuck in trace.stuck]) == ("deadlock", ["one0", "other0"])


def test_a_walk_is_saved_and_gone_along_again(project: Project, tmp_path: Path) -> None:
    talk(project, "run user0", "run reaper0", "save walk.json")
    walk = load(tmp_path / "walk.json")
    assert (walk.property_name, walk.steps[-1].actor) == ("a_listed_entry_is_used", "user0") or walk.steps
    out = talk(
        project, f"goto {len(walk.steps)}", "save again.json", arguments=("--trace", "walk.json"), model=False
    )
    assert f"after step {len(walk.steps)}\n" in out
    assert load(tmp_path / "again.json") == walk


def test_a_trace_of_one_property_is_followed_whatever_is_checked_now(
    project: Project, tmp_path: Path
) -> None:
    """Ghosts of other properties, and those that were not there when it was saved, do not matter."""
    options = Options(property_paths=(tmp_path / "properties",), properties=("nothing_changed_is_reaped",))
    (row,) = verify_model(tmp_path / "cache.py", options).properties
    assert row.trace is not None
    save(row.trace, tmp_path / "one.json")
    out = talk(project, "trace one.json", f"redo {len(row.trace.steps)}")
    assert "!! nothing_changed_is_reaped" in out


def test_a_trace_of_another_model_is_refused_with_the_step_that_is_not_there(
    project: Project, tmp_path: Path
) -> None:
    talk(project, "run user0", "save walk.json")
    text = (tmp_path / "cache.py").read_text(encoding="utf-8")
    (tmp_path / "cache.py").write_text(text.replace("entry.changed = True", "pass"), encoding="utf-8")
    code, _, err = project("explore", "--trace", "walk.json", *PROPERTY_OPTIONS)
    assert code == 2
    assert "walk.json: this model cannot take step" in err


def test_random_steps_are_the_same_for_the_same_seed(project: Project) -> None:
    def history(seed: str) -> str:
        return talk(project, "run 12", arguments=("--seed", seed, "--config", "two"))

    assert history("4") == history("4")
    assert len({history(str(seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("9", "no step 9"),
        ("undo", "only 0 steps"),
        ("redo", "only 0 steps"),
        ("goto 3", "no step 3"),
        ("goto", "a number is missing"),
        ("start 2", "no initial state 2"),
        ("frobnicate", "is no command"),
        ("s", "could be several commands: state, start, save"),
        ("? listd", "there is no listd here; did you mean 'listed'?"),
        ("? entry0.changed +", "write an expression"),
        ("? entry0.changed", "has no value here: use after free"),
        ("? listed.add(entry0)", "besides computing a value"),
        ("? lock", "no value"),
        ("eval", "no expression"),
        ("check nothing", "no property is called 'nothing'"),
        ("until broken nothing", "no property is called 'nothing'"),
        ("run nobody", "no task nobody"),
        ("run reaper0", "reaper0 cannot move"),
        ("trace", "no file is named"),
        ("trace missing.json", "missing.json: cannot be read"),
        ("save missing/walk.json", "missing/walk.json"),
        ("help frobnicate", "is no command"),
    ],
)
def test_what_cannot_be_done_is_said_and_the_dialogue_goes_on(
    project: Project, line: str, complaint: str
) -> None:
    code, out, err = project("explore", "cache.py", *PROPERTY_OPTIONS, lines=f"{line}\n1\n")
    assert code == 2
    assert complaint in err
    assert "after step 1\n" in out


def test_a_search_that_would_be_too_long_is_given_up_with_a_hint(project: Project) -> None:
    code, _, err = project(
        "explore", "cache.py", *PROPERTY_OPTIONS, "--max-states", "2", lines="until len(listed) == 2\n"
    )
    assert code == 2 and "none of the next 2 states" in err and "--max-states" in err


def test_every_command_is_in_the_help_and_may_be_shortened(project: Project) -> None:
    out = talk(project, "help", "l", "hist", "he undo")
    for name in ("list", "where", "state", "diff", "eval", "check", "undo", "redo", "goto", "history", "run", "until",
                 "start", "trace", "save", "help", "quit"):  # fmt: skip
        assert re.search(rf"^  {name}\b", out, re.MULTILINE), name


def test_lines_fit_a_terminal_of_80_columns(project: Project) -> None:
    out = talk(project, "list", "run 8", "where", "state", "help", "check", arguments=("--config", "two"))
    assert max(map(len, out.splitlines())) <= 80


def test_a_model_or_a_trace_has_to_be_named(project: Project) -> None:
    code, _, err = project("explore")
    assert code == 2 and "--trace FILE" in err


class _AtTerminal(io.StringIO):
    """Standard input that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_the_list_comes_by_itself_and_an_interrupt_ends_a_command_only(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["1", KeyboardInterrupt(), "", "undo", EOFError()])

    def answer(_: str = "") -> str:
        line = next(typed)
        if isinstance(line, BaseException):
            raise line
        return line

    monkeypatch.setattr(builtins, "input", answer)
    monkeypatch.setattr(sys, "stdin", _AtTerminal())
    monkeypatch.setenv("XDG_STATE_HOME", str(project.directory / "state"))
    code = run(["explore", "cache.py", *PROPERTY_OPTIONS])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert "interrupted; quit, or Ctrl-D, ends" in out
    assert out.count("cannot move: reaper0") == 4  # at the start, after 1, for the empty line, after undo
    assert (project.directory / "state" / "ovlcheck" / "explore_history").is_file()


def test_names_are_completed(project: Project) -> None:
    walk = Walk(Moves(prepared(project.directory).system))
    terminal = Terminal(walk, Narrator(walk.moves, "cache.py"), lambda: None, io.StringIO(), 10, 0)  # type: ignore[arg-type, return-value]
    assert terminal.complete_run("u") == ["user0"]
    assert terminal.complete_check("the") == ["the_list_is_short"]
    assert terminal.complete_until("b") == ["broken"]

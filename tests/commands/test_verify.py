"""``ovlcheck verify`` as a user and a script meet it: what it prints, and with which exit code."""

from __future__ import annotations

import pytest

from tests.commands.project import COUNTER, EXPECTING, Project


def test_a_violation_is_reported_with_figures_scope_and_trace(project: Project) -> None:
    code, out, err = project.verify("--reductions", "none")
    assert (code, err) == (1, "")
    for part in (
        "counter (counter.py)",
        "configuration default: tasks=2",
        "reference: 46 states, 66 transitions, depth 8",
        "nothing_is_lost         VIOLATED in 8 steps",
        "something_is_counted    holds",
        "tasks: 2 task",
        "memory model: sequentially consistent",
        "counter.py:17   self.n += 1",
        "n: 0 -> 1",
    ):
        assert " ".join(part.split()) in " ".join(out.split())


def test_what_holds_ends_with_success(project: Project) -> None:
    code, out, _ = project.verify("--property", "something_is_counted")
    assert code == 0
    assert "nothing_is_lost" not in out


def test_constants_come_from_the_configuration_and_the_command_line_wins(project: Project) -> None:
    assert project.json("--config", "small")["results"][0]["constants"] == {"tasks": "1"}
    assert project.json("--config", "small", "--set", "tasks=2")["results"][0]["constants"] == {"tasks": "2"}


def test_settings_of_the_project_are_used_and_the_command_line_wins(project: Project) -> None:
    project.write("pyproject.toml", "[tool.ovlcheck]\nconfig = 'small'\nengine = 'reference'\n")
    _, out, _ = project("verify", "counter.py", "--property", "nothing_is_lost")
    assert "configuration small: tasks=1" in out
    _, out, _ = project("verify", "counter.py", "--config", "default", "--property", "nothing_is_lost")
    assert "configuration default: tasks=2" in out


def test_limits_come_from_the_settings_and_the_command_line_wins(project: Project) -> None:
    project.write("pyproject.toml", "[tool.ovlcheck]\nthreads = 3\nmemory = '64M'\n")
    (result,) = project.json("--max-states", "900", "--memory", "32M")["results"]
    assert result["limits"] == {
        "states": 900, "depth": None, "seconds": None, "threads": 3, "memory": 32 << 20,
    }  # fmt: skip


@pytest.mark.parametrize("limit", [("--max-states", "3"), ("--depth", "2"), ("--time", "0")])
def test_a_search_that_was_cut_short_never_reports_success(project: Project, limit: tuple[str, str]) -> None:
    code, out, _ = project.verify("--property", "something_is_counted", *limit)
    assert code == 3
    assert "cut short" in out
    assert "unknown" in out


def test_expected_violations_are_a_strict_xfail(project: Project) -> None:
    project.write("counter.py", EXPECTING)
    code, out, _ = project.verify()
    assert code == 0
    assert "as expected" in out
    code, out, _ = project.verify("--set", "tasks=1")
    assert code == 1
    assert "expects a violation, but it holds" in out


def test_a_reduction_that_is_not_wanted_is_not_used(project: Project) -> None:
    (all_but_one,) = project.json("--reductions", "all", "--no-reduction", "fusion")["results"]
    used = {name for p in all_but_one["properties"] for name in p["reductions"]}
    assert "fusion" not in used
    assert used


def test_small_systems_are_not_reduced_unless_told(project: Project) -> None:
    for arguments in ((), ("--no-reduction", "slicing")):
        (result,) = project.json(*arguments)["results"]
        assert result["states"] == 46
        assert not any(p["reductions"] for p in result["properties"])


def test_every_violation_is_written_in_every_form_and_can_be_rendered_again(project: Project) -> None:
    project.verify("--out", "traces")
    names = {file.name for file in (project.directory / "traces").iterdir()}
    wanted = {f"counter.nothing_is_lost.{suffix}" for suffix in ("txt", "json", "dot", "svg")}
    assert wanted <= names
    for style, suffix in (("text", "txt"), ("dot", "dot"), ("svg", "svg")):
        code, out, _ = project("trace", "traces/counter.nothing_is_lost.json", "--format", style)
        written = (project.directory / f"traces/counter.nothing_is_lost.{suffix}").read_text(encoding="utf-8")
        assert (code, out) == (0, written)


def test_traces_of_two_models_of_one_name_are_both_kept(project: Project) -> None:
    project.write("other/counter.py", COUNTER.replace("Two tasks", "Other tasks"))
    code, _, err = project.verify("other/counter.py", "--out", "traces")
    assert (code, err) == (1, "")
    traces = sorted((project.directory / "traces").glob("*.json"))
    assert [file.name for file in traces] == [
        "counter-2.nothing_is_lost.json",
        "counter.nothing_is_lost.json",
    ]
    assert "other/counter.py" in traces[0].read_text(encoding="utf-8")


def test_several_models_get_a_block_each_and_a_broken_one_does_not_stop_the_others(project: Project) -> None:
    project.write("broken.py", "class Broken(:")
    code, out, err = project(
        "verify", "broken.py", "counter.py", "--properties", "properties", "--engine", "reference"
    )
    assert code == 2
    assert "broken.py:1" in err
    assert "nothing_is_lost" in out


def test_a_model_that_is_named_twice_is_checked_once(project: Project) -> None:
    (result,) = project.json("./counter.py", str(project.directory / "counter.py"))["results"]
    assert result["model"] == "counter.py"


def test_a_vacuous_property_is_no_success(project: Project) -> None:
    project.write(
        "properties/all.py",
        """
        from ovlcheck import always

        @always
        def about_nothing(fs):
            return fs.n <= 2 or fs.done == 1
        """,
    )
    code, out, _ = project.verify()
    assert code == 1
    assert "vacuous" in out


def test_a_step_that_is_never_taken_is_told_with_its_place(project: Project) -> None:
    unreachable = COUNTER.replace(
        "        self.done += 1", "        if self.n > 5:\n            self.n = 0\n        self.done += 1"
    )
    project.write("counter.py", unreachable)
    code, out, _ = project.verify("--property", "something_is_counted")
    assert code == 1
    assert "counter.py:19 in bump: self.n = 0" in out


def test_without_a_compiler_the_reference_engine_answers_and_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(project.directory / "cache"))
    code, out, _ = project.verify("--engine", "auto")
    assert code == 1
    assert "explored by the reference engine" in out
    code, _, err = project.verify("--engine", "native")
    assert code == 2
    assert "--engine reference" in err

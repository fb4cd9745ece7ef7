"""A compiled system is found again only where compiling would give the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ovlcheck import build_cache
from ovlcheck.cli import run
from ovlcheck.prepare import Options, prepare
from ovlcheck.system.transition_system import TransitionSystem
from tests.commands.project import COUNTER, PROPERTIES


class Project:
    """A model with a property, old enough to be kept, and how often it was compiled."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.compiled = 0
        self.write("counter.py", COUNTER)
        self.write("properties/all.py", PROPERTIES)

    def write(self, name: str, text: str, age: float = 3600) -> None:
        file = self.directory / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        now = file.stat().st_mtime
        os.utime(file, (now - age, now - age))

    def system(self, **options: object) -> TransitionSystem:
        places = (self.directory / "properties",)
        asked = Options(property_paths=places, keep_compiled=True, **options)  # type: ignore[arg-type]
        return prepare(self.directory / "counter.py", asked).system

    def entries(self) -> list[Path]:
        return sorted((self.directory / "cache" / "ovlcheck" / "systems").glob("*"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)

    def counting(*arguments: object) -> TransitionSystem:
        made.compiled += 1
        return build(*arguments)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(build_cache, "_package", lambda: b"this version")
    build = prepare.__globals__["build"]
    monkeypatch.setattr("ovlcheck.prepare.build", counting)
    return made


def test_the_same_is_compiled_once_and_is_the_same(project: Project) -> None:
    first, second = project.system(), project.system()
    assert (project.compiled, first) == (1, second)
    assert len(project.entries()) == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("counter.py", COUNTER.replace("self.n += 1", "self.n = 1")),
        ("properties/all.py", PROPERTIES.replace(">= 1", ">= 2")),
        ("properties/more.py", PROPERTIES.replace("def ", "def other_")),
    ],
)
def test_another_text_is_compiled_again(project: Project, file: str, text: str) -> None:
    before = project.system()
    project.write(file, text)
    assert project.system() != before
    assert project.compiled == 2


def test_other_constants_properties_and_events_are_compiled_again(project: Project) -> None:
    asked = [{}, {"constants": {"tasks": 1}}, {"config": "small"}, {"properties": ("nothing_is_lost",)}]
    systems = [project.system(**options) for options in [*asked, {"events": ("bump",)}]]
    assert project.compiled == 4  # the configuration small is tasks=1
    assert systems[1] == systems[2]
    assert systems[0] != systems[1] != systems[3]


def test_another_version_of_the_compiler_compiles_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.system()
    monkeypatch.setattr(build_cache, "_package", lambda: b"that version")
    project.system()
    assert project.compiled == 2


def test_what_is_imported_counts_too(project: Project) -> None:
    project.write("shared_by_counter.py", "TASKS = 2\n")
    project.write(
        "counter.py",
        COUNTER.replace("from ovlcheck import", "from shared_by_counter import TASKS\nfrom ovlcheck import")
        .replace('Constant(2, "tasks that add")', 'Constant(TASKS, "tasks")')
        .replace('"default": {"tasks": 2}', '"default": {}'),
    )
    project.system()
    project.system()
    assert project.compiled == 1
    project.write("shared_by_counter.py", "TASKS = 2  # still\n")
    project.system()
    assert project.compiled == 2


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "from os import environ",
        "import random as r",
        "def helper():\n    import time",
        "X = open(__file__).read()",
        "X = eval('1')",
        "X = hash('a')",
        "X = __import__('os')",
        "X = ().__class__.__subclasses__()",
    ],
)
def test_nothing_is_kept_that_may_depend_on_more_than_texts(project: Project, line: str) -> None:
    project.write("counter.py", COUNTER.replace("\n\n\nclass", f"\n\n{line}\n\n\nclass", 1))
    project.system()
    project.system()
    assert (project.compiled, project.entries()) == (2, [])


def test_nothing_is_kept_of_a_file_that_may_have_changed_while_it_was_read(project: Project) -> None:
    project.write("counter.py", COUNTER, age=0)
    project.system()
    assert project.entries() == []


@pytest.mark.parametrize("at", [0, 30, -1])
def test_a_damaged_entry_is_none(project: Project, at: int) -> None:
    whole = project.system()
    (entry,) = project.entries()
    content = bytearray(entry.read_bytes())
    content[at] ^= 1
    entry.write_bytes(content)
    assert project.system() == whole
    assert project.compiled == 2
    assert entry.read_bytes() != content


def test_an_entry_under_another_name_is_none(project: Project) -> None:
    project.system()
    (entry,) = project.entries()
    project.system(constants={"tasks": 1})
    (other,) = set(project.entries()) - {entry}
    other.write_bytes(entry.read_bytes())
    assert dict(project.system(constants={"tasks": 1}).constants)["tasks"] == "1"


def test_a_cache_that_cannot_be_written_is_done_without(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("blocked", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(project.directory / "blocked"))
    assert project.system() == project.system()
    assert project.compiled == 2


def test_old_entries_make_room(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_cache, "_KEPT", 1)
    project.system()
    (old,) = project.entries()
    os.utime(old, (1000, 1000))
    project.system(constants={"tasks": 1})
    assert len(project.entries()) == 1
    assert not old.exists()


def test_the_command_line_keeps_what_it_compiles_only_in_a_process_of_its_own(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["show", "counter.py", "--properties", "properties"]
    assert run(arguments) == 0
    assert project.entries() == []
    assert run(arguments, own_process=True) == 0
    assert len(project.entries()) == 1
    assert capsys.readouterr().err == ""


def test_a_package_behind_a_link_is_nobodys_model(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parent.parent
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "ovlcheck").symlink_to(root / "ovlcheck")
    (tmp_path / "mine.py").write_text("import ovlcheck.prepare\nimport ovlcheck.build_cache as cache\n")
    script = "import mine, sys; print(*sorted(mine.cache._users_modules())); print(mine.cache.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path / "lib")},
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    users, file = done.stdout.splitlines()
    assert file.startswith(str(tmp_path))
    assert "mine" in users.split()
    assert not [name for name in users.split() if name.startswith("ovlcheck")]


def test_files_behind_links_belong_to_the_package_and_links_in_circles_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "package" / "one.py").touch()
    (tmp_path / "elsewhere" / "two.py").touch()
    (tmp_path / "package" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "package")
    monkeypatch.setattr(build_cache, "_PACKAGE", tmp_path / "package")
    found = {file.relative_to(tmp_path / "package").as_posix() for file in build_cache._sources()}
    assert found == {"one.py", "linked/two.py"}

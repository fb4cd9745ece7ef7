"""A small model with a race, a lock, objects that come and go, and a property of each kind: what runs are made of."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ovlcheck.cli import run
from ovlcheck.prepare import Options, Prepared, prepare

MODEL = '''\
"""A user looks an entry up and changes it; a reaper frees what nobody uses, changed or not."""

from ovlcheck import (Constant, Object, Population, Refcount, Set, SpinLock, System, atomic, choose, daemon, free, idle,
                      new, process, wait)


class Entry(Object):
    users: Refcount
    changed: bool = False

    @property
    def is_used(self) -> bool:
        return self.users > 0


class Cache(System):
    room = Constant(1, "entries that there is room for")
    tasks = Constant(1, "users")
    entries = Population(Entry, size="room", dynamic=True)
    listed: Set[Entry]
    lock: SpinLock
    freed: bool = False
    configurations = {"default": {}, "two": {"room": 2, "tasks": 2}}

    @process(instances="tasks")
    def user(self) -> None:
        while True:
            idle()
            with atomic:
                wait(len(self.entries) < self.room)
                entry = new(Entry)
                entry.users.inc()
            with self.lock:
                self.listed.add(entry)
            self.change(entry)
            entry.users.dec()

    def change(self, entry: Entry) -> None:
        entry.changed = True

    @daemon
    def reaper(self) -> None:
        while True:
            idle()
            with atomic:
                entry = choose({e for e in self.listed if not e.is_used})
                self.listed.remove(entry)
            self.reap(entry)

    def reap(self, entry: Entry) -> None:
        self.freed = True
        free(entry)
'''

PROPERTIES = '''\
from ovlcheck import Observer, after, always, before


@always
def a_listed_entry_is_used(fs):
    """Nothing stays on the list when its user has gone."""
    return all(entry.is_used for entry in fs.listed)


@before("reap")
def nothing_changed_is_reaped(fs, entry):
    """A change is lost with its entry."""
    return not entry.changed


@always
def the_list_is_short(fs):
    """There is only so much room."""
    return len(fs.listed) <= 2


class reaping_follows_a_change(Observer):
    """Only what was changed is ever reaped."""

    seen: bool

    @after("change")
    def changes(self, fs):
        self.seen = True

    @before("reap")
    def reaps(self, fs):
        return self.seen
'''


class Project:
    """A directory with the model and its properties, in which the command line is run."""

    def __init__(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.directory = directory
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.write("cache.py", MODEL)
        self.write("properties/all.py", PROPERTIES)
        (directory / "none").mkdir()
        monkeypatch.chdir(directory)

    def write(self, name: str, text: str) -> Path:
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def __call__(self, *arguments: str, lines: str = "") -> tuple[int, str, str]:
        """The exit code, and what was written to stdout and stderr; ``lines`` are on stdin."""
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        code = run([*arguments])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err


PROPERTY_OPTIONS = ("--properties", "properties")
NO_PROPERTIES = ("--properties", "none")


def prepared(directory: Path, constants: Mapping[str, str] | None = None) -> Prepared:
    """The model in ``directory``, where a ``Project`` wrote it."""
    options = Options(property_paths=(directory / "properties",), constants=dict(constants or {}))
    return prepare(directory / "cache.py", options)

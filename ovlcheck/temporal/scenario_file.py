"""Scenarios as people write them: a header, then one named event a line, with ``...`` for anything in
between.

# the shrinker takes the inode while a reader still has it mapped
model: suspect_list_as_posted
set: pin=False
violates: no_evicted_inode_has_dirty_upper

writer: open returns
...
*: mark_inode_dirty
... without reader0: release, flusher
shrinker: evict_inode
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ovlcheck.lang.diagnostics import CompileError, Diagnostic

HEADERS = ("model", "set", "violates", "harmless-in")
GAP = "..."

_PATTERN = re.compile(
    r"(?P<actor>\*|[A-Za-z_]\w*)\s*(?P<colon>:\s*(?P<event>[A-Za-z_][\w.]*)(?P<returns>\s+returns)?)?"
)
_REMEDY = "write 'process: event', 'process: event returns', '*: event', the name of a rule, or '...'"


@dataclass(frozen=True)
class Place:
    """The line of a scenario file that something stands on, for messages."""

    file: str
    line: int
    text: str

    def error(self, part: str, message: str, remedy: str) -> Diagnostic:
        column = self.text.find(part) + 1 if part in self.text else 1
        return Diagnostic(self.file, self.line, max(column, 1), message, remedy, self.text)


@dataclass(frozen=True)
class Pattern:
    """What a line names: the ``phase`` (``call`` or ``return``) of ``event`` in a step of ``actor``.

    ``actor`` is a process, a process with an instance's number behind it, a rule, or None for any of these.
    Without an event any step of the actor matches.
    """

    actor: str | None
    event: str | None
    phase: str
    place: Place

    def __str__(self) -> str:
        if self.event is None:
            return str(self.actor)
        return f"{self.actor or '*'}: {self.event}" + (" returns" if self.phase == "return" else "")


@dataclass(frozen=True)
class Gap:
    """Any number of steps, none of which contains what is named in ``without``.

    Nor may what the next matching step contains ahead of its match; its own actor is no hindrance.
    """

    without: tuple[Pattern, ...] = ()


@dataclass(frozen=True)
class Item:
    """``pattern`` happens in the very next step, or, with a ``gap``, after the steps that it lets pass."""

    pattern: Pattern
    gap: Gap | None = None


@dataclass(frozen=True)
class Scenario:
    """A parsed scenario; ``tail`` is the gap behind its last item, None if the scenario ends there.

    ``settings`` are constants of the model as text, ``violates`` the properties that a run which follows the
    scenario can break, ``harmless_in`` the models in which none can.
    """

    name: str
    file: str
    items: tuple[Item, ...]
    tail: Gap | None = None
    model: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    violates: tuple[str, ...] = ()
    harmless_in: tuple[str, ...] = ()

    @property
    def events(self) -> tuple[str, ...]:
        """The events that it names."""
        gaps = [item.gap for item in self.items] + [self.tail]
        patterns = [item.pattern for item in self.items] + [
            p for g in gaps if g is not None for p in g.without
        ]
        return tuple(dict.fromkeys(p.event for p in patterns if p.event is not None))


def load_scenario(path: Path | str) -> Scenario:
    """The scenario in the file ``path``.  Raises ``CompileError``, and ``OSError`` if it cannot be read."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        remedy = "save the scenario as plain text in UTF-8"
        raise CompileError([Diagnostic(str(path), 1, 1, "this file is not text", remedy)]) from None
    return parse_scenario(text, str(path))


def parse_scenario(text: str, file: str = "<scenario>") -> Scenario:
    """The scenario that ``text`` describes.  Raises ``CompileError`` with every error in it.

    What comes before the first item is free: a scenario begins when its first item happens.
    """
    parser = _Parser(file)
    for number, line in enumerate(text.splitlines(), 1):
        parser.line(Place(file, number, line))
    return parser.finish()


class _Parser:
    def __init__(self, file: str) -> None:
        self._file = file
        self._errors: list[Diagnostic] = []
        self._headers: dict[str, str] = {}
        self._settings: list[tuple[str, str]] = []
        self._items: list[Item] = []
        self._gap: Gap | None = None
        self._place = Place(file, 1, "")

    def line(self, place: Place) -> None:
        text = re.sub(r"(^|\s)#.*", "", place.text).strip()
        if not text:
            return
        self._place = place
        key, colon, rest = text.partition(":")
        if colon and key.strip() in HEADERS:
            self._header(key.strip(), rest.strip(), place)
        elif text.startswith((GAP, "…")):
            self._read_gap(text.removeprefix(GAP).removeprefix("…").strip(), place)
        else:
            self._item(text, place)

    def _header(self, key: str, value: str, place: Place) -> None:
        if self._items or self._gap is not None:
            self._refuse(place, key, f"'{key}:' comes after the first item", "move it to the top of the file")
        elif key in self._headers:
            self._refuse(place, key, f"a second '{key}:'", "write all of it on one line")
        elif not value:
            self._refuse(place, key, f"'{key}:' says nothing", "give it a value, or remove the line")
        elif key == "model" and len(value.split()) > 1:
            self._refuse(place, value, "a scenario has one model", "name the others in 'harmless-in:'")
        else:
            self._headers[key] = value
            if key == "set":
                self._read_settings(value, place)

    def _read_settings(self, value: str, place: Place) -> None:
        for setting in value.split():
            name, equals, constant = setting.partition("=")
            if name and equals and constant:
                self._settings.append((name, constant))
            else:
                self._refuse(place, setting, f"'{setting}' sets no constant", "write NAME=VALUE")

    def _read_gap(self, rest: str, place: Place) -> None:
        if self._gap is not None:
            self._refuse(place, GAP, "two gaps with nothing between them", "merge them into one line")
        word, _, names = rest.partition(" ")
        if rest and (word != "without" or not names.strip()):
            self._refuse(place, rest, f"'{rest}' after a gap", "write '...' or '... without process: event'")
            return
        patterns = (self._pattern(p.strip(), place) for p in names.split(",")) if rest else ()
        self._gap = Gap(tuple(p for p in patterns if p is not None))

    def _item(self, text: str, place: Place) -> None:
        pattern = self._pattern(text, place)
        if pattern is not None:
            gap = Gap() if self._gap is None and not self._items else self._gap
            self._items.append(Item(pattern, gap))
        self._gap = None

    def _pattern(self, text: str, place: Place) -> Pattern | None:
        match = _PATTERN.fullmatch(text)
        if match is None or text == "*":
            self._refuse(place, text, f"'{text}' is no item of a scenario", _REMEDY)
            return None
        actor, event = match["actor"], match["event"]
        phase = "return" if match["returns"] else "call"
        return Pattern(None if actor == "*" else actor, event, phase, place)

    def _refuse(self, place: Place, part: str, message: str, remedy: str) -> None:
        self._errors.append(place.error(part, message, remedy))

    def finish(self) -> Scenario:
        if not self._items and not self._errors:
            self._refuse(self._place, "", "this scenario has no items", _REMEDY)
        if self._errors:
            raise CompileError(self._errors)
        words = {key: tuple(re.split(r"[,\s]+", value)) for key, value in self._headers.items()}
        return Scenario(
            name=Path(self._file).stem,
            file=self._file,
            items=tuple(self._items),
            tail=self._gap,
            model=self._headers.get("model"),
            settings=tuple(self._settings),
            violates=words.get("violates", ()),
            harmless_in=words.get("harmless-in", ()),
        )

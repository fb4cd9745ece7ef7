"""Identifiers of another language for the names of a transition system."""

from __future__ import annotations

import re
from collections.abc import Collection


class Identifiers:
    """Gives each name an identifier of its own, the same for the same names in the same order.

    ``reserved`` are words that the language, or the C that its checker generates, has a use for.
    """

    def __init__(self, reserved: Collection[str], *, fold_case: bool = False) -> None:
        self._fold = str.lower if fold_case else str
        self._taken = {self._fold(word) for word in reserved}
        self._given: dict[tuple[str, str], str] = {}

    def of(self, name: str, kind: str = "") -> str:
        """The identifier of ``name`` among the names of one ``kind``, with which it begins."""
        key = kind, name
        if key not in self._given:
            stem = re.sub(r"\W+", "_", f"{kind} {name}" if kind else name, flags=re.ASCII).strip("_")
            if not stem or stem[0].isdigit():
                stem = f"v_{stem}"
            identifier, number = stem, 1
            while self._fold(identifier) in self._taken:
                number += 1
                identifier = f"{stem}_{number}"
            self._taken.add(self._fold(identifier))
            self._given[key] = identifier
        return self._given[key]


def plain(text: str) -> str:
    """``text`` on one line of printable ASCII that no comment or string of C, Promela or Murphi ends at."""
    line = " ".join(text.split()).encode("ascii", "replace").decode()
    return line.replace("*/", "* /").replace("/*", "/ *").replace('"', "'").replace("\\", "/").strip()


_WORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline int long
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    main bool true false asm typeof linux unix
"""
C_WORDS = frozenset(_WORDS.split())

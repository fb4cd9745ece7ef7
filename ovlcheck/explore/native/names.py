"""C identifiers and comments for the names of a transition system."""

from __future__ import annotations

import re


class Identifiers:
    """Gives each name an identifier of its own, the same for the same names in the same order."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()

    def of(self, prefix: str, name: str) -> str:
        """The identifier of ``name`` among the names of one kind, which ``prefix`` tells apart from all
        others.
        """
        key = prefix, name
        if key not in self._given:
            stem = prefix + (re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "unnamed")
            identifier, number = stem, 1
            while identifier in self._taken:
                number += 1
                identifier = f"{stem}_{number}"
            self._taken.add(identifier)
            self._given[key] = identifier
        return self._given[key]


def comment(text: str) -> str:
    """``text`` as a comment on one line."""
    plain = (
        " ".join(text.split()).encode("ascii", "replace").decode().replace("*/", "* /").replace("/*", "/ *")
    )
    return f"/* {plain.replace('??', '?').rstrip(chr(92))} */"

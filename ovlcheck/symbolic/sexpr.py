"""S-expressions, read strictly: enough of SMT-LIB 2 to see what a file asks before a solver is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Union

Sexpr = Union[str, list["Sexpr"]]

_TOKEN = re.compile(r"\s+|;[^\n]*|(\|[^|\\]*\||\"(?:[^\"]|\"\")*\"|[()]|[^\s()|\";]+)")


class NotAnSexprError(ValueError):
    """The text is no sequence of S-expressions; the argument says where."""


def read(text: str) -> list[Sexpr]:
    """The expressions of ``text``; symbols keep their quotes.  Raises ``NotAnSexprError``."""
    top: list[Sexpr] = []
    open_: list[list[Sexpr]] = [top]
    for token, line in _tokens(text):
        if token == "(":
            inner: list[Sexpr] = []
            open_[-1].append(inner)
            open_.append(inner)
        elif token == ")":
            if len(open_) == 1:
                raise NotAnSexprError(f"line {line}: a closing parenthesis too many")
            open_.pop()
        else:
            open_[-1].append(token)
    if len(open_) > 1:
        raise NotAnSexprError(f"cut short: {len(open_) - 1} parentheses are not closed")
    return top


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotAnSexprError(f"line {line}: {text[at : at + 20]!r} is no SMT-LIB")
        if match.group(1):
            yield match.group(1), line
        line += text.count("\n", at, match.end())
        at = match.end()

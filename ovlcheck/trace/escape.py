"""Words of a model made safe to show: whatever a name or a value holds, it cannot become markup or
move a cursor.
"""

from __future__ import annotations

import html
import re
import unicodedata


def printable(text: str) -> str:
    """``text`` on one line, with every control or format character (terminal escapes among them)
    spelt out.
    """
    return "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Cn", "Cs", "Zl", "Zp") else ascii(c)[1:-1]
        for c in text
    )


def markup(text: str) -> str:
    """``text`` as the text of an HTML, SVG or Graphviz label."""
    return html.escape(printable(text), quote=True)


def plain(doc: str) -> str:
    """The words of a docstring on one line, without the marks that reStructuredText puts around code."""
    return re.sub(r"``(.+?)``", r"\1", " ".join(doc.split()))


def whole(json_text: str) -> str:
    """``json_text`` with halves of surrogate pairs, which no file can hold, as the escapes that JSON has for them."""
    return "".join(c if not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in json_text)

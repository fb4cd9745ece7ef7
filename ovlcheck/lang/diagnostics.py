"""Errors in model code, shown as a compiler shows them: place, source line, cause, remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnostic:
    """One error; ``column`` counts from 1, ``remedy`` says what to write instead."""

    file: str
    line: int
    column: int
    message: str
    remedy: str = ""
    text: str = ""

    def __str__(self) -> str:
        lines = [f"{self.file}:{self.line}:{self.column}: error: {self.message}"]
        if self.text:
            stripped = self.text.lstrip()
            caret = " " * max(self.column - 1 - (len(self.text) - len(stripped)), 0) + "^"
            lines += [f"    {stripped.rstrip()}", f"    {caret}"]
        if self.remedy:
            lines.append(f"    help: {self.remedy}")
        return "\n".join(lines)


class CompileError(Exception):
    """The model or property does not compile; ``diagnostics`` is not empty."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in diagnostics))

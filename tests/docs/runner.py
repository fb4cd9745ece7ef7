"""Runs a page of the documentation as its reader would, and says what came out otherwise than shown."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.docs.console import (
    ROOT,
    Command,
    Counterexample,
    File,
    Ran,
    difference,
    items,
    run_command,
)


def failures(page: Path, cache: Path, *, slow: bool) -> Iterator[str]:
    """What the commands of ``page`` do that it does not say; those marked slow are run only if wanted."""
    for item, ran in _runs(page, cache, slow):
        if isinstance(item, Counterexample):
            place, shown = f"ovlcheck {item.arguments}", _without_constants(item.text)
            printed = _without_constants(ran.output)
        else:
            place, shown, printed = f"$ {item.text}", item.output, ran.output
        wrong = None
        if isinstance(item, Command) and ran.exit != item.exit:
            wrong = f"ended with {ran.exit}, not {item.exit}:\n{ran.output}"
        elif shown is not None:
            wrong = difference(shown, printed)
        if wrong is not None:
            yield f"{page.name}:{item.line}: {place}\n{wrong}"


def refreshed(page: Path, cache: Path) -> str:
    """The text of ``page`` with what its commands print now, wherever it shows all of that."""
    text = page.read_text(encoding="utf-8")
    for item, ran in _runs(page, cache, slow=True):
        shown = item.text if isinstance(item, Counterexample) else item.output
        if shown is not None and "..." not in shown and text.count(shown) == 1:
            text = text.replace(shown, f"{ran.output.rstrip()}\n")
    return text


def _runs(page: Path, cache: Path, slow: bool) -> Iterator[tuple[Command | Counterexample, Ran]]:
    """Each command of ``page`` with what it came to, in a directory of their own.

    Those of README.md find the shipped models and properties there, as in a checkout.
    """
    found = list(items(page.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        if page.name == "README.md":
            for shared in ("models", "properties"):
                shutil.copytree(ROOT / shared, directory / shared)
        for item in found:
            if isinstance(item, File):
                file = directory / item.name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(item.text, encoding="utf-8")
            elif isinstance(item, Counterexample):
                yield item, _trace(item, directory, cache)
            elif not (item.text.startswith("make ") or item.not_run or (item.slow and not slow)):
                yield item, run_command(item.text, directory, cache, seconds=3600 if slow else 300)


def _trace(item: Counterexample, directory: Path, cache: Path) -> Ran:
    """The trace that the command of ``item`` finds, or what it prints if that is not one."""
    traces = directory / f"traces-{item.line}"
    ran = run_command(f"ovlcheck {item.arguments} --out {traces}", directory, cache)
    found = list(traces.glob("*.json"))
    return run_command(f"ovlcheck trace {found[0]}", directory, cache) if len(found) == 1 else ran


def _without_constants(trace: str) -> str:
    """``trace`` without the list of constants, which grows with the kernel model."""
    return re.sub(r"^constants .*?\n\n", "", trace, flags=re.DOTALL | re.MULTILINE)

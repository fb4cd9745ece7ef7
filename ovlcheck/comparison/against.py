"""A table against one that was kept: which cells are not what they were."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ovlcheck.report.table import Cell, Row, Table
from ovlcheck.report.verdict import ExitCode, worst


def differences(kept: Table, now: Table) -> list[str]:
    """What is not in ``now`` as it was in ``kept``, a line for each cell, old and new.

    Rows and columns that ``now`` was not asked for are passed over; those that are new are differences.  Figures of
    speed, texts and the names of files are not compared, nor how a verdict was come by.
    """
    return list(_differences(kept, now))


def not_compared(kept: Table, now: Table) -> list[str]:
    """The rows and columns of ``kept`` that ``now`` does not have."""
    rows = {row.title for row in now.rows}
    columns = {column.key for column in now.columns}
    return [row.title for row in kept.rows if row.title not in rows] + [
        column.short for column in kept.columns if column.key not in columns
    ]


def _differences(kept: Table, now: Table) -> Iterator[str]:
    if kept.configuration != now.configuration:
        yield f"configuration: {kept.configuration} -> {now.configuration}"
    if dict(kept.settings) != dict(now.settings):
        yield f"--set: {_settings(kept.settings)} -> {_settings(now.settings)}"
    old_rows = {row.title: row for row in kept.rows}
    old_columns = {column.key for column in kept.columns}
    shorts = {column.key: column.short for column in now.columns}
    for row in now.rows:
        old = old_rows.get(row.title)
        if old is None:
            yield f"{row.title}: a new row, which the kept table does not have"
            continue
        yield from _row(old, row, {key: short for key, short in shorts.items() if key in old_columns})
    for key, short in shorts.items():
        if key not in old_columns:
            yield f"{short}: a new column, which the kept table does not have"


def _row(old: Row, new: Row, shorts: Mapping[str, str]) -> Iterator[str]:
    if bool(old.error) != bool(new.error):
        yield f"{new.title}: {_error(old)} -> {_error(new)}"
        return
    for key, short in shorts.items():
        before, after = old.cells.get(key), new.cells.get(key)
        if told(before) != told(after):
            yield f"{new.title} {short}: {told(before)} -> {told(after)}"
    for name in dict.fromkeys([*old.also, *new.also]):
        before, after = old.also.get(name), new.also.get(name)
        if told(before) != told(after):
            yield f"{new.title}, {name}: {told(before)} -> {told(after)}"
    once, today = _places(old), _places(new)
    for place in sorted(once - today):
        yield f"{new.title}: a step that was never taken is taken now, or gone: {place}"
    for place in sorted(today - once):
        yield f"{new.title}: a step is never taken any more: {place}"


def told(cell: Cell | None) -> str:
    """What is compared of a cell, in words: its verdict, the length of its trace, and where it was looked at."""
    if cell is None:
        return "nothing"
    where = " ".join(f"{name}={value}" for name, value in cell.constants.items())
    return f"{cell.words} at {where}" if where else cell.words


def report(kept: Table, now: Table, name: str) -> list[str]:
    """What came of holding ``now`` against ``kept``, which is in the file ``name``, line by line."""
    changed = differences(kept, now)
    lines = [f"{name}: {line}" for line in changed]
    passed_over = not_compared(kept, now)
    if passed_over:
        lines.append(f"{name}: not compared, since not asked for: {', '.join(passed_over)}")
    count = sum(1 for _ in now.marked())
    lines.append(f"{name}: {f'{len(changed)} differences' if changed else f'all {count} cells are as they were'}")
    return lines


def _places(row: Row) -> set[str]:
    """The steps never taken, without their line numbers, which any change of the file moves."""
    return {re.sub(r":\d+ in ", " in ", place, count=1) for place in row.never_taken}


def _error(row: Row) -> str:
    return row.error.splitlines()[0] if row.error else "compiles"


def _settings(settings: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in settings.items()) or "nothing"


def exit_code(kept: Table, now: Table) -> ExitCode:
    """What a script is told of ``now``, where ``kept`` is what it should be."""
    codes = [code for code in now.exit_codes if code in (ExitCode.USAGE, ExitCode.UNKNOWN)]
    return worst([*codes, ExitCode.VIOLATED] if differences(kept, now) else codes)

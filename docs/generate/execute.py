"""Does what a declared run says, and keeps of the answer what a page tells."""

from __future__ import annotations

import os
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docs.generate.declared import ROOT, Run
from docs.generate.outcomes import Outcome, Verdict
from docs.generate.shown import shown
from ovlcheck.explore.result import Limits
from ovlcheck.prepare import Options
from ovlcheck.report.verdict import VIOLATED, ModelResult, PropertyVerdict
from ovlcheck.verify_model import verify_model
from ovlcheck.verify_scenario import read_scenario, scenario_model, verify_scenario

_EDITED = """from {module} import {base}

from ovlcheck import *
from ovlcheck import wait as wait_until
from ovlcheck.vfs import *


class Edited({base}):
    expected_violations = ()

{methods}
"""


def execute(run: Run, threads: int | None = None) -> Outcome:
    """The outcome of ``run``.  Raises ``UsageError`` and ``CompileError`` as ``ovlcheck verify`` does."""
    options = Options(
        properties=() if run.scenario else run.asked,
        property_paths=(ROOT / run.properties,) if run.properties else None,
        constants=dict(run.constants),
        config=None if run.scenario else run.config,
        limits=Limits(threads=threads),
    )
    with _working_in(ROOT), tempfile.TemporaryDirectory() as directory:
        return _outcome(_result(run, options, Path(directory)), run)


def _result(run: Run, options: Options, directory: Path) -> ModelResult:
    if run.scenario:
        scenario = read_scenario(Path(run.scenario))
        model = Path(run.model) if run.model else scenario_model(scenario)
        return verify_scenario(model, scenario, options)
    if run.edit:
        return verify_model(_edited(run, directory), options)
    return verify_model(Path(run.model), options)


def _edited(run: Run, directory: Path) -> Path:
    """A model with some of its methods replaced, as a file in ``directory``."""
    base = "".join(word.capitalize() for word in run.model.split("_"))
    file = directory / "edited.py"
    methods = textwrap.indent(run.edit, "    ")
    file.write_text(_EDITED.format(module=run.model, base=base, methods=methods), encoding="utf-8")
    return file


def _outcome(result: ModelResult, run: Run) -> Outcome:
    rows = {row.name: row for row in result.properties}
    return Outcome(
        states=result.states,
        complete=result.complete,
        reductions=result.reductions,
        verdicts={name: _verdict(rows[name], run) for name in run.expect if name in rows},
    )


def _verdict(row: PropertyVerdict, run: Run) -> Verdict:
    verdict = "vacuous" if row.vacuous else row.verdict
    if verdict != VIOLATED or row.trace is None:
        return Verdict(verdict)
    lines = shown(row.trace) if run.trace else ()
    return Verdict(verdict, row.trace.length, row.trace.switches, lines)


@contextmanager
def _working_in(directory: Path) -> Iterator[None]:
    """Names of files in a trace are relative to where one works."""
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)

"""A whole run in each form that ``--format`` and ``--report`` know."""

from __future__ import annotations

import json

from ovlcheck.report.cases import Outcome, cases
from ovlcheck.report.console import render_report
from ovlcheck.report.run import Run
from ovlcheck.report.verdict import ModelResult
from ovlcheck.trace.escape import printable
from ovlcheck.version import tool_version


def render(style: str, run: Run, *, timing: bool = True) -> str:
    """``run`` as ``text``, ``json``, ``junit`` or ``sarif``: the same bytes for the same run, unless ``timing``.

    Raises ``ValueError`` for another style.
    """
    if style == "text":
        blocks = [render_report(result, terminal=False, timing=timing) for result in run.results]
        return "".join([*blocks, *(f"{failure.text}\n" for failure in run.failures)])
    if style == "junit":
        from ovlcheck.report.junit import to_junit

        return to_junit(run, tool_version(), timing=timing)
    if style == "sarif":
        from ovlcheck.report.sarif import to_sarif

        return _as_text(to_sarif(run, tool_version()))
    if style == "json":
        from ovlcheck.report.json import to_json

        return _as_text(to_json(run.results, tool_version(), run.failures, timing=timing))
    raise ValueError(f"no report has the style {style!r}: there are text, json, junit, sarif")


def _as_text(data: object) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def render_findings(result: ModelResult) -> str:
    """What is not as expected, a line each as compilers write them; nothing where everything is."""
    return "".join(
        f"{printable(case.file)}:{case.line}: {printable(case.message)}\n"
        for case in cases(result)
        if case.outcome in (Outcome.FAILED, Outcome.UNKNOWN)
    )

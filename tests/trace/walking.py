"""A page in the browser, walked through with keys and held against the traces it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ovlcheck
from ovlcheck.trace.page import render_page
from ovlcheck.trace.trace import Trace
from tests.trace.chromium import Page

_SEEN = """
(() => ({
  where: document.getElementById('where').innerText,
  function: (document.querySelector('#detail h2') || {}).innerText,
  source: (document.querySelector('#detail pre') || {}).innerText,
  state: Object.fromEntries([...document.querySelectorAll('#values tr')].map((row) => {
    const cell = row.querySelector('td').cloneNode(true);
    cell.querySelectorAll('del, i').forEach((part) => part.remove());
    return [row.dataset.name, cell.textContent];
  }).filter(([, value]) => value)),
}))()
"""


def violations_of(model: str, **constants: Any) -> list[Trace]:
    result = ovlcheck.verify(model, constants=constants)
    return [verdict.trace for verdict in result.properties if verdict.trace is not None]


def walk(page: Page, traces: list[Trace], file: Path) -> None:
    """Goes through every step of every trace, forwards by the keyboard, and asserts that each shows what happened."""
    file.write_text(render_page(traces), encoding="utf-8")
    page.look(1280)
    page.open(file.as_uri())
    for number, trace in enumerate(traces):
        if number:
            page.press("]")
        assert page.text("#property") == trace.property_name
        page.press("Home")
        for at in range(len(trace.steps) + 1):
            if at:
                page.press("ArrowRight")
            seen = page.run(_SEEN)
            assert seen["where"] == f"{at} / {len(trace.steps)}"
            assert {n: v for n, v in seen["state"].items() if v} == {
                n: v for n, v in trace.state(at).items() if v
            }
            if at:
                step = trace.steps[at - 1]
                assert step.actor in seen["function"] and step.function in seen["function"]
                assert " ".join(seen["source"].split()) == " ".join(step.source.split())
    assert page.complaints() == []

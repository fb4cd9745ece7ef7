"""Every run that a generated page rests on, once more: it comes out as recorded, counts and traces included.

Some minutes, so not part of a plain test run: pytest tests/docs/generate/every_run.py
"""

from __future__ import annotations

import pytest

from docs.generate.declared import PAGES, Run, load_page
from docs.generate.execute import execute
from docs.generate.outcomes import load_outcomes
from tests.docs.generate.test_pages import unedited

RUNS = {run.key: run for name in PAGES for run in load_page(name).runs}


@pytest.mark.parametrize("run", RUNS.values(), ids=lambda run: run.key.splitlines()[0])
def test_it_comes_out_as_recorded(run: Run) -> None:
    assert execute(run) == load_outcomes()[run.key]


EDITED = [run for name in ("proposed",) for run in load_page(name).runs if run.edit]


@pytest.mark.parametrize("run", EDITED, ids=lambda run: run.key.splitlines()[0])
def test_with_nothing_replaced_it_holds(run: Run) -> None:
    assert not unedited(run)

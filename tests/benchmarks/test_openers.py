"""Any number of openers: every search ends with figures, and the page shows them or says why there are none."""

from __future__ import annotations

from pathlib import Path

from benchmarks.budget import Budget
from benchmarks.openers import Case, openers
from benchmarks.run import failures
from benchmarks.tables import report
from tests.benchmarks.results import results

MODEL = '''
"""Openers of one file."""

from ovlcheck import Constant, Refcount, System, idle, process


class Openers(System):
    writers = Constant(1, "tasks that open the file")
    users: Refcount

    @process(instances="writers")
    def writer(self) -> None:
        while True:
            idle()
            self.users.inc()
            self.users.dec()
'''

PROPERTIES = '''
from ovlcheck import always


@always
def few_use_it(fs):
    return fs.users.get() <= fs.writers
'''


def test_more_and_more_writers_are_tried_until_there_are_too_many_states(tmp_path: Path) -> None:
    (tmp_path / "properties").mkdir()
    (tmp_path / "properties" / "few.py").write_text(PROPERTIES)
    (tmp_path / "openers.py").write_text(MODEL)
    told: list[str] = []
    cases = [Case(str(tmp_path / "openers.py"), ("few_use_it",))]
    (found,) = openers(cases, Budget(60), told.append, 5)
    searched = {row["writers"]: (row["states"], row["cut_short"], row["error"]) for row in found["rows"]}
    assert searched == {
        "1": (2, None, None),
        "2": (4, None, None),
        "3": (5, "state limit of 5 reached", None),
        "any": (2, None, None),
    }
    assert len(told) == len(found["rows"])


def test_the_page_shows_what_was_searched_and_what_could_not_be() -> None:
    rows = [
        {"writers": "1", "states": 22310, "cut_short": None, "seconds": 3.21, "error": None},
        {"writers": "2", "states": 9000, "cut_short": "state limit of 9000 reached", "seconds": 5.0, "error": None},
        {"writers": "any", "error": "not begun: the time for the whole run is up"},
    ]
    measured = results(openers=[{"model": "upstream", "properties": ["p"], "rows": rows}])
    page = report(measured)
    assert "| upstream | 1 | 1 | 22,310 | 3.2 |  |" in page
    assert "| upstream | 2 | 1 | 9,000 | 5.0 | cut short: state limit of 9000 reached |" in page
    assert "| upstream | any | any | – | – | not begun: the time for the whole run is up |" in page
    assert failures(measured) == ["upstream, any writers: not begun: the time for the whole run is up"]

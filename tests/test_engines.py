"""Engines by name: what can be had is used, and the report says when it is not the fast one."""

from __future__ import annotations

from typing import Any

import pytest

from ovlcheck.engines import Counting, NativeOrElse, make_engine
from ovlcheck.errors import UsageError
from ovlcheck.explore.native.problems import CompilerMissing
from ovlcheck.explore.reference import Reference
from tests.hand_built import counter


class NoNative:
    name = "native"

    def search(self, *_: Any, **__: Any) -> Any:
        raise CompilerMissing("no C compiler was found")


@pytest.mark.parametrize(
    ("name", "answers"), [("native", "native"), ("reference", "reference"), ("auto", "native")]
)
def test_the_engine_that_answers_is_named(name: str, answers: str) -> None:
    result = make_engine(name).search(counter(3))
    assert (result.engine, result.states) == (answers, 4)


def test_auto_falls_back_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovlcheck.engines.Native", NoNative)
    result = make_engine("auto").search(counter(3))
    assert (result.engine, result.states) == ("reference", 4)
    assert "no C compiler was found" in result.notes[0]


def test_what_was_asked_for_by_name_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovlcheck.engines.Native", NoNative)
    with pytest.raises(UsageError, match="no C compiler was found"):
        make_engine("native").search(counter(3))
    assert NativeOrElse(Reference()).search(counter(3)).complete


def test_searches_are_counted() -> None:
    engine = Counting(Reference())
    engine.search(counter(3))
    engine.search(counter(5))
    assert [r.states for r in engine.results] == [4, 6]

"""All forms of a trace: whatever a file holds is refused with one message, or can be shown in each of them."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.commands.trace import _FORMS
from ovlcheck.errors import UsageError
from ovlcheck.trace.faces import FACES
from ovlcheck.trace.saved import OLDER, from_json, to_json
from tests.trace.racing import racing_trace
from tests.trace.samples import sample_trace

QUICK = [name for name in FACES if name != "svg"]
"""Graphviz is asked elsewhere: it takes its time."""

_ANYTHING = st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=4) | st.just([]) | st.just({})


def places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in ``data`` there is something that can be changed."""
    found = [at] if at else []
    if isinstance(data, dict | list):
        items = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in items:
            found += places(value, (*at, key))
    return found


SAVED = to_json(racing_trace())
PLACES = places(SAVED)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), _ANYTHING)
def test_a_file_in_which_something_was_changed_is_refused_or_shown(
    place: tuple[Any, ...], value: Any
) -> None:
    data = deepcopy(SAVED)
    *way, last = place
    inside = data
    for key in way:
        inside = inside[key]
    inside[last] = value
    try:
        trace = from_json(json.loads(json.dumps(data)))
    except UsageError as refused:
        assert refused.message.startswith("not a saved trace")
        return
    for name in QUICK:
        assert FACES[name].render([trace])


def test_the_command_offers_every_form() -> None:
    assert tuple(FACES) == _FORMS


@pytest.mark.parametrize("name", FACES)
def test_the_same_trace_gives_the_same_bytes(name: str) -> None:
    assert FACES[name].render([racing_trace()]) == FACES[name].render([racing_trace()])


def test_files_of_the_first_version_are_read_as_traces_that_were_not_analysed() -> None:
    data = to_json(sample_trace())
    data["schema"] = OLDER
    for key in ("event", "analysed", "races"):
        del data[key]
    for step in data["steps"]:
        del step["moments"], step["role"]
    trace = from_json(data)
    assert not trace.analysed and all(trace.matters(n) for n in range(len(trace.steps)))
    plain = tuple(replace(step, moments={}, role=None) for step in sample_trace().steps)
    assert trace == replace(sample_trace(), steps=plain, analysed=False, event=None, races=())
    for name in QUICK:
        assert FACES[name].render([trace])

"""The page as a file: one file, the same bytes each time, and no text of a model that is anything but data."""

from __future__ import annotations

import base64
import builtins
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovlcheck.errors import UsageError
from ovlcheck.trace.page import embedded, render_page
from ovlcheck.trace.trace import Trace
from tests.examples import examples
from tests.trace.samples import sample_trace
from tests.trace.strategies import traces


class Read(HTMLParser):
    """The elements of a page, and the text of each script and style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag if tag in ("style", "title") else ""
        if tag == "script":
            self.inside = dict(attrs).get("type") or "script"

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts[self.inside] = self.texts.get(self.inside, "") + data


def test_the_data_are_the_traces() -> None:
    page = Read(render_page([sample_trace(), sample_trace()]))
    data = json.loads(page.texts["application/json"])
    assert [t["id"] for t in data["traces"]] == ["no_evicted_inode_is_dirty", "no_evicted_inode_is_dirty (2)"]
    steps = data["traces"][0]["steps"]
    assert [s["actor"] for s in steps] == ["writer0", "writer0", "shrink"]
    assert steps[1]["changes"][0] == ["inode0.is_dirty", "False", "True", False]


def test_nothing_is_fetched_and_nothing_else_may_run() -> None:
    page = Read(render_page([sample_trace()]))
    assert not [a for _, attributes in page.elements for a in attributes if a in ("src", "onclick", "style")]
    (policy,) = [a["content"] for t, a in page.elements if t == "meta" and "http-equiv" in a]
    assert policy is not None and policy.startswith("default-src 'none'")
    for part in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.texts[part].encode()).digest()).decode()
        assert f"{part}-src 'sha256-{digest}'" in policy


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3)))
def test_embedded_data_read_back_and_hold_nothing_that_ends_a_script(data: object) -> None:
    text = embedded(data)
    assert json.loads(text) == data
    assert not re.search("[<>&\u2028\u2029]", text)


@settings(max_examples=examples(30, 300))
@given(traces())
def test_names_and_values_are_never_markup(trace: Trace) -> None:
    plain = [tag for tag, _ in Read(render_page([sample_trace()])).elements]
    page = render_page([trace])
    assert [tag for tag, _ in Read(page).elements] == plain
    assert page.encode("utf-8") == render_page([trace]).encode("utf-8")


def test_half_a_character_can_be_written() -> None:
    assert embedded("\ud800").isascii()
    assert json.loads(embedded("\ud800")) == "\ud800"


def test_without_jinja2_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "jinja2":
            raise ImportError("No module named 'jinja2'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UsageError, match="pip install"):
        render_page([sample_trace()])

"""The table as one page of HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from ovlcheck.report.table_html import render_html
from tests.report.tables import BROKEN, FIRST, SAMPLE, STATE, table


class Page(HTMLParser):
    """The tags and texts of a page; keeps what is open to see that all is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_needs_no_network_and_no_script() -> None:
    page = Page(render_html(SAMPLE))
    assert page.open == []
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "img", "iframe")]
    assert all((attributes.get("href") or "#").startswith("#") for _, attributes in page.tags)
    assert "url(" not in render_html(SAMPLE)


def test_a_broken_cell_leads_to_its_run() -> None:
    page = Page(render_html(SAMPLE))
    targets = [a["href"].removeprefix("#") for tag, a in page.tags if tag == "a" and a["href"]]
    assert targets == ["first-nothing-is-lost"]
    assert [a.get("id") for tag, a in page.tags if tag == "pre"] == targets
    assert "1  writer0  write\n" in page.texts


def test_every_mark_every_name_and_every_reason_is_there() -> None:
    text = " ".join(Page(render_html(SAMPLE)).texts)
    for part in (
        "✗9",
        "✗7∞",
        "✓",
        "–",
        "?",
        "nothing_is_lost",
        "it_returns, weak fairness",
        "state limit of 10",
    ):
        assert part in text
    assert re.search(r"Configuration\s+small\s+: one task of each kind", text)


def test_names_are_text_whatever_they_hold() -> None:
    evil = '<script>alert(1)</script>"\x1b'
    row = replace(FIRST, model=evil, error="", cells={STATE.key: replace(BROKEN, text=evil, reason=evil)})
    shown = render_html(table(rows=(row,), contains=evil, columns=(replace(STATE, doc=evil),)))
    page = Page(shown)
    assert not [tag for tag, _ in page.tags if tag == "script"]
    assert "alert(1)" in " ".join(page.texts)


def test_it_is_made_for_light_and_dark_and_for_narrow_screens() -> None:
    text = render_html(SAMPLE)
    assert "prefers-color-scheme: dark" in text
    assert "max-width: 40rem" in text
    assert 'name="viewport"' in text

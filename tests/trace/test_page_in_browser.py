"""The page as readers use it: keys, clicks, addresses, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ovlcheck.trace.page import render_page
from ovlcheck.trace.trace import Trace
from tests.trace.chromium import CHROMIUM, Page, chromium
from tests.trace.samples import sample_trace

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium to show the page in")


Show = Callable[..., Page]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def show(page: Page, tmp_path: Path) -> Iterator[Show]:
    def shown(*traces: Trace, at: str = "") -> Page:
        file = tmp_path / "page.html"
        file.write_text(render_page(traces), encoding="utf-8")
        page.complaints()
        page.look(1280)
        page.open(f"{file.as_uri()}{at}")
        return page

    yield shown
    assert page.complaints() == []


def where(page: Page) -> str:
    return page.text("#where")


def test_a_page_opens_at_the_violation_and_keys_lead_through_the_run(show: Show) -> None:
    page = show(sample_trace())
    assert where(page) == "3 / 3"
    assert "Violated" in page.text("#detail") and "not inode0.is_dirty" in page.text("#detail")
    page.press("ArrowLeft")
    assert where(page) == "2 / 3"
    assert "self.suspects.add(inode)" in page.text("#detail")
    assert "models/sample.py:11" in page.text("#detail")
    page.press("Home")
    assert where(page) == "0 / 3" and "Initial state" in page.text("#detail")
    page.press("ArrowRight", shift=True)
    page.press("ArrowRight", shift=True)
    assert where(page) == "3 / 3"
    assert "Step 3 of 3: shrink" in str(page.run("document.getElementById('said').textContent"))


def test_the_state_at_each_step_is_whole_and_says_what_changed(show: Show) -> None:
    page = show(sample_trace(), at="#trace=no_evicted_inode_is_dirty&step=2")
    trace = sample_trace()
    names = "[...document.querySelectorAll('#values tr')].map((r) => r.dataset.name)"
    changed = "[...document.querySelectorAll('#values tr.changed')].map((r) => r.dataset.name)"
    assert set(page.run(names)) >= set(trace.state(2))
    assert set(page.run(changed)) == {c.name for c in trace.steps[1].changes}
    page.click("#filter")
    page.write("dirty")
    assert page.run(names) == ["inode0.is_dirty"]
    page.press("Escape")
    page.press("ArrowLeft")
    assert where(page) == "1 / 3"


def test_clicks_on_steps_buttons_and_the_plot_lead_there(show: Show) -> None:
    page = show(sample_trace())
    page.click("[data-step='1']")
    assert where(page) == "1 / 3"
    page.click("#on")
    assert where(page) == "2 / 3"
    page.click("#plot .hit:nth-of-type(1), #plot .hit")
    assert where(page) == "0 / 3"
    assert page.run("document.getElementById('back').disabled") is True


def test_the_address_names_the_step_and_leads_back_to_it(show: Show) -> None:
    page = show(sample_trace())
    page.press("ArrowLeft")
    address = str(page.run("location.hash"))
    assert address.startswith("#trace=no_evicted_inode_is_dirty&step=2")
    page.press("Home")
    page.run(f"location.hash = '{address}'")
    page.run("new Promise((done) => setTimeout(done, 50))")
    assert where(page) == "2 / 3"


def test_traces_of_a_run_are_switched(show: Show) -> None:
    other = replace(sample_trace(), property_name="another", steps=sample_trace().steps[:2])
    page = show(sample_trace(), other)
    page.press("]")
    assert page.text("#property") == "another" and where(page) == "2 / 2"
    page.press("[")
    assert page.text("#property") == "no_evicted_inode_is_dirty"


def test_an_object_is_followed_over_the_steps(show: Show) -> None:
    page = show(sample_trace())
    assert page.run("document.getElementById('follow').value") == "inode0"
    tracks = "[...document.querySelectorAll('#plot .track')].map((t) => t.dataset.name)"
    assert set(page.run(tracks)) == {"inode0", "inode0.is_dirty"}
    page.run(
        "(() => { const f = document.getElementById('follow'); f.value = 'puts'; "
        "f.dispatchEvent(new Event('change')); })()"
    )
    assert page.run(tracks) == ["puts"]
    assert "follow=puts" in str(page.run("location.hash"))


def test_kernel_steps_are_folded(show: Show) -> None:
    first, *rest = sample_trace().steps
    inside = replace(first, file="ovlcheck/vfs/inode.py", role=None)
    page = show(replace(sample_trace(), steps=(inside, inside, *rest)))
    page.press("f")
    assert "2 kernel steps" in page.text("#steps")
    page.press("Home")
    page.press("ArrowRight")
    assert where(page) == "3 / 4"


def test_a_loop_goes_round(show: Show) -> None:
    page = show(replace(sample_trace(), loop_start=1, analysed=False, races=()))
    assert "for ever" in page.text("#steps") and "again from step 2" in page.text("#steps")
    page.press("End")
    page.press("ArrowRight")
    assert where(page) == "2 / 3"


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_sticks_out_and_text_can_be_read(show: Show, width: int, dark: bool) -> None:
    name = "a_property_with_a_name_that_is_long_enough_to_stick_out_of_a_telephone"
    long = replace(sample_trace(), property_name=name)
    page = show(sample_trace(), long)
    page.look(width, dark=dark)
    page.press("]")
    assert page.run("document.documentElement.scrollWidth") <= width
    faint = page.run(_FAINT)
    assert faint == [], faint


def test_everything_can_be_reached_by_the_keyboard_and_has_a_name(show: Show) -> None:
    page = show(sample_trace())
    unnamed = page.run(
        "[...document.querySelectorAll('button, input, select')].filter((e) => !e.disabled && !(e.innerText || "
        "e.getAttribute('aria-label') || (e.labels && e.labels.length))).map((e) => e.outerHTML)"
    )
    assert unnamed == []
    page.run("document.getElementById('back').focus()")
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") in ("solid", "none", "auto")
    assert page.run("document.getElementById('said').getAttribute('aria-live')") == "polite"


UNKIND = "</script><script>document.title='bad'</script><img src=x onerror=\"document.title='bad'\">\u2028'\"`\n<!--"


def test_no_name_or_value_becomes_markup_or_code(show: Show) -> None:
    trace = sample_trace()
    step = replace(
        trace.steps[0], process=UNKIND, function=UNKIND, file=UNKIND, source=UNKIND, stack=(UNKIND,)
    )
    unkind = replace(
        trace, model=UNKIND, path=UNKIND, property_name=UNKIND, doc=UNKIND, message=UNKIND, failed=UNKIND,
        constants={UNKIND: UNKIND}, initial={UNKIND: UNKIND, **trace.initial}, steps=(step, *trace.steps[1:]),
        relevant={UNKIND: UNKIND},
    )  # fmt: skip
    page = show(unkind)
    for _ in unkind.steps:
        page.press("ArrowLeft")
    assert page.run("document.querySelectorAll('img').length") == 0
    assert "document.title='bad'" in str(page.run("document.title"))  # as text
    assert page.text("#property").startswith("</script>")


_FAINT = """
(() => {
  const channel = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const e of document.querySelectorAll("main *, header *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.closest("svg, [disabled], option, .unseen") || !e.getClientRects().length) continue;
    const a = light(numbers(getComputedStyle(e).color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${e.tagName}.${e.className}: ${ratio.toFixed(2)}`);
  }
  return found;
})()
"""
"""Texts with less contrast to what is behind them than WCAG 2.1 (1.4.3, level AA) asks for."""

"""Progress: one line that fits, on a terminal only, with an estimate only where layers shrink."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovlcheck.explore.result import Progress
from ovlcheck.report.outlook import Outlook
from ovlcheck.report.progress import line, watched

NOW = Progress(depth=23, states=12_345_678, queue=345_678, seconds=10.0, bytes=1_234_567_890)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_everything_is_told_where_there_is_room() -> None:
    assert line("model", NOW, 130.0, 200) == (
        "model: layer 23, 12,345,678 states, 1.23M/s, 346k waiting, 1.23GB, 10 s, about 2 min left"
    )


def test_what_is_not_known_is_not_told() -> None:
    assert line("model", Progress(0, 1, 1, 0.0), None, 200) == "model: layer 0, 1 states, 0/s, 1 waiting, 0 s"


def test_what_matters_least_goes_first_where_there_is_no_room() -> None:
    assert line("model", NOW, 130.0, 60) == "model: layer 23, 12,345,678 states, about 2 min left"
    assert line("model", NOW, None, 30) == "model: 12,345,678 states"


@given(
    st.text("abc_", max_size=40),
    st.builds(
        Progress,
        st.integers(0, 10**4),
        st.integers(0, 10**12),
        st.integers(0, 10**12),
        st.floats(0, 10**7),
        st.integers(0, 10**13),
    ),
    st.none() | st.floats(0, 10**9),
    st.integers(1, 200),
)
def test_the_line_always_fits(what: str, now: Progress, left: float | None, columns: int) -> None:
    assert 0 < len(line(what, now, left, columns)) <= columns


def test_a_terminal_is_rewritten_and_left_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with watched("model") as progress:
        assert progress is not None
        progress(NOW)
    written = terminal.getvalue()
    assert "model: compiling" in written
    assert "12,345,678 states" in written
    assert "\n" not in written
    assert written.endswith("\r\x1b[K")


@pytest.mark.parametrize(("stream", "term"), [(io.StringIO(), "xterm"), (Terminal(), "dumb")])
def test_nothing_is_written_where_nobody_watches(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, term: str
) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", term)
    with watched("model") as progress:
        assert progress is None
    assert stream.getvalue() == ""


def search(sizes: list[float], looks: int = 10, rate: float = 1000.0) -> list[Progress]:
    """What a search of layers of ``sizes`` states shows, with ``looks`` at each; its states are found as it goes."""
    shown, expanded, found = [], 0.0, sizes[0]
    for depth, size in enumerate(sizes):
        following = sizes[depth + 1] if depth + 1 < len(sizes) else 0.0
        for look in range(looks):
            done = expanded + size * look / looks
            states = found + following * look / looks
            shown.append(Progress(depth, int(states), int(states - done), done / rate))
        expanded += size
        found += following
    return shown


def outlook(shown: list[Progress]) -> list[float | None]:
    seen = Outlook()
    answers = []
    for progress in shown:
        seen.see(progress)
        answers.append(seen.seconds_left())
    return answers


GROWING = [1000 * 1.5**k for k in range(12)]
SHRINKING = [100_000 * 0.7**k for k in range(20)]


@pytest.mark.parametrize("sizes", [GROWING, [5000.0] * 30, GROWING + GROWING[::-1][:3]])
def test_nothing_is_foretold_before_layers_shrink_for_a_while(sizes: list[float]) -> None:
    assert set(outlook(search(sizes))) == {None}


def test_what_is_left_is_foretold_well_where_layers_shrink_evenly() -> None:
    shown = search(GROWING + SHRINKING)
    end = shown[-1].seconds
    told = [
        (left, end - now.seconds) for left, now in zip(outlook(shown), shown, strict=True) if left is not None
    ]
    assert len(told) > 100
    assert all(abs(left - true) <= 0.1 * true + 1.0 for left, true in told)


def test_layers_that_pass_too_fast_tell_nothing() -> None:
    assert set(outlook(search(GROWING + SHRINKING, looks=2))) == {None}


def test_another_search_starts_afresh() -> None:
    assert outlook(search(GROWING + SHRINKING) + search(GROWING))[-1] is None

"""Traces of every shape, with names and values as unkind as text can be."""

from __future__ import annotations

from hypothesis import strategies as st

from ovlcheck.trace.trace import Call, Change, Choice, Step, Stuck, Trace

words = st.text(max_size=30) | st.sampled_from(
    [
        "<b>bold</b>",
        '"quoted"',
        "a -> b;",
        "]]>",
        "&amp;",
        "\x1b[31m",
        "two\nlines",
        "<script>alert(1)</script>",
        "\\n\\l",
    ]
)
names = st.text(min_size=1, max_size=12) | st.sampled_from(["writer", "<i>", '";}', "\x1b]0;x\x07", "-->"])
mappings = st.dictionaries(words, words, max_size=3)
numbers = st.integers(0, 9)

changes = st.builds(Change, words, st.none() | words, st.none() | words)
calls = st.builds(Call, st.sampled_from(["call", "return"]), words, mappings)
steps = st.builds(
    Step,
    process=names,
    instance=st.none() | numbers,
    choice=st.builds(Choice, numbers, st.tuples(numbers), mappings),
    function=words,
    file=words,
    line=numbers,
    source=words,
    changes=st.lists(changes, max_size=3).map(tuple),
    stack=st.lists(words, max_size=2).map(tuple),
    calls=st.lists(calls, max_size=2).map(tuple),
    partial=st.booleans(),
)
stuck = st.builds(Stuck, names, numbers, words, words, numbers, words)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    run = tuple(draw(st.lists(steps, max_size=5)))
    return Trace(
        model=draw(words),
        path=draw(words),
        model_hash=draw(words),
        constants=draw(mappings),
        property_name=draw(words),
        doc=draw(words),
        message=draw(words),
        initial=draw(mappings),
        cells=tuple(draw(st.lists(st.integers(), max_size=3))),
        steps=run,
        relevant=draw(mappings),
        failed=draw(words),
        stuck=tuple(draw(st.lists(stuck, max_size=2))),
        loop_start=draw(st.none() | st.integers(0, len(run) - 1)) if run else None,
    )

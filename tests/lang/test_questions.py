"""Expressions asked from outside mean what they mean in a property."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovlcheck.errors import UsageError
from ovlcheck.explore.reference import reachable
from ovlcheck.lang.questions import Questions
from ovlcheck.prepare import Options, Prepared, prepare
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.semantics import Semantics
from tests.runs.cache_model import MODEL, PROPERTIES

AS_PROPERTIES = {
    "all(entry.is_used for entry in listed)": "a_listed_entry_is_used",
    "all(e.is_used for e in fs.listed)": "a_listed_entry_is_used",
    "not any(not e.is_used for e in listed)": "a_listed_entry_is_used",
    "len(listed) <= 2": "the_list_is_short",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    directory = tmp_path_factory.mktemp("questions")
    (directory / "cache.py").write_text(MODEL, encoding="utf-8")
    (directory / "properties.py").write_text(PROPERTIES, encoding="utf-8")
    return prepare(directory / "cache.py", Options(property_paths=(directory / "properties.py",)))


def ask(cache: Prepared) -> Questions:
    return Questions(cache.model, dict(cache.constants), cache.system)


@pytest.mark.parametrize("text", list(AS_PROPERTIES))
def test_a_question_has_the_value_of_the_property_with_the_same_text(cache: Prepared, text: str) -> None:
    question, semantics = ask(cache).compile(text), Semantics(cache.system.with_widths({"entry.users": 2}))
    (invariant,) = (i for i in cache.system.invariants if i.name == AS_PROPERTIES[text])
    states = list(reachable(semantics.system))
    values = [semantics.evaluate(question.expr, state) for state in states]
    assert values == [semantics.evaluate(invariant.condition, state) for state in states]
    assert {question.show(value) for value in values} <= {"True", "False"}


def test_objects_have_the_names_that_traces_give_them_and_freed_ones_no_fields(cache: Prepared) -> None:
    semantics = Semantics(cache.system)
    (state,) = semantics.initial_states()
    question = ask(cache).compile("entry0.changed")
    with pytest.raises(Fault, match="use after free"):
        semantics.evaluate(question.expr, state)
    assert semantics.evaluate(ask(cache).compile("entry0 in entries").expr, state) == 0


def test_values_are_shown_in_the_words_of_their_type(cache: Prepared) -> None:
    questions = ask(cache)
    assert questions.compile("listed").show(1) == "{entry0}"
    assert questions.compile("listed == set()").show(1) == "True"
    assert questions.compile("room + 1").show(2) == "2"
    assert questions.compile("entry0").show(1) == "entry0"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (" ", "no expression is given"),
        ("listed =", "write an expression"),
        ("listed)", "write an expression"),
        ("x = 1", "write an expression"),
        ("unknown_name", "there is no unknown_name here"),
        ("entries", None),
        ("pre(freed)", "pre outside a handler of an event"),
        ("entry0.nothing", "no attribute nothing"),
        ("listed.add(entry0)", "besides computing a value"),
        ("None", "None whatever the state"),
        ("1 / 2", "not in the language"),
        ("(" * 300 + "1" + ")" * 300, "nested"),
    ],
)
def test_what_is_no_question_is_refused_with_its_text(
    cache: Prepared, text: str, complaint: str | None
) -> None:
    if complaint is None:
        assert ask(cache).compile(text).show(1) == "{entry0}"
    else:
        with pytest.raises(UsageError, match=complaint):
            ask(cache).compile(text)


def test_models_of_the_kernel_can_be_asked_with_the_names_of_their_flags() -> None:
    prepared = prepare(Path("proposed"), Options(config="small", properties=("refcounts_are_balanced",)))
    questions, semantics = ask(prepared), Semantics(prepared.system)
    state = semantics.initial_states()[0]
    for text, value in (
        ("upper0.i_state & I_DIRTY", 0),
        ("upper0.is_dirty", 0),
        ("mounted and not suspects", 1),
        ("tail is Tail.NONE", 1),
        ("any(d.upper is upper0 for d in dcache)", 1),
        ("visited_by_syncfs(upper0)", 0),
    ):
        assert semantics.evaluate(questions.compile(text).expr, state) == value, text
